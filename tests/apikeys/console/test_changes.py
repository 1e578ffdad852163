from datetime import timedelta

import pytest

from tests.factories import ACTOR, APIKeyFactory


@pytest.mark.parametrize(
    "description",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-01-01T00:00:00+99:99",
        "2026-99-99T00:00:00+00:00",
    ],
)
def test_a_description_that_looks_like_an_impossible_moment_is_shown_as_it_is(
    client, admin, description
):
    key = APIKeyFactory(username="till-1")
    key.change(actor=ACTOR, description=description)

    for url in ("changes/", f"keys/{key.consumer_key}/changes/", "users/till-1/"):
        assert description in client.get(f"/console/{url}").content.decode()


def test_what_a_change_left_as_it_was_is_not_shown(client, admin):
    key = APIKeyFactory()
    key.rotate(actor=ACTOR, overlap=timedelta(0))

    page = client.get(f"/console/keys/{key.consumer_key}/changes/").content.decode()

    rotated = page.partition("Rotated")[2].partition("</tr>")[0]
    assert "<dt>version</dt><dd><del>1</del> <ins>2</ins></dd>" in rotated
    assert "signing" not in rotated
