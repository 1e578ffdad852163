"""Every page of the admin, crawled: it works, and shows no secret, digest or foreign store."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from apikeys.actor import Actor
from apikeys.models import APIKey, Secret, SpentNonce, Store
from history.models import CallRecord
from tests.back_office import filled_in, listing, page
from tests.factories import (
    AllowedIPFactory,
    APIKeyFactory,
    CallRecordFactory,
    ChangeRecordFactory,
    SecretFactory,
    SpentNonceFactory,
    StoreFactory,
    UnprovenCallsFactory,
    UserFactory,
)

PAYLOADS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"]
OURS = {"apikeys", "history", "auth"}
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style|\son\w+=|\sstyle="
)


def registered():
    return [model for model in admin.site._registry if model._meta.app_label in OURS]


def world(store):
    """One record of every model at least, all of this store."""
    key = APIKeyFactory(store=store, allowed_ips=["203.0.113.7"], signing=True, disabled=True)
    key.secrets_in_plain = [key.secret, SecretFactory(api_key=key).plain]
    AllowedIPFactory(api_key=key, network="198.51.100.0/24")
    ChangeRecordFactory(of=key)
    CallRecordFactory(key=key)
    CallRecordFactory(key=key, reason="ip_not_allowed")
    UnprovenCallsFactory(key=key)
    SpentNonceFactory()
    Group.objects.create(name="operators")
    return key


def every_page():
    """The list of every model, its form, and the pages of every record."""
    for model in registered():
        yield listing(model)
        yield listing(model, "add")
        for record in model._default_manager.all():
            for what in ("change", "history", "delete"):
                yield page(record, what)


def hidden(key):
    """What no page may show of a key."""
    rows = Secret.objects.filter(api_key=key)
    return [
        *key.secrets_in_plain,
        *(row.digest for row in rows),
        *(row.sealed for row in rows if row.sealed),
    ]


def test_every_model_of_ours_is_in_the_admin():
    names = {model.__name__ for model in registered()}

    assert names >= {
        *("Store", "APIUser", "APIKey", "Secret", "AllowedIP", "ChangeRecord", "SpentNonce"),
        *("CallRecord", "UnprovenCalls"),
    }


def test_a_superuser_opens_every_page_and_none_shows_a_secret(client, superuser):
    key = world(StoreFactory())
    secrets = hidden(key)
    opened = 0

    for address in [*every_page(), "/admin/", "/admin/apikeys/", "/admin/password_change/"]:
        response = client.get(address)
        assert response.status_code in {200, 403}, address
        html = response.content.decode()
        assert not [secret for secret in secrets if secret in html], address
        assert not INLINE.search(html), address
        assert "unsafe" not in response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        if response.status_code == 200:
            opened += 1
            assert "no-store" in response["Cache-Control"], address
    assert opened > 25


def test_staff_of_one_store_sees_nothing_of_another(client, log_in):
    ours, theirs = world(StoreFactory(name="Ours")), None
    Group.objects.all().delete()
    theirs = world(StoreFactory(name="Theirs"))
    rights = [f"{model._meta.app_label}.view_{model._meta.model_name}" for model in registered()]
    log_in(*rights, stores=[ours.api_user.store])
    foreign = [
        *("Theirs", theirs.consumer_key, theirs.hint, theirs.api_user.username),
        theirs.api_user.store.public_id,
    ]

    for address in every_page():
        response = client.get(address)
        assert response.status_code in {200, 403, 404}, address
        html = response.content.decode()
        assert not [text for text in foreign if text in html], address

    assert client.get(page(ours)).status_code == 200
    assert client.get(page(theirs)).status_code == 404
    assert client.get(page(CallRecord.objects.filter(key_id=theirs.pk).first())).status_code == 404


@pytest.mark.parametrize("query", ["?q=%s", "?store=%s", "?api_user__store__id__exact=%s"])
def test_no_search_or_filter_leads_out_of_the_store(client, log_in, query):
    ours, theirs = APIKeyFactory(), APIKeyFactory()
    log_in("apikeys.view_apikey", stores=[ours.api_user.store])

    for wanted in (theirs.consumer_key, theirs.api_user.store.public_id, theirs.api_user.store.pk):
        response = client.get(listing(APIKey) + query % wanted)
        assert response.status_code in {200, 400}
        if response.status_code == 200:
            assert theirs not in response.context["cl"].result_list


def test_suggestions_come_from_the_own_stores_only(client, log_in):
    ours, theirs = APIKeyFactory(), APIKeyFactory()
    log_in("apikeys.view_apiuser", stores=[ours.api_user.store])
    field = {"app_label": "apikeys", "model_name": "apikey", "field_name": "api_user"}

    for term in ("", theirs.api_user.username, "\x00"):
        found = client.get("/admin/autocomplete/", field | {"term": term}).json()["results"]
        assert str(theirs.api_user.pk) not in [one["id"] for one in found]
    assert client.get("/admin/autocomplete/", field | {"model_name": "secret"}).status_code == 403


def test_choices_of_a_form_come_from_the_own_stores_only(client, log_in):
    ours, theirs = StoreFactory(), StoreFactory()
    colleague, stranger = UserFactory(stores=[ours]), UserFactory(stores=[theirs])
    me = log_in("apikeys.add_apiuser", stores=[ours])

    form = client.get("/admin/apikeys/apiuser/add/").context["adminform"].form

    assert list(form.fields["store"].queryset) == [ours]
    assert set(form.fields["owner"].queryset) == {me, colleague}
    forged = {"username": "spy", "store": theirs.pk, "owner": stranger.pk}
    assert client.post("/admin/apikeys/apiuser/add/", forged).status_code == 200
    assert not theirs.api_users.exists()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_stored_text_is_never_markup(client, superuser, payload):
    key = APIKeyFactory(
        store=StoreFactory(name=payload),
        allowed_ips=[("203.0.113.7", payload)],
        description=payload,
    )
    key.disable(actor=Actor(kind="command", name=payload), reason=payload)
    CallRecordFactory(key=key, path=payload, user_agent=payload, method=payload[:16])
    UnprovenCallsFactory(key=key, path=payload, method=payload[:16])

    for address in every_page():
        html = client.get(address).content.decode()
        assert payload not in html.replace("{{7*7}}", "") or payload == "{{7*7}}", address
        assert ">49<" not in html or payload != "{{7*7}}"


def test_a_secret_that_is_pasted_into_the_search_finds_its_key_and_is_shown_nowhere(
    client, superuser
):
    key, _other = APIKeyFactory(), APIKeyFactory()

    response = client.get(listing(APIKey), {"q": f" {key.secret} "})

    assert response.status_code == 302
    assert response["Location"] == f"{listing(APIKey)}?q={key.consumer_key}"
    page_found = client.get(response["Location"])
    assert list(page_found.context["cl"].result_list) == [key]


@pytest.mark.parametrize("text", ["203.0.113.0/24", "203.0.113.*", "Office 7"])
def test_keys_are_found_by_address_and_description(client, superuser, text):
    key = APIKeyFactory(allowed_ips=["203.0.113.0/24"], description="Office 7")
    APIKeyFactory(allowed_ips=["198.51.100.0/24"])

    response = client.get(listing(APIKey), {"q": text})

    assert list(response.context["cl"].result_list) == [key]


@pytest.mark.parametrize("model", [Store, APIKey, Secret, SpentNonce, CallRecord])
def test_no_list_counts_its_whole_table(
    client, superuser, model, django_assert_max_num_queries, monkeypatch
):
    world(StoreFactory())
    with django_assert_max_num_queries(12) as queries:
        client.get(listing(model))

    counts = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert counts
    assert all("LIMIT" in sql for sql in counts)


def test_a_records_history_is_what_its_change_records_tell(client, log_in):
    key, person = APIKeyFactory(), UserFactory(username="alice")
    key.disable(actor=Actor("console", "bob", client_ip="203.0.113.9"), reason="leaked")
    log_in(superuser=True)
    client.post(page(person), filled_in(client.get(page(person)), email="a@example.com"))

    of_key = client.get(page(key, "history")).content.decode()
    of_person = client.get(page(person, "history")).content.decode()

    assert all(word in of_key for word in ("bob", "203.0.113.9", "disabled", "leaked"))
    assert "a@example.com" in of_person
    assert "bob" not in of_person


def test_changes_are_shown_to_those_who_may_see_them(client, log_in):
    key = APIKeyFactory()
    key.disable(actor=Actor("console", "bob"))
    log_in("apikeys.view_apikey", stores=[key.api_user.store])

    html = client.get(page(key, "history")).content.decode()

    assert "may view change records" in html
    assert "bob" not in html


def test_a_record_leads_to_its_page_in_the_console(client, superuser):
    key = world(StoreFactory())

    for record in (key, key.api_user, key.api_user.store):
        html = client.get(page(record)).content.decode()
        [address] = re.findall(r'<a href="([^"]*)">Open in the console</a>', html)
        assert client.get(address).status_code == 200
        assert str(record) in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("model", "field"), [("apiuser", "store"), ("apikey", "api_user"), ("secret", "api_key")]
)
def test_what_is_offered_while_one_types_is_of_the_persons_stores(client, log_in, model, field):
    """No form of ours asks for it, but the address answers for every reference of every model."""
    ours, theirs = APIKeyFactory(), APIKeyFactory()
    rights = [f"apikeys.view_{name}" for name in ("store", "apiuser", "apikey")]
    log_in(*rights, stores=[ours.api_user.store])
    asked = {"app_label": "apikeys", "model_name": model, "field_name": field}

    offered = client.get("/admin/autocomplete/", asked | {"term": ""}).json()["results"]
    searched = client.get("/admin/autocomplete/", asked | {"term": theirs.api_user.username})

    assert len(offered) == 1
    assert searched.json()["results"] == []
    asked |= {"model_name": "apiuser", "field_name": "owner", "term": ""}
    assert client.get("/admin/autocomplete/", asked).status_code == 403
