from datetime import UTC, datetime, timedelta

import pytest

from apikeys.explanation import METHODS, explain
from apikeys.forms.explain import ExplainForm
from tests.factories import ACTOR, APIKeyFactory, StoreFactory


@pytest.fixture
def key(admin):
    return APIKeyFactory(allowed_ips=["203.0.113.7"], permission="read")


def ask(client, key, ip="203.0.113.7", method="GET", path="/api/v1/whoami"):
    query = {"ip": ip, "method": method, "path": path}
    return client.get(f"/console/keys/{key.consumer_key}/", query).content.decode()


def test_the_gate_says_yes_check_by_check(client, key):
    page = ask(client, key)

    assert "The call is let in." in page
    assert page.count("Passed") == 9
    assert "203.0.113.7 is on the key&#x27;s list (the address you asked about)" in page
    assert "every key may use this path" in page


def test_a_path_without_the_method_is_said_so(client, key):
    key.change(actor=ACTOR, permission="read_write")

    page = ask(client, key, method="POST")

    assert "The call is let in." in page
    assert "this path has no POST, and answers 405. It has GET, HEAD, OPTIONS." in page


@pytest.mark.parametrize(
    "path", ["/api/v1/whoami", "{shop}products/x", "{shop}webhooks/x/rotate-secret"]
)
@pytest.mark.django_db
def test_a_paths_methods_are_those_it_answers_to(call, path):
    key = APIKeyFactory(permission="read_write")
    path = path.format(shop=f"/api/v1/stores/{key.api_user.store.public_id}/")
    allowed = call(key, path, method="OPTIONS")["Allow"].split(", ")

    told = explain(key, ip="203.0.113.7", path=path)

    assert sorted(told.methods) == sorted(allowed)
    for method in set(METHODS) - set(allowed):
        assert call(key, path, method=method).status_code == 405
        answer = explain(key, ip="203.0.113.7", path=path, method=method)
        assert (answer.decision, answer.status) == ("allow", 405)


def test_the_gate_says_no_with_the_next_step(client, key):
    page = ask(client, key, ip="198.51.100.9")

    assert "The call is refused with 403." in page
    assert "/console/help/ip_not_allowed/" in page
    assert f"/console/keys/{key.consumer_key}/ips/?add=198.51.100.9" in page


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ({"ip": "nonsense"}, "not an IP address"),
        ({"path": "/console/"}, "not protected"),
        ({"path": "/nowhere"}, "No view answers"),
        ({"path": "/api/v1/whoamy?x=1"}, "No view answers to /api/v1/whoamy"),
        ({"method": "BREW"}, "Select a valid choice"),
        ({"ip": ""}, "required"),
        ({"path": "/api/\x00"}, "Null characters"),
    ],
)
def test_a_question_without_an_answer_is_said_so(client, key, question, complaint):
    assert complaint in ask(client, key, **question)


@pytest.mark.django_db
def test_a_wrong_address_is_not_blamed_on_the_path():
    form = ExplainForm({"ip": "no/where", "method": "GET", "path": "/"}, key=APIKeyFactory())

    assert form.explanation() is None
    assert list(form.errors) == ["ip"]


def details(key, **call):
    return {check.check: check.detail for check in explain(key, ip="203.0.113.7", **call).checks}


@pytest.mark.django_db
def test_moments_are_told_to_the_second_and_with_their_zone():
    moment = datetime.now(UTC).replace(microsecond=987654) + timedelta(days=30)
    key = APIKeyFactory(expires_at=moment)
    key.disable(actor=ACTOR)

    told = details(key)

    assert told["expiry"] == f"the key expires at {moment:%Y-%m-%d %H:%M:%S} UTC"
    assert told["status"] == f"disabled since {key.disabled_at:%Y-%m-%d %H:%M:%S} UTC"


@pytest.mark.django_db
def test_what_is_refused_is_told_in_a_whole_sentence():
    key = APIKeyFactory(resources=["products"], permission="read")
    path = f"/api/v1/stores/{StoreFactory().public_id}/webhooks"

    told = details(key, method="OPTIONS", path=path)

    assert told["permission"] == "OPTIONS needs no permission level"
    assert told["resource"] == "the key may not use webhooks; it has products"
    assert told["store_match"] == "the path names a store that is not the key's"
