"""How deeds on the shop's records and their settings read in change records."""

from typing import Final

from django.utils.translation import gettext_lazy as _

WORDS: Final = {
    "archived": _("archived"),
    "marked": _("marked"),
    "payment confirmed": _("payment confirmed"),
    "payment received": _("payment received"),
    "redelivered": _("redelivered"),
    "registered": _("registered"),
    "unarchived": _("unarchived"),
    "action": _("action"),
    "additional_status": _("additional status"),
    "amount": _("amount"),
    "code": _("id"),
    "customer": _("customer"),
    "debug": _("debug settings"),
    "delivery": _("delivery"),
    "dialect": _("names of the events"),
    "events": _("events"),
    "mode": _("mode"),
    "order_id": _("order id"),
    "paid": _("paid"),
    "price": _("price"),
    "secret": _("secret"),
    "sku": _("SKU"),
    "sub": _("subscription"),
    "title": _("title"),
    "unconfirmed": _("not confirmed"),
    "url": _("URL"),
}
