"""JSON bodies: numbers arrive as they were written, or not at all."""

from decimal import Decimal
from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from apikeys.parsers import StrictJSONParser


def parse(text):
    return StrictJSONParser().parse(BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.1", Decimal("0.1")),
        ("9007199254740.93", Decimal("9007199254740.93")),
        ("1e-6", Decimal("0.000001")),
        ("12.50", Decimal("12.50")),
        ("12", 12),
        ("9" * 100, 10**100 - 1),
    ],
)
def test_a_number_is_exact(text, number):
    found = parse(text)

    assert found == number
    assert not isinstance(found, float)


@pytest.mark.parametrize(
    "text",
    ["1e309", "-1e999", "1" * 101, "0." + "1" * 100, "1e-99999999999999999999", "NaN", "-Infinity"],
)
def test_a_number_that_nobody_can_hold_is_refused(text):
    with pytest.raises(ParseError):
        parse(text)
