"""Takes the README's pictures from the real pages: ``python -m tests.pictures``.

A server of its own is filled with the demo, Chromium logs in, and each page is taken in light and
dark, as a small JPEG beside this file.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import chromium, live

FOLDER = Path(__file__).parent
SIZE = {"width": 1280, "height": 860}


def main():
    with tempfile.TemporaryDirectory() as folder:
        databases = live.Databases(folder)
        console = live.Console(databases, folder)
        try:
            console.manage("fill_demo")
            take_all(console)
        finally:
            console.stop()
            databases.drop()


def take_all(console):
    keys = {key["username"]: key["consumer_key"] for key in console.manage("list_api_keys")}
    pages = {
        "dashboard": "/console/",
        "keys": "/console/keys/",
        "key": f"/console/keys/{keys['warehouse']}/",
        "history": f"/console/keys/{keys['inventory-sync']}/history/?result=denied#calls",
    }
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            log_in(page, console)
            for name, path in pages.items():
                page.goto(console.url + path)
                picture = FOLDER / f"{name}-{scheme}.jpg"
                page.screenshot(path=picture, type="jpeg", quality=60)
                sys.stdout.write(f"{picture.name}: {picture.stat().st_size // 1024} KB\n")
        browser.close()


def log_in(page, console):
    page.goto(f"{console.url}/console/login/")
    page.fill("[name=username]", console.admin_username)
    page.fill("[name=password]", console.admin_password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{console.url}/console/")


if __name__ == "__main__":
    main()
