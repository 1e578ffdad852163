"""A language in which every translated text stands between ⟦ and ⟧, and what is left outside."""

import re
from html.parser import HTMLParser

from django.utils import translation

OPEN, CLOSE = "⟦", "⟧"
# Code, what people typed, and values as they were stored; they read the same in every language.
LEFT_ALONE = {"code", "pre", "script", "style", "textarea", "datalist", "del", "ins"}
SPOKEN = {"alt", "aria-label", "placeholder", "title", "data-label", "data-copied", "data-selected"}
WORD = re.compile(r"[^\W\d_]{2,}")
# Names and numbers of records, addresses, identifiers: in these tests all have one of these signs.
NAMED = re.compile(r"[0-9_@]|://|^/|^[A-Za-z]{16,}$")


def install(monkeypatch):
    """From now on everything that goes through Django's translation comes back marked."""
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        plain = getattr(translation.trans_real, name)
        monkeypatch.setattr(translation._trans, name, _marking(plain), raising=False)


def _marking(plain):
    def marked(*message):
        text = plain(*message)
        return f"{OPEN}{text}{CLOSE}" if text else text

    return marked


def unmarked(html):
    """The words that a reader of the page meets and no translator would."""
    reader = _Reader()
    reader.feed(html)
    return reader.words


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []
        self.skipped = []
        self.depth = 0

    def handle_starttag(self, tag, attributes):
        if tag in LEFT_ALONE:
            self.skipped.append(tag)
        for name, value in attributes:
            if name in SPOKEN or (name == "value" and self._is_button(tag, attributes)):
                self._read(value or "", depth=0)

    def handle_endtag(self, tag):
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()

    def handle_data(self, data):
        self.depth = self._read(data, depth=self.depth)

    def _is_button(self, tag, attributes):
        return tag == "input" and dict(attributes).get("type") in {"submit", "button"}

    def _read(self, text, *, depth):
        """Collects what stands outside of all marks; they may reach over several elements."""
        for part in re.split(f"([{OPEN}{CLOSE}])", text):
            if part in (OPEN, CLOSE):
                depth += 1 if part == OPEN else -1
            elif not depth and not self.skipped:
                said = [token for token in part.split() if not NAMED.search(token)]
                self.words += [word for token in said for word in WORD.findall(token)]
        return depth
