"""An OpenID provider that answers something else, or nothing: members read it, and nothing waits."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.http.certificates import Authority
from tests.http.liar import (
    DOORS,
    KEYS,
    SECRET,
    TOKEN,
    USERINFO,
    Answer,
    Liar,
    answers,
    nobody_came_in,
    padded,
    sign_in,
)
from tests.identity import AWAY, CLIENT_ID, NOT_COMPLETED
from tests.logged import log_lines
from tests.world import World, private


@pytest.fixture
def world(lied_to: World) -> World:
    """The app whose provider is the liar."""
    return lied_to


@pytest.mark.parametrize(
    "doors",
    [
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://127.0.0.1/\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": "http://[::1/auth"},
        {"authorization_endpoint": "http:///auth"},
        {"jwks_uri": 5},
        {"end_session_endpoint": "data:text/html,x"},
        {"scopes_supported": "openid"},
    ],
    ids=str,
)
def test_doors_that_can_not_be_right_are_not_gone_through(world: World, liar: Liar, doors: dict[str, Any]) -> None:
    liar.doors = doors

    lines = nobody_came_in(world, liar, 502, AWAY)

    assert any("oidc.away" in line and "openid-configuration" in line for line in lines)


@pytest.mark.parametrize("path", [DOORS, TOKEN, KEYS, USERINFO])
@pytest.mark.parametrize(
    "instead",
    [
        answers(500),
        answers(404),
        answers(204, b""),
        answers(200, b"<html>"),
        answers(200, b"\xff\xfe{"),
        answers(200, b"[1]"),
        answers(200, b"[" * 100_000),
        answers(302, Location="http://127.0.0.1:1/"),
        padded(b" " * 65536, 16, 0),
    ],
    ids=["500", "404", "nothing", "html", "no text", "list", "deep", "redirect", "flood"],
)
def test_an_answer_that_is_none_is_said_to_the_member(world: World, liar: Liar, path: str, instead: Answer) -> None:
    liar.instead = {path: instead}

    lines = nobody_came_in(world, liar, 502, AWAY)

    assert any("oidc.away" in line for line in lines)


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        ({"id_token": None}, 502, AWAY),
        ({"id_token": 5}, 502, AWAY),
        ({"access_token": None}, 502, AWAY),
        ({"id_token": "a.b.c"}, 400, NOT_COMPLETED),
        ({"id_token": "e30.e30."}, 400, NOT_COMPLETED),
        ({"error": "invalid_grant"}, 400, NOT_COMPLETED),
        ({"error": "invalid_client"}, 502, AWAY),
        ({"error": ["invalid_client"], "error_description": {}}, 400, NOT_COMPLETED),
        ({"error": "geheim: " + SECRET}, 400, NOT_COMPLETED),
    ],
    ids=str,
)
def test_what_is_given_for_a_code_but_is_no_token_opens_nothing(
    world: World, liar: Liar, given: dict[str, Any], status: int, sentence: str
) -> None:
    liar.given = given

    nobody_came_in(world, liar, status, sentence)


@pytest.mark.parametrize("path", [DOORS, TOKEN, KEYS, USERINFO])
def test_an_answer_that_drips_is_not_waited_for(
    world: World, liar: Liar, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    oidc: Any = world.wired.services.oidc
    monkeypatch.setitem(oidc._provider._ask.keywords, "seconds", 0.3)
    liar.instead = {path: padded(b" ", 100, 0.1)}

    nobody_came_in(world, liar, 502, AWAY)

    assert liar.times_asked(path) == 1


def test_a_provider_that_was_away_is_left_alone_for_a_moment(world: World, liar: Liar) -> None:
    liar.instead = {DOORS: answers(503)}
    for _try in range(3):
        assert sign_in(world, liar).status_code == 502
    assert [path for path, _header, _form in liar.asked] == [DOORS]

    liar.instead = {}
    world.clock.advance(11)

    assert sign_in(world, liar).status_code == 303


def test_the_secret_travels_in_the_header_form_encoded(make_world: Callable[..., World], liar: Liar) -> None:
    odd = private("ge/heim+nis&mit:allem=%")
    world = make_world(**liar.settings(oidc_client_secret=odd))

    sign_in(world, liar)

    header, body = next((header, body) for path, header, body in liar.asked if path == TOKEN)
    assert b64decode(header.removeprefix("Basic ")).decode() == f"{CLIENT_ID}:ge%2Fheim%2Bnis%26mit%3Aallem%3D%25"
    assert odd not in body
    assert {"code", "code_verifier", "redirect_uri", "grant_type"} == set(parse_qs(body))


def test_or_in_the_form_where_the_provider_wants_it_there(world: World, liar: Liar) -> None:
    liar.doors = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

    assert sign_in(world, liar).status_code == 303

    header, body = next((header, body) for path, header, body in liar.asked if path == TOKEN)
    assert (header, parse_qs(body)["client_secret"]) == ("", [SECRET])


@pytest.mark.parametrize("trusted", [True, False])
def test_over_https_only_with_a_certificate_that_is_trusted(
    make_world: Callable[..., World], tmp_path: Path, trusted: bool
) -> None:
    authority = Authority(tmp_path)
    liar = Liar(authority.serves())
    world = make_world(**liar.settings(nextcloud_ca_file=str(authority.file) if trusted else None))
    try:
        answer = sign_in(world, liar)
    finally:
        liar.close()

    assert answer.status_code == (303 if trusted else 502)


def test_behind_https_no_door_is_http(make_world: Callable[..., World], tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    liar = Liar(authority.serves())
    liar.doors = {"token_endpoint": "http://127.0.0.1:1/token"}
    world = make_world(**liar.settings(nextcloud_ca_file=str(authority.file)))
    try:
        with log_lines() as lines:
            assert sign_in(world, liar).status_code == 502
    finally:
        liar.close()

    assert any("not https" in line for line in lines)


def test_without_a_provider_there_is_no_such_address(make_world: Callable[..., World]) -> None:
    client = make_world().app.test_client()

    assert 'id="provider"' not in client.get("/login").get_data(as_text=True)
    assert client.post("/oidc/backchannel-logout").status_code == 401
    assert client.get("/oidc/callback?state=x").headers["Location"].startswith("/login?next=")
