"""Signed links: how they are written, and that nothing but the right spelling is read."""

import json
import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys import tokens
from storefront import transfer_link
from storefront.transfer_link import Link, Unreadable
from tests import servers

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((Path(__file__).parent / "transfer_vectors.json").read_text())
SECRET = VECTORS["consumer_secret"]
CLIENT = VECTORS["client"]
LINKS = VECTORS["links"]


def query_of(**changes):
    parameters = {**LINKS[0]["parameters"], "signature": LINKS[0]["signature"]} | changes
    return "&".join(f"{name}={value}" for name, value in parameters.items() if value is not None)


def snippet(language, function):
    """The code in the shop's README that defines this function."""
    readme = (ROOT / "storefront" / "README.md").read_text()
    blocks = re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    return next(block for block in blocks if function in block)


@pytest.mark.parametrize("vector", LINKS, ids=[link["name"] for link in LINKS])
def test_the_signatures_are_those_of_the_vectors(vector):
    assert transfer_link.text_to_sign(vector["parameters"]) == vector["text"]
    assert transfer_link.signature(SECRET, vector["parameters"]) == vector["signature"]


@pytest.mark.parametrize("vector", LINKS, ids=[link["name"] for link in LINKS])
def test_a_written_link_is_read_and_proven(vector):
    url = transfer_link.write("https://keys.example.com", SECRET, vector["parameters"])
    link = Link.read(urlsplit(url).query)

    assert link.signed_parameters == vector["parameters"]
    assert link.is_signed_with(SECRET)
    assert not link.is_signed_with(tokens.new_secret(VECTORS["consumer_key"]))


def test_the_client_session_id_is_that_of_the_vectors():
    made = transfer_link.client_session_id(CLIENT["ip"], CLIENT["user_agent"].encode())

    assert made == CLIENT["client_session_id"]


@pytest.mark.parametrize(
    "name",
    ["key", "cart", "action", "expires", "nonce", "sub", "client", "cart_key_version", "signature"],
)
def test_a_changed_or_added_parameter_breaks_the_signature(name):
    changed = {
        "key": "ck_test_zzzzzzzzzzzzzzzz",
        "cart": "z" * 22,
        "action": "checkout",
        "expires": "1800000001",
        "nonce": "z" * 22,
        "sub": "17",
        "client": "0" * 64,
        "cart_key_version": "2",
        "signature": "0" * 64,
    }

    assert not Link.read(query_of(**{name: changed[name]})).is_signed_with(SECRET)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "&",
        "=",
        "ticket",
        query_of(key=None),
        query_of(signature=None),
        query_of(signature=""),
        query_of(signature=LINKS[0]["signature"].upper()),
        query_of(signature=LINKS[0]["signature"][:-1]),
        query_of(nonce="a" * 21),
        query_of(nonce="a" * 65),
        query_of(nonce="a" * 21 + "%0A"),
        query_of(nonce="a" * 21 + "_"),
        query_of(cart="../../etc/passwd"),
        query_of(expires="+1800000000"),
        query_of(expires="01800000000"),
        query_of(expires="1800000000.0"),
        query_of(expires="999999999999"),
        query_of(expires="\u0661800000000"),
        query_of(sub=""),
        query_of(sub="%25SUBSCRIPTION_ID%25"),
        query_of(sub="1%20OR%201=1"),
        query_of(sub="a" * 65),
        query_of(sub="-1"),
        query_of(client="A" * 64),
        query_of(client="0" * 63),
        query_of(cart_key_version="0"),
        query_of(cart_key_version="+1"),
        query_of(next="https://evil.example.com"),
        query_of(redirect_to="//evil.example.com"),
        query_of() + "&action=checkout",
        query_of() + "&cart=" + LINKS[0]["parameters"]["cart"],
        query_of(key="%ff%fe"),
        query_of(action="cart;checkout"),
        "a=1&" * 5000,
        "ticket=" + "a" * 10_000,
    ],
)
def test_nothing_but_the_right_spelling_is_read(query):
    with pytest.raises(Unreadable):
        Link.read(query)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_query_is_read_or_refused_and_nothing_else(query):
    with suppress(Unreadable):
        Link.read(query)


@given(st.dictionaries(st.sampled_from(sorted(transfer_link.SHAPES)), st.text(max_size=30)))
def test_whatever_is_read_is_what_was_written(parameters):
    with suppress(Unreadable):
        link = Link.read(urlencode(parameters))
        assert link.signed_parameters | {"signature": link.signature} == parameters


def test_the_python_of_the_readme_makes_the_same_links(monkeypatch):
    readme = {}
    exec(compile(snippet("python", "def generate_url("), "README", "exec"), readme)  # noqa: S102 (our own text)
    monkeypatch.setenv("CONSUMER_KEY", VECTORS["consumer_key"])
    monkeypatch.setenv("CONSUMER_SECRET", SECRET)
    monkeypatch.setenv("STORE_API", "https://keys.example.com")

    for vector in LINKS:
        assert readme["signature"](SECRET, vector["parameters"]) == vector["signature"]
    assert (
        readme["client_session_id"](CLIENT["ip"], CLIENT["user_agent"])
        == CLIENT["client_session_id"]
    )
    url = readme["generate_url"](
        "7CVKXVxM7BtbAAAAzzzz22", "0" * 64, "renew-sub", sub="17", cart_key_version=2
    )
    assert dict(parse_qsl(urlsplit(url).query))["cart_key_version"] == "2"
    assert Link.read(urlsplit(url).query).is_signed_with(SECRET)


def test_the_javascript_of_the_readme_makes_the_same_links(tmp_path):
    servers.require("node")
    (tmp_path / "links.mjs").write_text(snippet("js", "function generateUrl("))
    (tmp_path / "main.mjs").write_text(
        """
        import { readFileSync } from 'node:fs';
        import { clientSessionId, generateUrl, signature } from './links.mjs';
        const vectors = JSON.parse(readFileSync(process.argv[2]));
        const { ip, user_agent } = vectors.client;
        console.log(JSON.stringify({
          signatures: vectors.links.map((link) =>
            signature(vectors.consumer_secret, link.parameters)),
          client: clientSessionId(ip, user_agent),
          url: generateUrl('7CVKXVxM7BtbAAAAzzzz22', '', 'change-sub',
            { sub: 'a_b-c', cartKeyVersion: 2 }),
        }));
        """
    )
    done = subprocess.run(
        ["node", "main.mjs", str(Path(__file__).parent / "transfer_vectors.json")],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "CONSUMER_KEY": VECTORS["consumer_key"],
            "CONSUMER_SECRET": SECRET,
            "STORE_API": "https://keys.example.com",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    made = json.loads(done.stdout)
    assert made["signatures"] == [vector["signature"] for vector in LINKS]
    assert made["client"] == CLIENT["client_session_id"]
    url = urlsplit(made["url"])
    parameters = dict(parse_qsl(url.query))
    assert (parameters["sub"], parameters["cart_key_version"]) == ("a_b-c", "2")
    assert Link.read(url.query).is_signed_with(SECRET)
