"""`python -m benchmarks.brigade`: what a brigade of 80 costs the server, beside a bare answer in the same run.

Ends with 1 if Nextcloud's slowness reaches those who want nothing from it.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from settings import Settings
from simulator import Simulator
from tests.browser.served import Served
from tests.http.running import running
from tests.world import PASSWORD, ROOM_LIST, ROOMS, card_question
from wiring import wire

MEMBERS = 80
ROWS = 12
"""Conversations of each."""
REFRESH_SECONDS = 30
HANDS = 8
"""How many members come at the same moment while costs are measured."""
ROUNDS = 3
SLOW_SECONDS = 9.0
"""As long as Nextcloud may take without being given up."""
BYSTANDERS = 40
MOST_OF_SLOWNESS = 0.3
"""A bystander waits no longer than this share of what Nextcloud takes."""


class Tab:
    """A member's browser with the card in front of him."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.shown: Any = None
        self.client = httpx.Client(base_url=url, timeout=60)
        page = self.client.get("login").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        form = {"username": name, "password": PASSWORD, "next": "", "csrf_token": found.group(1) if found else ""}
        if self.client.post("login", data=form).status_code != 303:
            raise RuntimeError(f"{name} cannot sign in")
        self.client.get("")

    def tick(self) -> None:
        """What the card asks every 30 seconds."""
        answer = self._callback()
        if answer.status_code not in (200, 204):
            raise RuntimeError(answer.text)
        if answer.status_code == 200:
            self.shown = answer.json()["response"].get("talk-shown", {}).get("data", self.shown)

    def list(self) -> None:
        """The same as a REST call."""
        self.client.get(ROOMS).raise_for_status()

    def bare(self) -> None:
        """An answer for which nothing is done."""
        self.client.get("healthz").raise_for_status()

    def _callback(self) -> httpx.Response:
        question = card_question("talk-refresh.n_intervals", 1, self.shown)
        token = {"X-CSRFToken": self.client.cookies.get("_csrf_token") or ""}
        return self.client.post("_dash-update-component", json=question, headers=token)


def main() -> int:
    """The status for `make`."""
    with tempfile.TemporaryDirectory() as folder, Simulator() as simulator, running(Path(folder), simulator) as app:
        add_members(app, simulator)
        with brigade(app) as tabs:
            costs(app, tabs)
            return bystanders(app, simulator, tabs)


def add_members(app: Served, simulator: Simulator) -> None:
    """Everybody here and at Nextcloud, with conversations."""
    values: dict[str, Any] = {
        name.lower(): value for name, value in app.settings.items() if name.lower() in Settings.model_fields
    }
    wired = wire(Settings(_env_file=None, **values))
    for number in range(MEMBERS):
        wired.roster.add(name := f"member{number}", SecretStr(PASSWORD), f"Mitglied {number}")
        member = simulator.member(name, display_name=f"Mitglied {number}", password=PASSWORD)
        for room in range(ROWS):
            member.joins(f"Gruppe {room}")
    wired.close()


@contextmanager
def brigade(app: Served) -> Iterator[list[Tab]]:
    """A tab of each member, signed in and connected."""
    names = [f"member{number}" for number in range(MEMBERS)]
    with ThreadPoolExecutor(HANDS) as pool, ExitStack() as open_tabs:
        list(pool.map(app.connect, names))
        tabs = list(pool.map(lambda name: Tab(app.url, name), names))
        for tab in tabs:
            open_tabs.callback(tab.client.close)
        yield tabs


def costs(app: Served, tabs: list[Tab]) -> None:
    """Processor time of the app for one answer of each kind."""
    kinds: list[tuple[str, Callable[[Tab], None], float]] = [
        ("an answer for which nothing is done", Tab.bare, 0),
        ("the list again, within 30 s", Tab.list, 0),
        ("the list, asked of Nextcloud", Tab.list, REFRESH_SECONDS + 1),
        ("the card again, nothing new", Tab.tick, 0),
        ("the card, asked of Nextcloud", Tab.tick, REFRESH_SECONDS + 1),
    ]
    base = 0.0
    for kind, ask, later in kinds:
        everybody(tabs, ask)
        cost = min(measured(app, tabs, ask, later) for _round in range(ROUNDS))
        base = base or cost
        write(f"{cost * 1000:8.2f} ms {cost / base:6.1f} x  {kind}")


def measured(app: Served, tabs: list[Tab], ask: Callable[[Tab], None], later: float) -> float:
    """Seconds of processor time for each answer, when everybody asks once, so many seconds `later`."""
    app.advance(later)
    begun = app.processor_seconds()
    everybody(tabs, ask)
    return (app.processor_seconds() - begun) / len(tabs)


def everybody(tabs: list[Tab], ask: Callable[[Tab], None], hands: int = HANDS) -> None:
    """Each of them asks once, `hands` at the same time."""
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(ask, tabs))


def bystanders(app: Served, simulator: Simulator, tabs: list[Tab]) -> int:
    """How long those wait who want nothing from Nextcloud, while it is slow to everybody else."""
    with httpx.Client(base_url=app.url, timeout=60) as client:
        usual = waits(client)
        simulator.faults.delay(ROOM_LIST, SLOW_SECONDS)
        app.advance(REFRESH_SECONDS + 1)
        asking = threading.Thread(target=everybody, args=(tabs, Tab.tick, MEMBERS))
        asking.start()
        time.sleep(1)
        beside = waits(client)
        asking.join()
        simulator.faults.clear()
    write(f"{statistics.median(usual) * 1000:8.2f} ms {max(usual) * 1000:8.2f} ms at most  the sign-in page, usually")
    write(f"{statistics.median(beside) * 1000:8.2f} ms {max(beside) * 1000:8.2f} ms at most  while Nextcloud takes 9 s")
    return 0 if max(beside) < MOST_OF_SLOWNESS * SLOW_SECONDS else 1


def waits(client: httpx.Client) -> list[float]:
    """Seconds that each of a row of calls of the sign-in page took."""
    found = []
    for _call in range(BYSTANDERS):
        begun = time.perf_counter()
        client.get("login").raise_for_status()
        found.append(time.perf_counter() - begun)
        time.sleep(0.05)
    return found


def write(line: str) -> None:
    """One line of the table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
