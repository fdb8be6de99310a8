"""By Basic or by Bearer: what a refusal by Bearer means, and when it is believed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from models.failure_budget import COUNTING_SECONDS, HELD_SECONDS
from nextcloud.client import Account, Scheme
from nextcloud.errors import AppPasswordRefused, Locked
from tests.world import World, raise_database_away

pytestmark = pytest.mark.both_databases

Request = Callable[[Account, Scheme], Scheme]


def taking(only: Scheme | None, asked: list[Scheme]) -> Request:
    """A Nextcloud that takes this scheme alone, with None both; each question is told to `asked`."""

    def request(_account: Account, scheme: Scheme) -> Scheme:
        asked.append(scheme)
        if only not in (None, scheme):
            raise AppPasswordRefused("401")
        return scheme

    return request


def refuse(_account: Account, _scheme: Scheme) -> None:
    raise AppPasswordRefused("401")


def no_slot_free(world: World) -> None:
    while world.wired.lockout._budget.take(world.simulator.url, world.clock()).slot:
        pass


def in_doubt(world: World) -> Account:
    """An account whose Bearer token was refused while no slot was free."""
    account = Account(world.simulator.url, "max", SecretStr("first"))
    no_slot_free(world)
    with pytest.raises(Locked):
        world.wired.lockout.call(account, refuse)
    world.clock.advance(2 * HELD_SECONDS)
    return account


def test_a_refusal_by_bearer_alone_is_not_yet_believed(world: World) -> None:
    account = Account(world.simulator.url, "max", world.settings.secret_key)
    no_slot_free(world)

    with pytest.raises(Locked):
        world.wired.lockout.call(account, refuse)


@pytest.mark.parametrize("between", ["another_password", "bearer_works", "nothing"])
def test_a_refusal_by_bearer_that_was_right_is_no_reason_to_do_without_bearer(world: World, between: str) -> None:
    parked = Account(world.simulator.url, "max", SecretStr("first"))
    asked: list[Scheme] = []
    accept = taking(None, asked)

    no_slot_free(world)
    with pytest.raises(Locked):
        world.wired.lockout.call(parked, refuse)
    if between == "bearer_works":
        world.wired.lockout.call(parked, accept)
    world.clock.advance(2 * HELD_SECONDS)
    anew = Account(parked.base_url, "max", SecretStr("second"))
    world.wired.lockout.call(anew if between == "another_password" else parked, accept)

    assert (
        asked
        == {
            "another_password": ["basic"],
            "bearer_works": ["bearer", "basic"],
            "nothing": ["basic", "bearer"],
        }[between]
    )
    no_slot_free(world)
    world.wired.lockout.call(parked, accept)


def test_bearer_that_is_refused_where_basic_is_taken_is_done_without_for_a_day(world: World) -> None:
    account = Account(world.simulator.url, "max", SecretStr("first"))
    asked: list[Scheme] = []
    basic_only = taking("basic", asked)

    no_slot_free(world)
    with pytest.raises(Locked):
        world.wired.lockout.call(account, basic_only)
    world.clock.advance(2 * HELD_SECONDS)
    world.wired.lockout.call(account, basic_only)
    no_slot_free(world)
    with pytest.raises(Locked):
        world.wired.lockout.call(account, basic_only)

    assert asked == ["bearer", "basic", "bearer"]


def test_where_neither_way_is_open_it_is_said_when_the_next_slot_is_free(world: World) -> None:
    account = Account(world.simulator.url, "max", SecretStr("first"))
    no_slot_free(world)
    world.clock.advance(100)
    world.wired.lockout._budget.refuse_bearer(account.base_url, world.clock() + 86400)

    with pytest.raises(Locked) as caught:
        world.wired.lockout.call(account, lambda _account, _scheme: None)

    assert abs((caught.value.retry_after or 0) - (COUNTING_SECONDS + HELD_SECONDS - 100)) <= 2


def test_that_basic_revokes_what_bearer_could_not_says_nothing_about_bearer(world: World) -> None:
    """Once it is revoked, Bearer would be refused in any case."""
    account = in_doubt(world)
    asked: list[Scheme] = []
    basic_only = taking("basic", asked)

    world.wired.lockout.end(account, basic_only, refused=False, tried=False)

    assert asked == ["bearer", "basic"]
    assert world.wired.lockout._budget.state(account.base_url, world.clock()).bearer_refused_until == 0


def test_of_what_bearer_has_revoked_no_doubt_is_remembered(world: World) -> None:
    account = in_doubt(world)

    world.wired.lockout.end(account, lambda _account, _scheme: None, refused=False, tried=False)

    assert world.wired.lockout._doubted == set()


def test_what_basic_refuses_is_no_longer_in_doubt(world: World) -> None:
    account = in_doubt(world)

    with pytest.raises(AppPasswordRefused):
        world.wired.lockout.call(account, refuse)

    assert world.wired.lockout._doubted == set()


def test_where_the_database_does_not_take_that_bearer_is_refused_the_answer_of_basic_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(world.simulator.url, "max", SecretStr("first"))
    monkeypatch.setattr(world.wired.lockout._budget, "refuse_bearer", raise_database_away)

    basic_only = taking("basic", [])
    no_slot_free(world)
    with pytest.raises(Locked):
        world.wired.lockout.call(account, basic_only)
    world.clock.advance(2 * HELD_SECONDS)

    assert world.wired.lockout.call(account, basic_only) == "basic"
