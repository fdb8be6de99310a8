"""A full disk and a database that can not be written: one sentence, one line in the log, and on again by itself."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event

from simulator import Simulator
from tests.conftest import WRITTEN
from tests.contract.tree import copy_to
from tests.databases import SQLITE
from tests.world import CONNECT, FLOW_POLL, POLL, REVOKE, ROOMS, World, code, names, private, submit_sign_in

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NOT_TO_BE_TRIED_AGAIN = 4
CHUNK = b"\0" * 4096


class Disk:
    """A small file system of its own that can be filled up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(CHUNK)

    def free(self) -> None:
        self._filler.unlink()


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("nobody but root may mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with mounted(tmp_path / "disk", "size=2m") as folder:
        yield Disk(folder)


@pytest.fixture
def world(disk: Disk, simulator: Simulator) -> Iterator[World]:
    """An app whose database lies on that disk."""
    made = World(disk.folder, simulator, kind=SQLITE)
    yield made
    made.close()


@pytest.fixture
def lines() -> Callable[[str], list[str]]:
    """The lines that were logged in this test and name an event."""
    before = len(WRITTEN.getvalue())
    return lambda name: [line for line in WRITTEN.getvalue()[before:].splitlines() if f"event='{name}'" in line]


@contextlib.contextmanager
def read_only(world: World) -> Iterator[None]:
    """In the block SQLite refuses every write with SQLITE_READONLY."""
    on = True

    def prepare(connection: object, *_more: object) -> None:
        connection.execute(f"PRAGMA query_only={'ON' if on else 'OFF'}")  # type: ignore[attr-defined]

    event.listen(world.wired.database.engine, "checkout", prepare)
    yield
    on = False


def test_with_a_full_disk_conversations_stay_fresh(world: World, disk: Disk) -> None:
    kommando = world.simulator.member("max").joins("Kommando")
    max_ = world.connected("max")
    max_.tick()
    text = private("Übung um sieben")
    disk.fill()

    world.clock.advance(31)
    kommando.post("anna", text)

    assert names(max_.get(ROOMS)) == ["Kommando"]
    assert text in str(max_.tick().get_json())
    assert max_.get("/").status_code == 200


def test_with_a_full_disk_card_and_calls_say_it_in_one_sentence(world: World, disk: Disk) -> None:
    max_ = world.connected("max")
    disk.fill()

    card = max_.act("disconnect")
    opening = max_.act("connect")
    call = max_.delete(CONNECT)

    assert (card.status_code, max_.card(card), max_.cause(card)) == (200, "failed", "unavailable")
    assert (max_.card(opening), max_.cause(opening)) == ("failed", "unavailable")
    assert "Datenbank" in card.get_data(as_text=True)
    assert code(call) == (503, "unavailable")
    assert submit_sign_in(world.app.test_client(), "max", "feuer-und-flamme").status_code == 503
    assert not world.simulator.journal.entries(REVOKE)


def test_once_there_is_room_again_everything_goes_on_and_the_log_has_two_lines(
    world: World, disk: Disk, lines: Callable[[str], list[str]]
) -> None:
    max_ = world.connected("max")
    disk.fill()
    for _period in range(5):
        world.clock.advance(31)
        max_.tick()
        max_.delete(CONNECT)

    disk.free()
    gone = max_.delete(CONNECT)

    assert max_.data(gone) == {"revoked": True}
    (away,) = lines("database.away")
    assert "what='writing' detail='SQLITE_FULL'" in away
    assert len(lines("database.back")) == 1


def test_while_nothing_can_be_kept_nextcloud_is_not_asked_about_a_flow(world: World, disk: Disk) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    world.simulator.grant(started["loginUrl"], "max")
    disk.fill()
    world.clock.advance(3)

    assert code(max_.post(POLL)) == (503, "unavailable")
    assert not world.simulator.journal.entries(FLOW_POLL)
    disk.free()

    assert max_.data(max_.post(POLL))["status"] == "connected"


def test_F45_an_answer_that_can_not_be_kept_is_given_back(
    world: World, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.settling.time.sleep", lambda _seconds: None)
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(3)
    claim = world.wired.services.connecting._flows.claim_poll

    def then_the_disk_is_full(*arguments: object) -> bool:
        claimed = claim(*arguments)  # type: ignore[arg-type]
        disk.fill()
        return claimed

    monkeypatch.setattr(world.wired.services.connecting._flows, "claim_poll", then_the_disk_is_full)
    max_.post(POLL)

    assert len(world.simulator.journal.entries(FLOW_POLL)) == 1
    assert world.simulator.app_passwords("max") == []
    assert world.simulator.failures() == 0


def test_a_database_that_can_not_be_written_is_said_once_and_comes_back(
    world: World, lines: Callable[[str], list[str]]
) -> None:
    world.simulator.member("max").joins("Kommando")
    max_ = world.connected("max")

    with read_only(world):
        for _try in range(3):
            world.clock.advance(31)
            assert code(max_.delete(CONNECT)) == (503, "unavailable")
            assert names(max_.get(ROOMS)) == ["Kommando"]
            assert max_.card() == "connected"

    assert max_.data(max_.delete(CONNECT)) == {"revoked": True}
    (away,) = lines("database.away")
    assert "what='writing' detail='SQLITE_READONLY'" in away
    assert len(lines("database.back")) == 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(params=["read_only", "read_only_later", "lock_of_others", "full", "newer"])
def unusable(request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator) -> Iterator[Path]:
    """A folder whose database can not be used."""
    options = "ro" if request.param == "read_only" else "size=2m"
    with mounted(tmp_path / "unusable", options) as folder:
        if request.param == "full":
            Disk(folder).fill()
        if request.param == "lock_of_others":  # a folder in its place: root could open anybody's file
            (folder / "talkboard.db.migrate").mkdir()
        if request.param in ("newer", "read_only_later"):
            made = World(folder, simulator, kind=SQLITE)
            with made.wired.database.write() as session:
                if request.param == "newer":
                    session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
            made.close()
        if request.param == "read_only_later":
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield folder


def test_a_start_without_a_usable_database_is_one_sentence_and_no_loop(unusable: Path, tmp_path: Path) -> None:
    settings = {
        "NEXTCLOUD_URL": "https://cloud.example.org",
        "SECRET_KEY": private("s" * 44),
        "CREDENTIAL_KEYS": private(Fernet.generate_key().decode()),
        "DATABASE_URL": f"sqlite:///{unusable / 'talkboard.db'}",
        "PORT": str(free_port()),
    }
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    command = [BIN / "gunicorn", "-c", ROOT / "gunicorn.conf.py", "app:server"]

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == NOT_TO_BE_TRIED_AGAIN
    assert done.stderr.count("Talkboard can not start.\nThe database that DATABASE_URL names can not be used: ") == 1
    assert "Traceback" not in done.stderr


def test_make_run_without_a_folder_to_write_to_is_one_sentence(tmp_path: Path) -> None:
    checkout = copy_to(tmp_path / "checkout")

    with mounted(checkout / "var", "ro"):
        command = [sys.executable, "run.py"]
        environment = {"PATH": os.environ["PATH"], "PORT": str(free_port())}
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Talkboard can not start\.\n/\S+ can not be written: Read-only file system\.\n", done.stderr)
