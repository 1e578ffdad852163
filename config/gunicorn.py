"""How gunicorn serves: ``gunicorn --config python:config.gunicorn``."""

import gc
import logging
import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from config import environment
from config.redaction import RedactingFormatter
from config.worker import DiscreetWorker

# Not django.conf.settings: the workers inherit what this process has loaded, and could then not
# see a changed setting after a reload (SIGHUP).
_env = environment.read(Path(os.environ.get("ENV_FILE") or Path(__file__).parents[1] / ".env"))
_host, _port = _env.text("HOST", "127.0.0.1"), _env.number("PORT", default=8000, most=65535)


def is_no_stranger(record: logging.LogRecord) -> bool:
    """Whether a line says something else than that somebody sent what is not HTTP.

    A line for each would let strangers fill the disk; and it repeats what was sent, which may be a
    credential in a spelling that nobody foresaw.
    """
    return not str(record.msg).startswith("Invalid request from ")


class RedactingLogger(Logger):
    """Says what gunicorn has to say, without queries and secrets."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        formatter: logging.Formatter = RedactingFormatter(self.error_fmt, self.datefmt)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)
        self.error_log.addFilter(is_no_stranger)


def post_worker_init(worker: ThreadWorker) -> None:
    """Refuse to serve where no secret could be proven or no call counted.

    Called once the application is loaded, and before any request.
    """
    # What is loaded now stays. Looking through it again and again for garbage would keep a call
    # waiting for some 30 ms each time.
    gc.collect()
    gc.freeze()
    from apikeys import at_rest, ratelimit

    try:
        at_rest.require_fit()
        ratelimit.require_counters()
    except ImproperlyConfigured as error:
        worker.log.critical(error)
        sys.exit(Arbiter.WORKER_BOOT_ERROR)


wsgi_app = "config.wsgi:application"
bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
worker_class = DiscreetWorker
workers = _env.number("WEB_WORKERS", default=2, most=1024)
threads = _env.number("WEB_THREADS", default=8, most=1024)
keepalive = 5
umask = 0o077
logger_class = RedactingLogger
# Calls stand in the call history; an access log would repeat the secrets of their queries.
accesslog = None
# Otherwise anybody on this machine could open https for himself with a forwarding header:
# which proxy is believed is for TRUSTED_PROXIES to say.
forwarded_allow_ips = ""
control_socket_disable = True
# The parser that refuses ambiguous lengths, repeated hosts and odd header names.
http_parser = "python"
# The signature of a WooCommerce call with many parameters fits.
limit_request_line = 8190
