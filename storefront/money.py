"""Money: exact decimals, kept as whole minor units (cents, satoshi) of a currency.

SQLite keeps a decimal as a binary fraction; a whole number is exact in every database. A currency
is its ISO 4217 code, or BTC and SATS.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ISO_4217: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES: Final = frozenset([*ISO_4217.split(), "BTC", "SATS"])
PLACES: Final = {
    "BTC": 8,
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"], 0),
    **dict.fromkeys(["PYG", "RWF", "SATS", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
}
# The least that the shops' own clients let through.
MINIMUM: Final = {"BTC": Decimal("0.000001"), "RUB": Decimal(1)}
MOST_MINOR: Final = 10**15


def places(currency: str) -> int:
    """How many decimals the currency has."""
    return PLACES.get(currency, 2)


def minimum(currency: str) -> Decimal:
    """The least amount an invoice may have: one cent, one whole yen or satoshi, more for some."""
    return MINIMUM.get(currency, Decimal(1).scaleb(-places(currency)))


def validate_currency(currency: str) -> None:
    """Validator: a currency that we know the decimals of."""
    if currency not in CURRENCIES:
        raise ValidationError(
            _("“%(currency)s” is not a currency we know. Write it as in EUR, USD, BTC or SATS."),
            code="unknown_currency",
            params={"currency": currency[:20]},
        )


def to_minor(amount: Decimal, currency: str) -> int:
    """The whole minor units of an amount. Raises ``ValidationError`` when it is not exactly so."""
    validate_currency(currency)
    if not amount.is_finite() or amount.adjusted() > 20:
        raise ValidationError(_("The amount is too large."), code="max_value")
    if amount.adjusted() < -20:
        raise _too_fine(currency)
    # As fractions: Decimal's own arithmetic would round what has more than 28 digits.
    numerator, denominator = amount.as_integer_ratio()
    minor, rest = divmod(numerator * int(10 ** places(currency)), denominator)
    if rest:
        raise _too_fine(currency)
    if abs(minor) > MOST_MINOR:
        raise ValidationError(_("The amount is too large."), code="max_value")
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount of so many minor units, with all decimals of its currency."""
    return Decimal(minor).scaleb(-places(currency))


def validate_minimum(amount: Decimal, currency: str) -> None:
    """Refuse what is too little to be paid."""
    if amount < minimum(currency):
        raise ValidationError(
            _("The minimum amount is %(minimum)s %(currency)s."),
            code="min_value",
            params={"minimum": f"{minimum(currency):f}", "currency": currency},
        )


@contextmanager
def named(field: str) -> Iterator[None]:
    """Put what is wrong with an amount under its field, or under the currency if that is it."""
    try:
        yield
    except ValidationError as error:
        at_fault = "currency" if error.code == "unknown_currency" else field
        raise ValidationError({at_fault: error}) from error


def _too_fine(currency: str) -> ValidationError:
    return ValidationError(
        _("An amount in %(currency)s has at most %(places)d decimals."),
        code="max_decimal_places",
        params={"currency": currency, "places": places(currency)},
    )
