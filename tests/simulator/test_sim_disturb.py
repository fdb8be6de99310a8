"""`python -m simulator.disturb`: the tour of all troubles, and that it leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from simulator import Simulator
from simulator.disturb import TOUR, main
from simulator.troubles import TROUBLES

ROOT = Path(__file__).parents[2]


def play(sim: Simulator, *arguments: str) -> int:
    return main(["--url", sim.origin, "--seconds", "0.01", *arguments], threading.Event())


@pytest.mark.parametrize(("language", "well"), [("de", "Alles wieder in Ordnung"), ("en", "Everything works again")])
def test_the_tour_announces_each_in_one_line(
    sim: Simulator, capsys: pytest.CaptureFixture[str], language: str, well: str
) -> None:
    assert play(sim, "--language", language) == 0
    _begin, *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[1] for line in lines] == [f"{scene.title}:" for scene in TOUR]
    assert last.startswith(well)
    assert sim.faults.overview()["troubles"] == []


def test_the_tour_knows_its_troubles_and_ends_with_the_revoked() -> None:
    assert {name for scene in TOUR for name in scene.names} <= set(TROUBLES)
    assert [scene.names for scene in TOUR[-2:]] == [("revoked",), ("locked", "bearer_lost")]
    assert all(scene.german and scene.english for scene in TOUR)


def test_troubles_can_be_chosen(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(sim, "locked", "sso_page", "guest+xml") == 0
    told = capsys.readouterr().out
    for part in ("1/3 locked+bearer_lost:", "2/3 sso_page:", "3/3 guest+xml:"):
        assert part in told
    assert sim.failures() == 0


def test_an_unknown_trouble_is_named(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(sim, "flood") == 2
    assert "flood" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://192.168.1.4:8051", "http://example.org", "https://127.0.0.1:8051", "ftp://x"])
def test_only_this_computer(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", url], threading.Event()) == 2
    assert "on this computer" in capsys.readouterr().err


def test_without_a_simulator_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator() as gone:
        url = gone.origin
    assert main(["--url", url], threading.Event()) == 2
    assert capsys.readouterr().err.startswith("disturb: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_puts_everything_right(sim: Simulator, number: signal.Signals) -> None:
    sim.faults.trouble("xml")
    command = [sys.executable, "-m", "simulator.disturb", "--url", sim.origin, "--seconds", "60", "maintenance"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout
        run.stdout.readline()
        assert b"maintenance" in run.stdout.readline()
        assert sim.faults.maintenance
        run.send_signal(number)
        rest, errors = run.communicate(timeout=10)
    assert (run.returncode, errors) == (0, b"")
    assert "Alles wieder in Ordnung" in rest.decode()
    assert [one["name"] for one in sim.faults.overview()["troubles"]] == ["xml"]
