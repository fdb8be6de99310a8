"""The vocabulary of the tests: a simulated Nextcloud, an app of its own, and members who use them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

import app as talkboard
from models.database import DatabaseAwayError
from models.member_store import CurrentMember
from settings import Settings
from simulator import Simulator
from tests import databases
from tests.documented import DocumentedClient
from web import frames
from wiring import Wired

ROOMS = "/api/nextcloud/talk/rooms"
CONNECT = "/api/nextcloud/connect"
POLL = "/api/nextcloud/poll"
TOKEN = "/api/auth/token"

ROOM_LIST = "/ocs/v2.php/apps/spreed/api/v4/room"
"""Where the conversations are at Nextcloud, and below where flows are opened, polled and revoked."""
FLOW_START = "/login/v2"
FLOW_POLL = "/login/v2/poll"
IDENTITY = "/ocs/v2.php/cloud/user"
CAPABILITIES = "/ocs/v2.php/cloud/capabilities"
REVOKE = "/ocs/v2.php/core/apppassword"

PASSWORD = "feuer-und-flamme"
PATIENT_POLLS = 10
DISPLAY_NAMES = {"max": "Max Mustermann", "anna": "Anna Schmidt", "peter": "Peter Weber"}


SECRETS: set[str] = {PASSWORD}
"""Every secret that was seen so far: none of them may occur in a log (`tests/conftest.py` looks)."""

T = TypeVar("T")


def private(words: str) -> str:
    """`words`, which must never be logged: the text of a message, a password."""
    SECRETS.add(words)
    return words


class FakeClock:
    """Runs like the real one, and can be set forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


def card_question(trigger: str, value: Any, shown: str | None) -> dict[str, Any]:
    """The body of a callback of the card, whose `trigger` (`id.property`) has changed to `value`."""
    inputs: list[dict[str, Any]] = [
        {"id": "talk-refresh", "property": "n_intervals"},
        {"id": "talk-flow-poll", "property": "n_intervals"},
        {"id": "talk-action", "property": "data"},
    ]
    for one in inputs:
        if f"{one['id']}.{one['property']}" == trigger:
            one["value"] = value
    return {
        "output": "..talk-card.children...talk-shown.data..",
        "outputs": [{"id": "talk-card", "property": "children"}, {"id": "talk-shown", "property": "data"}],
        "inputs": inputs,
        "changedPropIds": [trigger],
        "state": [{"id": "talk-shown", "property": "data", "value": shown}],
    }


