"""All settings. Names and defaults are explained in the README; .env.example lists them."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import database, environment, redaction, values, weaknesses

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.read(Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env"))

# Where we are

DEBUG = env.boolean("DEBUG", default=False)
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", default=8000, most=65535)
_public = values.public_url(env.text("PUBLIC_URL", values.plain_url(HOST, PORT)))
PUBLIC_URL = _public.url
ALLOWED_HOSTS = list(env.words("ALLOWED_HOSTS")) or [
    _public.host,
    *(values.LOOPBACK_NAMES if _public.is_loopback else ()),
]
# Forwarding headers are believed from these peers only; the gate and the console judge them
# themselves, so Django's own SECURE_PROXY_SSL_HEADER and USE_X_FORWARDED_* stay off.
TRUSTED_PROXIES = values.networks("TRUSTED_PROXIES", env.words("TRUSTED_PROXIES"))
CLIENT_IP_HEADER = values.header(
    "CLIENT_IP_HEADER", env.text("CLIENT_IP_HEADER", "X-Forwarded-For")
)
STATE_DIR = Path(env.text("STATE_DIR", str(BASE_DIR / "var")))
WEB_WORKERS = env.number("WEB_WORKERS", default=2, most=1024)
WEB_THREADS = env.number("WEB_THREADS", default=8, most=1024)

# Secrets

SECRET_KEY = env.text("SECRET_KEY")
APIKEYS_PEPPERS = values.peppers(env.words("APIKEYS_PEPPERS"))
APIKEYS_SEALING_KEYS = values.sealing_keys(env.words("APIKEYS_SEALING_KEYS"))

_found = weaknesses.of_addresses(
    public_url=_public,
    debug=DEBUG,
    allowed_hosts=ALLOWED_HOSTS,
    trusted_proxies=TRUSTED_PROXIES,
)
if DEBUG:
    # Known to everyone, and good for a developer's own machine only.
    SECRET_KEY = SECRET_KEY or "for development only, " * 3
    APIKEYS_PEPPERS = APIKEYS_PEPPERS or {1: hashlib.sha256(b"development").hexdigest()}
    APIKEYS_SEALING_KEYS = APIKEYS_SEALING_KEYS or (f"{'development-only':A<43}=",)
else:
    _found += weaknesses.of_secrets(
        secret_key=SECRET_KEY, peppers=APIKEYS_PEPPERS, sealing_keys=APIKEYS_SEALING_KEYS
    )
if _found:
    raise ImproperlyConfigured("Refusing to start:\n" + "\n".join(f"- {line}" for line in _found))

# The gate

APIKEYS_RESOURCES = (
    "invoices",
    "webhooks",
    "products",
    "carts",
    "checkout",
    "session_transfers",
    "payment_debug",
)
# A key without chosen resources opens all but these. Only a console user with the permission may
# give one of them to a key.
APIKEYS_PRIVILEGED_RESOURCES = {"payment_debug": "storefront.view_payment_debug"}
ALLOW_QUERY_CREDENTIALS = env.boolean("ALLOW_QUERY_CREDENTIALS", default=True)
ALLOW_INSECURE_TRANSPORT = env.boolean("ALLOW_INSECURE_TRANSPORT", default=False)
ALLOW_UNSIGNED_BODIES = env.boolean("ALLOW_UNSIGNED_BODIES", default=False)
SIGNATURE_WINDOW = env.number("SIGNATURE_WINDOW", default=900, most=86400)
DEFAULT_RATE_LIMIT = values.rate("DEFAULT_RATE_LIMIT", env.text("DEFAULT_RATE_LIMIT", "600/minute"))
FAILED_ATTEMPT_LIMIT = values.rate(
    "FAILED_ATTEMPT_LIMIT", env.text("FAILED_ATTEMPT_LIMIT", "20/minute")
)
REDIS_URL = values.redis_url(env.text("REDIS_URL"))
HISTORY_RETENTION_DAYS = env.number("HISTORY_RETENTION_DAYS", default=365, most=36500)
# 0 is off.
DISABLE_UNUSED_AFTER_DAYS = env.number("DISABLE_UNUSED_AFTER_DAYS", default=0, least=0, most=36500)

# The storefront

STOREFRONT = env.boolean("STOREFRONT", default=True)
TRANSFER_MAX_LIFETIME = env.number("TRANSFER_MAX_LIFETIME", default=3600, most=86400)
WEBHOOK_ALLOWED_NETWORKS = values.networks(
    "WEBHOOK_ALLOWED_NETWORKS", env.words("WEBHOOK_ALLOWED_NETWORKS")
)

# The project

INSTALLED_APPS = [
    "apikeys",
    "history",
    *(["storefront"] if STOREFRONT else []),
    "config.apps.StoreAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "csp",
    "config.apps.LoginsConfig",
]
MIDDLEWARE = [
    # First, as it leaves out the body of whatever the others answer.
    "apikeys.middleware.HeadMiddleware",
    "apikeys.middleware.AttestedSchemeMiddleware",
    "apikeys.middleware.RequestIDMiddleware",
    "apikeys.middleware.CallHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "apikeys.middleware.ConsoleSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apikeys.middleware.ConsoleMiddleware",
    # Last, as it turns the login's refusal into its answer.
    "axes.middleware.AxesMiddleware",
    # Innermost: it calls the protected views itself, to hold their transaction.
    "history.middleware.CallHistoryMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Both spellings are routes: a redirect would repeat the secrets of a query.
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apikeys.context_processors.console",
            ],
        },
    },
]

# Database

DATABASES = {
    "default": database.settings_for(
        env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
        web=env.boolean("WEB_PROCESS", default=False),
        web_threads=WEB_THREADS,
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People: login, sessions, cookies

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By name and address together: nobody can lock somebody else out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "apikeys.client_ip.axes_client_ip"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "apikeys.views.login.locked_out"
# By address alone, whatever the names: few passwords tried on many names would never meet the
# limit above. Generous, because a whole office can share an address.
FAILED_LOGIN_LIMIT = values.rate("FAILED_LOGIN_LIMIT", env.text("FAILED_LOGIN_LIMIT", "100/hour"))

# An hour without a page ends a session.
SESSION_COOKIE_AGE = 60 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.is_https
CSRF_COOKIE_HTTPONLY = True
if _public.is_https:
    # The prefix keeps a neighbouring host of the same domain from planting a cookie here.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "apikeys.error_pages.form_refused"
# Not in a cookie of its own, which would have no such prefix and could be sent again.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Browsers

if _public.is_https:
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    # People are led to https. A caller is refused instead: its secret has already crossed the
    # network in clear, and a redirect would let that go on unnoticed.
    SECURE_SSL_REDIRECT = True
    SECURE_SSL_HOST = PUBLIC_URL.removeprefix("https://")
    SECURE_REDIRECT_EXEMPT = [r"^(?!console/|admin/)"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
SILENCED_SYSTEM_CHECKS = [
    # HSTS for all subdomains, and in browsers' preload lists, is for the domain's owner to decide.
    "security.W005",
    "security.W021",
]

# Requests

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# The API

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apikeys.authentication.APIKeyAuthentication"],
    # The gate admits or refuses; no permission class is left that a view could forget.
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apikeys.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apikeys.negotiation.JSONOnly",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "apikeys.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "apikeys.problem.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Store API",
    "DESCRIPTION": "The API of a store, opened by API keys.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apikeys.schema.add_problem",
        "apikeys.schema.drop_trailing_slashes",
    ],
    # The description of the API is public; the API is not.
    "SERVE_AUTHENTICATION": [],
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_NAME_OVERRIDES": {
        "InvoiceStatus": ["New", "Processing", "Settled", "Expired", "Invalid"],
        "InvoiceMark": ["Settled", "Invalid", "MarkedSettled", "MarkedInvalid"],
    },
}

# Language, time, files

LANGUAGE_CODE = "en"
TIME_ZONE = values.zone("TIME_ZONE", env.text("TIME_ZONE", "UTC"))
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
# Pages of other origins have no use for ours.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Collected files are public, whatever umask the command runs under.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
LOGGING = redaction.LOGGING
