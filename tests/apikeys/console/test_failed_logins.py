import pytest
from django.contrib.auth.models import Permission

from apikeys import ratelimit
from apikeys.models import ChangeRecord
from tests.factories import PASSWORD, APIKeyFactory, StoreFactory, UserFactory

LOGIN = "/console/login/"


@pytest.fixture
def alice(db):
    return UserFactory(username="alice")


def try_to_log_in(client, username="alice", password="a wrong password", **more):
    return client.post(LOGIN, {"username": username, "password": password}, **more)


def kept():
    return ChangeRecord.objects.filter(action="login failed")


def test_a_failed_login_stands_among_the_changes(client, alice):
    try_to_log_in(client, REMOTE_ADDR="198.51.100.7")

    record = kept().get()
    assert (record.name, record.actor_name) == ("user alice", "somebody")
    assert (record.client_ip, record.actor_user) == ("198.51.100.7", None)
    assert record.request_id
    client.force_login(UserFactory(superuser=True))
    page = client.get("/console/changes/?q=alice").content.decode()
    assert "Login failed" in page
    assert "198.51.100.7" in page


def test_what_was_typed_as_a_name_is_not_kept_when_nobody_has_it(client, alice):
    try_to_log_in(client, username=PASSWORD)

    assert kept().get().name == "a user that does not exist"
    assert PASSWORD not in str(list(ChangeRecord.objects.values()))


def test_a_wrong_password_is_kept_nowhere(client, alice):
    try_to_log_in(client, password="hunter2-hunter2")

    assert "hunter2" not in str(list(ChangeRecord.objects.values()))


def test_a_right_password_leaves_no_failure(client, alice):
    assert try_to_log_in(client, password=PASSWORD).status_code == 302

    assert not kept().exists()


def test_a_wrong_password_before_a_dangerous_deed_is_kept_with_its_user(client, db, monkeypatch):
    client.force_login(UserFactory(username="olga", superuser=True))
    monkeypatch.setattr("apikeys.views.password_again.LASTS", -1)
    key = APIKeyFactory(disabled=True)

    typed = {"name": key.api_user.username, "password": "wrong"}
    client.post(f"/console/keys/{key.consumer_key}/delete/", typed)

    record = kept().get()
    assert (record.name, record.actor_name) == ("user olga", "olga")


def test_no_password_before_a_dangerous_deed_is_no_failed_login(client, db, monkeypatch):
    client.force_login(UserFactory(superuser=True))
    monkeypatch.setattr("apikeys.views.password_again.LASTS", -1)
    key = APIKeyFactory(disabled=True)

    form = {"name": key.api_user.username, "password": ""}
    page = client.post(f"/console/keys/{key.consumer_key}/delete/", form)

    assert "Type your password." in page.content.decode()
    assert not kept().exists()


def test_only_superusers_see_them(client, alice):
    try_to_log_in(client)
    viewer = UserFactory(stores=[StoreFactory()])
    viewer.user_permissions.add(Permission.objects.get(codename="view_changerecord"))
    client.force_login(viewer)

    assert "Login failed" not in client.get("/console/changes/").content.decode()


@pytest.mark.parametrize(
    ("limit", "networks"), [("LOGIN_RECORDS_OF_NETWORK", 1), ("LOGIN_RECORDS", 9)]
)
def test_a_flood_of_failures_leaves_few_records_and_the_last_says_so(
    client, alice, monkeypatch, limit, networks
):
    monkeypatch.setattr(ratelimit, limit, ratelimit.Rate(3, 3600))

    for number in range(9):
        try_to_log_in(client, f"name-{number}", REMOTE_ADDR=f"198.51.{number % networks}.7")

    assert [bool(record.after) for record in kept()] == [True, False, False]
