"""``make run``: prepares what a fresh machine lacks, then serves the console and the API."""

import contextlib
import ctypes
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.core.exceptions import ImproperlyConfigured

from config import first_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_PAUSE = 30.0


def main() -> int:
    """Serve until the server ends or somebody ends us; the exit code says how it went."""
    # The database and the secrets that are made here are for this user's eyes alone.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    env_file = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
    try:
        if first_secrets.write_if_missing(env_file):
            say(f"Wrote new random secrets to {env_file.name}.")
        django.setup()
        require_free_address()
    except (ImproperlyConfigured, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1

    from django.db import OperationalError, connections

    from apikeys import outage

    try:
        prepare()
    except OperationalError as error:
        sys.stderr.write(f"{outage.in_words(error)}\n{error}\n")
        return 4
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    connections.close_all()
    return supervise()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def require_free_address() -> None:
    """Find out before anything is made, instead of after."""
    from django.conf import settings

    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise OSError(
                f"{settings.HOST}:{settings.PORT} cannot be used ({error.strerror}): stop the "
                "program that uses it, or set another PORT."
            ) from error


def prepare() -> None:
    """Migrate, collect the static files, and make the first store and the first superuser."""
    from django.core.management import call_command

    from apikeys import at_rest, ratelimit

    ratelimit.require_counters()
    call_command("migrate", interactive=False, verbosity=0)
    at_rest.require_fit()
    collect_static_files()
    open_first_store()
    create_first_superuser()


def collect_static_files() -> None:
    from django.core.management import call_command

    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise ImproperlyConfigured(
            f"STATIC_ROOT cannot hold the static files: {error}. Name a folder that this user may "
            "write to."
        ) from error


def open_first_store() -> None:
    from apikeys.actor import Actor
    from apikeys.models import Store

    if not Store.objects.exists():
        Store.objects.open(name="Main store", actor=Actor.command())


def create_first_superuser() -> None:
    """The password is printed now and never again."""
    from django.contrib.auth import get_user_model

    from apikeys import people
    from apikeys.actor import Actor

    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        say(
            "Log in with the password you have. Forgotten? "
            ".venv/bin/python manage.py changepassword admin"
        )
    elif users.filter(username="admin").exists():
        say("There is no superuser yet: .venv/bin/python manage.py createsuperuser")
    else:
        password = secrets.token_urlsafe(15)
        with people.saves_kept(Actor.command()):
            users.create_superuser(username="admin", email="", password=password)
        say(f"Log in as admin with the password {password}  (shown only this once)")


def supervise() -> int:
    """Run the server, and beside it the worker, which is started again when it dies."""
    # Whoever ends us politely ends the programs we started, too; also where Ctrl-C was switched
    # off, as shells do for what they start in the background. An exception would be lost if the
    # signal came while a program is being started, so the request is only noted here.
    asked_to_end: list[int] = []
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, lambda number, _frame: asked_to_end.append(number))
    server = start("-m", "gunicorn", "--config", "python:config.gunicorn")
    worker, started, pause = start("manage.py", "run_worker"), time.monotonic(), 1.0
    announced = False
    try:
        while server.poll() is None and not asked_to_end:
            announced = announced or announce()
            if worker.poll() is not None and time.monotonic() - started >= pause:
                # One that keeps dying at once is not worth a busy machine.
                pause = min(pause * 2, LONGEST_PAUSE) if time.monotonic() - started < 60 else 1.0
                worker, started = start("manage.py", "run_worker"), time.monotonic()
            time.sleep(0.2)
    finally:
        if not announced:
            # A process of the server that is still starting would miss a polite SIGTERM, and no
            # call is under way that it could finish.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
        end(server, worker)
    return 0 if asked_to_end else server.returncode


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python program that ends when we say so, and when we can say nothing any more."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        # Ctrl-C reaches a whole group of programs. In a group of their own they hear of it from
        # us alone, and finish what they are doing.
        process_group=0,
        preexec_fn=end_with_parent,
    )


def end_with_parent() -> None:
    """Have Linux send SIGTERM when our parent is gone, so that kill -9 leaves no server behind."""
    set_parent_death_signal = 1
    with contextlib.suppress(AttributeError):  # other systems have no such call
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def end(*programs: subprocess.Popen[bytes]) -> None:
    """Let them finish what they are doing, but not for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for program in programs:
        program.terminate()
    for program in programs:
        try:
            program.wait(timeout=35)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def announce() -> bool:
    """Print the addresses as soon as they answer; say whether they do."""
    from django.conf import settings

    # The port is open before anybody is there to answer.
    server = http.client.HTTPConnection(settings.HOST, settings.PORT, timeout=1)
    try:
        server.request("GET", "/healthz", headers={"Host": urlsplit(settings.PUBLIC_URL).netloc})
        server.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        server.close()
    say(f"Console  {settings.PUBLIC_URL}/console/")
    say(f"API      {settings.PUBLIC_URL}/api/v1/")
    say("Press Ctrl-C to stop.")
    return True


if __name__ == "__main__":
    sys.exit(main())
