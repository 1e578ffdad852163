"""The format of keys and secrets, and what is stored of them."""

import base64
import random
import re
import time
import zlib
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from apikeys import tokens

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture(autouse=True)
def keys_outside_the_database(settings):
    settings.APIKEYS_PEPPERS = {2: "b2" * 32, 1: "a1" * 32}
    settings.APIKEYS_SEALING_KEYS = (Fernet.generate_key().decode(),)


def number_of(text):
    value = 0
    for character in text:
        value = value * 62 + BASE62.index(character)
    return value


@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_minted_key_has_the_published_format(mode):
    consumer_key, secret = tokens.mint(mode)

    assert re.fullmatch(rf"ck_{mode}_[0-9A-Za-z]{{16}}", consumer_key)
    assert re.fullmatch(rf"cs_{mode}_[0-9A-Za-z]{{65}}", secret)
    assert len(secret) == 73
    assert secret[8:24] == consumer_key[8:]
    assert number_of(secret[24:67]) < 2**256
    assert number_of(secret[67:]) == zlib.crc32(secret[:67].encode())


def test_a_known_secret_stays_valid_in_every_later_version():
    secret = "cs_live_0123456789ABCDEF" + "0" * 42 + "1" + "4ect8c"
    assert tokens.consumer_key_of(secret) == "ck_live_0123456789ABCDEF"


def test_two_minted_keys_share_nothing():
    first, second = tokens.mint(), tokens.mint()
    assert first.consumer_key != second.consumer_key
    assert first.secret[24:67] != second.secret[24:67]


def test_no_state_that_can_be_learned_makes_the_same_key_again():
    def minted_after(seed):
        random.seed(seed)
        return tokens.mint()

    first, second = minted_after(7), minted_after(7)

    assert first.consumer_key != second.consumer_key
    assert first.secret[24:67] != second.secret[24:67]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="live or test"):
        tokens.mint("staging")


def test_the_secret_does_not_show_in_a_representation():
    minted = tokens.mint()
    assert minted.secret[8:] not in repr(minted)
    assert minted.consumer_key in repr(minted)


def test_a_rotated_secret_names_the_same_key():
    minted = tokens.mint("test")
    rotated = tokens.new_secret(minted.consumer_key)
    assert rotated != minted.secret
    assert tokens.consumer_key_of(rotated) == minted.consumer_key


def test_a_secret_is_made_for_nothing_but_a_consumer_key():
    with pytest.raises(ValueError, match="consumer key"):
        tokens.new_secret("ck_live_short")


def swap(text, place):
    return text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: "", id="empty"),
        pytest.param(lambda s: s[:-1], id="truncated"),
        pytest.param(lambda s: s + "0", id="longer"),
        pytest.param(lambda s: s + "\n", id="newline"),
        pytest.param(lambda s: " " + s, id="leading space"),
        pytest.param(lambda s: s.upper(), id="upper case"),
        pytest.param(lambda s: s.swapcase(), id="swapped case"),
        pytest.param(lambda s: s.replace("cs_", "ck_"), id="other prefix"),
        pytest.param(lambda s: s.replace("live", "test"), id="other mode"),
        pytest.param(lambda s: s[:8] + "\N{FULLWIDTH DIGIT ONE}" + s[9:], id="full width digit"),
        pytest.param(lambda s: s[:8] + "\N{CYRILLIC SMALL LETTER A}" + s[9:], id="Cyrillic"),
        pytest.param(lambda s: s[:8] + "\udcff" + s[9:], id="surrogate"),
    ],
)
def test_a_secret_that_is_not_exact_names_no_key(change):
    assert tokens.consumer_key_of(change(tokens.mint().secret)) is None


@pytest.mark.parametrize("place", [8, 23, 24, 50, 66, 67, 72])
def test_one_wrong_character_anywhere_fails_the_checksum(place):
    assert tokens.consumer_key_of(swap(tokens.mint().secret, place)) is None


@given(st.text(max_size=100))
def test_no_text_makes_the_parsers_fail(text):
    assert tokens.consumer_key_of(text) is None
    assert not tokens.is_consumer_key(text)
    assert isinstance(tokens.hint(text), str)


@given(st.integers(0, 2**256 - 1))
def test_base62_keeps_every_secret_in_its_43_characters(number):
    assert len(tokens._base62(number, 43)) == 43
    assert number_of(tokens._base62(number, 43)) == number


@pytest.mark.parametrize("text", ["%", "ck_%", "_", "ck_live_0123456789ABCDE", "", "ck_live_" * 3])
def test_a_pattern_or_a_part_is_no_consumer_key(text):
    assert not tokens.is_consumer_key(text)


def test_the_hint_shows_the_kind_and_the_end():
    assert tokens.hint("ck_live_0123456789ABCDEF") == "ck_live_…9ABCDEF"
    assert tokens.hint("imported-0123456789") == "…3456789"


