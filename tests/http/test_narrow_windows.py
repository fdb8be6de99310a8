"""Guards of windows so narrow that only a test can hit them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from models.credential_store import GRACE_SECONDS
from models.member_store import Connection
from services import settling
from services.conversations import Fetched
from services.keys import Keys
from services.members import Memory
from services.rooms import WAITING_CALLERS, ConnectionGoneError, Rooms
from tests.world import CONNECT, POLL, REVOKE, World, polls

CONNECTION = Connection("c1", "https://cloud.example.org", "max", "token", "max", "Max", None)


def until(condition: Callable[[], bool]) -> None:
    """Waits for another thread to come to where the test wants it."""
    for _look in range(12_000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("the other thread has not come")


def test_F42_cancelled_while_nextcloud_is_asked_who_it_is_connects_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(3)
    identify = settling.identify

    def cancelled_meanwhile(*arguments: Any) -> Any:
        identity = identify(*arguments)
        max_.act("cancel")
        return identity

    monkeypatch.setattr(settling, "identify", cancelled_meanwhile)
    max_.post(POLL)

    assert world.row("max")["nextcloud_app_password"] is None
    assert world.simulator.app_passwords("max") == []


def test_what_was_read_before_a_change_is_not_remembered_after_it() -> None:
    memory: Memory[str] = Memory(lambda: 0.0)

    def read_while_it_changes() -> tuple[int, str]:
        memory.forget(1)
        return 1, "old"

    memory.get("key", read_while_it_changes)

    assert memory.get("key", lambda: (1, "new")) == "new"


def test_who_waited_for_a_fetch_of_a_connection_that_ended_meanwhile_sends_nothing() -> None:
    fetching, go_on, fetches = threading.Event(), threading.Event(), []

    def fetch(_member: int, connection: Connection, _asked: bool, before: Fetched) -> Fetched:
        fetches.append(connection.connection_id)
        fetching.set()
        go_on.wait(10)
        return before

    rooms, gone = Rooms(fetch, 30, lambda: 0.0), []

    def look() -> None:
        try:
            rooms.snapshot(1, CONNECTION)
        except ConnectionGoneError:
            gone.append(True)

    first = threading.Thread(target=look)
    first.start()
    fetching.wait(10)
    second, ending = threading.Thread(target=look), threading.Thread(target=rooms.end, args=("c1",))
    second.start()
    until(lambda: rooms._entries["c1"]._seats._value < WAITING_CALLERS)
    ending.start()
    until(lambda: "c1" in rooms._gone)
    go_on.set()
    for thread in (first, second, ending):
        thread.join(10)

    assert fetches == ["c1"]
    assert gone == [True]


def test_a_secret_that_changes_while_keys_rotate_is_not_put_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.connected("max")
    keys: Keys = world.wired.keys
    rotate = keys._keyring.rotate

    def disconnected_meanwhile(token: str) -> str:
        world.wired.roster.disable("max")
        return rotate(token)

    monkeypatch.setattr(keys._keyring, "rotate", disconnected_meanwhile)
    keys.reencrypt()

    assert world.row("max")["nextcloud_app_password"] is None


def test_A31_a_revocation_is_claimed_by_one(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.delete(CONNECT)
    (row,) = world.rows("revocations")

    again = world.wired.services.ending.revoking.now(row["id"])

    assert again is False
    assert len(world.simulator.journal.entries(REVOKE)) == 1


def test_what_another_process_ended_is_left_alone_until_nothing_is_under_way_with_it(world: World) -> None:
    world.connected("max")
    world.wired.roster.disable("max")

    world.housekeeping()
    assert world.simulator.journal.entries(REVOKE) == []
    world.clock.advance(GRACE_SECONDS + 1)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []


def test_F21_a_clock_that_is_set_back_stops_no_flow(world: World) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    world.clock.advance(3)
    max_.post(POLL)
    asked = len(polls(world.simulator))

    world.clock.advance(-600)
    world.simulator.grant(started["loginUrl"], "max")

    assert max_.data(max_.post(POLL))["status"] == "connected"
    assert len(polls(world.simulator)) == asked + 1
