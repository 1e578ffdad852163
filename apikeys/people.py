"""Console users and their groups: what change records keep of them, and that it is kept.

They are Django's own, and changed by its pages and commands; here is what these do not do.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import ChangeRecord

KEPT: Final = (
    *("username", "name", "first_name", "last_name", "email"),
    *("is_active", "is_staff", "is_superuser"),
)
KEPT_LISTS: Final = ("groups", "user_permissions", "permissions")


def hold() -> None:
    """Wait until nobody else changes people, and let nobody until the transaction ends.

    Two superusers who demote each other in the same instant would otherwise both find the other
    one still there. On SQLite every transaction holds the one write lock.
    """
    superusers = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")
    # Without the key, which change records refer to: nobody's deed has to wait for this.
    list(superusers.select_for_update(no_key=True).values_list("pk"))


def read_again(person: User) -> User | None:
    """The person with what others have changed since; None for who is gone or deactivated.

    Call it after ``hold``.
    """
    try:
        person.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    except User.DoesNotExist:
        return None
    return person if person.is_active else None


def snapshot(obj: Any) -> dict[str, Any]:
    """What a change record compares. A password is compared too, and never shown."""
    values = {name: getattr(obj, name) for name in KEPT if hasattr(obj, name)}
    for name in KEPT_LISTS:
        if hasattr(obj, name):
            values[name] = _names(getattr(obj, name).all())
    if hasattr(obj, "password"):
        values["password"] = obj.password
    return values


def _names(rows: QuerySet[Any]) -> list[str]:
    """What they are called. The name of a permission begins with that of its content type."""
    if rows.model is Permission:
        rows = rows.select_related("content_type")
    return sorted(map(str, rows))


def name_of(obj: Any) -> str:
    """What change records call a person or group."""
    return f"{obj._meta.model_name} {obj}"[:200]


def note(
    actor: Actor, action: str, obj: Any, *, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Keep who changed which person or group, and what about them."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not changed:
        return

    def shown(values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: "…" if name == "password" else values[name] for name in changed if name in values
        }

    ChangeRecord.objects.keep(
        actor,
        action,
        kind=ChangeRecord.Kind.CONSOLE,
        name=name_of(obj),
        before=shown(before),
        after=shown(after),
    )


@contextmanager
def saves_kept(actor: Actor) -> Iterator[None]:
    """Every person who is saved meanwhile leaves a change record, in the save's transaction.

    For Django's commands, which wait for a password to be typed and then save all that they read
    before: of a person who was there already, only the password is new.
    """
    with ExitStack() as saving:
        before: dict[str, Any] = {}

        def begin(instance: User, **_options: Any) -> None:
            saving.enter_context(transaction.atomic())
            hold()
            if not instance._state.adding:
                password = instance.password
                instance.refresh_from_db()
                before.update(snapshot(instance))
                instance.password = password

        def keep(instance: User, created: bool, **_options: Any) -> None:
            action = "created" if created else "changed"
            note(actor, action, instance, before=before, after=snapshot(instance))
            saving.close()

        pre_save.connect(begin, sender=User)
        post_save.connect(keep, sender=User)
        try:
            yield
        finally:
            pre_save.disconnect(begin, sender=User)
            post_save.disconnect(keep, sender=User)


def end_sessions(user: User) -> None:
    """Log a person out everywhere. Enabled again, they have to log in again."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
