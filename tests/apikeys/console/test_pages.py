"""What holds for every page: who may open it, what it carries, and that hostile text stays text."""

import re

import pytest

from apikeys.denial import DenialReason
from apikeys.models import APIKey
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory, StoreFactory, UserFactory

PAGES = {
    "/console/keys/": "view_apikey",
    "/console/keys/new/": "add_apikey",
    "/console/keys/{key}/": "view_apikey",
    "/console/keys/{key}/edit/": "change_apikey",
    "/console/keys/{key}/ips/": "change_apikey",
    "/console/keys/{key}/changes/": "view_changerecord",
    "/console/keys/{key}/rotate/": "change_apikey",
    "/console/keys/{key}/delete/": "delete_apikey",
    "/console/users/": "view_apiuser",
    "/console/new-user/": "add_apiuser",
    "/console/users/{user}/": "view_apiuser",
    "/console/users/{user}/owner/": "change_apiuser",
    "/console/stores/": "view_store",
    "/console/stores/new/": "add_store",
    "/console/stores/{store}/": "view_store",
    "/console/stores/{store}/edit/": "change_store",
    "/console/changes/": "view_changerecord",
}
STAFF = "/console/stores/{store}/staff/"
DEEDS = {
    "/console/keys/{key}/disable/": "change_apikey",
    "/console/keys/{key}/enable/": "change_apikey",
    "/console/keys/{key}/rotate/end/": "change_apikey",
    "/console/keys/{key}/ips/remove/": "change_apikey",
    "/console/keys/{key}/ips/label/": "change_apikey",
    "/console/keys/search/": "view_apikey",
    "/console/keys/bulk/": "change_apikey",
    "/console/users/{user}/disable/": "change_apiuser",
    "/console/users/{user}/enable/": "change_apiuser",
    "/console/users/{user}/delete/": "delete_apiuser",
    "/console/stores/{store}/disable/": "change_store",
    "/console/stores/{store}/enable/": "change_store",
}
PUBLIC = ["/console/preferences/", "/console/help/", "/console/help/rate_limited/"]
ALL = PAGES | DEEDS


def address(pattern, key):
    user = key.api_user
    return pattern.format(key=key.consumer_key, user=user.username, store=user.store.public_id)


@pytest.mark.parametrize("pattern", ALL)
def test_a_stranger_is_led_to_the_login(client, db, pattern):
    url = address(pattern, APIKeyFactory())

    response = client.get(url) if pattern in PAGES else client.post(url)

    assert response.status_code == 302
    assert response["Location"].startswith("/console/login/?next=/console/")


@pytest.mark.parametrize("pattern", ALL)
def test_who_is_no_console_user_gets_nothing(client, db, pattern):
    key = APIKeyFactory()
    may = [f"apikeys.{ALL[pattern]}"]
    client.force_login(UserFactory(is_staff=False, permissions=may, stores=[key.api_user.store]))
    url = address(pattern, key)

    response = client.get(url) if pattern in PAGES else client.post(url)

    assert response.status_code == 403
    assert "The console is for staff only." in response.content.decode()


@pytest.mark.parametrize(("pattern", "permission"), ALL.items())
def test_a_missing_permission_is_named(client, staff, pattern, permission):
    user = staff()
    url = address(pattern, APIKeyFactory(store=user.store))

    response = client.get(url) if pattern in PAGES else client.post(url)

    assert response.status_code == 403
    assert f"apikeys.{permission}" in response.content.decode()


@pytest.mark.parametrize(("pattern", "permission"), PAGES.items())
def test_the_permission_opens_the_page(client, staff, pattern, permission):
    user = staff(permission)
    url = address(pattern, APIKeyFactory(store=user.store))

    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("pattern", "permission"),
    [(pattern, permission) for pattern, permission in ALL.items() if "{" in pattern],
)
def test_a_record_of_another_store_answers_like_a_missing_one(client, staff, pattern, permission):
    staff(permission)
    key = APIKeyFactory()
    before = APIKey.objects.values().get()

    url = address(pattern, key)
    response = client.get(url) if pattern in PAGES else client.post(url)

    assert response.status_code == 404
    assert APIKey.objects.values().get() == before


