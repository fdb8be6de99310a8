"""Fixtures of all tests. Each test has a Nextcloud, a database and an app of its own."""

from __future__ import annotations

import io
import logging
import secrets
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from services import passwords
from services.words import Words
from simulator import Simulator, randoms
from tests import databases
from tests.world import SECRETS, World
from web import logs
from web import words as web_words

settings.register_profile("short", max_examples=400, derandomize=True, deadline=None, database=None)
# For minutes: pytest --hypothesis-profile=long
settings.register_profile("long", max_examples=5_000, deadline=None, print_blob=True, database=None)
settings.load_profile("short")

OUR_LOGGERS = ("app", "commands", "components", "models", "nextcloud", "pages", "services", "web", "wiring")

WRITTEN = io.StringIO()
"""Everything that was logged, as it would stand in the log; tests add what their subprocesses wrote."""

MEANT = io.StringIO()
"""Everything that was logged before anything was redacted: that is the second line of defence, not the first."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A Nextcloud on a free port."""
    with Simulator() as running:
        yield running


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """The database of the test; a test or file marked `both_databases` runs once on each."""
    return str(getattr(request, "param", databases.USUAL))


@pytest.fixture
def make_world(tmp_path: Path, simulator: Simulator, database_kind: str) -> Iterator[Callable[..., World]]:
    """Makes apps with changed settings; all are closed at the end."""
    made: list[World] = []

    def make(**changes: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(World(folder, simulator, kind=database_kind, **changes))
        return made[-1]

    yield make
    for world in made:
        world.close()
        databases.discard(world.database_url)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The app with usual settings."""
    return make_world()


@pytest.fixture
def words(world: World) -> Words:
    """What stands in lines, in German."""
    with world.app.test_request_context(headers={"Accept-Language": "de"}):
        return web_words.words()


OWASP = passwords.COST


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hashes that cost nearly nothing: the apps of the tests make some thousands of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", replace(OWASP, time_cost=1, memory_cost=8))
        yield


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost what they cost members."""
    monkeypatch.setattr(passwords, "COST", OWASP)


@pytest.fixture(scope="session", autouse=True)
def _no_secret_is_logged() -> Iterator[None]:
    """At the end of the suite none of the secrets that were seen stands in anything that was logged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(randoms, "text", _noting(randoms.text, least=16))
        patch.setattr(secrets, "token_urlsafe", _noting(secrets.token_urlsafe, least=32))
        yield
    for kind, log in (("log", WRITTEN.getvalue()), ("log before it was redacted", MEANT.getvalue())):
        leaked = sorted(secret for secret in SECRETS if secret in log)
        places = [line for line in log.splitlines() if any(secret in line for secret in leaked)]
        assert not leaked, f"secrets in the {kind}:\n" + "\n".join(places[:10])


@pytest.fixture(autouse=True)
def _collected_logs() -> None:
    collect_logs()


def collect_logs() -> None:
    """Logs as in production, into `WRITTEN`, and as they were meant, into `MEANT`. Again after a command."""
    logs.init("info")
    root = logging.getLogger()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(WRITTEN)
    root.addHandler(_Meant())
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)


class _Meant(logging.Handler):
    """Writes records down as they come, tracebacks too."""

    def emit(self, record: logging.LogRecord) -> None:
        words = str(record.msg) if isinstance(record.msg, dict) else record.getMessage()
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        MEANT.write(f"{record.name} {words} {trace}\n")


def _noting(make: Callable[..., str], least: int) -> Callable[..., str]:
    """`make`, except that what it makes is a secret from then on if it is of at least `least` characters."""

    def noting(*arguments: Any, **more: Any) -> str:
        made = make(*arguments, **more)
        if len(made) >= least:
            SECRETS.add(made)
        return made

    return noting


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases") and "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", databases.kinds(), indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser tests stay together in one process, one after the other: they watch the clock."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("browser"))
