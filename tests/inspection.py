"""What every page in the browser has to stand: axe, the width of the screen, a quiet console."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

# Every page is opened on both databases; in what other colours and widths it can be seen is a
# matter of the style sheet, which knows no database.
first_database_only = pytest.mark.skipif(
    connection.vendor == "postgresql", reason="themes and widths are looked at on SQLite"
)
LOOKS = [
    ("light", 1280),
    pytest.param("light", 360, marks=first_database_only),
    pytest.param("dark", 1280, marks=first_database_only),
    pytest.param("dark", 360, marks=first_database_only),
]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # It would load the style sheets a second time, by inline ones that the policy forbids.
    "preload": False,
}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Inspection:
    """Collects what is wrong with the pages that are looked at: ``complaints``."""

    def __init__(self, page):
        self.page = page
        self._said = []
        self._found = []
        page.on("console", self._hear)

    def look(self, name):
        for found in Axe().run(self.page, options=RULES).response["violations"]:
            targets = [node["target"] for node in found["nodes"]]
            self._found.append((name, found["id"], targets[:3]))
        if self.page.evaluate(WIDER) > 0:
            self._found.append((name, "wider than the screen"))

    def _hear(self, message):
        if message.type in {"error", "warning"}:  # the rest is advice about other people's forms
            self._said.append(message.text)

    @property
    def complaints(self):
        # The browser itself reports every answer of 400 and more; those were asked for.
        said = [text for text in self._said if "Failed to load resource" not in text]
        return self._found + said
