"""Tickets with which a host hands its members over: who gets them, what they are good for, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from models.own_data import OwnData
from services.embedding import BEARER, CLAIM_SECONDS, COOKIE, FRAME_SECONDS, TICKET_SECONDS
from tests.http import host
from tests.http.framed import HOST, KEY, OTHER, SETTINGS, UNLISTED, ask, embedding, frame, ticket
from tests.world import World, at_once, code

Make = Callable[..., World]


@pytest.fixture
def world(make_world: Make) -> World:
    return embedding(make_world)


def test_a_ticket_counts_once(world: World) -> None:
    one = ticket(world)

    assert frame(world).redeem(one).status_code == 200
    assert frame(world).redeem(one).get_json() == {"error": "ticket_refused"}


@pytest.mark.both_databases
def test_of_many_with_the_same_ticket_one_wins(make_world: Make) -> None:
    world = make_world(**SETTINGS)
    world.member("max")
    one, frames = ticket(world), [frame(world) for _thread in range(12)]

    statuses = at_once(12, lambda number: frames[number].redeem(one).status_code)

    assert sorted(statuses) == [200] + [401] * 11
    assert len(world.rows("sign_ins")) == 1


def test_a_claim_counts_once_and_for_thirty_seconds(world: World) -> None:
    shown = frame(world)
    claim = shown.redeem(ticket(world)).get_json()["claim"]
    assert shown.settle(claim)["mode"] == "cookie"
    assert shown.settle(claim) == {"error": "ticket_refused"}

    late = shown.redeem(ticket(world)).get_json()["claim"]
    world.clock.advance(CLAIM_SECONDS + 1)
    assert shown.settle(late) == {"error": "ticket_refused"}


def test_a_ticket_is_good_for_a_minute(world: World) -> None:
    one = ticket(world)
    world.clock.advance(TICKET_SECONDS)

    assert frame(world).redeem(one).status_code == 401


def test_a_ticket_is_good_in_a_page_of_its_origin_only(world: World) -> None:
    assert frame(world).redeem(ticket(world), parent=OTHER).status_code == 401
    assert frame(world).redeem(ticket(world), parent=UNLISTED).status_code == 401


def test_tickets_lie_hashed(world: World) -> None:
    one = ticket(world)

    (row,) = world.rows("embed_tickets")

    assert one not in str(row)
    assert len(row["ticket_hash"]) == 64


def test_a_new_ticket_drops_whoever_was_in_the_frame_before(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world, "anna"))

    shown.start(ticket(world, "max"))

    assert [row["member_id"] for row in world.rows("sign_ins")] == [world.row("max")["id"]]


def test_a_bad_ticket_signs_the_earlier_member_out_too(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world, "anna"))

    shown.redeem("nonsense")

    assert shown.tick().status_code == 401
    assert world.rows("sign_ins") == []


@pytest.mark.parametrize("headers", [{"Origin": UNLISTED}, {"Sec-Fetch-Site": "cross-site"}, {"X-Talkboard-Frame": ""}])
def test_nobody_else_makes_a_browser_redeem(world: World, headers: dict[str, str]) -> None:
    one = ticket(world)

    assert frame(world).redeem(one, **headers).status_code == 403
    assert frame(world).redeem(one).status_code == 200


def test_a_disabled_member_gets_nothing(world: World) -> None:
    shown = frame(world)
    shown.start(ticket(world))
    pending = ticket(world)

    world.wired.roster.disable("max")

    assert shown.tick().status_code == 401
    assert frame(world).redeem(pending).get_json() == {"error": "ticket_refused"}
    assert code(ask(world)) == (403, "unknown_member")


@pytest.mark.parametrize("cookies", [True, False])
def test_a_frame_of_who_was_disabled_by_another_process_shows_nothing_within_ten_seconds(
    world: World, cookies: bool
) -> None:
    shown = frame(world, cookies)
    shown.start(ticket(world))
    assert shown.tick().status_code == 200

    world.beside().wired.roster.disable("max")
    world.clock.advance(10)

    assert [shown.tick().status_code, shown.get("/_dash-layout").status_code] == [401, 401]
    assert code(ask(world)) == (403, "unknown_member")


def test_a_stranger_becomes_a_member_only_where_that_is_wanted(make_world: Make, world: World) -> None:
    assert code(ask(world, subject="lena")) == (403, "unknown_member")
    open_world = make_world(**SETTINGS, embed_create_members=True)

    shown = frame(open_world)
    shown.start(ticket(open_world, "Lena", displayName="Lena Köhler"))

    assert shown.tick().status_code == 200
    assert open_world.row("lena")["display_name"] == "Lena Köhler"
    assert open_world.row("lena")["password_hash"] is None


def test_weiss_is_not_weiß(make_world: Make) -> None:
    open_world = make_world(**SETTINGS, embed_create_members=True)
    for subject in ("a.weiss", "A.Weiß", "A.WEISS", "a.weiß"):
        frame(open_world).redeem(ticket(open_world, subject))

    assert [row["name"] for row in open_world.rows("users")] == ["a.weiss", "a.weiß"]


def test_of_a_name_that_a_host_gives_what_can_be_seen_is_kept(make_world: Make) -> None:
    open_world = make_world(**SETTINGS, embed_create_members=True)
    written = "Lena\x1b]0;x\x07\n\tK\u202eöhler\x00"

    frame(open_world).redeem(ticket(open_world, "lena", displayName=written))

    assert open_world.row("lena")["display_name"] == "Lena]0;x Köhler"


WAYS_OUT: dict[str, Callable[[World], object]] = {
    "signed out everywhere": lambda world: world.wired.services.sign_ins.end_all(world.row("max")["id"]),
    "a new password": lambda world: world.wired.roster.set_password("max", SecretStr("einsatz-zug-2")),
    "disabled": lambda world: world.wired.roster.disable("max"),
    "removed": lambda world: world.wired.roster.remove("max"),
    "deleted by himself": lambda world: OwnData(world.wired.database).remove(world.row("max")["id"], 0),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_ticket_that_is_on_its_way_ends_with_all_that_is_the_members(make_world: Make, way: str) -> None:
    world = make_world(**SETTINGS, embed_create_members=True)
    world.member("max")
    pending, annas = ticket(world), ticket(world, "anna")

    WAYS_OUT[way](world)

    assert frame(world).redeem(pending).get_json() == {"error": "ticket_refused"}
    assert frame(world).redeem(annas).status_code == 200


def test_tickets_that_nobody_used_are_tidied_away(world: World) -> None:
    ticket(world)
    world.clock.advance(TICKET_SECONDS)

    world.housekeeping()

    assert world.rows("embed_tickets") == []


@pytest.mark.parametrize("key", ["", "x" * 40, KEY[:-1]])
def test_without_a_key_there_is_no_ticket(world: World, key: str) -> None:
    assert code(ask(world, key)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": OTHER},
        {"origin": UNLISTED},
        {"origin": HOST + "/"},
        {"subject": " "},
        {"subject": "a b"},
        {"subject": "max "},
        {"subject": "\u212aarl"},
        {"subject": "Andre\u0301"},
        {"subject": 5},
    ],
)
def test_a_key_speaks_for_its_own_pages_and_for_members(world: World, changes: dict[str, Any]) -> None:
    assert code(ask(world, **changes)) == (422, "invalid_request")


@pytest.fixture
def by_token(make_world: Make) -> tuple[World, host.Key]:
    """An app that takes tokens of its host's own, and the key that signs them."""
    key = host.new_key("Ed25519")
    world = make_world(**SETTINGS, **host.settings(host.public_pem(key), "Ed25519"))
    world.member("max")
    return world, key


