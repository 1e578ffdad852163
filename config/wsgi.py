"""The WSGI application: ``config.wsgi:application``."""

import io
import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Whoever waits for an answer waits at most five seconds; commands may take longer.
os.environ.setdefault("WEB_PROCESS", "true")

serve = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if "HTTP_TRANSFER_ENCODING" in environ:
        receive_chunks(environ)
    return serve(environ, start_response)


def receive_chunks(environ: dict[str, Any]) -> None:
    """Take in a body that comes in chunks, because Django reads as much as a length announces.

    The server tells where it ends, and accepts no length beside it. One that is too large is
    read just so far that it is refused for its length.
    """
    body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    del environ["HTTP_TRANSFER_ENCODING"]
