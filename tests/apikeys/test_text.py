"""What people write about a record: visible characters, and never a secret."""

import pytest
from django.core.exceptions import ValidationError

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord
from tests.factories import APIKeyFactory, APIUserFactory

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("tests")


@pytest.mark.parametrize("text", ["{}", "the secret is {}.", "{0} {0}"])
def test_a_secret_is_refused_as_description_and_as_label(text):
    secret = tokens.mint().secret
    user, key = APIUserFactory(), APIKeyFactory()
    before = ChangeRecord.objects.count()

    with pytest.raises(ValidationError, match="consumer secret"):
        APIKey.objects.issue(actor=ACTOR, api_user=user, description=text.format(secret))
    with pytest.raises(ValidationError, match="consumer secret"):
        key.change(actor=ACTOR, description=text.format(secret))
    with pytest.raises(ValidationError):
        key.allow_ips([("203.0.113.7/32", text.format(secret))], actor=ACTOR)

    assert ChangeRecord.objects.count() == before
    assert APIKey.objects.count() == 1


def test_the_public_consumer_key_may_be_written_about():
    key = APIKeyFactory(description="the spare of ck_live_0123456789abcdef")

    assert key.description.endswith("abcdef")


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "a\u200bb", "a\nb", "  ", "\u3000"])
def test_invisible_characters_and_blanks_alone_are_refused(text):
    with pytest.raises(ValidationError, match="visible characters"):
        APIKeyFactory(description=text)
