"""Writes the ``.env`` file that a fresh machine lacks."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

TEXT = """\
# Made by make run. Every setting is explained in .env.example and in the README.
# Whoever loses this file loses the secrets of all API keys: keep a copy of it in a safe place,
# apart from the copies of the database.
SECRET_KEY={secret_key}
APIKEYS_PEPPERS=1:{pepper}
APIKEYS_SEALING_KEYS={sealing_key}
"""


def write_if_missing(path: Path) -> bool:
    """Write new random secrets, for this user's eyes only; say whether the file was missing.

    Nobody ever sees half a file, and two that come at once agree on one.
    """
    if path.exists():
        return False
    text = TEXT.format(
        secret_key=secrets.token_urlsafe(50),
        pepper=secrets.token_hex(32),
        sealing_key=Fernet.generate_key().decode(),
    )
    try:
        # mkstemp makes the file with mode 0600.
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".env.")
    except OSError as error:
        raise OSError(
            f"{path} cannot be written ({error.strerror}): let this user write to its folder, or "
            "name another file in ENV_FILE."
        ) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        Path(draft).unlink()


if __name__ == "__main__":
    write_if_missing(Path(os.environ.get("ENV_FILE") or ".env"))
