"""Who asks Nextcloud about a flow: exactly one at a time, whatever is killed in between."""

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from models.database import DatabaseAwayError
from models.flow_store import FlowStore
from services.connecting import POLL_LEASE_SECONDS, QUIET_SECONDS, UNATTENDED_SECONDS
from services.ending import Ending
from services.settling import Settling
from tests.world import CONNECT, FLOW_POLL, POLL, REVOKE, Caller, World, at_once, eventually, polls

pytestmark = pytest.mark.both_databases

THREADS = 20


class KilledError(Exception):
    """Stands for the end of the process at this very point."""


def begin(world: World, caller: Caller) -> dict[str, Any]:
    opened: dict[str, Any] = caller.data(caller.post(CONNECT))
    later(world, 20)
    return opened


def later(world: World, seconds: float) -> None:
    """Time passes for both."""
    world.clock.advance(seconds)
    world.simulator.clock.advance(seconds)


def all_at_once(world: World, caller: Caller) -> None:
    """Tabs, programs and the server itself look after one flow in the same moment."""
    ways: list[Callable[[Caller], object]] = [
        lambda tab: tab.flow_tick(),
        lambda tab: tab.post(POLL),
        lambda _tab: world.wired.services.connecting.look_after_unattended(),
    ]
    tabs = [caller.again() for _thread in range(THREADS)]
    at_once(THREADS, lambda number: ways[number % len(ways)](tabs[number]))


def killed(*_arguments: object) -> None:
    raise KilledError


def status(caller: Caller) -> str:
    return str(caller.data(caller.post(POLL))["status"])


