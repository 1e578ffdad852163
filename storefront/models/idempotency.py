"""Answers kept for a day, so that a request sent twice is done once (Idempotency-Key)."""

import hashlib
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.housekeeping import delete_in_steps

KEPT: Final = timedelta(hours=24)


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def begin(self, *parts: Any, body_digest: str) -> tuple["KeptAnswer", bool]:
        """The row of a request, and whether it is new: then do the deed, and ``keep`` its answer.

        Call it inside the transaction of the deed. The primary key lets one of any number of
        concurrent requests through; on PostgreSQL the others wait here until that one has
        committed, on SQLite they have waited for the one write lock already.
        """
        digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
        self.filter(digest=digest, date_added__lt=timezone.now() - KEPT).delete()
        try:
            with transaction.atomic():
                return self.create(digest=digest, body_digest=body_digest), True
        except IntegrityError:
            return self.get(digest=digest), False

    def prune(self) -> int:
        """Forget what is older than a day. Returns how many."""
        return delete_in_steps(self.filter(date_added__lt=timezone.now() - KEPT))


class KeptAnswer(models.Model):
    """What was answered to one request. The digest covers API user, path and key."""

    digest = models.CharField(primary_key=True, max_length=64)
    body_digest = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    date_added = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")

    def __str__(self) -> str:
        return self.digest[:12]

    def keep(self, answer: Any) -> None:
        self.answer = answer
        self.save(update_fields=["answer"])
