"""The databases that tests run on: a SQLite file, or one of a PostgreSQL server that the tests start themselves.

`TALKBOARD_TEST_DATABASE=postgresql` puts every test on PostgreSQL; tests marked `both_databases` run on both anyhow.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from models.database import Database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
USUAL = os.environ.get("TALKBOARD_TEST_DATABASE") or SQLITE


def kinds() -> Sequence[str]:
    """What a test marked `both_databases` runs on."""
    return (SQLITE, POSTGRESQL) if USUAL == SQLITE else (POSTGRESQL,)


def new_database(folder: Path, kind: str = USUAL, *, empty: bool = False) -> str:
    """The address of a database that nobody has used yet, without tables if `empty`; a SQLite file lies in `folder`."""
    if kind == SQLITE:
        file = folder / "talkboard.db"
        if not empty:
            shutil.copy(_migrated_file(), file)
        return f"sqlite:///{file}"
    from tests.postgresql import server

    return server().empty() if empty else server().migrated()


def copy_of(url: str, folder: Path) -> str:
    """The address of a new database with all that the one at `url` holds, which nobody uses; a file lies in
    `folder`."""
    if not url.startswith(SQLITE):
        from tests.postgresql import server

        return server().copy_of(url)
    shutil.copy(url.removeprefix("sqlite:///"), folder / "talkboard.db")
    return f"sqlite:///{folder / 'talkboard.db'}"


@cache
def _migrated_file() -> Path:
    """A SQLite file with all tables: copying it is quicker than making them for each test."""
    folder = Path(tempfile.mkdtemp(prefix="talkboard-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'migrated.db'}")
    database.migrate()
    database.close()
    return folder / "migrated.db"


def discard(url: str) -> None:
    """Frees the room that a database of the server takes. A file goes with its folder."""
    if not url.startswith(SQLITE):
        from tests.postgresql import server

        server().drop(url)
