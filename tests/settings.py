"""The project's settings under a test's environment: no .env file, made-up secrets."""

import os
import tempfile
from pathlib import Path

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        # Machines are fond of these names for purposes of their own; empty is the default.
        **dict.fromkeys(("DEBUG", "HOST", "PORT", "REDIS_URL", "TIME_ZONE"), ""),
        "SECRET_KEY": "made up for the tests, never used anywhere else at all",
        "APIKEYS_PEPPERS": f"2:{'b2' * 32},1:{'a1' * 32}",
        "APIKEYS_SEALING_KEYS": f"{'made-up-for-tests':A<43}=",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    }
)

from config.settings import *  # noqa: F403

_scratch = tempfile.TemporaryDirectory(prefix="apikeys-tests-")  # removed when the process ends
SCRATCH = Path(_scratch.name)
STATE_DIR = SCRATCH / "var"
STATIC_ROOT = SCRATCH / "static"
STATE_DIR.mkdir()
STATIC_ROOT.mkdir()
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production; the default would be memory, which locks in other ways.
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}  # noqa: F405
else:
    # Tests send calls from many threads, as the server's processes do.
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 9, "timeout": 10}  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# A login with the slow hasher takes longer than most tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
