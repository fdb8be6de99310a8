"""Tickets with which a host hands its members over: who gets them, what they are good for, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.embedding import CLAIM_SECONDS, TICKET_SECONDS
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
    assert frame(world).redeem(pending).get_json() == {"error": "disabled"}
    assert code(ask(world)) == (403, "unknown_member")


def test_a_stranger_becomes_a_member_only_where_that_is_wanted(make_world: Make, world: World) -> None:
    assert code(ask(world, subject="lena")) == (403, "unknown_member")
    open_world = make_world(**SETTINGS, embed_create_members=True)

    shown = frame(open_world)
    shown.start(ticket(open_world, "Lena", displayName="Lena Köhler"))

    assert shown.tick().status_code == 200
    assert open_world.row("lena")["display_name"] == "Lena Köhler"
    assert open_world.row("lena")["password_hash"] is None


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
    shown.start(host.token(world, key, "Ed25519", exp=int(world.clock()) + 60))

    world.clock.advance(61)

    assert shown.tick().status_code == 401


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


def test_a_token_of_the_host_is_good_in_listed_pages_only(by_token: tuple[World, host.Key]) -> None:
    world, key = by_token

    assert frame(world).redeem(host.token(world, key, "Ed25519"), parent=UNLISTED).status_code == 401
    assert frame(world).redeem(host.token(world, key, "Ed25519"), parent=OTHER).status_code == 200
