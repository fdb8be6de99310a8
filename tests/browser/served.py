"""The app as its members meet it: gunicorn, a process of its own that can be stopped, killed and started again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import psutil
from dash.testing.wait import until
from pydantic import SecretStr
from sqlalchemy import NullPool, create_engine, text

from settings import Settings
from simulator import Simulator
from tests.browser import warm
from tests.databases import new_database
from tests.world import CONNECT, DISPLAY_NAMES, PASSWORD, POLL, TOKEN
from wiring import wire

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
STOP_SECONDS = 50
_PORTS = 10_000 // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_FIRST_PORT = 20_000 + _PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_GIVEN: set[int] = set()


class Served:
    """One app on one port beside one simulated Nextcloud. Starting does not wait: `wait_until_up` does."""

    def __init__(self, folder: Path, database_url: str, keys: dict[str, str], simulator: Simulator) -> None:
        """`keys` are the settings that the database was made with."""
        self.simulator = simulator
        self.port = free_port()
        self.url = f"http://localhost:{self.port}/"
        self.log_file = folder / "app.log"
        self.database_url = database_url
        self._ahead = folder / "ahead"
        self._ahead.write_text("0")
        self.settings = {
            **keys,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url.rstrip("/"),
            "DATABASE_URL": database_url,
            "NEXTCLOUD_URL": simulator.url,
            "NEXTCLOUD_ALLOW_HTTP": "1",
            "REFRESH_SECONDS": "30",
            "TALKBOARD_TEST_AHEAD": str(self._ahead),
        }
        self._process: BaseProcess | None = None

    def start(self) -> None:
        self._process = warm.start(self._environment(), self.log_file)

    def wait_until_up(self) -> None:
        until_time = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process is not None
            assert self._process.is_alive(), self.log()
            assert time.monotonic() < until_time, self.log()
            time.sleep(0.05)

    def stop(self) -> None:
        """As an operator does: what is under way comes to its end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`, master and worker."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.start()
        self.wait_until_up()

    def advance(self, seconds: float) -> None:
        """Lets time pass at once, here and at Nextcloud; the browser's clock stays as it is."""
        self._ahead.write_text(str(float(self._ahead.read_text()) + seconds))
        self.simulator.clock.advance(seconds)

    def log(self) -> str:
        return self.log_file.read_text()

    def sql(self, statement: str) -> list[Any]:
        """Straight to the database, behind the app's back. What a query finds, as tuples."""
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.begin() as connection:
            found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

    def command(self, *words: str) -> str:
        """What a command writes that an operator types beside the running app."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def processor_seconds(self) -> float:
        """What master and worker have used so far."""
        assert self._process is not None
        master = psutil.Process(self._process.pid)
        used = [one.cpu_times() for one in (master, *master.children(recursive=True))]
        return sum(one.user + one.system for one in used)

    def flow_states(self) -> list[str]:
        """Of all login flows, oldest first."""
        return [row[0] for row in self.sql("SELECT state FROM login_flows ORDER BY id")]

    def connect(self, name: str) -> None:
        """Connects the member without a browser, for tests that begin with a connected card."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post(TOKEN, json={"username": name, "password": PASSWORD}).json()
            client.headers["Authorization"] = f"Bearer {answer['data']['accessToken']}"
            started = client.post(CONNECT).json()["data"]
            self.simulator.grant(started["loginUrl"], name)
            handle = {"token": started["poll"]["token"]}
            until(lambda: client.post(POLL, json=handle).json()["data"]["status"] == "connected", 20, poll=0.5)

    def _environment(self) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return passed_on | self.settings

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}healthz", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.is_alive():
            (os.killpg if how is signal.SIGKILL else os.kill)(self._process.pid or 0, how)
        self._process.join(STOP_SECONDS)
        assert not self._process.is_alive()
        self._process = None
        until(lambda: not self._answers(), 5)


def member_database(folder: Path, keys: dict[str, str]) -> str:
    """The address of a new database in which Max, Anna and Peter are members; `keys` are the settings it is made
    with."""
    url = new_database(folder)
    settings = Settings(
        _env_file=None,
        nextcloud_url="http://127.0.0.1:1",
        nextcloud_allow_http=True,
        database_url=url,
        secret_key=SecretStr(keys["SECRET_KEY"]),
        credential_keys=keys["CREDENTIAL_KEYS"],
    )
    wired = wire(settings)
    for name, display_name in DISPLAY_NAMES.items():
        wired.roster.add(name, SecretStr(PASSWORD), display_name)
    wired.close()
    return url


def free_port() -> int:
    """Outside the range from which the system gives ports to outgoing connections: it must still be free
    after a restart. Never the same one twice: a browser's memory goes by it. Each worker of the tests has its own
    range: what one has taken and not begun to use looks free to the others."""
    while True:
        port = random.randrange(_FIRST_PORT, _FIRST_PORT + _PORTS)
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _GIVEN.add(port)
            return port
