"""Records have no write surface, not even for superusers."""

import pytest
from django.contrib.admin.models import LogEntry

from apikeys.models import ChangeRecord, Secret, SpentNonce
from history.models import CallRecord, UnprovenCalls
from tests.back_office import listing, page
from tests.factories import (
    AllowedIPFactory,
    CallRecordFactory,
    ChangeRecordFactory,
    SecretFactory,
    SpentNonceFactory,
    UnprovenCallsFactory,
)


@pytest.mark.parametrize(
    "make",
    [
        *(ChangeRecordFactory, CallRecordFactory, UnprovenCallsFactory),
        *(SecretFactory, SpentNonceFactory, AllowedIPFactory),
    ],
)
def test_records_are_not_added_changed_or_deleted(client, superuser, make):
    record = make()
    model = type(record)
    before = list(model.objects.order_by("pk").values())

    for method in (client.post, client.put, client.patch, client.delete):
        for address in (
            listing(model, "add"),
            *(page(record, what) for what in ("change", "delete")),
        ):
            response = method(address, {"post": "yes", "_save": "Save", "count": "1"})
            assert response.status_code in {403, 404, 405}, address
    for action in ("delete_selected", "disable_chosen", ""):
        form = {"action": action, "_selected_action": [record.pk], "index": 0, "post": "yes"}
        assert client.post(listing(model), form).status_code == 405
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "_save": "Save", "form-0-id": ""}
    assert client.post(listing(model), form).status_code == 405

    assert list(model.objects.order_by("pk").values()) == before


def test_the_pages_of_records_offer_no_deed(client, superuser):
    for make in (ChangeRecordFactory, CallRecordFactory, UnprovenCallsFactory, SecretFactory):
        html = client.get(page(make())).content.decode()
        assert 'name="_save"' not in html
        assert "deletelink" not in html


def test_a_nonce_has_no_page_of_its_own(client, superuser):
    nonce = SpentNonceFactory()

    assert client.get(page(nonce)).status_code == 403
    assert nonce.pk[:12] not in client.get(listing(SpentNonce)).content.decode()


def test_the_admins_own_journal_holds_no_secret(client, superuser):
    secret = SecretFactory()

    client.get(listing(Secret))

    text = repr(list(LogEntry.objects.values()))
    assert secret.plain not in text
    assert ChangeRecord.objects.exists()
    assert not CallRecord.objects.exists()
    assert not UnprovenCalls.objects.exists()
