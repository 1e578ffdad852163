"""Names of running processes, with which they mark what they work on in the database."""

import os
import secrets
import socket
from pathlib import Path


def new_name() -> str:
    """A name for something this process does: its host, its process id, and eight letters."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(name: str) -> bool:
    """Whether the process of this name has surely ended, so that nobody need wait for it.

    Only a process of this host can be asked. When its id was given to another process meanwhile,
    the answer is no, and whoever asks waits as for a process of another host.
    """
    host, _colon, number = name.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname()[:40] or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _is_zombie(int(number))


def _is_zombie(process_id: int) -> bool:
    """Ended, but its parent has not asked how."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in ("Z", "X")
