"""Nonces of signed calls, kept until their timestamp is too old to be accepted anyway."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connections, models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.housekeeping import delete_in_steps

# A call may have passed the check of its timestamp and not yet have come to spend its nonce.
ON_ITS_WAY = timedelta(seconds=60)


class SpentNonceQuerySet(models.QuerySet["SpentNonce"]):
    def spend(self, *, consumer_key: str, timestamp: int, nonce: str) -> bool:
        """Use a nonce up. False when it was used before, by any process, ever.

        One INSERT decides: of any number of concurrent calls the unique index lets one through,
        and a call whose transaction is still open makes the others wait for its end. Only a
        caller that proved the secret reaches this, so nobody else can fill the table.
        """
        spelling = f"{consumer_key}\n{timestamp}\n{nonce}".encode()
        digest = hashlib.sha256(spelling).hexdigest()
        useless_from = datetime.fromtimestamp(timestamp, UTC) + timedelta(
            seconds=settings.SIGNATURE_WINDOW
        )
        connection = connections[router.db_for_write(SpentNonce)]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO apikeys_spentnonce (digest, useless_from) VALUES (%s, %s) "
                "ON CONFLICT (digest) DO NOTHING",
                [digest, connection.ops.adapt_datetimefield_value(useless_from)],
            )
            return bool(cursor.rowcount == 1)

    def prune(self) -> int:
        """Forget the nonces whose timestamp is refused as stale for a while. Returns how many."""
        useless = self.filter(useless_from__lt=timezone.now() - ON_ITS_WAY)
        return delete_in_steps(useless.order_by("useless_from"))


class SpentNonce(models.Model):
    """That one signed call was made. The digest covers key, timestamp and nonce."""

    digest = models.CharField(primary_key=True, max_length=64)
    useless_from = models.DateTimeField(db_index=True)

    objects = SpentNonceQuerySet.as_manager()

    class Meta:
        verbose_name = _("spent nonce")
        verbose_name_plural = _("spent nonces")

    def __str__(self) -> str:
        return self.digest[:12]
