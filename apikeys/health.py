"""Health: the process lives; the database answers and has every migration."""

import logging

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives, whatever else is down."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready for calls: every database answers, can be written to, and is migrated."""
    for connection in connections.all():
        try:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            logger.exception("Not ready: the database does not answer.")
            return JsonResponse({"status": "unavailable"}, status=503)
        if pending:
            return JsonResponse({"status": "migrations pending"}, status=503)
    return JsonResponse({"status": "ok"})
