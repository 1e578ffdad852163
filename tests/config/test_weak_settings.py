import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
STRONG = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "APIKEYS_PEPPERS": f"1:{secrets.token_hex(32)}",
    "APIKEYS_SEALING_KEYS": Fernet.generate_key().decode(),
    "PUBLIC_URL": "https://keys.example.com",
}


def start(**changes):
    """Start a command under a production's environment and return how it went."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull} | STRONG | changes,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("changes", [{}, {"PUBLIC_URL": "http://127.0.0.1", "DEBUG": "true"}])
def test_strong_settings_start(changes):
    started = start(**changes)
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "ab" * 50),
        ("APIKEYS_PEPPERS", ""),
        ("APIKEYS_PEPPERS", "1:abcdef0123"),
        ("APIKEYS_PEPPERS", f"2:{'ab' * 32},1:{'ab' * 31}"),
        ("APIKEYS_SEALING_KEYS", ""),
        ("APIKEYS_SEALING_KEYS", "abcdef0123"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "keys.example.com,*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,::/0"),
        ("TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1"),
        ("TRUSTED_PROXIES", "::ffff:0:0/96"),
        ("CLIENT_IP_HEADER", "X_Forwarded_For"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "http://keys.example.com"),
        ("HOST", "0.0.0.0"),
        ("DEBUG", "true"),
    ],
)
def test_a_weak_setting_refuses_to_start_and_is_named_without_its_value(name, value):
    changes = {name: value}
    if name == "HOST":  # which makes the address when no other is given
        changes["PUBLIC_URL"], name = "", "PUBLIC_URL"

    started = start(**changes)

    assert started.returncode == 1
    assert name in started.stderr
    assert "Traceback" not in started.stderr
    assert not value or len(value) < 5 or value not in started.stderr


def test_where_no_env_was_written_yet_it_says_what_writes_one():
    nothing = dict.fromkeys(("SECRET_KEY", "APIKEYS_PEPPERS", "APIKEYS_SEALING_KEYS"), "")

    assert "make run" in start(**nothing).stderr
    assert "make run" not in start(SECRET_KEY="").stderr
