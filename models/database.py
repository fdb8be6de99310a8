"""The database: engine, short transactions, migrations at start."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, create_engine

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LOCK = 0x7A1B_0A2D
"""Number of PostgreSQL's advisory lock under which one process at a time migrates."""


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

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading. Raises DatabaseAwayError."""
        with _translated(), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed at the end, or none of them. Raises DatabaseAwayError."""
        with _translated(), Session(self._writing, expire_on_commit=False) as session:
            yield session
            session.commit()

    def migrate(self) -> None:
        """Brings the schema to the newest state. Processes that start together wait for one another.

        Raises DatabaseAwayError.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with _translated(), self.engine.connect() as connection:
            config.attributes["connection"] = connection
            with _migration_lock(connection):
                command.upgrade(config, "head")

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseAwayError(type(error).__name__) from error


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
