"""A device that its member marks "wipe" in Nextcloud, and one that could not be revoked."""

import pytest

from models.credential_store import CredentialStore
from models.database import DatabaseAwayError
from tests.world import REVOKE, ROOM_LIST, ROOMS, Caller, World, code

WIPE = "/core/wipe/"
LEFT_BEHIND = '"data-action":"dismiss"'


def wiped(world: World) -> Caller:
    """A member who has marked this device for wiping, and whose card has met it."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.tick()
    world.simulator.wipe_all("max")
    world.clock.advance(31)
    max_.tick()
    return max_


def away(*_arguments: object) -> None:
    raise DatabaseAwayError("readonly database")


def steps(world: World) -> list[str]:
    return [entry.path.rsplit("/", 1)[-1] for entry in world.simulator.journal.entries(WIPE)]


def test_A33_everything_of_the_account_goes_and_success_is_reported_once(world: World) -> None:
    max_ = wiped(world)

    world.housekeeping()
    world.housekeeping()

    assert steps(world) == ["check", "success"]
    assert world.row("max")["nextcloud_app_password"] is None
    assert world.rows("revocations") == []
    assert world.simulator.app_passwords("max") == []
    assert max_.card() == "not_connected"
    assert "Einsatzgruppe 1" not in max_.tick().get_data(as_text=True)
    assert code(max_.get(ROOMS)) == (401, "nextcloud_not_connected")


def test_A33_the_report_survives_a_restart_and_an_outage(world: World) -> None:
    world.simulator.faults.drop("/core/wipe/success", times=1)
    max_ = wiped(world)
    world.housekeeping()

    world.restart(max_)
    world.clock.advance(120)
    world.housekeeping()

    assert steps(world)[-1] == "success"
    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_A33_a_report_that_nextcloud_did_not_take_is_made_again(world: World, status: int) -> None:
    world.simulator.faults.answer("/core/wipe/success", status, times=1)
    wiped(world)
    world.housekeeping()
    assert world.simulator.app_passwords("max")

    world.clock.advance(120)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []


def test_A33_a_report_of_what_is_no_longer_marked_is_done_with(world: World) -> None:
    world.simulator.faults.answer("/core/wipe/success", 404, {"Content-Type": "application/json"}, "[]")
    wiped(world)
    world.housekeeping()

    assert world.rows("revocations") == []


def test_A33_a_database_that_is_away_only_puts_the_wipe_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    max_ = world.connected("max")
    world.simulator.wipe_all("max")
    world.clock.advance(31)
    with monkeypatch.context() as patch:
        patch.setattr(CredentialStore, "wipe", away)
        max_.tick()
    assert world.row("max")["nextcloud_app_password"] is not None

    world.clock.advance(31)
    max_.tick()

    assert world.row("max")["nextcloud_app_password"] is None


def test_A34_a_revoked_device_is_asked_about_once(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.simulator.revoke_all("max")

    for _hour in range(5):
        world.clock.advance(3700)
        max_.tick()

    assert steps(world) == ["check"]
    assert max_.cause() == "nextcloud_revoked"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, "[]"),
        (429, '{"wipe":true}'),
        (404, '{"wipe":true}'),
        (500, "<html>"),
        (200, "[]"),
        (200, '{"wipe":"perhaps"}'),
        (200, '{"wipe":false}'),
    ],
)
def test_A35_any_answer_but_a_clear_yes_is_a_no(world: World, status: int, body: str) -> None:
    world.simulator.faults.answer("/core/wipe/check", status, {"Content-Type": "application/json"}, body)
    max_ = world.connected("max")
    world.simulator.revoke_all("max")

    max_.tick()

    assert max_.cause() == "nextcloud_revoked"
    assert world.row("max")["nextcloud_app_password"] is not None


def test_A32_what_could_not_be_revoked_for_a_day_is_told_until_the_member_has_read_it(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.act("disconnect")
    assert LEFT_BEHIND not in max_.tick().get_data(as_text=True)

    for _hour in range(26):
        world.clock.advance(3600)
        world.housekeeping()

    assert world.rows("revocations") == []
    assert LEFT_BEHIND in max_.tick().get_data(as_text=True)
    assert LEFT_BEHIND not in max_.act("dismiss").get_data(as_text=True)
    assert LEFT_BEHIND not in max_.tick().get_data(as_text=True)


def test_A19_maintenance_is_told_from_an_update_by_the_one_place_that_knows(world: World) -> None:
    max_ = world.connected("max")
    causes = []

    for trouble in ("maintenance", "updating"):
        world.simulator.faults.trouble(trouble)
        world.clock.advance(200)
        max_.tick()
        causes.append(max_.cause())
        world.simulator.faults.clear()

    assert causes == ["nextcloud_maintenance", "nextcloud_updating"]
    assert len(world.simulator.journal.entries("/status.php")) == 2


def test_F10_connecting_to_a_nextcloud_that_is_being_updated_says_so(world: World) -> None:
    max_ = world.sign_in("max")
    world.simulator.faults.trouble("updating")

    card = max_.act("connect")

    assert (max_.card(card), max_.cause(card)) == ("not_connected", "nextcloud_updating")


def test_O3_the_pause_grows_with_each_failure_up_to_five_minutes(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.simulator.faults.answer(ROOM_LIST, 502)
    world.simulator.journal.clear()

    for _half_minute in range(120):
        world.clock.advance(31)
        max_.tick()

    assert 8 <= len(world.simulator.journal.entries(ROOM_LIST)) <= 20
    world.simulator.faults.clear()
    world.clock.advance(361)
    assert max_.card() == "empty"
