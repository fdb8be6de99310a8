"""Nextcloud counts failed logins per address: never more than six, and the good members go on all the while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

import pytest
from pydantic import SecretStr

from models.failure_budget import COUNTING_SECONDS, HELD_SECONDS, SLOTS
from nextcloud.client import Account, Scheme
from nextcloud.errors import (
    AppPasswordRefused,
    CredentialsLost,
    ForbiddenPage,
    Locked,
    Maintenance,
    Misconfigured,
    NotUnderstood,
    TalkNotAllowed,
    TalkUnavailable,
    Unreachable,
)
from services.rooms import SPREAD
from tests.world import PASSWORD, ROOMS, Caller, World, code, names, raise_database_away

pytestmark = pytest.mark.both_databases

ROOM_PATH = "/apps/spreed/api/v4/room"
REFRESH = 31
THREADS = 32

LONGEST_PAUSE = (COUNTING_SECONDS + HELD_SECONDS) * SPREAD
"""After it every slot that was taken is free, and every card asks again."""


def connected_members(world: World, count: int) -> list[Caller]:
    """Members with one conversation each, connected without the clicks; `CONNECT` is tested elsewhere."""
    callers = []
    for number in range(count):
        name = f"member{number}"
        world.simulator.member(name).joins(f"Gruppe {number}")
        caller = world.sign_in(name)
        world.connect(caller)
        callers.append(caller)
    return callers


def refresh_all(world: World, callers: list[Caller]) -> list[int]:
    """Everybody asks at the same time, from 32 threads; returns the statuses.

    All of them reach Nextcloud at once: what a busy server does instead is no matter of the budget."""
    world.wired.services.card._rooms._asking = BoundedSemaphore(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda caller: caller.get(ROOMS).status_code, callers))


def basic_logins(world: World) -> int:
    return len([one for one in world.simulator.journal.entries(ROOM_PATH) if one.auth_scheme == "basic"])


@pytest.fixture
def many(world: World) -> list[Caller]:
    return connected_members(world, 50)


def test_A8_twenty_of_fifty_revoked_at_once_cost_six_failures_and_nobody_else_anything(
    world: World, many: list[Caller]
) -> None:
    for number in range(20):
        world.simulator.revoke_all(f"member{number}")
    world.simulator.journal.clear()
    world.clock.advance(REFRESH)

    statuses = refresh_all(world, many)

    assert world.simulator.failures() <= SLOTS
    assert statuses[20:] == [200] * 30
    assert 429 not in [entry.status for entry in world.simulator.journal.entries()]
    for number in range(20, 50):
        assert many[number].get(ROOMS).get_json()["data"]["stale"] is False


def test_A7_the_bound_holds_for_two_hours_of_refreshing(world: World, many: list[Caller]) -> None:
    for number in range(20):
        world.simulator.revoke_all(f"member{number}")

    for _half_hour in range(4):
        for _turn in range(3):
            world.clock.advance(REFRESH * 10)
            world.simulator.clock.advance(REFRESH * 10)
            refresh_all(world, many)
            assert world.simulator.failures() <= SLOTS
        world.clock.advance(HELD_SECONDS - REFRESH * 30)
        world.simulator.clock.advance(HELD_SECONDS - REFRESH * 30)

    assert [caller.get(ROOMS).status_code for caller in many[:20]] == [401] * 20
    assert [caller.get(ROOMS).status_code for caller in many[20:]] == [200] * 30


def test_the_bound_survives_restarts(world: World) -> None:
    callers = connected_members(world, 12)
    for number in range(12):
        world.simulator.revoke_all(f"member{number}")
    world.clock.advance(REFRESH)
    refresh_all(world, callers)

    for _restart in range(3):
        world.stop()
        world.start()
        callers = [world.sign_in(f"member{number}", PASSWORD) for number in range(12)]
        refresh_all(world, callers)

    assert world.simulator.failures() <= SLOTS


def test_a_kill_between_question_and_answer_leaves_the_slot_taken(world: World) -> None:
    """A slot is taken before the request goes out: what a killed process may have caused is counted."""
    budget = world.wired.lockout._budget
    for _kill in range(SLOTS):
        assert budget.take(world.simulator.url, world.clock()).slot is not None

    assert budget.take(world.simulator.url, world.clock()).slot is None
    assert budget.take(world.simulator.url, world.clock() + HELD_SECONDS).slot is None
    assert budget.take(world.simulator.url, world.clock() + COUNTING_SECONDS + HELD_SECONDS + 1).slot is not None


def test_A12_a_locked_address_stops_no_member(world: World) -> None:
    caller = connected_members(world, 1)[0]
    lock_address(world)
    world.simulator.journal.clear()
    world.clock.advance(REFRESH)

    assert names(caller.get(ROOMS)) == ["Gruppe 0"]
    world.clock.advance(REFRESH)
    assert names(caller.get(ROOMS)) == ["Gruppe 0"]

    assert basic_logins(world) == 1  # it found the lock; for half an hour there is no second one


def test_A12_locked_and_without_bearer_the_card_is_stale_and_says_why(world: World) -> None:
    caller = connected_members(world, 1)[0]
    assert caller.card() == "connected"
    world.wired.lockout._budget.refuse_bearer(world.simulator.url, world.clock() + 86400)
    lock_address(world)
    world.clock.advance(REFRESH)

    answer = caller.tick()

    assert caller.card(answer) == "stale"
    assert '"data-cause":"nextcloud_locked"' in answer.get_data(as_text=True)
    refused = caller.get(ROOMS)
    assert code(refused) == (503, "nextcloud_locked")
    assert 0 < int(refused.headers["Retry-After"]) <= HELD_SECONDS


def test_a_server_that_takes_no_bearer_is_recognised_and_the_bound_holds(world: World) -> None:
    callers = connected_members(world, 20)
    for number in range(10):
        world.simulator.revoke_all(f"member{number}")
    refuse_bearer(world)
    world.clock.advance(REFRESH)

    refresh_all(world, callers)
    assert world.simulator.failures() <= SLOTS

    world.clock.advance(LONGEST_PAUSE)
    world.simulator.clock.advance(LONGEST_PAUSE)
    for _turn in range(4):
        refresh_all(world, callers)
        world.clock.advance(LONGEST_PAUSE)
        world.simulator.clock.advance(LONGEST_PAUSE)
        assert world.simulator.failures() <= SLOTS
    assert [caller.get(ROOMS).status_code for caller in callers[10:]] == [200] * 10


def test_A26_a_proxy_that_leads_the_refused_to_its_own_page_hides_no_failure(world: World) -> None:
    """Nextcloud has counted what looks like an address that is set up wrongly."""
    callers = connected_members(world, 10)
    world.simulator.faults.answer(ROOM_PATH, 302, {"Location": "/sso"})
    world.simulator.journal.clear()

    assert {code(caller.get(ROOMS)) for caller in callers} == {(502, "nextcloud_misconfigured")}
    assert basic_logins(world) == SLOTS


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (Maintenance("503"), False),
        (CredentialsLost("401 without WWW-Authenticate"), False),
        (NotUnderstood("400"), False),
        (TalkNotAllowed("403"), False),
        (TalkUnavailable("404"), False),
        (ForbiddenPage("a page with 403"), True),
        (Misconfigured("redirect 302"), True),
        (Unreachable("refused", never_sent=True), False),
        (Unreachable("ReadTimeout"), True),
        (AppPasswordRefused("401"), True),
    ],
)
def test_a_slot_comes_back_only_when_it_is_certain_that_nothing_was_counted(
    world: World, error: Exception, kept: bool
) -> None:
    account = Account(world.simulator.url, "max", world.settings.secret_key)

    def request(_account: Account, scheme: Scheme) -> None:
        assert scheme == "basic"
        raise error

    with pytest.raises(type(error)):
        world.wired.lockout.call(account, request)

    taken = world.wired.lockout._budget.taken(world.simulator.url, world.clock())
    assert taken == (1 if kept else 0)


@pytest.mark.parametrize("error", [AppPasswordRefused("401"), Unreachable("ReadTimeout")])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "the_database_is_away_when_the_answer_comes"])
def test_in_no_half_hour_are_more_than_six_counted_however_late_answers_come(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, kept: bool
) -> None:
    counted: list[float] = []

    def refuse(_account: Account, scheme: Scheme) -> None:
        if scheme == "basic":
            if len(counted) < SLOTS:
                world.clock.advance(9)  # only the first answers are late
            counted.append(world.clock())
        raise error

    def everybody() -> None:
        for number in range(SLOTS):
            account = Account(world.simulator.url, f"member{number}", world.settings.secret_key)
            with pytest.raises((type(error), Locked)):
                world.wired.lockout.call(account, refuse)

    if not kept:
        monkeypatch.setattr(world.wired.lockout._budget, "keep", raise_database_away)
    everybody()
    world.clock.advance(HELD_SECONDS - 60)
    while len(counted) < 2 * SLOTS:
        world.clock.advance(5)
        everybody()

    assert max(sum(first <= one < first + HELD_SECONDS for one in counted) for first in counted) == SLOTS


def test_without_a_database_nothing_goes_by_basic(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.wired.lockout._budget, "take", raise_database_away)
    account = Account(world.simulator.url, "max", world.settings.secret_key)

    assert world.wired.lockout.call(account, lambda _account, scheme: scheme) == "bearer"


def test_a_lock_that_the_database_does_not_take_costs_neither_the_answer_nor_a_slot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lockout = world.wired.lockout
    monkeypatch.setattr(lockout._budget, "lock", raise_database_away)

    def locked(_account: Account, scheme: Scheme) -> Scheme:
        if scheme == "basic":
            raise Locked("429")
        return scheme

    assert lockout.call(Account(world.simulator.url, "max", SecretStr("first")), locked) == "bearer"
    assert lockout._budget.taken(world.simulator.url, world.clock()) == 0


def lock_address(world: World) -> None:
    """Twelve wrong passwords from this address, by whatever program."""
    import httpx

    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    for _failure in range(12):
        httpx.get(f"{world.simulator.url}/ocs/v2.php/cloud/user", auth=("nobody", "wrong"), headers=headers)


def refuse_bearer(world: World) -> None:
    world.simulator.faults.takes_bearer = False
