"""Backup and going back by the very commands of docs/operating.md: what was revoked meanwhile stays revoked."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from models.failure_budget import SLOTS
from simulator import Simulator
from tests.conftest import WRITTEN
from tests.world import REVOKE, ROOMS, Caller, World, code, names

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "operating.md"
CHAPTER = "## Backup, going back, upgrade"
SQLITE, PYTHON, KEYS, GOING_BACK = range(4)

has_sqlite = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3 is not installed")


def command(number: int) -> str:
    """One of the blocks of commands in the chapter."""
    chapter = GUIDE.read_text().split(CHAPTER)[1].split("\n## ")[0]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert len(blocks) == 4
    return blocks[number]


@pytest.fixture
def world(tmp_path: Path, simulator: Simulator) -> World:
    """The app as the guide has it set up: in a folder with `.env`, `.venv` and `var`."""
    (tmp_path / "var").mkdir()
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    made = World(tmp_path, simulator, database_url=f"sqlite:///{tmp_path / 'var' / 'talkboard.db'}")
    (tmp_path / ".env").write_text(
        f"NEXTCLOUD_URL={simulator.url}\nNEXTCLOUD_ALLOW_HTTP=1\nCREDENTIAL_KEYS={made.key}\n"
        f"SECRET_KEY={made.settings.secret_key.get_secret_value()}\n"
    )
    (tmp_path / ".env").chmod(0o600)
    return made


def run(world: World, commands: str) -> str:
    """What a shell says to `commands` in the app's folder."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    shell = ["sh", "-euc", commands]
    done = subprocess.run(shell, cwd=world.folder, env=environment, capture_output=True, text=True, check=False)
    WRITTEN.write(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout


def go_back(world: World, *callers: Caller) -> None:
    """Of a server that was killed: what SQLite wrote beside the database is still there."""
    beside = world.folder / "var" / "talkboard.db-wal"
    left = beside.read_bytes()
    world.stop()
    beside.write_bytes(left)
    run(world, command(GOING_BACK))
    world.start()
    for caller in callers:
        cookies = caller.client._cookies
        caller.client = world.app.test_client()
        caller.client._cookies = cookies


@pytest.mark.parametrize("way", [pytest.param(SQLITE, marks=has_sqlite), PYTHON])
def test_database_and_keys_come_back_as_they_were(world: World, way: int) -> None:
    world.simulator.member("max").joins("Kommando")
    max_ = world.connected("max")

    run(world, command(way))
    run(world, command(KEYS))
    world.wired.roster.remove("max")
    keys = (world.folder / ".env").read_text()
    (world.folder / ".env").write_text("")
    go_back(world, max_)

    assert names(max_.get(ROOMS)) == ["Kommando"]
    assert (world.folder / ".env").read_text() == keys
    listed = run(world, ".venv/bin/flask --app app members list")
    assert listed == "max\tMax Mustermann\tconnected\n"
    for file in ("var/talkboard.db", "talkboard-backup.db", "talkboard-keys.env", ".env"):
        assert (world.folder / file).stat().st_mode & 0o077 == 0, file
    assert sqlite3.connect(world.folder / "var/talkboard.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
    world.close()


@pytest.mark.parametrize("way", [pytest.param(SQLITE, marks=has_sqlite), PYTHON])
def test_a_backup_of_nothing_is_no_backup(world: World, way: int) -> None:
    with pytest.raises(AssertionError, match="unable to open"):
        run(world, command(way).replace("var/talkboard.db", "var/mistyped.db"))
    assert not (world.folder / "var" / "mistyped.db").exists()
    world.close()


def test_what_was_revoked_since_then_is_refused_once_and_never_sent_again(world: World) -> None:
    max_, anna = world.connected("max"), world.connected("anna")
    run(world, command(PYTHON))
    run(world, command(KEYS))
    max_.act("disconnect")

    go_back(world, max_, anna)
    for _period in range(5):
        world.clock.advance(31)
        assert code(max_.get(ROOMS)) == (401, "nextcloud_revoked")
        assert anna.get(ROOMS).status_code == 200
    world.restart(max_, anna)
    assert max_.cause() == "nextcloud_revoked"

    assert world.simulator.failures() == 1
    world.connect(max_)
    assert max_.get(ROOMS).status_code == 200
    world.close()


def test_when_everybody_was_revoked_since_then_the_budget_holds(world: World) -> None:
    everybody = [world.connected(f"m{number}") for number in range(SLOTS + 4)]
    run(world, command(PYTHON))
    run(world, command(KEYS))
    for member in everybody:
        member.act("disconnect")

    go_back(world, *everybody)
    for _period in range(4):
        world.clock.advance(31)
        for member in everybody:
            member.tick()

    assert world.simulator.failures() == SLOTS
    world.close()


def test_revocations_that_were_pending_then_are_not_counted_beyond_the_budget(world: World) -> None:
    everybody = [f"m{number}" for number in range(SLOTS + 4)]
    for name in everybody:
        world.connected(name)
        world.wired.roster.disable(name)
    run(world, command(PYTHON))
    run(world, command(KEYS))
    world.clock.advance(60)
    world.housekeeping()
    assert len(world.simulator.journal.entries(REVOKE)) == len(everybody)

    go_back(world)
    for _hour in range(3):
        world.clock.advance(3700)
        world.simulator.clock.advance(3700)
        world.housekeeping()
        assert world.simulator.failures() <= SLOTS

    assert world.rows("revocations") == []
    world.close()
