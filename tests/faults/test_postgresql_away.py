"""A PostgreSQL that is restarted, or loses single connections: one line in the log, and on again by itself."""

import threading

import pytest
from sqlalchemy import make_url, text

from models.database import Database, DatabaseAwayError
from tests.conftest import WRITTEN
from tests.databases import POSTGRESQL
from tests.postgresql import Server, server
from tests.world import CONNECT, ROOMS, World, at_once, code, names

pytestmark = pytest.mark.parametrize("database_kind", [POSTGRESQL], indirect=True)


@pytest.fixture
def postgresql() -> Server:
    return server()


def test_known_sign_ins_go_on_while_it_is_away_and_everything_once_it_is_back(world: World, postgresql: Server) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.tick()
    before = len(WRITTEN.getvalue())

    postgresql.stop()
    try:
        world.clock.advance(50)
        while_away = names(max_.get(ROOMS))
        refused = code(max_.delete(CONNECT))
        world.clock.advance(601)
        forgotten = code(max_.get(ROOMS))
        not_ready = world.app.test_client().get("/readyz")
    finally:
        postgresql.start()

    assert while_away == ["Einsatzgruppe 1"]
    assert refused == forgotten == (503, "unavailable")
    assert (not_ready.status_code, not_ready.get_json()["database"]) == (503, "away")
    assert max_.data(max_.delete(CONNECT)) == {"revoked": True}
    log = WRITTEN.getvalue()[before:]
    assert log.count("event='database.away'") == log.count("event='database.back'") == 2  # reading, and writing
    assert "Traceback" not in log


def test_lost_connections_are_noticed_by_nobody(world: World, postgresql: Server) -> None:
    max_ = world.connected("max")
    at_once(8, lambda _number: max_.again().get("/"))

    postgresql.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{make_url(world.database_url).database}'"
    )

    assert {answer.status_code for answer in at_once(8, lambda _number: max_.again().get("/"))} == {200}
    assert max_.data(max_.delete(CONNECT)) == {"revoked": True}


def test_a_connection_that_is_lost_inside_a_transaction_leaves_nothing_behind(world: World) -> None:
    world.member("max")

    def lose_it() -> None:
        with world.wired.database.write() as session:
            session.execute(text("UPDATE users SET locale = 'en'"))
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseAwayError):
        lose_it()

    assert world.row("max")["locale"] is None


def test_who_waits_in_vain_for_another_writer_is_told_and_the_next_may_write(world: World) -> None:
    world.member("max")
    impatient = Database(world.database_url)
    began, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with world.wired.database.write():
            began.set()
            may_end.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    began.wait()
    with pytest.raises(DatabaseAwayError, match="LockNotAvailable"), impatient.write():
        pass
    may_end.set()
    holder.join()

    with impatient.write() as session:
        session.execute(text("UPDATE users SET locale = 'de'"))
    impatient.close()
    assert world.row("max")["locale"] == "de"


def test_a_character_that_it_can_not_hold_is_no_outage(world: World) -> None:
    world.member("max")
    answer = world.app.test_client().post("/api/auth/token", json={"username": "max\0", "password": "geheim-und-lang"})

    assert code(answer) == (401, "invalid_credentials")


def test_a_time_beyond_2038_is_kept(world: World) -> None:
    world.clock.advance(15 * 365 * 24 * 3600)

    world.member("max")

    assert world.row("max")["created_at"] > 2**31
