#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The database, exports and secrets that commands write are for this user's eyes alone.
    os.umask(0o077)
    from django.conf import settings
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - read before a command could hide why they fail
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    from django.db import InterfaceError, OperationalError

    from apikeys import outage

    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, InterfaceError) as error:
        # Of Django's own commands, such as migrate; ours have said it by themselves.
        if "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"{outage.in_words(error)} {error}\n(--traceback shows where.)\n")
        sys.exit(4)


if __name__ == "__main__":
    main()
