"""An OpenID provider that lies, stutters or is somebody else: nobody is signed in by it, and nothing waits for it."""

from __future__ import annotations

import hashlib
import warnings
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.http.liar import (
    ACCESS_TOKEN,
    FORGED,
    KEYS,
    SECRET,
    Liar,
    alert,
    nobody_came_in,
    sign_in,
)
from tests.identity import CLIENT_ID, NOT_COMPLETED, new_key
from tests.world import World

OTHER_KIND = ECKey.generate_key("P-256", {"kid": "ec"})


@pytest.fixture
def world(lied_to: World) -> World:
    """The app whose provider is the liar."""
    return lied_to


def test_an_honest_answer_signs_in(world: World, liar: Liar) -> None:
    client = world.app.test_client()

    answer = sign_in(world, liar, client)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/").status_code == 200
    assert world.row("max")["display_name"] == "Max Mustermann"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example.org"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-app"}, "aud"),
        ({"aud": ["another-app"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": {CLIENT_ID: 1}}, ""),
        ({"aud": [CLIENT_ID, "another-app"]}, "azp"),
        ({"aud": [CLIENT_ID, "another-app"], "azp": "another-app"}, "azp"),
        ({"azp": "another-app"}, "azp"),
        ({"exp": 1}, "ExpiredTokenError"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": 4_000_000_000}, "nbf"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "another"}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 4711}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "a\0b"}, "sub"),
        ({"at_hash": "of-another-access-token"}, "at_hash"),
        ({"at_hash": 5}, ""),
    ],
    ids=str,
)
def test_an_id_token_for_somebody_or_sometime_else_opens_nothing(
    world: World, liar: Liar, claims: dict[str, Any], why: str
) -> None:
    liar.claims = claims

    lines = nobody_came_in(world, liar, 400, NOT_COMPLETED)

    assert any("oidc.refused" in line and why in line for line in lines)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "none"}, OctKey.import_key(SECRET)),
        ({"alg": "HS256"}, OctKey.import_key(SECRET)),
        ({"alg": "HS256", "kid": None}, OctKey.import_key(SECRET)),
        ({}, FORGED),
        ({"kid": None}, FORGED),
        ({"kid": FORGED.kid}, FORGED),
        ({"kid": ["one"]}, FORGED),
        ({"jwk": FORGED.as_dict(private=False)}, FORGED),
        ({"alg": "ES256"}, OTHER_KIND),
        ({"crit": ["exp"]}, None),
    ],
    ids=["none", "our secret", "unnamed", "its name", "no name", "unknown", "odd", "own", "kind", "crit"],
)
def test_a_signature_of_another_opens_nothing(world: World, liar: Liar, header: dict[str, Any], key: Any) -> None:
    liar.header, liar.signs_with = header, key

    nobody_came_in(world, liar, 400, NOT_COMPLETED)


@pytest.mark.parametrize(
    "keys",
    [[], "keys", [5, None, {}, {"kty": "RSA"}, {"kty": ["RSA"]}], [OctKey.import_key(SECRET).as_dict()]],
    ids=["none", "a word", "broken", "our secret"],
)
def test_keys_that_are_none_check_no_signature(world: World, liar: Liar, keys: Any) -> None:
    liar.keys = keys

    nobody_came_in(world, liar, 400, NOT_COMPLETED)


@pytest.mark.parametrize("use", ["enc", "short"])
def test_a_key_that_is_for_encrypting_or_too_short_signs_nobody_in(world: World, liar: Liar, use: str) -> None:
    with warnings.catch_warnings(action="ignore"):
        liar.key = RSAKey.generate_key(1024 if use == "short" else 2048, {"kid": use})
    liar.keys = [liar.key.as_dict(private=False) | ({"use": "enc"} if use == "enc" else {})]

    nobody_came_in(world, liar, 400, NOT_COMPLETED)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "ES256"])
def test_other_algorithms_with_keys_of_two_are_taken(world: World, liar: Liar, algorithm: str) -> None:
    liar.key = OTHER_KIND if algorithm == "ES256" else RSAKey.generate_key(2048, {"kid": algorithm})
    liar.header = {"alg": algorithm}

    assert sign_in(world, liar).status_code == 303


def test_a_key_needs_no_name_where_it_is_the_only_one_of_its_kind(world: World, liar: Liar) -> None:
    liar.keys, liar.header = [one.as_dict(private=False) for one in (liar.key, OTHER_KIND)], {"kid": None}

    assert sign_in(world, liar).status_code == 303


def test_without_a_name_none_of_several_keys_is_tried(world: World, liar: Liar) -> None:
    liar.keys, liar.header = [one.as_dict(private=False) for one in (liar.key, FORGED)], {"kid": None}

    nobody_came_in(world, liar, 400, NOT_COMPLETED)


def test_after_a_change_of_keys_the_new_one_is_taken_and_the_old_one_is_not(world: World, liar: Liar) -> None:
    assert sign_in(world, liar).status_code == 303
    before, liar.key = liar.key, new_key()
    world.clock.advance(11)
    assert sign_in(world, liar).status_code == 303
    assert liar.times_asked(KEYS) == 2

    liar.key, liar.keys = before, [liar.key.as_dict(private=False)]

    assert alert(sign_in(world, liar)) == NOT_COMPLETED


def test_a_right_hash_of_the_access_token_is_right(world: World, liar: Liar) -> None:
    half = hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]
    liar.claims = {"at_hash": urlsafe_b64encode(half).decode().rstrip("=")}

    assert sign_in(world, liar).status_code == 303


@pytest.mark.parametrize("sub", ["4712", None, ["4711"]])
def test_userinfo_of_somebody_else_opens_nothing(world: World, liar: Liar, sub: Any) -> None:
    liar.userinfo["sub"] = sub

    nobody_came_in(world, liar, 400, NOT_COMPLETED)


def test_of_a_long_name_the_beginning_is_shown(world: World, liar: Liar) -> None:
    liar.userinfo["name"] = "Max " * 100

    assert sign_in(world, liar).status_code == 303
    assert world.row("max")["display_name"] == ("Max " * 100)[:120]


@pytest.mark.parametrize("shown", [None, 5, ["Max"], "\ud800\0", "  "])
def test_a_name_that_is_none_is_shown_as_the_user_name(world: World, liar: Liar, shown: Any) -> None:
    liar.userinfo["name"] = shown

    assert sign_in(world, liar).status_code == 303
    assert world.row("max")["display_name"] == "max"
