"""Every deed leaves one change record; without its record it is not done."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError

from apikeys.models import AllowedIP, APIKey, APIUser, ChangeRecord, Secret, Store
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory, StoreFactory, UserFactory
from tests.triggers import refusing_rows

pytestmark = pytest.mark.django_db(transaction=True)


class World:
    """A record for each deed, in the state in which the deed changes something."""

    def __init__(self):
        self.store = StoreFactory()
        self.idle = APIUserFactory(store=self.store, username="idle")
        self.key = APIKeyFactory(
            store=self.store, username="busy", signing=True, allowed_ips=["203.0.113.7"]
        )
        self.key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
        self.off = APIKeyFactory(api_user=self.key.api_user, disabled=True)
        self.off_user = APIUserFactory(store=self.store, username="off", disabled=True)
        self.off_store = StoreFactory(disabled=True)
        self.person = UserFactory()


ADDRESS = "203.0.113.7/32"
# By the action of its change record; deeds of the same name stand apart by what they are done to.
DEEDS = {
    "issued": lambda it: APIKey.objects.issue(actor=ACTOR, api_user=it.idle),
    "changed": lambda it: it.key.change(actor=ACTOR, description="other"),
    "rotated": lambda it: it.key.rotate(actor=ACTOR),
    "overlap ended": lambda it: it.key.end_overlap(actor=ACTOR),
    "disabled": lambda it: it.key.disable(actor=ACTOR),
    "enabled": lambda it: it.off.enable(actor=ACTOR),
    "deleted": lambda it: it.off.delete(actor=ACTOR),
    "allowed IP added": lambda it: it.key.allow_ips(["198.51.100.0/24"], actor=ACTOR),
    "allowed IP removed": lambda it: it.key.disallow_ips([ADDRESS], actor=ACTOR),
    "allowed IP labelled": lambda it: it.key.label_ip(ADDRESS, label="till", actor=ACTOR),
    "created, a user": lambda it: APIUser.objects.add(
        actor=ACTOR, store=it.store, username="another"
    ),
    "handed over": lambda it: it.idle.hand_over(actor=ACTOR, owner=it.person),
    "disabled, a user": lambda it: it.idle.disable(actor=ACTOR),
    "enabled, a user": lambda it: it.off_user.enable(actor=ACTOR),
    "deleted, a user": lambda it: it.idle.delete(actor=ACTOR),
    "created, a store": lambda it: Store.objects.open(actor=ACTOR, name="Another"),
    "changed, a store": lambda it: it.store.change(actor=ACTOR, name="Another"),
    "staff changed": lambda it: it.store.set_staff([it.person], actor=ACTOR),
    "disabled, a store": lambda it: it.store.disable(actor=ACTOR),
    "enabled, a store": lambda it: it.off_store.enable(actor=ACTOR),
}
TABLES = (Store, Store.staff.through, APIUser, APIKey, Secret, AllowedIP, ChangeRecord)


def rows():
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


@pytest.mark.parametrize("deed", DEEDS)
def test_without_its_change_record_nothing_is_done(deed):
    it = World()
    before = rows()

    with refusing_rows(ChangeRecord, deeds=["INSERT"]), pytest.raises(DatabaseError):
        DEEDS[deed](it)

    assert rows() == before


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_done_with_one_change_record(deed):
    it = World()
    before, known = rows(), set(ChangeRecord.objects.values_list("pk", flat=True))

    DEEDS[deed](it)

    record = ChangeRecord.objects.exclude(pk__in=known).get()
    assert record.action == deed.partition(",")[0]
    assert record.actor_name == ACTOR.name
    assert rows()[:-1] != before[:-1]


AGAIN_AND_AGAIN = {"issued", "rotated", "created, a user", "created, a store"}


@pytest.mark.parametrize("deed", [deed for deed in DEEDS if deed not in AGAIN_AND_AGAIN])
def test_what_is_done_already_leaves_no_second_record(deed):
    it = World()
    DEEDS[deed](it)
    before = rows()

    if deed.startswith("deleted"):
        with pytest.raises(ObjectDoesNotExist):
            DEEDS[deed](it)
    else:
        assert not DEEDS[deed](it)

    assert rows() == before
