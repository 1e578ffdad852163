import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from apikeys import roles
from apikeys.models import APIKey
from tests.factories import APIKeyFactory, StoreFactory, UserFactory


@pytest.fixture
def log_in_as(client, db):
    def log_in(role):
        store = StoreFactory()
        user = UserFactory(stores=[store])
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return APIKeyFactory(store=store)

    return log_in


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_role_is_shipped_with_all_its_permissions(db, role):
    group = Group.objects.get(name=role)

    has = {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
    assert has == roles.ROLES[role]


@pytest.mark.parametrize(
    ("deed", "may"),
    [
        ("", {"viewer", "operator", "owner"}),
        ("changes/", {"viewer", "operator", "owner"}),
        ("edit/", {"operator", "owner"}),
        ("ips/", {"operator", "owner"}),
        ("rotate/", {"operator", "owner"}),
        ("delete/", {"owner"}),
    ],
)
@pytest.mark.parametrize("role", roles.ROLES)
def test_what_a_role_may_open(client, log_in_as, role, deed, may):
    key = log_in_as(role)

    status = client.get(f"/console/keys/{key.consumer_key}/{deed}").status_code

    assert status == (200 if role in may else 403)


@pytest.mark.parametrize(
    ("role", "deed", "groups"),
    [("viewer", "edit/", "operator, owner."), ("operator", "delete/", "owner.")],
)
def test_a_refusal_names_the_groups_that_have_the_permission(client, log_in_as, role, deed, groups):
    key = log_in_as(role)

    page = client.get(f"/console/keys/{key.consumer_key}/{deed}").content.decode()

    assert f"or to add you to a group that has it: {groups}" in page


def test_a_refusal_for_a_permission_that_no_group_has_names_none(client, log_in_as):
    log_in_as("owner")

    page = client.get("/console/stores/new/").content.decode()

    assert "Ask a superuser to give it to you." in page


@pytest.mark.parametrize(("role", "status"), [("viewer", "enabled"), ("operator", "disabled")])
def test_a_viewer_disables_nothing(client, log_in_as, role, status):
    key = log_in_as(role)

    client.post(f"/console/keys/{key.consumer_key}/disable/")

    assert APIKey.objects.get().status == status


DEED = re.compile(
    r'<h2>Delete<|(?:action|href)="[^"]*/(?:disable|enable|delete|edit|owner|staff|rotate|ips|new)/'
)


@pytest.mark.parametrize(("role", "offered"), [("viewer", False), ("owner", True)])
@pytest.mark.parametrize("page", ["keys/{key}/", "users/{user}/", "stores/{store}/"])
def test_a_viewer_is_offered_no_deed(client, log_in_as, role, offered, page):
    key = log_in_as(role)
    user = key.api_user
    place = page.format(key=key.consumer_key, user=user.username, store=user.store.public_id)

    body = client.get(f"/console/{place}").content.decode()

    assert bool(DEED.findall(body.partition("<main")[2])) == offered


def test_what_the_owners_of_an_installation_made_of_the_groups_stays(db):
    Group.objects.get(name="viewer").delete()
    Group.objects.get(name="operator").permissions.clear()

    roles.make_groups(apps.get_app_config("apikeys"), using="default")

    assert not Group.objects.filter(name="viewer").exists()
    assert not Group.objects.get(name="operator").permissions.exists()
