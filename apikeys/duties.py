"""The worker's tasks on keys: each does what is due and returns how much that was."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import APIKey, Secret, SpentNonce


def disable_unused_keys() -> int:
    """Disable the keys that nobody has used for ``DISABLE_UNUSED_AFTER_DAYS``; 0 is off."""
    days = settings.DISABLE_UNUSED_AFTER_DAYS
    if not days:
        return 0
    moment = timezone.now() - timedelta(days=days)
    return len(APIKey.objects.disable_unused(moment, actor=Actor.system("run_worker")))


def forget_sealed_secrets() -> int:
    """Erase the readable copies of secrets whose overlap has ended."""
    return Secret.objects.forget_sealed()


def forget_useless_nonces() -> int:
    return SpentNonce.objects.prune()


def forget_ended_sessions() -> int:
    """Console sessions that ended without a logout would stay in the database for ever."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return 0
