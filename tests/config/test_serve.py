"""Where make run cannot write, it names the setting and says what to do."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import first_secrets, serve


def test_a_folder_that_takes_no_static_files_is_named(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.STATIC_ROOT = tmp_path / "file" / "static"

    with pytest.raises(ImproperlyConfigured, match=r"STATIC_ROOT .* may write to"):
        serve.collect_static_files()


def test_a_folder_that_takes_no_env_file_is_named(tmp_path):
    with pytest.raises(OSError, match=r"absent.\.env cannot be written .* ENV_FILE"):
        first_secrets.write_if_missing(tmp_path / "absent" / ".env")