def test_a_digest_matches_its_secret_under_its_pepper_only():
    secret = tokens.mint().secret
    digest = tokens.digest(secret, 2)

    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert tokens.matches(secret, digest, 2)
    assert not tokens.matches(secret, digest, 1)
    assert not tokens.matches(tokens.new_secret("ck_live_" + secret[8:24]), digest, 2)


@pytest.mark.parametrize("stored", ["", "0" * 64, "é", "\udcff", "None"])
def test_a_blank_or_damaged_digest_matches_nothing(stored):
    assert not tokens.matches("", stored, 2)
    assert not tokens.matches(tokens.mint().secret, stored, 2)


def test_an_unknown_pepper_matches_nothing_and_makes_nothing():
    secret = tokens.mint().secret
    assert not tokens.matches(secret, tokens.digest(secret, 2), 3)
    with pytest.raises(tokens.UnknownPepper):
        tokens.digest(secret, 3)


def test_the_newest_pepper_is_the_first(settings):
    assert tokens.newest_pepper_id() == 2
    settings.APIKEYS_PEPPERS = {}
    with pytest.raises(tokens.UnknownPepper):
        tokens.newest_pepper_id()


def test_a_sealed_secret_opens_for_its_own_key_only():
    minted, other = tokens.mint(), tokens.mint()
    sealed = tokens.seal(*minted)

    assert tokens.unseal(minted.consumer_key, sealed) == minted.secret
    assert minted.secret not in sealed
    with pytest.raises(tokens.SealBroken, match="another key"):
        tokens.unseal(other.consumer_key, sealed)


def test_an_older_sealing_key_still_opens(settings):
    minted = tokens.mint()
    sealed = tokens.seal(*minted)
    settings.APIKEYS_SEALING_KEYS = (
        Fernet.generate_key().decode(),
        *settings.APIKEYS_SEALING_KEYS,
    )
    assert tokens.unseal(minted.consumer_key, sealed) == minted.secret


@pytest.mark.parametrize("sealed", ["", "x", "é", "\udcff", "gAAAAA" + "A" * 90])
def test_a_damaged_seal_says_so_without_the_secret(sealed):
    with pytest.raises(tokens.SealBroken) as broken:
        tokens.unseal(tokens.mint().consumer_key, sealed)
    assert "cs_" not in str(broken.value)


@pytest.mark.parametrize("keys", [(), ("short",), ("é" * 44,)])
def test_without_a_usable_sealing_key_nothing_is_sealed_or_opened(settings, keys):
    minted = tokens.mint()
    sealed = tokens.seal(*minted)
    settings.APIKEYS_SEALING_KEYS = keys
    with pytest.raises(tokens.SealBroken):
        tokens.seal(*minted)
    with pytest.raises(tokens.SealBroken):
        tokens.unseal(minted.consumer_key, sealed)


def every_character_encoded(text):
    return "".join(f"%{ord(character):02x}" for character in text)


FORMS = {
    "plain": lambda s: s,
    "upper case": str.upper,
    "first 16": lambda s: s[:16],
    "underscores encoded": lambda s: s.replace("_", "%5F"),
    "encoded": every_character_encoded,
    "encoded twice": lambda s: quote(every_character_encoded(s), safe=""),
    "encoded three times": lambda s: quote(quote(every_character_encoded(s), safe=""), safe=""),
    "first 16 encoded": lambda s: every_character_encoded(s[:16]),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 of a pair": lambda s: base64.b64encode(f"inventory.sync:{s}".encode()).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "after a long word": lambda s: "x" * 39 + s,
    "without its prefix": lambda s: s[8:],
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_secret_survives_in_what_is_stored(form):
    secret = tokens.mint().secret
    spelt = FORMS[form](secret)

    kept = tokens.redact(f"/api/v1/{spelt}/invoices")

    assert kept.startswith("/api/v1/")
    assert kept.endswith("[cut]/invoices")
    for part in {secret[:16], secret[8:24], spelt[-16:]}:
        assert part.lower() not in kept.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/api/v1/stores/7CVKabcdefghij0123456789/invoices/ck_live_0123456789ABCDEF/",
        "/wp-json/cocart/preview/cart/item/0123456789abcdef0123456789abcdef",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "WooCommerce REST API - JS Client/1.0.2",
        "/%D0%BC%D0%B0%D0%B3%D0%B0%D0%B7%D0%B8%D0%BD/%D0%BC%D0%B0%D0%B3%D0%B0%D0%B7%D0%B8%D0%BD",
        "/api/v1/cs_/cs_other/",
    ],
)
def test_ordinary_paths_and_agents_are_kept_as_they_are(text):
    assert tokens.redact(text) == text


@pytest.mark.parametrize(
    "text",
    ["%25" * 20000, "%2525 " * 10000, ("a" * 39 + " ") * 1500, "cs%5" * 15000, "%" + "25" * 30000],
)
def test_hostile_text_is_redacted_in_linear_time(text):
    start = time.process_time()  # of this process alone, however busy the machine is
    tokens.redact(text)
    assert time.process_time() - start < 1
