"""The schema: made once, whoever starts first, and whole, whatever is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from models.database import MIGRATIONS, Database

ROOT = Path(__file__).parent.parent.parent
TABLES = {
    "users",
    "sign_ins",
    "login_flows",
    "revocations",
    "login_slots",
    "nextcloud_hosts",
    "alembic_version",
}

MIGRATE = "import sys; from models.database import Database; Database('sqlite:///' + sys.argv[1]).migrate()"
KILLED_AT = """
import os, signal, sys
from alembic import op
from models.database import Database
from sqlalchemy import event
database, statement = Database("sqlite:///" + sys.argv[1]), sys.argv[2]

@event.listens_for(database.engine, "after_cursor_execute")
def die(_connection, _cursor, executed, *_more):
    if statement in executed:
        os.kill(os.getpid(), signal.SIGKILL)

database.migrate()
"""


def run(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env=environment, cwd=ROOT, stderr=subprocess.PIPE
    )


def tables(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} - {
            "sqlite_sequence"
        }
    finally:
        connection.close()


def test_six_processes_at_once_make_the_schema_once(tmp_path: Path) -> None:
    file = tmp_path / "talkboard.db"
    processes = [run(MIGRATE, str(file)) for _process in range(6)]

    errors = [process.communicate()[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0] * 6, errors
    assert tables(file) == TABLES


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE alembic_version", "CREATE TABLE users", "ADD COLUMN", "CREATE TABLE login_flows",
     "ix_revocations_next_try_at", "INSERT INTO alembic_version"],
)  # fmt: skip
def test_killed_at_any_point_the_next_start_makes_it_whole(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "talkboard.db"
    killed = run(KILLED_AT, str(file), statement)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert "revocations" not in tables(file)

    database = Database(f"sqlite:///{file}")
    database.migrate()

    assert tables(file) == TABLES
    database.close()


def of_the_first_version(file: Path) -> None:
    """A database with a member and a revocation, as the first version left it."""
    database = Database(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO users (name, display_name, operator, disabled, demo, created_at, signed_out_at,"
                " nextcloud_username) VALUES ('max', 'Max Mustermann', 0, 0, 0, 1, 0, 'max@example.org')"
            )
        )
        session.execute(
            text(
                "INSERT INTO revocations (base_url, login_name, app_password, refused, created_at, next_try_at, tries)"
                " VALUES ('https://cloud.example.org', 'anna', 'gAAAA', 0, 1, 2, 3)"
            )
        )
    database.close()


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE login_slots", "INSERT INTO _alembic_tmp_revocations", "DROP TABLE revocations",
     "RENAME TO revocations", "ADD COLUMN failures", "version_num='0002'", "ADD COLUMN card_rows", "ADD COLUMN theme",
     "version_num='0003'"],
)  # fmt: skip
def test_killed_in_a_later_migration_nothing_of_what_was_there_is_lost(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "talkboard.db"
    of_the_first_version(file)
    killed = run(KILLED_AT, str(file), statement)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL

    database = Database(f"sqlite:///{file}")
    database.migrate()

    assert tables(file) == TABLES
    with database.read() as session:
        members = session.execute(text("SELECT name, nextcloud_username FROM users")).all()
        revocations = session.execute(text("SELECT login_name, app_password, tries FROM revocations")).all()
    assert (members, revocations) == ([("max", "max@example.org")], [("anna", "gAAAA", 3)])
    database.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'talkboard.db'}")
    database.migrate()
    database.migrate()

    assert tables(tmp_path / "talkboard.db") == TABLES
    database.close()


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'talkboard.db'}")
    database.migrate()
    config = Config(stdout=open(os.devnull, "w"))  # noqa: SIM115 - alembic writes to it until the end
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    config.stdout.close()
    database.close()


def test_the_first_migration_adds_the_two_columns_to_users(tmp_path: Path) -> None:
    file = tmp_path / "talkboard.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    connection = sqlite3.connect(file)

    columns = {row[1] for row in connection.execute("PRAGMA table_info(users)")}
    connection.close()

    assert {"nextcloud_username", "nextcloud_app_password"} <= columns


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'talkboard.db'}")
    database.migrate()

    assert (tmp_path / "a" / "b" / "talkboard.db").exists()
    database.close()


def test_a_write_holds_others_off_from_its_start(tmp_path: Path) -> None:
    """Two transactions that read first and write later would lose one of the two changes."""
    database = Database(f"sqlite:///{tmp_path / 'talkboard.db'}")
    database.migrate()
    with database.write() as session:
        session.execute(text("SELECT count(*) FROM users"))
        other = sqlite3.connect(tmp_path / "talkboard.db", timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM users").fetchone() == (0,)
        other.close()
    database.close()
