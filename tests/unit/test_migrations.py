"""The schema: made once, whoever starts first, and whole, whatever is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import inspect, text

from models.card_choices import LEAST_ROWS
from models.credential_store import CredentialStore
from models.database import MIGRATIONS, Database
from models.encrypted import Keyring
from models.member_store import MemberStore
from tests.databases import discard, new_database
from tests.world import at_once

ROOT = Path(__file__).parent.parent.parent
KEYRING = Keyring([SecretStr(Fernet.generate_key().decode())])
TABLES = {
    "users",
    "sign_ins",
    "login_flows",
    "revocations",
    "invitations",
    "login_slots",
    "nextcloud_hosts",
    "observations",
    "embed_tickets",
    "alembic_version",
}

pytestmark = pytest.mark.both_databases

MIGRATE = "import sys; from models.database import Database; Database(sys.argv[1]).migrate()"
KILLED_AT = """
import os, signal, sys
from alembic import op
from models.database import Database
from sqlalchemy import event
database, statement = Database(sys.argv[1]), sys.argv[2]

@event.listens_for(database.engine, "after_cursor_execute")
def die(_connection, _cursor, executed, *_more):
    if statement in executed:
        os.kill(os.getpid(), signal.SIGKILL)

database.migrate()
"""
MEMBER = (
    "INSERT INTO users (name, display_name, operator, disabled, demo, created_at, signed_out_at, nextcloud_username)"
    " VALUES ('max', 'Max Mustermann', false, false, false, 4102444800, 0, 'max@example.org')"
)
REVOCATION = (
    "INSERT INTO revocations (base_url, login_name, app_password, refused, created_at, next_try_at, tries)"
    " VALUES ('https://cloud.example.org', 'anna', 'gAAAA', false, 1, 2, 3)"
)
VERSIONS = [one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


@pytest.fixture
def url(tmp_path: Path, database_kind: str) -> Iterator[str]:
    """A database without a table."""
    made = new_database(tmp_path, database_kind, empty=True)
    yield made
    discard(made)


def run(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env=environment, cwd=ROOT, stderr=subprocess.PIPE
    )


def tables(url: str) -> set[str]:
    database = Database(url)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def test_six_processes_at_once_make_the_schema_once(url: str) -> None:
    processes = [run(MIGRATE, url) for _process in range(6)]

    errors = [process.communicate()[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0] * 6, errors
    assert tables(url) == TABLES


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE alembic_version", "CREATE TABLE users", "ADD COLUMN", "CREATE TABLE login_flows",
     "ix_revocations_next_try_at", "INSERT INTO alembic_version"],
)  # fmt: skip
def test_killed_at_any_point_the_next_start_makes_it_whole(url: str, statement: str) -> None:
    killed = run(KILLED_AT, url, statement)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert "revocations" not in tables(url)

    database = Database(url)
    database.migrate()

    assert tables(url) == TABLES
    database.close()


def of_version(url: str, version: str) -> None:
    """A database with a member and a revocation, as that version left it."""
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with database.write() as session:
        session.execute(text(MEMBER))
        session.execute(text(REVOCATION))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    database.close()


def nothing_is_lost(url: str) -> None:
    """The app brings the database to its own version, and works on what was there."""
    database = Database(url)
    database.migrate()

    assert tables(url) == TABLES
    (max_,) = MemberStore(database).all()
    assert (max_.name, max_.nextcloud_username, max_.created_at) == ("max", "max@example.org", 4102444800)
    assert max_.card_rows == LEAST_ROWS
    revocation = CredentialStore(database, KEYRING).claim_revocation(None, 2, 60)
    assert revocation is not None
    assert (revocation.login_name, revocation.app_password, revocation.tries) == ("anna", "gAAAA", 4)
    database.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_every_earlier_version_comes_up(url: str, version: str) -> None:
    of_version(url, version)

    nothing_is_lost(url)


ONLY_SQLITE = ("INSERT INTO _alembic_tmp_revocations", "DROP TABLE revocations", "RENAME TO revocations")
"""It can not change a column: the table is made anew."""


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE login_slots", *ONLY_SQLITE, "ADD COLUMN failures", "version_num='0002'", "ADD COLUMN card_rows",
     "ADD COLUMN theme", "version_num='0003'", "CREATE TABLE observations"],
)  # fmt: skip
def test_killed_in_a_later_migration_nothing_of_what_was_there_is_lost(url: str, statement: str) -> None:
    if statement in ONLY_SQLITE and not url.startswith("sqlite"):
        statement = "fk_revocations_member_id"
    of_version(url, "0001")
    killed = run(KILLED_AT, url, statement)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL

    nothing_is_lost(url)


def test_migrating_twice_changes_nothing(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.migrate()

    assert tables(url) == TABLES
    database.close()


def test_the_migrations_make_what_the_models_say(url: str) -> None:
    database = Database(url)
    database.migrate()
    config = Config(stdout=open(os.devnull, "w"))  # noqa: SIM115 - alembic writes to it until the end
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    config.stdout.close()
    database.close()


def test_the_first_migration_adds_the_two_columns_to_users(url: str) -> None:
    of_version(url, "0001")
    database = Database(url)

    columns = {column["name"] for column in inspect(database.engine).get_columns("users")}
    database.close()

    assert {"nextcloud_username", "nextcloud_app_password"} <= columns


def test_of_writes_at_once_none_is_lost(url: str) -> None:
    """Two transactions that read first and write later would lose one of the two changes."""
    database = Database(url)
    database.migrate()
    with database.write() as session:
        session.execute(text(MEMBER))

    def count_up(_thread: int) -> None:
        for _turn in range(20):
            with database.write() as session:
                before = session.scalar(text("SELECT card_rows FROM users"))
                session.execute(text("UPDATE users SET card_rows = :rows"), {"rows": before + 1})

    at_once(8, count_up)

    assert MemberStore(database).all()[0].card_rows == LEAST_ROWS + 8 * 20
    database.close()


FORKED = """
import os, sys
from sqlalchemy import text
from models.database import Database
database = Database(sys.argv[1])

def ask(number):
    with database.read() as session:
        return session.scalar(text(f"SELECT {number}")), id(session.connection().connection.dbapi_connection)

_answer, ours = ask(0)
child = os.fork()
for turn in range(300):
    number = os.getpid() * 1000 + turn
    answer, connection = ask(number)
    if answer != number or (child == 0 and connection == ours):
        os._exit(1)
if child == 0:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_takes_connections_of_its_own(url: str) -> None:
    forked = run(FORKED, url)
    errors = forked.communicate()[1].decode()

    assert forked.returncode == 0, errors


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'talkboard.db'}")
    database.migrate()

    assert (tmp_path / "a" / "b" / "talkboard.db").exists()
    database.close()
