"""Backup of a PostgreSQL and going back by the very commands of docs/operating.md."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.databases import POSTGRESQL
from tests.postgresql import program
from tests.world import ROOMS, World, names

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
ADDRESS, BACKUP, GOING_BACK = range(3)
THEIRS = "postgresql://talkboard:…@db.example.org/talkboard"

pytestmark = pytest.mark.parametrize("database_kind", [POSTGRESQL], indirect=True)


def command(number: int, world: World) -> str:
    """One of the blocks of commands in the chapter, for the database of `world`."""
    chapter = GUIDE.read_text().split("\n## PostgreSQL\n")[1].split("\n## ")[0]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert len(blocks) == 3
    assert THEIRS in blocks[number]
    return blocks[number].replace(THEIRS, world.database_url.replace("+psycopg", ""))


def run(world: World, commands: str) -> None:
    path = f"{Path(program('pg_dump')).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", commands], cwd=world.folder, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_database_and_keys_come_back_as_they_were(world: World) -> None:
    world.simulator.member("max").joins("Kommando")
    max_ = world.connected("max")
    (world.folder / "talkboard-keys.env").write_text("CREDENTIAL_KEYS=…\n")

    run(world, command(BACKUP, world))
    world.wired.roster.remove("max")
    world.member("anna")
    world.stop()
    run(world, command(GOING_BACK, world))
    world.start()
    world.restart(max_)

    assert names(max_.get(ROOMS)) == ["Kommando"]
    assert [member.name for member in world.wired.roster.list()] == ["max"]
    assert (world.folder / ".env").read_text() == "CREDENTIAL_KEYS=…\n"
    for file in ("talkboard-backup.dump", ".env"):
        assert (world.folder / file).stat().st_mode & 0o077 == 0, file
