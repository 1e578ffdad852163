"""Debian's Chromium, driven by Playwright."""

import shutil

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def launch(playwright):
    """A browser that reaches this machine and nothing else."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
