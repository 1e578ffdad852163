"""Which keys a list shows: by state, by what somebody typed, in the order of a column."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, cast

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Exact, IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.models.allowed_ip import AllowedIP
from apikeys.models.scope import ScopedQuerySet
from apikeys.models.search_word import COMMON, KeyWord, Way, ending_of, found_by
from apikeys.models.secret import Secret
from apikeys.models.status import Status
from apikeys.total import COUNTED, Total, count_beside

if TYPE_CHECKING:
    from apikeys.models.api_key import APIKey  # noqa: F401 - named in a string below

SOON: Final = timedelta(days=14)
IDLE: Final = timedelta(days=90)
OLD: Final = timedelta(days=180)
NEVER: Final = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=models.DateTimeField())
SHOWN_IPS: Final = 2
# A shorter text that ends a consumer key does so by chance.
SHORTEST_ENDING: Final = 4


class KeyState(models.TextChoices):
    """What a list of keys can be narrowed to."""

    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    EXPIRED = "expired", _("Expired")
    EXPIRING = "expiring", _("Expires within 14 days")
    IDLE = "idle", _("Unused for 90 days")
    OLD_SECRET = "old_secret", _("Secret older than 180 days")
    RETIRED_IN_USE = "retired_in_use", _("Replaced secret still in use")
    ANY_IP = "any_ip", _("Any address")


# One for each order and each state of the lists.
LIST_INDEXES: Final = (
    # All that counting the keys of a store takes: PostgreSQL would rather read every key there is
    # than look up five in a hundred of them.
    models.Index(fields=["api_user", "status", "expires_at", "id"], name="apikey_of_user"),
    models.Index(fields=["-date_added", "-id"], name="apikey_newest"),
    models.Index(fields=["-date_modified", "-id"], name="apikey_modified"),
    models.Index(fields=["-last_used_at", "-id"], name="apikey_last_used"),
    # PostgreSQL sees the keys that were never used as the last of all, as lists want it
    # for those that were used long ago and not for those that were used just now.
    models.Index(
        IsNull(F("last_used_at"), True),
        F("last_used_at").desc(),
        F("id").desc(),
        name="apikey_last_used_first",
    ),
    # Of expressions, which nothing but these lists asks for: SQLite takes any column that
    # is equal to something for the shortest way, even where most rows are.
    models.Index(Lower("status"), F("date_added").desc(), F("id").desc(), name="apikey_by_status"),
    models.Index(
        Lower("permission"),
        F("date_added").desc(),
        F("id").desc(),
        name="apikey_by_permission",
    ),
    models.Index(
        fields=["-date_added", "-id"],
        name="apikey_disabled",
        condition=Q(status=Status.DISABLED),
    ),
    models.Index(fields=["expires_at"], name="apikey_expiry"),
    models.Index(
        fields=["-date_added", "-id"],
        name="apikey_any_ip",
        condition=Q(any_ip=True, status=Status.ENABLED),
    ),
    # In the order in which unused keys are looked for.
    models.Index(
        Coalesce("last_used_at", "date_added"),
        name="apikey_idle",
        condition=Q(status=Status.ENABLED),
    ),
)
# The order that a state brings along: what presses most stands first, and an index has it.
NATURAL_ORDERS: Final = {
    KeyState.EXPIRED: "-expires_at",
    KeyState.EXPIRING: "expires_at",
    KeyState.IDLE: "idle_since",
    KeyState.OLD_SECRET: "current_secret__date_added",
}


class ListedKeys(ScopedQuerySet["APIKey"]):
    """The questions that lists ask about keys."""

    def unused_since(self, moment: datetime) -> Self:
        """Enabled keys without a call since ``moment``; never used ones count from their creation.

        A key that was enabled again counts from that deed, so that it gets its full time.
        """
        return (
            self.filter(status=Status.ENABLED)
            .annotate(idle_since=Coalesce("last_used_at", "date_added"))
            .filter(idle_since__lt=moment, enabled_at__lt=moment)
        )

    def expired(self, now: datetime | None = None) -> Self:
        return self.filter(expires_at__lte=now or timezone.now())

    def with_retired_secret_in_use(self) -> Self:
        """Keys whose replaced secret was presented lately: a forgotten server, or a leak."""
        return self.filter(pk__in=Secret.objects.still_presented().values("api_key"))

    def in_state(self, state: str) -> Self:
        """Those that a list of this state shows; enabled means enabled and not expired."""
        now = timezone.now()
        on = Q(status=Status.ENABLED)
        match state:
            case KeyState.ENABLED:
                ends = Coalesce("expires_at", NEVER)
                return self._with("status", Status.ENABLED).alias(ends=ends).filter(ends__gt=now)
            case KeyState.DISABLED:
                return self._with("status", Status.DISABLED)
            case KeyState.EXPIRED:
                return self.expired(now).filter(on)
            case KeyState.EXPIRING:
                return self.filter(on, expires_at__gt=now, expires_at__lte=now + SOON)
            case KeyState.IDLE:
                return self.unused_since(now - IDLE)
            case KeyState.OLD_SECRET:
                # Each key has one such secret, so that no key comes twice.
                current = FilteredRelation("secrets", condition=Q(secrets__retires_at=None))
                return self.alias(current_secret=current).filter(
                    on, current_secret__date_added__lt=now - OLD
                )
            case KeyState.RETIRED_IN_USE:
                return self.with_retired_secret_in_use()
            case KeyState.ANY_IP:
                fits = Q(any_ip=True)
                return self._narrowed(fits & on, fits & ~Q(status=Status.DISABLED))
        return self

    def total_in(self, state: str) -> Total:
        """How many are in this state; without an order no index for one has to be chosen."""
        match state:
            case KeyState.ENABLED:
                unended = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
                rows = self.exclude(status=Status.DISABLED).filter(unended)
            case KeyState.DISABLED:
                rows = self.filter(status=Status.DISABLED)
            case _:
                rows = self.in_state(state)
        return Total.of(rows.order_by(), COUNTED)

    def with_permission(self, level: str) -> Self:
        """Those of this level."""
        return self._with("permission", level)

    def _with(self, column: str, value: str) -> Self:
        field = cast("models.Field[str, str]", self.model._meta.get_field(column))
        others = [other for other, _label in field.flatchoices if other != value]
        return self._narrowed(Q(Exact(Lower(column), value)), ~Q(**{f"{column}__in": others}))

    def _narrowed(self, by_index: Q, by_row: Q) -> Self:
        """Those of a condition, by an index for it; or, where most keys fit, row by row.

        Of an index SQLite expects few rows: it gathers and sorts them all before it shows fifty.
        """
        found = self.model._default_manager.filter(by_index).order_by().values("pk")
        return self.filter(by_row if found[:COMMON].count() == COMMON else by_index)

    def matching(self, text: str) -> Self:
        """Those that somebody may mean by this text.

        It may be words that begin words of the description and of the username (of several all
        must fit), the name of the owner, the ending of the consumer key in lists or a longer one,
        or an address or network that the key lets in.
        """
        ways = [Way.by_words(KeyWord, text), Way.by_owner(self.model, "api_user__owner", text)]
        _before, hinted, ending = text.rpartition("…")
        if hinted or len(ending) >= SHORTEST_ENDING:
            words = KeyWord.objects.filter(word__begins=ending_of(ending))
            ended = Q(consumer_key__iendswith=ending)
            ways.append(Way(words.values_list("api_key", flat=True), ended))
        if around := networks.enclosing(text):
            entries = AllowedIP.objects.filter(network__in=around)
            let_in = Q(Exists(entries.filter(api_key=OuterRef("pk"))))
            ways.append(Way(entries.values_list("api_key", flat=True), let_in))
        return found_by(self, ways)

    def for_list(self) -> Self:
        """With all that a row of the list shows; of a long list of allowed IPs the first ones."""
        first = Prefetch("allowed_ips", AllowedIP.objects.all()[:SHOWN_IPS], to_attr="first_ips")
        return (
            self.select_related("api_user__store", "api_user__owner")
            .annotate(further_ips=count_beside(AllowedIP.objects.all(), "api_key") - SHOWN_IPS)
            .prefetch_related(first)
        )

    def in_order(self, order: str) -> Self:
        """Sorted by a column, with a minus for descending; never used keys come last.

        Each order is that of an index. Keys with the same value come newest first, or oldest
        first where the column descends.
        """
        column, descending = order.removeprefix("-"), order.startswith("-")
        if column == "api_user__username":
            # True of every name; it makes SQLite read the names in order, and not every key.
            return self.filter(api_user__username__gt="").order_by(
                order, "-pk" if descending else "pk"
            )
        if column == "last_used_at":
            if descending:
                return self.order_by(IsNull(F(column), True), "-last_used_at", "-pk")
            return self.order_by(F(column).asc(nulls_last=True), "-pk")
        if column in ("status", "permission"):
            if descending:
                return self.order_by(Lower(column).desc(), "date_added", "pk")
            return self.order_by(Lower(column), "-date_added", "-pk")
        return self.order_by(order, "-pk" if descending else "pk")