@pytest.mark.parametrize("pattern", DEEDS)
def test_no_deed_is_done_by_following_a_link(client, admin, pattern):
    key = APIKeyFactory()

    assert client.get(address(pattern, key)).status_code == 405


@pytest.mark.parametrize("pattern", ALL)
def test_a_form_without_its_csrf_field_does_nothing(admin, client, pattern):
    key = APIKeyFactory(disabled=True, allowed_ips=["203.0.113.7"])
    client.handler.enforce_csrf_checks = True

    response = client.post(address(pattern, key), {"network": "203.0.113.7/32", "name": "x"})

    assert response.status_code == 403
    fresh = APIKey.objects.get()
    assert (fresh.revision, fresh.status, fresh.allowed_ips.count()) == (
        key.revision,
        "disabled",
        1,
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_a_form_of_another_origin_does_nothing_even_with_its_csrf_field(admin, client, origin):
    key = APIKeyFactory()
    client.handler.enforce_csrf_checks = True
    client.get("/console/keys/new/")
    url = address("/console/keys/{key}/disable/", key)
    form = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}

    assert client.post(url, form, headers={"Origin": origin}).status_code == 403
    assert APIKey.objects.get().is_enabled
    assert client.post(url, form, headers={"Origin": "http://testserver"}).status_code == 302
    assert not APIKey.objects.get().is_enabled


@pytest.mark.parametrize("pattern", [*PAGES, *PUBLIC])
def test_every_page_carries_the_protecting_headers_and_nothing_inline(client, admin, pattern):
    response = client.get(address(pattern, APIKeyFactory()))
    page = response.content.decode()

    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"]
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    assert not re.search(r"<[^>]+\s(on[a-z]+|style)=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"(src|href)=\"(https?:)?//(?!testserver)", page)


@pytest.mark.parametrize("pattern", [*PAGES, *PUBLIC])
def test_no_page_shows_a_secret_or_a_digest(client, admin, pattern):
    key = APIKeyFactory(signing=True)
    stored = key.current_secret

    page = client.get(address(pattern, key)).content.decode()

    assert key.secret not in page
    assert stored.digest not in page
    assert stored.sealed not in page


@pytest.mark.parametrize("pattern", PAGES)
def test_stored_text_stays_text(client, admin, pattern):
    hostile = '"><img src=x onerror=alert(1)></title>{{7*7}}'
    store = StoreFactory(name=hostile)
    key = APIKeyFactory(store=store, description=hostile, allowed_ips=[("203.0.113.7", hostile)])
    key.disable(actor=ACTOR, reason=hostile)

    page = client.get(address(pattern, key)).content.decode()

    assert "<img" not in page


@pytest.mark.parametrize("pattern", [one for one in [*PAGES, STAFF] if "{" in one])
def test_the_title_of_a_page_names_its_object(client, admin, pattern):
    key = APIKeyFactory(username="zebra", store=StoreFactory(name="Yak Outdoor"))

    page = client.get(address(pattern, key)).content.decode()

    title = re.search(r"<title>(.*?)</title>", page, re.S)[1]
    assert ("Yak Outdoor" if "{store}" in pattern else "zebra") in title


def test_every_denial_reason_has_a_public_help_page(client, db):
    index = client.get("/console/help/").content.decode()

    for reason in DenialReason:
        url = f"/console/help/{reason.value}/"
        assert url in index
        page = client.get(url).content.decode()
        assert str(reason.label) in page.replace("&#x27;", "'")
        assert "What to do" in page


