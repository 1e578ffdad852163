"""Health: the process lives; the database can be written to, is migrated, and fits the settings."""

import logging
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apikeys import at_rest, outage
from apikeys.models import WorkerLease

logger = logging.getLogger(__name__)

# What a few calls take before SQLite writes its log back into the file.
ROOM: Final = 1_000_000


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives, whatever else is down."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready for calls: every database is migrated, takes writes, and the keys can be proven."""
    try:
        if any(map(_is_behind, connections.all())):
            return JsonResponse({"status": "migrations pending"}, status=503)
        for connection in connections.all():
            _require_room(connection)
        # Writes to no row, and yet fails where none may be written, as on a standby.
        WorkerLease.objects.filter(pk=0).update(holder="")
        mismatches = at_rest.mismatches()
    except (DatabaseError, InterfaceError) as error:
        logger.exception("Not ready. %s", outage.in_words(error))
        return JsonResponse({"status": "unavailable"}, status=503)
    if mismatches:
        logger.error("Not ready. %s %s", " ".join(mismatches), at_rest.ADVICE)
        return JsonResponse({"status": "other peppers or sealing keys"}, status=503)
    return JsonResponse({"status": "ok"})


def _require_room(connection: BaseDatabaseWrapper) -> None:
    """Raise what SQLite would, when it has to write more than is left to it of the disk."""
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():  # type: ignore[attr-defined]
        folder = Path(connection.settings_dict["NAME"]).parent
        if shutil.disk_usage(folder).free < ROOM:
            raise OperationalError(f"The disk is full: less than {ROOM} bytes are free.")


def _is_behind(connection: BaseDatabaseWrapper) -> bool:
    return not _newest_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


@lru_cache(maxsize=1)
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last of each app; to read them all for every stranger's look would cost 14 ms."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
