"""While Nextcloud is slow, few threads wait for it: the others serve those who want nothing of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from models.member_store import Connection
from services import avatars, rooms
from services.conversations import Fetched
from services.rooms import ASKING_AT_ONCE, WAITING_AT_ONCE, WAITING_CALLERS, Rooms, Snapshot
from tests.world import FakeClock, eventually

CONNECTION = Connection("c", "https://cloud.example.org", "max", "token", "max", "Max", None)
TURNED_AWAY = 8
SPARE_THREADS = 4


class Slow:
    """Calls of many accounts to a Nextcloud that answers only when it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()
        self.clock = FakeClock()
        self.rooms = Rooms(self._fetch, 30, self.clock)
        self._pool = ThreadPoolExecutor(64)

    def look(self, account: str) -> Future[Snapshot]:
        return self._pool.submit(self.rooms.snapshot, 1, replace(CONNECTION, connection_id=account))

    def close(self) -> None:
        self.answers.set()
        self._pool.shutdown()

    def _fetch(self, _member: int, connection: Connection, _asked: bool, before: Fetched) -> Fetched:
        self.asked.append(connection.connection_id)
        assert self.answers.wait(60)
        return before


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.close()


def done(looks: list[Future[Snapshot]]) -> list[Snapshot]:
    return [look.result() for look in looks if look.done()]


def test_few_lists_are_asked_for_at_once_and_the_others_see_the_last_one(slow: Slow) -> None:
    accounts = [str(number) for number in range(ASKING_AT_ONCE + TURNED_AWAY)]
    slow.answers.set()
    before = [slow.look(account).result().fetched_at for account in accounts]
    slow.answers.clear()
    slow.asked.clear()
    slow.clock.advance(31)

    looks = [slow.look(account) for account in accounts]
    eventually(lambda: len(done(looks)) == TURNED_AWAY)

    assert len(slow.asked) == ASKING_AT_ONCE
    assert {shown.renewing for shown in done(looks)} == {True}
    assert {shown.fetched_at for shown in done(looks)} <= set(before)
    slow.answers.set()
    assert sum(look.result().renewing for look in looks) == TURNED_AWAY
    assert [slow.look(account).result().renewing for account in accounts] == [False] * len(accounts)


def test_whose_first_list_must_wait_sees_that_it_is_about_to_come(slow: Slow) -> None:
    looks = [slow.look(str(number)) for number in range(ASKING_AT_ONCE + TURNED_AWAY)]
    eventually(lambda: len(done(looks)) == TURNED_AWAY)

    assert len(slow.asked) == ASKING_AT_ONCE
    assert set(done(looks)) == {Snapshot(renewing=True)}


def test_those_who_wait_for_somebodys_first_list_are_few_in_all(slow: Slow) -> None:
    accounts = ["one", "two", "three"]
    fetching = [slow.look(account) for account in accounts]
    eventually(lambda: len(slow.asked) == len(accounts))

    tabs = [slow.look(account) for account in accounts for _tab in range(WAITING_CALLERS)]
    eventually(lambda: len(done(tabs)) == len(tabs) - WAITING_AT_ONCE)

    assert {shown.fetched_at for shown in done(tabs)} == {None}
    slow.answers.set()
    assert [look.result().renewing for look in fetching] == [False] * len(accounts)
    assert sum(not tab.result().renewing for tab in tabs) == WAITING_AT_ONCE
    assert len(slow.asked) == len(accounts)


def test_lists_and_pictures_leave_threads_for_everything_else() -> None:
    configured = (Path(__file__).parents[2] / "gunicorn.conf.py").read_text(encoding="utf-8")
    threads = re.search(r"^threads = (\d+)$", configured, re.MULTILINE)

    assert threads
    assert int(threads.group(1)) >= rooms.ASKING_AT_ONCE + rooms.WAITING_AT_ONCE + avatars.SEATS + SPARE_THREADS
