from datetime import timedelta

import pytest

from tests.factories import ACTOR, PASSWORD, APIKeyFactory


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


def test_a_new_label_is_shown_with_the_address_that_it_is_of(client, admin):
    key = APIKeyFactory(allowed_ips=[("203.0.113.7", "ERP")])
    key.label_ip("203.0.113.7/32", label="ERP 2", actor=ACTOR)

    page = client.get(f"/console/keys/{key.consumer_key}/changes/").content.decode()

    labelled = page.partition("Allowed IP labelled")[2].partition("</tr>")[0]
    assert "<dd>203.0.113.7/32</dd>" in labelled
    assert "<dt>label</dt><dd><del>ERP</del> <ins>ERP 2</ins></dd>" in labelled


def test_a_new_password_is_shown_as_a_change_without_the_password(client, admin):
    new = "a quiet morning"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    client.post("/admin/password_change/", form)

    page = client.get("/console/changes/").content.decode()

    assert "<dt>password</dt><dd>…</dd>" in page
