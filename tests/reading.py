"""What somebody who opens a page reads on it."""

import html
import re

UNREAD = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


def text_of(response):
    """The words of a page, without tags, with single spaces."""
    return re.sub(r"\s+", " ", html.unescape(UNREAD.sub(" ", response.content.decode())))
