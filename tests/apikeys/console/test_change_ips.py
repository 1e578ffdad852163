import pytest
from django.core.exceptions import ValidationError

from apikeys.models import APIKey, ChangeRecord
from tests.factories import ACTOR, APIKeyFactory


@pytest.fixture
def key(admin):
    return APIKeyFactory(allowed_ips=[("203.0.113.7", "ERP")])


def url(key, more=""):
    return f"/console/keys/{key.consumer_key}/ips/{more}"


def networks(key):
    return list(key.allowed_ips.values_list("network", flat=True))


def test_a_pasted_list_is_added_in_one_spelling(client, key):
    client.post(url(key), {"allowed_ips": "198.51.100.* office\n2001:DB8::/48\n203.0.113.7"})

    assert networks(key) == ["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/48"]
    page = client.get(url(key)).content.decode()
    assert "198.51.100.*" in page
    assert "office" in page


def test_a_bad_line_is_refused_with_its_number_and_nothing_is_added(client, key):
    response = client.post(url(key), {"allowed_ips": "198.51.100.1\n198.51.100.300"})

    assert response.status_code == 400
    assert "Line 2" in response.content.decode()
    assert networks(key) == ["203.0.113.7/32"]


def test_my_own_address_is_added_with_one_click(client, key):
    client.post(url(key), {"add_my_ip": "x"}, REMOTE_ADDR="198.51.100.9")

    assert networks(key)[-1] == "198.51.100.9/32"


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("0.0.0.0/1", "0.0.0.0/1 is very wide."),
        ("8.0.0.0/7 DNS", "8.0.0.0/7 is very wide."),
        ("203.0.113.0/24", "203.0.113.7 is already covered by 203.0.113.0/24."),
    ],
)
def test_a_doubtful_network_is_asked_about_before_it_is_added(client, key, line, doubt):
    question = client.post(url(key), {"allowed_ips": line}).content.decode()

    assert doubt in question
    assert networks(key) == ["203.0.113.7/32"]
    client.post(url(key), {"allowed_ips": line, "confirmed": "yes"})
    assert len(networks(key)) == 2


def test_from_the_question_one_comes_back_to_what_was_typed(client, key):
    page = client.post(url(key), {"allowed_ips": "0.0.0.0/1 all", "back": "yes"}).content.decode()

    assert "0.0.0.0/1 all</textarea>" in page
    assert networks(key) == ["203.0.113.7/32"]


def test_what_was_doubtful_already_is_not_asked_about_again(client, admin):
    key = APIKeyFactory(allowed_ips=["0.0.0.0/1", "203.0.113.0/24"])

    client.post(url(key), {"allowed_ips": "198.51.100.9\n0.0.0.0/1"})

    assert "198.51.100.9/32" in networks(key)


def test_a_link_from_the_history_fills_the_form(client, key):
    page = client.get(url(key), {"add": '198.51.100.9"><script>'}).content.decode()

    assert "198.51.100.9&quot;&gt;&lt;script&gt;</textarea>" in page


def test_an_address_is_removed_and_an_empty_list_is_said_in_words(client, key):
    page = client.post(url(key, "remove/"), {"network": "203.0.113.7/32"}, follow=True)

    assert networks(key) == []
    assert "nobody can use the key" in page.content.decode()
    assert not APIKey.objects.get().any_ip


def relabel(client, key, label, *, network="203.0.113.7/32"):
    form = {"network": network, "label": label, "revision": key.revision}
    return client.post(url(key, "label/"), form, follow=True)


def test_a_label_is_changed(client, key):
    relabel(client, key, "ERP 2")

    assert key.allowed_ips.get().label == "ERP 2"
    assert ChangeRecord.objects.filter(action="allowed IP labelled").exists()


