"""The WSGI application: ``config.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Whoever waits for an answer waits at most five seconds; commands may take longer.
os.environ.setdefault("WEB_PROCESS", "true")

application = get_wsgi_application()
