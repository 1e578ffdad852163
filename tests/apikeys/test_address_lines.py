"""Lists of allowed IPs as people write or paste them."""

import pytest
from django.core.exceptions import ValidationError

from apikeys.forms.addresses import AllowIPsForm, parse_lines


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


@pytest.mark.parametrize(
    "line",
    ["203.0.113.7, 203.0.113.8", "203.0.113.7 203.0.113.0/24 both", "10.0.0.1 # 2001:db8::1,x"],
)
def test_a_second_address_on_a_line_is_not_taken_for_a_label(line):
    with pytest.raises(ValidationError) as error:
        parse_lines(f"203.0.113.1 office\n{line}")
    assert error.value.messages == ["Line 2: Write each address or network on a line of its own."]


@pytest.mark.parametrize("line", ["203.0.113.7 2 servers", "203.0.113.7 10th floor, 10.0.0.9"])
def test_a_label_may_begin_with_a_number_and_mention_an_address(line):
    assert parse_lines(line) == [("203.0.113.7/32", line.partition(" ")[2])]


@pytest.mark.parametrize("label", ["x" * 101, "evil \u202e"])
def test_a_label_that_cannot_be_kept_is_named_by_its_line(label):
    with pytest.raises(ValidationError) as error:
        parse_lines(f"203.0.113.7 office\n\n203.0.113.8 {label}\n203.0.113.9 {label}")
    assert [message[:8] for message in error.value.messages] == ["Line 3: ", "Line 4: "]


@pytest.mark.parametrize("text", ["# 203.0.113.7", "\n # office\n"])
def test_a_list_of_comments_adds_nothing_and_is_refused(text):
    form = AllowIPsForm({"allowed_ips": text})
    assert form.errors == {"allowed_ips": ["Name at least one address or network."]}