@pytest.mark.parametrize("reason", DenialReason)
def test_a_help_page_leads_those_who_may_see_them_to_the_calls_that_were_refused(
    client, db, admin, reason
):
    refused = f"/console/history/?reason={reason.value}"
    link = f'href="{refused if reason.proven else "/console/history/attempts/"}"'

    assert link in client.get(f"/console/help/{reason.value}/").content.decode()
    client.logout()
    assert link not in client.get(f"/console/help/{reason.value}/").content.decode()


def test_help_pages_name_no_shop(client, db):
    store = StoreFactory(name="Zebra Shop")
    APIUserFactory(store=store)

    assert "Zebra" not in client.get("/console/help/ip_not_allowed/").content.decode()


NUL = "\x00"
ODD_FORMS = {
    "/console/keys/bulk/": {"keys": [NUL], "deed": "disable", "confirmed": "1"},
    "/console/keys/search/": {"q": NUL},
    "/console/keys/new/": {"username": "abc", "store": NUL},
    "/console/keys/{key}/disable/": {"reason": f"a{NUL}" + "x" * 9999, "next": NUL},
    "/console/keys/{key}/ips/": {"allowed_ips": f"203.0.113.7 {NUL}"},
    "/console/keys/{key}/delete/": {"name": NUL},
    "/console/new-user/": {"username": NUL, "store": NUL, "owner": NUL},
    "/console/users/{user}/owner/": {"owner": NUL},
    "/console/stores/{store}/edit/": {"name": NUL, "currency": NUL},
    "/console/stores/{store}/staff/": {"staff": [NUL]},
    "/console/login/": {"username": NUL, "password": NUL},
    "/console/preferences/": {"zone": NUL, "theme": NUL, "next": NUL},
}


@pytest.mark.parametrize(("pattern", "form"), ODD_FORMS.items())
def test_text_that_no_database_can_keep_is_refused_and_never_a_mistake_of_ours(
    client, admin, pattern, form
):
    url = address(pattern, APIKeyFactory())

    assert client.post(url, form).status_code in {200, 302, 400}


@pytest.mark.parametrize("url", ["/console/keys/", "/console/users/", "/console/changes/"])
@pytest.mark.parametrize("name", ["q", "store", "user", "status", "kind", "order", "page"])
def test_an_odd_filter_is_no_mistake_of_ours_either(client, admin, url, name):
    assert client.get(url, {name: NUL}).status_code in {200, 400}


@pytest.mark.parametrize(
    "odd", ["01", "+1", "٣", "-1", "%00", "1" * 2000, "ck_live_none", "..", "%ed%a0%80", "a b"]
)
def test_an_odd_identifier_is_not_found(client, admin, odd):
    for kind in ("keys", "users", "stores", "help"):
        assert client.get(f"/console/{kind}/{odd}/").status_code in {400, 404}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/console/", "Dashboard"),
        ("/console/keys/new/", "Keys"),
        ("/console/new-user/", "API users"),
        ("/console/incident/", "Dashboard"),
        ("/console/history/attempts/", "History"),
        ("/console/shop/deliveries/", "Webhooks"),
    ],
)
def test_the_navigation_marks_one_place_on_every_page(client, admin, url, name):
    body = client.get(url).content.decode()

    (menu,) = re.findall(r'<nav class="side".*?</nav>', body, re.DOTALL)
    assert re.findall(r'aria-current="page">([^<]+)<', menu) == [name]


@pytest.mark.parametrize("page", ["", "edit/", "ips/", "rotate/", "delete/"])
def test_what_a_key_is_changed_with_belongs_to_its_overview(client, admin, page):
    body = client.get(address(f"/console/keys/{{key}}/{page}", APIKeyFactory())).content.decode()

    (tabs,) = re.findall(r'<nav class="tabs".*?</nav>', body, re.DOTALL)
    assert re.findall(r"aria-current[^>]+>([^<]+)<", tabs) == ["Overview"]
