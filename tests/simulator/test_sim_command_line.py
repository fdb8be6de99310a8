"""`python -m simulator`, and the demo it can show."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from simulator import Simulator
from simulator.__main__ import main, read_passwords
from simulator.demo import populate
from simulator.demo_life import Life
from simulator.remembering import recall, remember
from tests.simulator.conftest import Api

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    members = tmp_path / "demo.env"
    members.write_text("MAX_PASSWORD=feuer\nANNA_PASSWORD=x\nPETER_PASSWORD=y\n")
    port = free_port()
    command = [sys.executable, "-m", "simulator", "--port", str(port), "--members-file", str(members), "--demo"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout
        ready = run.stdout.readline().decode()
        assert f"http://127.0.0.1:{port}" in ready
        answer = httpx.get(
            f"http://127.0.0.1:{port}/ocs/v2.php/cloud/user",
            auth=("max", "feuer"),
            headers={"OCS-APIRequest": "true", "Accept": "application/json"},
        )
        assert answer.json()["ocs"]["data"]["displayname"] == "Max Mustermann"
        run.send_signal(number)
        rest, errors = run.communicate(timeout=5)
        assert (run.returncode, rest, errors) == (0, b"", b"")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "example.org"])
def test_it_binds_to_loopback_only(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", host]) == 2
    assert "not a loopback address" in capsys.readouterr().err


def test_passwords_are_read_by_member() -> None:
    text = '# A_PASSWORD=no\nMAX_PASSWORD=eins\nexport ANNA_PASSWORD="zwei"\nOTHER=x\n_PASSWORD=y\n'
    assert read_passwords(text) == {"max": "eins", "anna": "zwei"}


def test_a_missing_members_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--members-file", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


def test_it_is_up_when_the_block_begins() -> None:
    with Simulator() as sim:
        assert Api(sim).ask("GET", "/status.php").status_code == 200


def test_the_demo_has_something_of_everything() -> None:
    with Simulator() as sim:
        populate(sim.state)
        rows = Api(sim).rooms("max", sim.app_password("max")).json()["ocs"]["data"]
        now = sim.clock.now()
    assert {1, 2, 3, 4, 6} <= {row["type"] for row in rows}
    assert any(row["isArchived"] for row in rows)
    assert any(row["unreadMentionDirect"] for row in rows)
    assert any(row["type"] == 4 and row["unreadMessages"] for row in rows)
    assert any(row["unreadMessages"] == 0 for row in rows)
    assert {"Einsatzgruppe 1", "Ausbildung", "Kommando", "Anna Schmidt"} <= {row["displayName"] for row in rows}
    assert all(row["lastActivity"] <= now for row in rows)


def test_the_demo_lives_the_same_life_each_time() -> None:
    told = []
    for _ in range(2):
        with Simulator() as sim:
            populate(sim.state)
            life = Life(sim.instance)
            for _ in range(30):
                life.say_something()
            newest = sorted((one for c in sim.state.talk.conversations for one in c.messages), key=lambda m: m.id)
            told.append([one.text for one in newest[-30:]])
    assert told[0] == told[1]
    assert len(set(told[0])) > 10


def test_app_passwords_outlive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "simulator.json"
    with Simulator() as before:
        before.member("max")
        secret = before.app_password("max", name="Talkboard (max)")
        remember(before.state, file, "")

    with Simulator() as after:
        after.member("max")
        recall(after.state, file)

        assert [(one.name, one.secret) for one in after.app_passwords("max")] == [("Talkboard (max)", secret)]
    assert file.stat().st_mode & 0o777 == 0o600
