"""Every text that people read is marked for translation, and waits for the reader's language."""

import re
from pathlib import Path

import pytest
from django.utils.functional import Promise

from apikeys.forms import expiry

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
# Names and code, which read the same in every language.
AS_IT_IS = {"curl", "JavaScript", "Python", "HTTP", "ms"}
MARKED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}|{#.*?#}", re.DOTALL)
CODE = re.compile(r"<(code|pre|svg|script|style)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"')
MARKUP = re.compile(r"<[^>]*>", re.DOTALL)


def unmarked(text):
    """Words that a reader meets and no translator would."""
    text = TAG.sub(" ", CODE.sub(" ", MARKED.sub(" ", text)))
    said = [*SPOKEN.findall(text), *MARKUP.sub("\n", text).splitlines()]
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", " ", " ".join(said)))
    return [word for word in words if word not in AS_IT_IS]


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_every_text_of_a_template_is_marked_for_translation(path):
    assert unmarked(path.read_text()) == []


def test_a_forgotten_text_would_be_noticed():
    assert unmarked('<p title="Forgotten">{{ name }} left</p>') == ["Forgotten", "left"]
    assert unmarked("<p>{% translate 'Marked' %}</p>") == []


def test_a_choice_is_put_into_words_when_it_is_shown():
    assert all(isinstance(label, Promise) for _value, label in expiry.CHOICES)
