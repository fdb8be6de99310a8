"""The database is for its own user, whoever makes it and with which umask; and tells nothing by accident."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.database import Database


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_file_and_folder_are_made_for_this_user_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'var' / 'talkboard.db'}")
    database.migrate()
    with database.write() as session:
        session.execute(text("UPDATE users SET locale = 'de'"))

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "var").iterdir()}
    database.close()

    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert {"talkboard.db", "talkboard.db-wal", "talkboard.db.migrate"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_a_database_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "talkboard.db"
    file.touch(0o640)

    Database(f"sqlite:///{file}").close()

    assert file.stat().st_mode & 0o777 == 0o640


def test_errors_of_the_database_show_no_values(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'talkboard.db'}")

    with pytest.raises(OperationalError) as caught, database.engine.connect() as connection:
        connection.execute(text("SELECT :value FROM gibt_es_nicht"), {"value": "geheim"})
    database.close()

    assert "geheim" not in str(caught.value)