@pytest.mark.parametrize(
    ("page", "form", "said"),
    [
        ("", {"allowed_ips": "198.51.100.9"}, "198.51.100.9 may use till-1 "),
        ("", {"allowed_ips": "198.51.100.8\n198.51.100.9"}, "2 addresses or networks may use"),
        ("", {"allowed_ips": "203.0.113.7"}, "That is on the list already."),
        ("remove/", {"network": "203.0.113.7/32"}, "203.0.113.7 is removed from the list of"),
        ("label/", {"network": "203.0.113.7/32", "label": "x"}, "The label is saved."),
        ("label/", {"network": "198.51.100.9/32"}, "Somebody else has already removed"),
        ("label/", {"network": "203.0.113.7/32", "label": "a\x00b"}, "Null characters"),
    ],
)
def test_what_became_of_an_address_is_said(client, admin, page, form, said):
    key = APIKeyFactory(username="till-1", allowed_ips=["203.0.113.7"])

    answer = client.post(url(key, page), form | {"revision": key.revision}, follow=True)

    assert said in answer.content.decode()


def test_a_label_that_somebody_changed_meanwhile_stays_so(client, key):
    stale = APIKey.objects.get()
    key.label_ip("203.0.113.7/32", label="ERP 2", actor=ACTOR)

    page = relabel(client, stale, "ERP").content.decode()

    assert "changed after you opened the form" in page
    assert key.allowed_ips.get().label == "ERP 2"


@pytest.mark.parametrize(
    ("network", "label"),
    [
        ("198.51.100.1/32", "x"),
        ("203.0.113.7/32", "x" * 101),
        ("203.0.113.7/32", "a\u202eb"),
        ("", "x"),
        ("\x00", "x"),
    ],
)
def test_an_odd_label_changes_nothing(client, key, network, label):
    relabel(client, key, label, network=network)

    assert key.allowed_ips.get().label == "ERP"


def test_no_label_is_kept_that_is_not_plain_text(key):
    with pytest.raises(ValidationError):
        key.label_ip("203.0.113.7/32", label="a\u202eb", actor=ACTOR)


@pytest.mark.parametrize("revision", [None, "", "x", "-1", "9" * 30])
def test_a_label_without_a_sound_revision_changes_nothing(client, key, revision):
    form = {"network": "203.0.113.7/32", "label": "x", "revision": revision}
    client.post(
        url(key, "label/"), {name: value for name, value in form.items() if value is not None}
    )

    assert key.allowed_ips.get().label == "ERP"


@pytest.mark.parametrize(
    "network", ["", "\x00", "x" * 999, "198.51.100.1/32", "203.0.113.7/32\0", "9" * 60]
)
def test_removing_what_is_not_there_changes_nothing_and_is_said_so(client, key, network):
    page = client.post(url(key, "remove/"), {"network": network}, follow=True).content.decode()

    assert networks(key) == ["203.0.113.7/32"]
    assert "not on the list any more" in page


def test_more_than_a_thousand_are_refused(client, key):
    lines = "\n".join(f"10.0.{n // 250}.{n % 250}" for n in range(1000))

    response = client.post(url(key), {"allowed_ips": lines})

    assert response.status_code == 400
    assert "at most 1000" in response.content.decode()
    assert networks(key) == ["203.0.113.7/32"]


def test_overlaps_and_wide_networks_are_pointed_out(client, key):
    lines = "203.0.113.0/24\n16.0.0.0/4"
    client.post(url(key), {"allowed_ips": lines, "confirmed": "yes"})

    page = client.get(url(key)).content.decode()
    assert "203.0.113.7 is already covered by 203.0.113.0/24." in page
    assert "16.0.0.0/4 is very wide." in page


def test_very_many_overlaps_do_not_bury_the_page(client, key):
    lines = "\n".join(["198.18.0.0/24", *(f"198.18.0.{n}" for n in range(50))])

    question = client.post(url(key), {"allowed_ips": lines}).content.decode()
    client.post(url(key), {"allowed_ips": lines, "confirmed": "yes"})
    page = client.get(url(key)).content.decode()

    for text in (question, page):
        assert text.count("is already covered by") == 8
        assert "and 42 more remarks like these" in text
