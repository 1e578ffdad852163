"""What the READMEs say is there is there, and their examples work as they stand."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.test import override_settings
from django.urls import path

from apikeys.denial import DenialReason
from config import urls
from tests.factories import APIKeyFactory, StoreFactory

ROOT = Path(__file__).resolve().parents[1]
READMES = [ROOT / "README.md", ROOT / "storefront" / "README.md"]
ROOM = r"`((?:apikeys|history|storefront|config|tests)/[\w/.-]*)`"
LINK = r"(?<!!)\[[^\]]+\]\((?!https?:)([^)#]*)#?([^)]*)\)"


def chapter(title):
    """The text below this heading of the main README, up to the next one."""
    return READMES[0].read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_column(text):
    """What stands first in the rows of a table."""
    return [row.split(" | ")[0] for row in text.splitlines() if row.startswith("| ")][1:]


def anchors(text):
    """Where links into a page lead, in GitHub's spelling of its headings."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def example(title):
    """The names that the Python code of this chapter defines."""
    [code] = re.findall(r"```python\n(.*?)```", chapter(title), re.DOTALL)
    exec(compile(code, title, "exec"), names := {})  # noqa: S102 (our own text)
    return names


@pytest.mark.parametrize("readme", READMES, ids=["main", "storefront"])
def test_every_room_that_is_named_is_there(readme):
    named = re.findall(ROOM, readme.read_text())

    assert named
    assert not [room for room in named if not (ROOT / room).exists()]


@pytest.mark.parametrize("readme", READMES, ids=["main", "storefront"])
def test_every_link_leads_somewhere(readme):
    links = re.findall(LINK, readme.read_text())
    pages = [(readme.parent / file if file else readme, anchor) for file, anchor in links]

    assert pages
    assert not [page for page, _ in pages if not page.exists()]
    assert not [
        anchor for page, anchor in pages if anchor and anchor not in anchors(page.read_text())
    ]


def test_every_command_is_listed():
    ours = {name for name, app in get_commands().items() if app in ("apikeys", "history")}
    listed = {
        name
        for cell in first_column(chapter("Commands"))
        for name in re.findall("[a-z_]{4,}", cell)
    }

    assert listed == ours - {"fill_demo"}  # that is: make demo


def test_every_setting_is_listed_once():
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))
    listed = [
        name for cell in first_column(chapter("Settings")) for name in re.findall("[A-Z_]+", cell)
    ]

    # The process says itself whether it serves; nobody sets it.
    assert sorted(listed) == sorted(read - {"WEB_PROCESS"})


def test_every_reason_is_explained_under_its_status():
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", chapter("When a call is refused"), re.MULTILINE)
    told = {code: int(status) for status, codes in rows for code in re.findall("`(.+?)`", codes)}

    # A customer is told of a refused link, not a caller.
    assert told == {
        reason: reason.status for reason in DenialReason if reason != "transfer_refused"
    }


@pytest.mark.django_db
def test_the_example_issues_a_key(call):
    StoreFactory()

    made = example("Issue a key")
    answer = call(made["key"], secret=made["secret"], REMOTE_ADDR="203.0.113.7")

    assert answer.json()["username"] == "inventory-sync"


@pytest.mark.django_db
def test_the_example_protects_a_view(call):
    key = APIKeyFactory(permission="read", resources=["invoices"])
    stranger = APIKeyFactory(permission="read", resources=["products"])
    view = example("Protect a view")["Orders"].as_view()

    class Routes:
        urlpatterns = [path("api/v1/stores/<store_id>/orders", view), *urls.urlpatterns]  # noqa: RUF012

    with override_settings(ROOT_URLCONF=Routes):
        let_in = call(key, f"/api/v1/stores/{key.api_user.store.public_id}/orders")
        refused = call(stranger, f"/api/v1/stores/{stranger.api_user.store.public_id}/orders")

    assert let_in.json() == {"caller": key.api_user.username, "key": key.consumer_key}
    assert refused.json()["code"] == "resource_not_permitted"