def test_twenty_at_once_ask_once(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    world.simulator.faults.delay(FLOW_POLL, 0.3)

    all_at_once(world, max_)
    all_at_once(world, max_)

    assert len(polls(world.simulator)) == 1


def test_however_many_ask_nextcloud_hears_of_them_every_two_seconds_at_most(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)

    for _round in range(4):
        all_at_once(world, max_)
        later(world, 1.1)

    times = polls(world.simulator)
    assert len(times) >= 2
    assert all(after - before >= QUIET_SECONDS for before, after in pairwise(times))


def test_of_twenty_at_once_one_collects_the_grant_and_all_are_connected(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    all_at_once(world, max_)

    assert status(max_) == "connected"
    assert len(polls(world.simulator)) == 1
    assert len(world.simulator.app_passwords("max")) == 1


def test_two_processes_ask_once(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    other = world.beside()
    there = other.visits(max_)
    world.simulator.faults.delay(FLOW_POLL, 0.3)

    at_once(8, lambda number: (max_ if number % 2 else there).again().post(POLL))

    assert len(polls(world.simulator)) == 1


def test_a_page_waits_two_seconds_for_a_slow_poll_and_the_answer_is_kept_all_the_same(world: World) -> None:
    """Nextcloud deletes the flow before it answers: hanging up would lose the app password."""
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.faults.delay(FLOW_POLL, 2.5, times=1)

    first = status(max_)
    eventually(lambda: world.row("max")["nextcloud_app_password"])

    assert first == "pending"
    assert status(max_) == "connected"
    assert len(polls(world.simulator)) == 1


def test_while_one_poll_is_under_way_nobody_else_asks_however_long_it_takes(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    tab = max_.again()
    world.simulator.faults.delay(FLOW_POLL, 1.5, times=1)
    slow = threading.Thread(target=lambda: tab.post(POLL))
    slow.start()
    eventually(lambda: polls(world.simulator))

    later(world, UNATTENDED_SECONDS + 1)
    max_.post(POLL)
    world.housekeeping()

    assert len(polls(world.simulator)) == 1
    slow.join()


def test_the_server_itself_collects_a_grant_without_any_browser(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    world.housekeeping()

    assert world.row("max")["nextcloud_username"] == "max"
    assert max_.card() == "empty"


def test_the_server_itself_keeps_away_from_a_flow_that_a_page_asks_about(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    max_.flow_tick()
    later(world, UNATTENDED_SECONDS - 1)

    world.housekeeping()

    assert len(polls(world.simulator)) == 1


def test_the_thread_of_the_server_does_it_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.housekeeping.LOOK_SECONDS", 0.05)
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    world.wired.housekeeping.start()
    eventually(lambda: world.row("max")["nextcloud_app_password"])

    assert max_.card() == "empty"


def test_F45_restarted_after_the_start_the_flow_goes_on(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.restart(max_)

    before = status(max_)
    world.simulator.grant(opened["loginUrl"], "max")
    later(world, 3)

    assert (before, status(max_)) == ("pending", "connected")


def test_F45_restarted_after_the_grant_it_is_collected(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    world.restart(max_)
    world.housekeeping()

    assert status(max_) == "connected"
    assert len(polls(world.simulator)) == 1


def test_F45_killed_after_the_answer_was_kept_it_is_settled_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    with monkeypatch.context() as patch:
        patch.setattr(FlowStore, "claim_answer", killed)
        assert max_.post(POLL).status_code == 500
    assert world.row("max")["nextcloud_app_password"] is None

    world.restart(max_)

    assert status(max_) == "connected"
    assert len(polls(world.simulator)) == 1


def test_F45_killed_while_settling_it_is_settled_once_the_claim_has_run_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    with monkeypatch.context() as patch:
        patch.setattr(Settling, "settle", killed)
        assert max_.post(POLL).status_code == 500

    world.restart(max_)
    before = status(max_)
    later(world, POLL_LEASE_SECONDS + 1)
    world.housekeeping()

    assert (before, status(max_)) == ("pending", "connected")
    assert len(polls(world.simulator)) == 1


def test_F45_a_kept_answer_outlives_the_twenty_minutes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    with monkeypatch.context() as patch:
        patch.setattr(Settling, "settle", killed)
        max_.post(POLL)

    later(world, 3600)
    world.restart(max_)
    world.housekeeping()

    assert world.row("max")["nextcloud_username"] == "max"


def test_F45_the_kept_answer_is_encrypted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    monkeypatch.setattr(FlowStore, "claim_answer", killed)

    max_.post(POLL)

    (flow,) = world.rows("login_flows")
    assert flow["answer"].startswith("gAAAA")
    assert flow["poll_token"] is None


def test_F45_killed_while_asking_nobody_asks_again_before_the_claim_has_run_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    with monkeypatch.context() as patch:
        patch.setattr(Settling, "ask", killed)
        max_.post(POLL)

    world.restart(max_)
    status(max_)
    asked_within_the_claim = len(polls(world.simulator))
    later(world, POLL_LEASE_SECONDS + 1)
    status(max_)

    assert (asked_within_the_claim, len(polls(world.simulator))) == (0, 1)


def test_F45_the_answer_is_kept_once_a_busy_database_is_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else has it: it is tried again until the database takes it."""
    keep = FlowStore.keep_answer
    tries: list[int] = []

    def busy(self: FlowStore, flow_id: int, answer: str) -> None:
        tries.append(flow_id)
        if len(tries) < 3:
            raise DatabaseAwayError("database is locked")
        keep(self, flow_id, answer)

    monkeypatch.setattr(FlowStore, "keep_answer", busy)
    monkeypatch.setattr("services.settling.time.sleep", lambda _seconds: None)
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    assert status(max_) == "connected"
    assert len(tries) == 3


def test_F46_killed_before_the_old_password_was_revoked_it_is_revoked_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.connected("max")
    (first,) = world.simulator.app_passwords("max")
    opened = begin(world, max_)
    world.simulator.member("anna")
    world.simulator.grant(opened["loginUrl"], "anna")
    with monkeypatch.context() as patch:
        patch.setattr(Ending, "finish", killed)
        max_.post(POLL)
    assert (world.row("max")["nextcloud_username"], first.revoked) == ("anna", False)

    world.restart(max_)
    later(world, 30)
    world.housekeeping()

    assert first.revoked
    assert world.rows("revocations") == []
    assert len(world.simulator.journal.entries(REVOKE)) == 1