def test_a_token_of_the_hosts_own_does_as_well(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token
    shown = frame(world)

    said = shown.start(host.token(world, key, "Ed25519"))

    assert said["mode"] == "cookie"
    assert shown.tick().status_code == 200
    assert frame(world).redeem(ticket(world)).status_code == 200  # tickets go on beside it


def test_a_frame_is_signed_in_no_longer_than_the_hosts_token_is_good(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token
    shown = frame(world)
    said = shown.start(host.token(world, key, "Ed25519", exp=int(world.clock()) + 60))

    assert 50 < said["expiresIn"] <= 60
    world.clock.advance(61)

    assert shown.tick().status_code == 401


@pytest.mark.parametrize("mode", [COOKIE, BEARER])
def test_however_long_the_hosts_token_is_good_the_frame_is_signed_in_for_five_minutes(
    by_token: tuple[World, host.Key], mode: str
) -> None:
    world, key = by_token
    shown = frame(world)
    token = host.token(world, key, "Ed25519", exp=int(world.clock()) + 12 * 3600)

    assert shown.redeem(token, mode=mode).status_code == 200

    (row,) = world.rows("sign_ins")
    assert (row["frame"], row["expires_at"] - row["created_at"]) == (mode, FRAME_SECONDS)


@pytest.mark.parametrize("changes", [{"exp": 1}, {"aud": "somebody else"}, {"sub": "nobody"}, {"sub": "a b"}])
def test_a_bad_token_of_the_host_opens_nothing(by_token: tuple[World, host.Key], changes: dict[str, Any]) -> None:
    world, key = by_token

    assert frame(world).redeem(host.token(world, key, "Ed25519", **changes)).status_code in (401, 403)
    assert world.rows("sign_ins") == []


def test_a_token_of_the_host_from_before_signing_out_everywhere_opens_nothing(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token
    token = host.token(world, key, "Ed25519")

    world.wired.services.sign_ins.end_all(world.row("max")["id"])

    assert frame(world).redeem(token).status_code == 401


@pytest.mark.parametrize("name", ["max ", " max", "max\u00a0", "max\n"])
def test_a_token_for_another_name_is_not_good_for_a_member(by_token: tuple[World, host.Key], name: str) -> None:
    world, key = by_token

    answer = frame(world).redeem(host.token(world, key, "Ed25519", sub=name))

    assert (answer.status_code, answer.get_json()) == (403, {"error": "unknown_member"})


def test_a_token_of_the_host_for_a_disabled_member_opens_nothing(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token
    world.wired.roster.disable("max")

    answer = frame(world).redeem(host.token(world, key, "Ed25519"))

    assert (answer.status_code, answer.get_json()) == (403, {"error": "disabled"})


def test_a_member_who_is_disabled_while_he_is_signed_in_gets_nothing(world: World, monkeypatch: Any) -> None:
    """Between his sign-in and its cookie, a moment that nothing else can hit."""
    sign_ins, start = world.wired.services.sign_ins, world.wired.services.sign_ins.start_in_frame
    one = ticket(world)

    def and_then_disabled(*given: Any, **more: Any) -> str:
        started = start(*given, **more)
        world.wired.roster.disable("max")
        return started

    monkeypatch.setattr(sign_ins, "start_in_frame", and_then_disabled)
    answer = frame(world).redeem(one)

    assert (answer.status_code, answer.get_json()) == (403, {"error": "disabled"})


def test_an_end_beyond_all_time_is_no_end(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token

    assert frame(world).redeem(host.token(world, key, "Ed25519", exp=10**400)).status_code == 401


def test_a_token_of_the_host_is_good_in_listed_pages_only(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token

    assert frame(world).redeem(host.token(world, key, "Ed25519"), parent=UNLISTED).status_code == 401
    assert frame(world).redeem(host.token(world, key, "Ed25519"), parent=OTHER).status_code == 200
