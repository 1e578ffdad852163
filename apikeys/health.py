"""Health: the process lives; the database can be written to, is migrated, and fits the settings."""

import logging
from functools import lru_cache

from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apikeys import at_rest, outage
from apikeys.models import WorkerLease

logger = logging.getLogger(__name__)


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
        # Nothing changes by it, and yet it fails where nothing can be written: on a standby, and,
        # once a worker has made the row, on a full disk.
        WorkerLease.objects.update(wanted_at=F("wanted_at"))
        mismatches = at_rest.mismatches()
    except (DatabaseError, InterfaceError) as error:
        logger.exception("Not ready. %s", outage.in_words(error))
        return JsonResponse({"status": "unavailable"}, status=503)
    if mismatches:
        logger.error("Not ready. %s %s", " ".join(mismatches), at_rest.ADVICE)
        return JsonResponse({"status": "other peppers or sealing keys"}, status=503)
    return JsonResponse({"status": "ok"})


def _is_behind(connection: BaseDatabaseWrapper) -> bool:
    return not _newest_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


@lru_cache(maxsize=1)
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last of each app; to read them all for every stranger's look would cost 14 ms."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
