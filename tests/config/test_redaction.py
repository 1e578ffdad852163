import logging
import sys

import pytest

from config.redaction import RedactingFormatter, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Bad Request: /api/v1/whoami", "Bad Request: /api/v1/whoami"),
        (
            '"GET /api/v1/whoami?consumer_secret=hush HTTP/1.1" 401',
            '"GET /api/v1/whoami?… HTTP/1.1" 401',
        ),
        ("GET https://a.example/b?c=hush&d=/e?f", "GET https://a.example/b?…"),
        ("'/a/b?c=hush' and </d?e=hush>", "'/a/b?…' and </d?…>"),
        ("/a? is no query, and neither is b?c", "/a? is no query, and neither is b?c"),
        ("secret cs_live_0123abcXYZ was sent", "secret cs_live_… was sent"),
        ("/a/key%3Dcs_live_0123abcXYZ/b", "/a/key%3Dcs_live_…/b"),
        ("Authorization: Basic Y2s6Y3M=", "Authorization: Basic …"),
        ("authorization: bearer abcdefgh12", "authorization: bearer …"),
        ("Why? Because.", "Why? Because."),
    ],
)
def test_secrets_are_cut_out(text, redacted):
    assert redact(text) == redacted


def test_a_traceback_is_redacted_too():
    try:
        raise ValueError("cs_test_hush123")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    assert "hush123" not in RedactingFormatter().format(record)
