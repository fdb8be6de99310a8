"""`make run` and its way out: what a person sees who starts Talkboard and stops it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.starting import READY, Start, free_port, passwords, running
from tests.contract.tree import BIN, copy_to


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone, whose secrets and databases are its own."""
    return copy_to(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def start(checkout: Path) -> Iterator[Callable[..., Start]]:
    """Starts Talkboard on free ports; it is stopped at the end."""
    started: list[Start] = []

    def begin(**settings: str) -> Start:
        ports = {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}
        started.append(Start(checkout, ports | settings))
        return started[-1]

    yield begin
    for one in started:
        one.process.terminate()
        one.ended()


def test_demo_says_where_it_is_and_who_may_enter(start: Callable[..., Start], checkout: Path) -> None:
    begun = start()
    said = begun.until(READY)
    places = dict(re.findall(r"^(Talkboard|Nextcloud)  (http://127\.0\.0\.1:\d+\S*)", said, re.MULTILINE))
    assert httpx.get(places["Talkboard"] + "healthz").status_code == 200
    assert httpx.get(places["Nextcloud"] + "/status.php").json()["installed"] is True
    assert set(passwords(said)) == {"max", "anna", "peter"}
    token = {"username": "max", "password": passwords(said)["max"]}
    assert httpx.post(places["Talkboard"] + "api/auth/token", json=token).status_code == 200
    for file in ("secrets.env", "demo.env", "demo.db"):
        assert (checkout / "var" / file).stat().st_mode & 0o777 == 0o600
    assert (checkout / "var").stat().st_mode & 0o777 == 0o700


def test_gunicorn_is_not_moved_by_a_header_and_redacts_what_it_writes(start: Callable[..., Start]) -> None:
    begun = start()
    port = re.search(r"^Talkboard  http://127\.0\.0\.1:(\d+)", begun.until(READY), re.MULTILINE).group(1)
    login = httpx.get(f"http://127.0.0.1:{port}/login", headers={"SCRIPT_NAME": "/x"})
    with socket.create_connection(("127.0.0.1", int(port))) as caller:
        caller.sendall(b"token=geheimgeheim / HTTP/1.1\r\nHost: a\r\n\r\n")
        caller.recv(1)
    assert login.status_code == 200
    said = begun.until("Invalid request")
    assert "logger='gunicorn.error'" in said
    assert "geheimgeheim" not in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stops_everything(start: Callable[..., Start], how: signal.Signals) -> None:
    begun = start()
    begun.until(READY)
    children = begun.children()
    assert len(children) == 3  # the simulator, gunicorn and its worker
    begun.process.send_signal(how)
    assert begun.ended() == 0
    assert running(children) == set()
    assert "Traceback" not in begun.said


def test_stops_while_it_is_still_starting(start: Callable[..., Start]) -> None:
    begun = start()
    while len(begun.children()) < 2:
        time.sleep(0.01)
    children = begun.children()
    begun.process.send_signal(signal.SIGINT)
    assert begun.ended() == 0
    assert running(children) == set()


@pytest.mark.parametrize(("victim", "name"), [("gunicorn", "The app"), ("simulator", "The simulator")])
def test_when_one_process_dies_all_end(start: Callable[..., Start], victim: str, name: str) -> None:
    begun = start()
    begun.until(READY)
    children = begun.children()
    os.kill(min(pid for pid in children if f"\0{victim}\0" in Path(f"/proc/{pid}/cmdline").read_text()), signal.SIGKILL)
    assert begun.ended() == 1
    assert running(children) == set()
    assert f"{name} has ended" in begun.said


def test_passwords_stay_the_same(start: Callable[..., Start]) -> None:
    first = start()
    assert passwords(first.until(READY)) == passwords(start().until(READY))


@pytest.mark.parametrize("setting", ["PORT", "SIMULATOR_PORT"])
def test_a_taken_port_is_one_sentence(start: Callable[..., Start], setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        begun = start(**{setting: str(taken.getsockname()[1])})
        assert begun.ended() == 1
    assert re.fullmatch(rf"Talkboard can not start\.\nPort \d+ is taken\. .*{setting}=….*\n", begun.said)


def test_wrong_settings_are_one_sentence_each(start: Callable[..., Start]) -> None:
    begun = start(PORT="http", SESSION_DAYS="0", SECRET_KEY="kurz")
    assert begun.ended() == 1
    assert begun.said.splitlines() == [
        "Talkboard can not start.",
        "PORT must be a whole number.",
        "SECRET_KEY must have at least 32 characters; `flask --app app keys new` makes one.",
        "SESSION_DAYS must be at least 1.",
    ]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "NEXTCLOUD_URL is missing"),
        ({"NEXTCLOUD_URL": "https://c.example.org", "CREDENTIAL_KEYS": "kurz"}, "CREDENTIAL_KEYS is no Fernet key"),
        ({"NEXTCLOUD_URL": "https://c.example.org", "DEMO": "1"}, "DEMO is for a demo on this machine alone"),
        ({"NEXTCLOUD_URL": "https://c.example.org", "DATABASE_URL": "nothing"}, "The database that DATABASE_URL names"),
    ],
)
def test_gunicorn_alone_says_it_as_well(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    checkout = copy_to(tmp_path)
    keys = {"SECRET_KEY": "s" * 40, "CREDENTIAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY" + "="}
    environment = {"PATH": os.environ["PATH"], "PORT": str(free_port()), **keys, **settings}
    command = [BIN / "gunicorn", "app:server"]
    answer = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert answer.stderr.startswith("Talkboard can not start.\n" + sentence)
    assert "Traceback" not in answer.stderr


def test_a_real_nextcloud_gets_no_simulator_and_no_demo(start: Callable[..., Start], checkout: Path) -> None:
    begun = start(NEXTCLOUD_URL="https://cloud.example.org")
    said = begun.until("members add NAME\n\n")
    assert "Nobody can sign in yet" in said
    assert passwords(said) == {}
    assert len(begun.children()) == 2  # gunicorn and its worker
    add = [BIN / "flask", "--app", "app", "members", "add", "max"]
    added = subprocess.run(add, cwd=checkout, input="feuer-und-flamme\n", capture_output=True, text=True, check=False)
    assert added.returncode == 0, added.stderr
    with sqlite3.connect(checkout / "var" / "talkboard.db") as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_database_with_demo_members_is_refused(start: Callable[..., Start], checkout: Path) -> None:
    demo = start()
    demo.until(READY)
    begun = start(NEXTCLOUD_URL="https://cloud.example.org", DATABASE_URL="sqlite:///var/demo.db")
    assert begun.ended() == 1
    assert "a database with demo members; a real Nextcloud needs another one." in begun.said
    assert "Traceback" not in begun.said
