"""Runs the suite on a private PostgreSQL: ``python -m tests.on_postgresql [pytest's options]``."""

import os
import subprocess
import sys

from tests import servers


def main():
    if not servers.find("initdb"):
        sys.stdout.write("The suite on PostgreSQL is skipped: PostgreSQL is not installed.\n")
        return 1 if os.environ.get("CI") == "true" else 0
    with servers.postgresql() as server:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *sys.argv[1:]],
            env=os.environ | {"DATABASE_URL": f"{server.url}/postgres"},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
