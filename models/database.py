"""The database: engine, short transactions, migrations at start."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, create_engine

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LOCK = 0x7A1B_0A2D
"""Number of PostgreSQL's advisory lock under which one process at a time migrates."""

READING, WRITING = "reading", "writing"
"""What may be away: a full disk still lets us read."""

log = structlog.get_logger()


class DatabaseAwayError(Exception):
    """The database does not answer or refuses to work. The text is for the log."""


class Database:
    """Short transactions on one engine. A `write` starts with the write lock taken.

    SQLite loses updates silently when two transactions read first and write later; with the lock taken at
    the start the second one waits instead.
    """

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it. The folder of a SQLite file is made where it is missing.

        Raises DatabaseAwayError where the address is none, or its driver or its folder can not be had.
        """
        try:
            self.engine = _engine(url)
        except (ImportError, OSError) as error:
            raise DatabaseAwayError(str(error)) from None
        except SQLAlchemyError as error:
            raise DatabaseAwayError(type(error).__name__) from None
        self._writing = self.engine.execution_options(write=True)
        self._away: set[str] = set()
        self._turning = threading.Lock()

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading. Raises DatabaseAwayError."""
        with self._translated(READING), Session(self.engine) as session:
            yield session
        self._turned(READING, None)

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed at the end, or none of them. Raises DatabaseAwayError."""
        with self._translated(WRITING), Session(self._writing, expire_on_commit=False) as session:
            before = _changes(session)
            yield session
            session.flush()
            wrote = before is None or before != _changes(session)
            session.commit()
        if wrote:  # a full disk takes what changes nothing
            self._turned(WRITING, None)

    def migrate(self) -> None:
        """Brings the schema to the newest state. Processes that start together wait for one another.

        Raises DatabaseAwayError.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self.engine.connect() as connection:
                config.attributes["connection"] = connection
                with _migration_lock(connection):
                    command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise DatabaseAwayError(_reason(error)) from error
        except OSError as error:
            raise DatabaseAwayError(str(error)) from None
        except CommandError:
            raise DatabaseAwayError("it was last used by a newer version of Talkboard") from None

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            self._turned(what, _reason(error))
            raise DatabaseAwayError(_reason(error)) from error

    def _turned(self, what: str, problem: str | None) -> None:
        """Says once in the log when `what` ceases to work, and once when it works again."""
        if (problem is not None) == (what in self._away):
            return
        with self._turning:
            if problem is None and what in self._away:
                self._away.discard(what)
                log.info("database.back", what=what)
            elif problem is not None and what not in self._away:
                self._away.add(what)
                log.error("database.away", what=what, detail=problem)


def _changes(session: Session) -> int | None:
    """How many rows the connection of `session` has changed in its life; None where its driver does not count."""
    return getattr(session.connection().connection.dbapi_connection, "total_changes", None)


def _reason(error: SQLAlchemyError) -> str:
    """SQLite's own name of what is wrong, such as SQLITE_FULL, else the kind of error: never a value."""
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", type(error).__name__))


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    _make_private(Path(make_url(url).database or ""))
    engine = create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=16, max_overflow=32, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Makes the file of a SQLite database, and its folder, where they are missing: for this user alone. What SQLite
    puts beside the file gets the same rights. A file that is there is left alone: opening and closing it here would
    take the locks of those who use it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver opens no transaction for DDL: a kill in the middle of a migration would leave it half done.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextlib.contextmanager
def _migration_lock(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()
    else:
        with open(f"{connection.engine.url.database}.migrate", "w", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
