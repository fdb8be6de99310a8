"""`/readyz`: what a monitor learns of database, schema, keys and Nextcloud, and that nobody else learns more."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from models.database import DatabaseAwayError
from services.readiness import KEPT_SECONDS, NEXTCLOUD_SECONDS
from tests.world import World, database_away, private

pytestmark = pytest.mark.both_databases

ALL_WELL = {"status": "ready", "database": "ok", "schema": "ok", "keys": "ok", "nextcloud": "unknown"}


def ready(world: World) -> tuple[int, dict[str, str]]:
    """What a monitor is told that asks again after a while."""
    world.clock.advance(KEPT_SECONDS)
    answer = world.app.test_client().get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.get_json()


def test_all_is_well_and_nextcloud_is_not_asked_for_it(world: World) -> None:
    assert ready(world) == (200, ALL_WELL)
    assert world.simulator.journal.entries() == []


def test_nextcloud_is_as_it_was_last_seen_and_its_absence_stops_nobody(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    assert ready(world) == (200, {**ALL_WELL, "nextcloud": "ok"})

    world.simulator.faults.maintenance = True
    world.clock.advance(60)
    max_.tick()
    asked = len(world.simulator.journal.entries())

    assert ready(world) == (200, {**ALL_WELL, "nextcloud": "nextcloud_maintenance"})
    assert len(world.simulator.journal.entries()) == asked
    world.clock.advance(NEXTCLOUD_SECONDS)
    assert ready(world) == (200, ALL_WELL)


def test_what_concerns_one_account_says_nothing_about_nextcloud(world: World) -> None:
    anna, max_ = world.connected("anna"), world.connected("max")
    anna.tick()
    world.simulator.revoke_all("max")
    world.clock.advance(5)
    assert max_.cause() == "nextcloud_revoked"

    assert ready(world)[1]["nextcloud"] == "ok"


def test_without_the_database_it_is_not_ready(world: World) -> None:
    with database_away(world):
        assert ready(world) == (
            503,
            {"status": "not_ready", "database": "away", "schema": "unknown", "keys": "unknown", "nextcloud": "unknown"},
        )

    assert ready(world) == (200, ALL_WELL)


def test_a_database_that_only_reads_is_not_enough(world: World) -> None:
    world.member("max")
    with database_away(world, only="UPDATE"):
        with pytest.raises(DatabaseAwayError):
            world.wired.roster.disable("max")
        assert ready(world) == (503, {**ALL_WELL, "status": "not_ready", "database": "not_writable"})
    world.wired.roster.disable("max")

    assert ready(world) == (200, ALL_WELL)


def test_a_schema_of_another_version_is_told(world: World) -> None:
    with world.wired.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert ready(world) == (503, {**ALL_WELL, "status": "not_ready", "schema": "other_version"})


def test_keys_that_read_nothing_make_it_not_ready_and_one_lost_password_does_not(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    world.connected("max")
    another = private(Fernet.generate_key().decode())

    assert ready(world.beside(credential_keys=another)) == (
        503,
        {**ALL_WELL, "status": "not_ready", "keys": "unreadable"},
    )

    world.beside(credential_keys=f"{another},{world.key}").connected("anna")
    assert ready(world) == (200, {**ALL_WELL, "keys": "some_unreadable"})


def test_it_is_looked_at_once_in_a_few_seconds_however_many_ask(world: World) -> None:
    assert ready(world) == (200, ALL_WELL)

    with database_away(world):
        assert world.app.test_client().get("/readyz").status_code == 200
        assert ready(world)[0] == 503
