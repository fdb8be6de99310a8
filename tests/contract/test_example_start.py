"""`make example` and its way out: what a person sees who starts the demo beside a host dashboard."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from settings import Settings
from tests.contract.starting import READY, Start, free_port, passwords, running
from tests.contract.tree import copy_to
from tests.http.framed import Frame

PORTS = ("PORT", "SIMULATOR_PORT", "EXAMPLE_PORT")
SETTINGS = {name.upper() for name in Settings.model_fields} | {*PORTS}
PATIENCE_SECONDS = 240
"""The first start installs the dashboard's packages."""


class Example(Start):
    """One `make example`: its npm finds its packages as this machine finds them, everything else is said here."""

    patience_seconds = PATIENCE_SECONDS

    def __init__(self, checkout: Path, settings: dict[str, str]) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        super().__init__(checkout, environment | settings, "scripts/example.py")


Begin = Callable[..., Example]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone: neither packages nor a bundle of the dashboard, no secrets, no database."""
    return copy_to(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def start(checkout: Path) -> Iterator[Begin]:
    """Starts the example on free ports; it is stopped at the end."""
    started: list[Example] = []

    def begin(where: Path = checkout, **settings: str) -> Example:
        started.append(Example(where, {name: str(free_port()) for name in PORTS} | settings))
        return started[-1]

    yield begin
    for one in started:
        one.process.terminate()
        one.ended()


def places(said: str) -> dict[str, str]:
    return dict(re.findall(r"^(Dashboard|Talkboard|Nextcloud)  (http://\S+)", said, re.MULTILINE))


def card_by_ticket(dashboard: httpx.Client, talkboard: httpx.Client, origin: str, password: str) -> str:
    """What the frame in the dashboard shows to Max, who has signed in there alone."""
    dashboard.headers["Origin"] = origin
    assert dashboard.post("api/session", json={"name": "max", "password": password}).status_code == 200
    ticket = dashboard.post("api/talk-ticket").json()["ticket"]
    frame = Frame(talkboard)  # type: ignore[arg-type]  # it asks by `post` alone
    handed: dict[str, Any] = {"ticket": ticket, "parent": origin, "site": "cross-site", "mode": "bearer"}
    signed_in = frame.post("/embed/session", handed)
    assert signed_in.status_code == 200, signed_in.text
    frame.token, frame.who = signed_in.json()["token"], signed_in.json()["who"]
    return frame.tick().text


def test_it_shows_the_card_to_whom_the_dashboard_knows_and_ctrl_c_stops_everything(start: Begin) -> None:
    begun = start()
    said = begun.until(READY)
    children = begun.children()
    assert len(children) == 4  # the simulator, gunicorn and its worker, the dashboard

    dashboard, talkboard = (places(said)[name] for name in ("Dashboard", "Talkboard"))
    origin = dashboard.rstrip("/")
    assert (httpx.URL(dashboard).host, httpx.URL(talkboard).host) == ("127.0.0.1", "localhost")  # two sites
    assert set(passwords(said)) == {"max", "anna", "peter"}
    with httpx.Client(base_url=dashboard) as host, httpx.Client(base_url=talkboard) as frame:
        assert f'src="{talkboard}embed.js"' in host.get("").text
        assert (host.get("app.js").status_code, frame.get("embed.js").status_code) == (200, 200)
        assert f"frame-ancestors {origin};" in frame.get("embed/talk").headers["Content-Security-Policy"] + ";"
        assert '"not_connected"' in card_by_ticket(host, frame, origin, passwords(said)["max"])

    begun.process.send_signal(signal.SIGINT)
    assert begun.ended() == 0
    assert running(children) == set()
    assert "Traceback" not in begun.said


def test_when_the_dashboard_dies_all_end(start: Begin) -> None:
    begun = start()
    begun.until(READY)
    children = begun.children()
    os.kill(next(pid for pid in children if b"server.mjs" in Path(f"/proc/{pid}/cmdline").read_bytes()), signal.SIGKILL)
    assert begun.ended() == 1
    assert running(children) == set()
    assert begun.said.count("The dashboard has ended") == 1


def test_a_taken_port_is_one_sentence(start: Begin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        begun = start(EXAMPLE_PORT=str(port))
        assert begun.ended() == 1
    assert begun.said == f"The example can not start.\nPort {port} is taken. EXAMPLE_PORT=… chooses another port.\n"


def test_a_port_that_talkboard_takes_itself_is_one_sentence_too(start: Begin) -> None:
    port = str(free_port())
    begun = start(PORT=port, EXAMPLE_PORT=port)
    assert begun.ended() == 1
    assert f"Talkboard can not start.\nPort {port} is taken. EXAMPLE_PORT=… chooses another port.\n" in begun.said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"EXAMPLE_PORT": "http"}, "EXAMPLE_PORT must be a number from 1 to 65535."),
        (
            {"NEXTCLOUD_URL": "https://cloud.example.org"},
            "make example is the demo: it starts without NEXTCLOUD_URL only.",
        ),
    ],
)
def test_wrong_settings_are_one_sentence(start: Begin, settings: dict[str, str], sentence: str) -> None:
    begun = start(**settings)
    assert begun.ended() == 1
    assert begun.said == f"The example can not start.\n{sentence}\n"


def test_ports_may_stand_in_the_env_file(start: Begin, checkout: Path) -> None:
    port = free_port()
    file = checkout / ".env"
    file.write_text(f"PORT={port}\nPUBLIC_URL=https://talk.example.org\nEMBED_ORIGINS=https://dashboard.example.org\n")
    try:
        said = start(PORT="").until(READY)
    finally:
        file.unlink()
    assert places(said)["Talkboard"] == f"http://localhost:{port}/"


def test_packages_that_can_not_be_had_are_one_sentence(start: Begin, tmp_path: Path) -> None:
    begun = start(copy_to(tmp_path), npm_config_offline="true", npm_config_cache=str(tmp_path / "npm"))
    assert begun.ended() == 1
    assert begun.said.endswith(
        "The example can not start.\nThe dashboard's packages can not be installed, or its page not be bundled.\n"
    )
    assert "Traceback" not in begun.said


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # ended meanwhile
        return b""


def test_stops_while_it_installs(start: Begin, tmp_path: Path) -> None:
    begun = start(copy_to(tmp_path))
    while not (children := {pid for pid in begun.children() if b"npm-cli" in command_of(pid)}):
        assert begun.process.poll() is None, begun.said
        time.sleep(0.01)
    begun.process.send_signal(signal.SIGINT)
    assert begun.ended() == 0
    assert running(children) == set()
    assert begun.said == ""
