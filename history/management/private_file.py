"""A file for its owner's eyes alone, which is either whole or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from apikeys.management.base import Failed, WrongUsage


@contextmanager
def private_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Write a new file with mode 0600; an existing one is replaced only by ``force``.

    The text is written beside it and takes its name in the end, so that nobody meets half a file
    and no symbolic link is followed: neither one that is there, nor one that somebody puts there
    meanwhile.
    """
    if path.is_symlink():
        raise WrongUsage(f"{path} is a symbolic link, which is not followed.")
    if os.path.lexists(path) and not (force and path.is_file()):
        raise WrongUsage(f"{path} exists; --force replaces a file.")
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with open(number, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            yield file
        _take_place(name, path, force=force)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _take_place(name: str, path: Path, *, force: bool) -> None:
    if force:
        os.replace(name, path)
        return
    try:
        os.link(name, path)  # unlike a rename, it never replaces anything
    except FileExistsError as error:
        raise WrongUsage(f"{path} exists by now; --force replaces a file.") from error
