"""Lists of allowed IPs as people write or paste them."""

import pytest
from django.core.exceptions import ValidationError

from apikeys.forms.addresses import parse_lines


def test_a_list_takes_labels_and_passes_over_blank_and_commented_lines():
    text = (
        "203.0.113.7 office\r\n\r\n  2001:db8::/48, warehouse # north\n"
        "# 198.51.100.1\n198.51.100.2#till\r203.0.113.*\n203.0.113.7 again"
    )
    assert parse_lines(text) == [
        ("203.0.113.7/32", "office"),
        ("2001:db8::/48", "warehouse # north"),
        ("198.51.100.2/32", "till"),
        ("203.0.113.0/24", ""),
    ]


def test_every_wrong_line_of_a_list_is_named():
    with pytest.raises(ValidationError) as error:
        parse_lines("203.0.113.7\nnonsense\n\n*")
    first, second = error.value.messages
    assert first.startswith("Line 2: “nonsense”")
    assert second.startswith("Line 4: To allow every address")


def test_a_list_of_a_thousand_is_taken_and_one_more_is_not():
    lines = [f"10.0.{n // 256}.{n % 256}" for n in range(1001)]
    assert len(parse_lines("\n".join(lines[:1000]))) == 1000
    with pytest.raises(ValidationError, match="at most 1000"):
        parse_lines("\n".join(lines))


def test_a_list_of_nonsense_names_only_the_first_mistakes():
    with pytest.raises(ValidationError) as error:
        parse_lines("x\n" * 1000)
    assert len(error.value.messages) == 20
