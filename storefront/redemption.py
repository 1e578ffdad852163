"""Redeem a session-transfer link: everything is verified before anything changes.

A link is either a ticket that we made for a caller with a key, or signed by such a caller's own
backend. Both are judged by the rules of the gate as if the caller asked for the transfer now:
status of key, API user and store, expiry, level, resource. The one rule left out is the address,
because the link is redeemed by a customer's browser and not by the caller; nor does redeeming
count against the caller's rate limit.
"""

import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from apikeys import client_ip, keyring
from apikeys.call import Call
from apikeys.denial import NOBODY, DenialReason, Denied
from apikeys.models import APIKey, Secret, Store
from apikeys.proof import signing_secrets
from apikeys.rules import RULES, Facts
from storefront import transfer_link
from storefront.models import Cart, SessionTransfer, TransferTarget
from storefront.models.transfer_target import Action
from storefront.transfer_link import Link, Unreadable

RESOURCE: Final = "session_transfers"
FOR_THE_CALLER_ONLY: Final = frozenset({"address"})


class Redemption:
    """One link while it is examined: what is known of it so far, and whether it holds.

    ``verify`` raises ``Denied`` and changes nothing; ``spend`` then uses the link up. ``store`` is
    known as soon as somebody has vouched for the link, ``api_key`` once the rules were asked.
    """

    store: Store | None = None
    api_key: APIKey | None = None
    claimed_key: str = ""
    cart: Cart
    action: str
    subscription: str
    client: str
    expires_at: datetime
    location: str

    def __init__(self, query: str, call: Call) -> None:
        self.query = query
        self.call = replace(call, method="POST", resource=RESOURCE, store_id=None)
        self.link: Link | None = None
        self.transfer: SessionTransfer | None = None

    def verify(self, *, client: str | None = None) -> None:
        """Raise ``Denied`` unless the link holds; ``client`` is the customer who brings it.

        Without one, the customer is not looked at: whoever made the link may ask before sending.
        """
        ticket = self._read()
        if ticket is None:
            self._prove_link()
        else:
            self._find_transfer(ticket)
        self._judge_time()
        self._judge_action()
        self._judge_cart()
        if self.client and client is not None and not _same(self.client, client):
            raise self._refused("another customer's browser: address or user agent differ")
        if self._is_spent():
            raise self._refused("the link was used before")

    def spend(self) -> None:
        """Use the link up, or raise ``Denied``: of concurrent redemptions one comes through.

        Call it inside a transaction. The cart is held first, as by whatever ends its links: the
        other way round the two could wait for each other for ever.
        """
        try:
            self.cart.lock()
        except Cart.DoesNotExist as error:
            raise self._refused("the cart was deleted in this very moment") from error
        self._judge_cart()
        if self.transfer is not None:
            first = self.transfer.spend()
        else:
            first = SessionTransfer.objects.spend_link(self._known_link, self.cart)
        if not first:
            raise self._refused("the link was used, or ended, in this very moment")

    def _read(self) -> str | None:
        """The ticket of the link, or None when it is a signed one."""
        try:
            parameters = transfer_link.parameters_of(self.query)
            if parameters.keys() == {"ticket"}:
                return parameters["ticket"]
            self.link = Link.read(self.query)
        except Unreadable as error:
            raise self._refused(f"not a link of ours: {error}") from error
        self.claimed_key = self.link.key
        return None

    @property
    def _known_link(self) -> Link:
        if self.link is None:
            raise TypeError("This redemption is of a ticket.")
        return self.link

    def _find_transfer(self, ticket: str) -> None:
        transfer = SessionTransfer.objects.of_ticket(ticket)
        if transfer is None:
            raise self._refused("unknown ticket")
        self.transfer, self.store, self.cart = transfer, transfer.store, transfer.cart
        self.action, self.subscription = transfer.action, transfer.subscription
        self.client, self.expires_at = transfer.client, transfer.expires_at
        current = [row for row in keyring.find(transfer.consumer_key) if row.retires_at is None]
        if not current:
            raise self._refused(f"the key {transfer.consumer_key} that made the link is deleted")
        self._judge_key(current[0].load())

    def _prove_link(self) -> None:
        """Find who signed. An unknown key costs the same work as a wrong signature."""
        link = self._known_link
        rows = keyring.find(link.key)
        signer = None
        for row, secret in signing_secrets(link.key, rows):
            if link.is_signed_with(secret):
                signer = row
        if signer is None:
            refused = self._refused("wrong signature" if rows else "unknown key")
            refused.named = rows[0].named if rows else NOBODY
            raise refused
        secret_version = signer.load()
        self.store = secret_version.api_key.api_user.store
        self.action, self.subscription, self.client = link.action, link.sub, link.client
        self.expires_at = datetime.fromtimestamp(link.expires, UTC)
        self._judge_key(secret_version)
        cart = Cart.objects.filter(store=self.store, public_id=link.cart).first()
        if cart is None:
            raise self._refused("the key's store has no such cart")
        self.cart = cart

    def _judge_key(self, secret: Secret) -> None:
        self.api_key = secret.api_key
        facts = Facts.of_call(secret, self.call)
        for name, rule in RULES:
            if name in FOR_THE_CALLER_ONLY:
                continue
            try:
                rule(facts)
            except Denied as denied:
                raise self._refused(f"{denied.reason.value}: {denied.detail}") from denied

    def _judge_time(self) -> None:
        now = timezone.now()
        if self.expires_at <= now:
            raise self._refused(f"expired at {self.expires_at}")
        if self.expires_at > now + timedelta(seconds=settings.TRANSFER_MAX_LIFETIME):
            raise self._refused("it would live longer than TRANSFER_MAX_LIFETIME")

    def _judge_action(self) -> None:
        if self.action not in Action.values:
            raise self._refused("unknown action")
        if Action(self.action).needs_subscription != bool(self.subscription):
            raise self._refused(f"{self.action} with a wrong or missing subscription")
        if self.store is None:
            raise TypeError("The store is known once somebody vouched for the link.")
        target = TransferTarget.objects.of(self.store, self.action)
        if not target.is_on:
            raise self._refused(f"{self.action} is switched off, or has no target")
        self.location = target.location(self.subscription)

    def _judge_cart(self) -> None:
        if not self.cart.is_alive:
            raise self._refused("the cart has expired")
        named = self.link.cart_key_version if self.link is not None else ""
        if named and int(named) != self.cart.key_version:
            raise self._refused("the cart's key has changed since the link was made")

    def _is_spent(self) -> bool:
        if self.transfer is not None:
            return self.transfer.spent_at is not None
        return SessionTransfer.objects.has_spent_link(self._known_link)

    def _refused(self, detail: str) -> Denied:
        denied = Denied(DenialReason.TRANSFER, detail)
        denied.api_key = self.api_key
        return denied


def client_of(request: HttpRequest) -> str:
    """The client session id of whoever sends this request; blank without a valid address."""
    ip = client_ip.of_request(request).ip
    if ip is None:
        return ""
    sent: str = request.META.get("HTTP_USER_AGENT", "")
    try:
        user_agent = sent.encode("latin-1")  # WSGI keeps the bytes of a header so
    except UnicodeEncodeError:
        user_agent = sent.encode("utf-8", "surrogatepass")
    return transfer_link.client_session_id(ip, user_agent)


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(), second.encode())