class Caller:
    """A member's browser or program: a client that keeps cookies, or one that sends a bearer token."""

    def __init__(self, client: FlaskClient, name: str, token: str | None = None) -> None:
        self.client = client
        self.name = name
        self.token = token

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._send("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self._send("POST", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self._send("DELETE", path, **options)

    def data(self, response: TestResponse) -> Any:
        assert response.status_code == 200, response.get_data(as_text=True)
        body = response.get_json()
        assert body["success"] is True
        return body["data"]

    def callback(self, trigger: str, value: Any, shown: str | None = None) -> TestResponse:
        """What the renderer sends when `trigger` (`id.property`) of the card changes to `value`."""
        return self.post("/_dash-update-component", json=card_question(trigger, value, shown))

    def tick(self, shown: str | None = None) -> TestResponse:
        return self.callback("talk-refresh.n_intervals", 1, shown)

    def flow_tick(self, shown: str | None = None) -> TestResponse:
        return self.callback("talk-flow-poll.n_intervals", 1, shown)

    def act(self, action: str, on_card_of: str = "") -> TestResponse:
        """What a click sends; `on_card_of` names the member whose card the browser shows, this one's by default."""
        return self.callback("talk-action.data", {"name": action, "at": 1}, self.drawn_for(on_card_of or self.name))

    def drawn_for(self, name: str) -> str:
        """What the browser keeps beside the card of this member."""
        app = self.client.application
        member = app.extensions["talkboard-wired"].services.members.named(name)
        with app.app_context():
            return f"{frames.who(member.id) if member else 'nobody'} version"

    def card(self, response: TestResponse | None = None) -> str:
        """The state that the card shows: of an answer to a callback, or of a fresh one."""
        answer = response if response is not None else self.tick()
        assert answer.status_code == 200, answer.get_data(as_text=True)
        match = re.search(r'"data-state":"(\w+)"', answer.get_data(as_text=True))
        assert match, answer.get_data(as_text=True)
        return match.group(1)

    def cause(self, response: TestResponse | None = None) -> str | None:
        """The code on the card: of an answer to a callback, or of a fresh one."""
        answer = response if response is not None else self.tick()
        match = re.search(r'"data-cause":"(\w+)"', answer.get_data(as_text=True))
        return match.group(1) if match else None

    def again(self) -> Caller:
        """Another tab of the same browser, or another thread of the same program."""
        client = self.client.application.test_client()
        client._cookies = dict(self.client._cookies or {})
        return Caller(client, self.name, self.token)

    def _send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        elif method != "GET":
            cookie = self.client.get_cookie("_csrf_token")
            headers.setdefault("X-CSRFToken", cookie.value if cookie else "")
        return self.client.open(path, method=method, headers=headers, **options)


class World:
    """One app with a database of its own, beside a simulated Nextcloud."""

    def __init__(self, folder: Path, simulator: Simulator, *, kind: str = databases.USUAL, **changes: Any) -> None:
        self.folder = folder
        self.simulator = simulator
        self.database_url = changes.pop("database_url", "") or databases.new_database(folder, kind)
        self.clock = FakeClock()
        self.changes = changes
        self.key = private(Fernet.generate_key().decode())
        self.others: list[World] = []
        self.start()

    def beside(self, **changes: Any) -> World:
        """A second process: another app on the same database, at the same time of day."""
        other = World.__new__(World)
        other.folder, other.simulator, other.clock, other.key = self.folder, self.simulator, self.clock, self.key
        other.database_url = self.database_url
        other.changes = {**self.changes, **changes}
        other.others = []
        self.others.append(other)
        other.start()
        return other

    def start(self) -> None:
        """Starts the app; after `stop` it is the same app after a restart."""
        self.settings = self._settings()
        self.app = talkboard.create_app(self.settings, self.clock)
        self.app.testing = False
        self.app.test_client_class = DocumentedClient

    def stop(self) -> None:
        self.wired.close()

    def close(self) -> None:
        """Stops this app and all those beside it."""
        for world in (*self.others, self):
            world.stop()

    def restart(self, *callers: Caller) -> None:
        """Stops the app and starts it anew; the browsers of `callers` keep their cookies."""
        self.stop()
        self.start()
        for caller in callers:
            cookies = caller.client._cookies
            caller.client = self.app.test_client(use_cookies=cookies is not None)
            caller.client._cookies = cookies

    def visits(self, caller: Caller) -> Caller:
        """The same browser, at this app."""
        there = caller.again()
        there.client = self.app.test_client()
        there.client._cookies = dict(caller.client._cookies or {})
        return there

    def housekeeping(self) -> None:
        """What the server does by itself every few seconds, once."""
        self.wired.housekeeping.once()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, as they stand in the database, in the order of its key."""
        with self.wired.database.engine.connect() as connection:
            rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))
            return [dict(row) for row in rows.mappings()]

    def row(self, name: str) -> dict[str, Any]:
        """A member's row in the database."""
        return next(row for row in self.rows("users") if row["name"] == name)

    @property
    def wired(self) -> Wired:
        return self.app.extensions["talkboard-wired"]

    def _settings(self) -> Settings:
        values: dict[str, Any] = {
            "nextcloud_url": self.simulator.url,
            "nextcloud_allow_http": True,
            "database_url": self.database_url,
            "secret_key": SecretStr(private("s" * 20 + "-of-this-session-" + "s" * 20)),
            "credential_keys": self.key,
            **self.changes,
        }
        return Settings(_env_file=None, **values)

    def member(self, name: str, **more: Any) -> None:
        """Adds a member here and the person behind the name at Nextcloud."""
        self.wired.roster.add(name, SecretStr(PASSWORD), DISPLAY_NAMES.get(name, name), **more)
        self.simulator.member(name, display_name=DISPLAY_NAMES.get(name, name))

    def sign_in(self, name: str, password: str = PASSWORD) -> Caller:
        """A browser in which the member, added where there is none of this name yet, is signed in."""
        self._ensure(name)
        client = self.app.test_client()
        answer = submit_sign_in(client, name, password)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        client.get("/")  # hands out the CSRF cookie
        return Caller(client, name)

    def bearer(self, name: str) -> Caller:
        """A program that has a token of the member's and no browser."""
        self._ensure(name)
        client = self.app.test_client(use_cookies=False)
        answer = client.post(TOKEN, json={"username": name, "password": PASSWORD})
        return Caller(client, name, private(answer.get_json()["data"]["accessToken"]))

    def connect(self, caller: Caller) -> None:
        """The whole login flow, as REST call and as clicks at Nextcloud."""
        started = caller.data(caller.post(CONNECT))
        self.simulator.grant(started["loginUrl"], caller.name)
        for _poll in range(PATIENT_POLLS):  # a machine under load answers a poll late
            self.clock.advance(3)
            if caller.data(caller.post(POLL))["status"] == "connected":
                return
        raise AssertionError(f"{caller.name} is not connected")

    def connected(self, name: str) -> Caller:
        """A signed-in member who has connected his account."""
        caller = self.sign_in(name)
        self.connect(caller)
        return caller

    def _ensure(self, name: str) -> None:
        if name not in [member.name for member in self.wired.roster.list()]:
            self.member(name)


def submit_sign_in(client: FlaskClient, name: str, password: str, target: str = "") -> TestResponse:
    """Fills in the sign-in form as a person does."""
    page = client.get("/login", query_string={"next": target} if target else None).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    form = {"username": name, "password": password, "next": target, "csrf_token": token.group(1) if token else ""}
    return client.post("/login", data=form)


def names(answer: TestResponse) -> list[str]:
    """The display names of a room list, in their order."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [room["displayName"] for room in answer.get_json()["data"]["conversations"]]


def code(answer: TestResponse) -> tuple[int, str]:
    """Status and error code of a failed REST call."""
    body = answer.get_json()
    assert body["success"] is False
    assert body["error"]["message"]
    return answer.status_code, body["error"]["code"]


def current(world: World, name: str) -> CurrentMember:
    """The member as the app knows him."""
    member = world.wired.services.members.current(world.row(name)["id"])
    assert member is not None
    return member


def raise_database_away(*_arguments: object) -> None:
    """In the place of what reads or writes the database."""
    raise DatabaseAwayError


def flow_path(login_url: str) -> str:
    """The path of a login URL: what Nextcloud logs when it is opened."""
    return urlsplit(login_url).path


def starts(simulator: Simulator) -> int:
    """How many flows were opened."""
    return sum(entry.path.endswith(FLOW_START) for entry in simulator.journal.entries(FLOW_START))


def polls(simulator: Simulator) -> list[float]:
    """When each poll of a login flow came in."""
    return [entry.at for entry in simulator.journal.entries(FLOW_POLL)]


def fetches(simulator: Simulator) -> int:
    """How often the conversations were asked for."""
    return len(simulator.journal.entries(ROOM_LIST))


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """What `count` threads return that begin in the same moment; each gets its number."""
    start = threading.Barrier(count)

    def one(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def eventually(condition: Callable[[], T], seconds: float = 20) -> T:
    """What `condition` returns once that is true; fails after a time that only a broken program needs."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError(f"waited {seconds} s in vain")


@contextmanager
def counted_queries(world: World) -> Iterator[list[str]]:
    """The statements that the block sends to the database."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(world.wired.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(world.wired.database.engine, "before_cursor_execute", note)


@contextmanager
def database_away(world: World, only: str = "") -> Iterator[None]:
    """In the block the database refuses everything, or only the statements that hold `only`."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if only in statement:
            raise OperationalError("unable to open database file", None, Exception("gone"))

    event.listen(world.wired.database.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(world.wired.database.engine, "before_cursor_execute", refuse)
