"""Signing out at the OpenID provider too, and being signed out from there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from tests.identity import CLIENT_ID, IdentityProvider, Start, Visit, Visitor, new_key
from tests.logged import log_lines
from tests.world import World, database_away

EVENT = "http://schemas.openid.net/event/backchannel-logout"
FORGED, GUESSED = new_key(), OctKey.import_key("s" * 40)
BACK_CHANNEL = "oidc/backchannel-logout"


def elsewhere(answer: httpx.Response) -> str:
    """Where the page after signing out leads, by itself and by its button."""
    by_itself = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    by_button = re.search(r'id="elsewhere" href="([^"]+)"', answer.text)
    assert by_itself, answer.text
    assert by_button
    assert by_itself.group(1) == by_button.group(1)
    return by_itself.group(1).replace("&amp;", "&")


def say_yes(visitor: Visitor, page: httpx.Response) -> httpx.Response:
    """„Abmelden? Ja“ at the provider."""
    form = re.search(r'action="([^"]+)"><input type="hidden" name="xsrf" value="([^"]+)"', page.text)
    assert form, page.text
    return visitor.http.post(urljoin(visitor.at, form.group(1)), data={"xsrf": form.group(2), "logout": "yes"})


def logout_token(identity: IdentityProvider, world: World, **changes: Any) -> str:
    """What the provider would send, except for the changes; None leaves a claim out."""
    key = changes.pop("key", identity.key)
    header = {"alg": "RS256", "kid": identity.key.kid, "typ": "logout+jwt"} | changes.pop("header", {})
    now = int(world.clock())
    claims = {
        "iss": identity.url,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": "one",
        "sub": "4711",
        "events": {EVENT: {}},
    } | changes
    registry = JWSRegistry(algorithms=["RS256", "HS256"])
    return jwt.encode(header, {name: one for name, one in claims.items() if one is not None}, key, registry=registry)


def send(world: World, token: str) -> int:
    return httpx.post(world.settings.address + BACK_CHANNEL, data={"logout_token": token}).status_code


def test_signing_out_here_signs_out_there(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")

    answer = visitor.sign_out()

    assert answer.status_code == 200
    assert not visitor.signed_in()
    there = elsewhere(answer)
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{identity.url}/session/end?")
    assert asked["post_logout_redirect_uri"] == [f"{world.settings.address}login"]
    assert set(asked) == {"client_id", "post_logout_redirect_uri"}  # no token in an address
    back = say_yes(visitor, visitor.open(there))
    assert back.headers["Location"] == f"{world.settings.address}login"
    assert not visitor.to_provider().is_redirect  # the form is there: nobody is signed in


def test_who_signed_in_by_password_is_not_sent_to_the_provider(start: Start, visit: Visit) -> None:
    world = start()
    member = world.sign_in("max")

    answer = member.client.post("/logout", data={"csrf_token": member.client.get_cookie("_csrf_token").value})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_signing_out_there_signs_out_here(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor, elsewhere_signed_in = visit(world), visit(world)
    visitor.sign_in("4711")
    elsewhere_signed_in.sign_in("4711")
    page = visitor.open(f"{identity.url}/session/end")

    say_yes(visitor, page)

    assert identity.failed_logouts() == []
    assert not visitor.signed_in()
    assert elsewhere_signed_in.signed_in()  # it has a session of its own at the provider


def test_another_process_knows_within_ten_seconds(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    other = world.beside()
    client = other.app.test_client()
    client.set_cookie("talkboard", visitor.http.cookies["talkboard"])
    assert client.get("/").status_code == 200

    assert send(world, logout_token(identity, world)) == 200

    world.clock.advance(10)
    assert client.get("/").status_code == 303


def test_by_subject_alone_all_ends_and_tokens_too(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start(oidc_match_names=True)
    world.member("max")
    visitor, program, by_password = visit(world), world.bearer("max"), world.sign_in("max")
    visitor.sign_in("4711")
    anna = visit(world)
    anna.sign_in("4712")

    assert send(world, logout_token(identity, world)) == 200

    assert not visitor.signed_in()
    assert by_password.get("/").status_code == 303
    assert program.get("/api/nextcloud/talk/rooms").status_code == 401
    assert anna.signed_in()


def test_by_session_only_that_ends(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    one, other = visit(world), visit(world)
    one.sign_in("4711")
    other.sign_in("4711")
    sid = world.rows("sign_ins")[0]["oidc_sid"]
    assert sid

    assert send(world, logout_token(identity, world, sid=sid, sub=None)) == 200

    assert [row["oidc_sid"] == sid for row in world.rows("sign_ins")] == [False]
    assert one.signed_in() is not other.signed_in()


def test_a_session_of_which_the_sign_in_knew_no_name_ends_with_its_subject(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start(client={"backchannel_logout_session_required": False})
    visitor, anna = visit(world), visit(world)
    visitor.sign_in("4711")
    anna.sign_in("4712")
    assert {row["oidc_sid"] for row in world.rows("sign_ins")} == {None}

    assert send(world, logout_token(identity, world, sid="of the session")) == 200

    assert not visitor.signed_in()
    assert anna.signed_in()


def test_his_app_password_stays_until_the_operator_disables_him_here(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    """A session that ended says nothing about the member: he may just have signed out."""
    world = start(oidc_match_names=True)
    by_password, visitor = world.connected("max"), visit(world)
    visitor.sign_in("4711")
    assert send(world, logout_token(identity, world)) == 200
    world.clock.advance(60)
    world.housekeeping()
    assert len(world.simulator.app_passwords("max")) == 1
    visitor.sign_in("4711")

    world.wired.roster.disable("max")
    world.clock.advance(30)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert not visitor.signed_in()
    assert by_password.get("/").status_code == 303
    assert visitor.sign_in("4711").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example.org"},
        {"iss": None},
        {"aud": "another-app"},
        {"aud": None},
        {"iat": None},
        {"iat": 1},
        {"iat": 2_000_000_000_000},
        {"exp": 1},
        {"jti": None},
        {"jti": 5},
        {"events": None},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"events": {EVENT: True}},
        {"nonce": "n"},
        {"sub": None},
        {"sub": ["4711"]},
        {"sid": 5},
        {"sub": "4711\0"},
        {"key": FORGED},
        {"header": {"kid": "unknown"}},
        {"header": {"alg": "HS256"}, "key": GUESSED},
    ],
    ids=lambda changes: " ".join(changes) + str(list(changes.values()) if "key" not in changes else ""),
)
def test_what_is_not_to_be_believed_ends_nothing(
    start: Start, visit: Visit, identity: IdentityProvider, changes: dict[str, Any]
) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")

    with log_lines() as lines:
        status = send(world, logout_token(identity, world, **changes))

    assert status == 400
    assert visitor.signed_in()
    assert any("oidc.logout_refused" in line for line in lines)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 5, "e30.e30.", "ü" * 100])
def test_nonsense_is_refused(start: Start, token: str) -> None:
    assert send(start(), token) == 400


def test_an_id_token_is_no_logout_token(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    now = int(world.clock())
    claims = {"iss": identity.url, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "sub": "4711", "nonce": "n"}
    id_token = jwt.encode({"alg": "RS256", "kid": identity.key.kid}, claims, identity.key)

    assert send(world, id_token) == 400
    assert visitor.signed_in()


def test_a_logout_token_counts_once(start: Start, visit: Visit, identity: IdentityProvider) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    token = logout_token(identity, world)
    assert send(world, token) == 200
    visitor.sign_in("4711")

    assert send(world, token) == 400
    assert visitor.signed_in()
    world.clock.advance(299)
    assert send(world, token) == 400
    world.clock.advance(200)
    assert send(world, token) == 400


def test_one_that_met_a_database_that_is_away_may_come_again(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    token = logout_token(identity, world)
    with database_away(world):
        assert send(world, token) == 503

    assert send(world, token) == 200
    assert not visitor.signed_in()


def test_unknown_keys_are_asked_for_once_in_ten_seconds(
    start: Start, visit: Visit, identity: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can send a token that names a key."""
    world = start()
    visit(world).sign_in("4711")
    provider = world.wired.services.oidc._provider
    asked: list[str] = []
    json = provider.json
    monkeypatch.setattr(provider, "json", lambda url, *more: asked.append(url) or json(url, *more))
    world.clock.advance(11)

    for number in range(5):
        assert send(world, logout_token(identity, world, header={"kid": f"unknown-{number}"})) == 400

    assert asked == [f"{identity.url}/jwks"]


def test_the_first_word_after_a_change_of_keys_is_believed(
    start: Start, visit: Visit, identity: IdentityProvider
) -> None:
    world = start()
    visitor = visit(world)
    visitor.sign_in("4711")
    identity.rotate()
    world.clock.advance(11)

    assert send(world, logout_token(identity, world)) == 200
    assert not visitor.signed_in()
