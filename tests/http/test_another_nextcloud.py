"""NEXTCLOUD_URL is changed: a connection belongs to the Nextcloud it was made for and goes nowhere else."""

from collections.abc import Iterator

import pytest

from simulator import Simulator
from tests.world import CONNECT, POLL, ROOMS, Caller, World, code, names, polls


@pytest.fixture
def new_simulator() -> Iterator[Simulator]:
    """The Nextcloud that takes the place of the old one."""
    with Simulator() as running:
        running.member("max", display_name="Max Mustermann").joins("Neue Gruppe")
        yield running


def moved(world: World, to: Simulator, *callers: Caller) -> None:
    """The operator changes NEXTCLOUD_URL and restarts."""
    world.changes["nextcloud_url"] = to.url
    world.restart(*callers)


def test_nothing_is_sent_with_the_old_credential_to_anybody(world: World, new_simulator: Simulator) -> None:
    max_ = world.connected("max")
    max_.get(ROOMS)
    sent = len(world.simulator.journal.entries())

    moved(world, new_simulator, max_)
    for _period in range(3):
        max_.tick()
        max_.act("refresh")
        max_.act("retry")
        max_.get(ROOMS)
        world.clock.advance(31)
        world.housekeeping()

    assert new_simulator.journal.entries() == []
    assert len(world.simulator.journal.entries()) == sent


def test_the_card_asks_to_connect_again_and_shows_no_old_rows(world: World, new_simulator: Simulator) -> None:
    world.simulator.member("max").joins("Alte Gruppe")
    max_ = world.connected("max")
    max_.tick()

    moved(world, new_simulator, max_)

    card = max_.tick()
    assert (max_.card(card), max_.cause(card)) == ("failed", "nextcloud_not_connected")
    assert '"data-action":"reconnect"' in card.get_data(as_text=True)
    assert "Alte Gruppe" not in card.get_data(as_text=True)
    assert code(max_.get(ROOMS)) == (401, "nextcloud_not_connected")


def test_connecting_again_works_and_the_old_password_is_revoked_where_it_belongs(
    world: World, new_simulator: Simulator
) -> None:
    max_ = world.connected("max")
    moved(world, new_simulator, max_)

    opened = max_.data(max_.post(CONNECT))
    new_simulator.grant(opened["loginUrl"], "max")
    world.clock.advance(3)

    assert max_.data(max_.post(POLL))["status"] == "connected"
    assert names(max_.get(ROOMS)) == ["Neue Gruppe"]
    assert world.simulator.app_passwords("max") == []
    assert len(new_simulator.app_passwords("max")) == 1
    assert new_simulator.failures() == 0


def test_disconnecting_instead_revokes_the_old_password_where_it_belongs(
    world: World, new_simulator: Simulator
) -> None:
    max_ = world.connected("max")
    moved(world, new_simulator, max_)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": True}
    assert world.simulator.app_passwords("max") == []
    assert new_simulator.journal.entries() == []


def test_a_flow_under_way_is_asked_about_where_it_was_opened(world: World, new_simulator: Simulator) -> None:
    max_ = world.sign_in("max")
    opened = max_.data(max_.post(CONNECT))
    moved(world, new_simulator, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.clock.advance(20)

    world.housekeeping()

    assert polls(new_simulator) == []
    assert len(polls(world.simulator)) == 1
    assert world.row("max")["nextcloud_base_url"] == world.simulator.url
    assert max_.cause() == "nextcloud_not_connected"


def test_moving_back_brings_the_connection_back(world: World, new_simulator: Simulator) -> None:
    world.simulator.member("max").joins("Alte Gruppe")
    max_ = world.connected("max")
    moved(world, new_simulator, max_)
    max_.tick()

    moved(world, world.simulator, max_)

    assert names(max_.get(ROOMS)) == ["Alte Gruppe"]


def test_after_a_day_the_accesses_to_the_former_nextcloud_are_given_back(
    world: World, new_simulator: Simulator
) -> None:
    max_ = world.connected("max")
    world.housekeeping()
    world.clock.advance(48 * 3600)
    moved(world, new_simulator, max_)
    world.housekeeping()
    world.clock.advance(23 * 3600)
    world.housekeeping()
    assert len(world.simulator.app_passwords("max")) == 1

    world.clock.advance(2 * 3600)
    world.housekeeping()
    world.clock.advance(60)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []
    assert max_.card() == "not_connected"
    assert new_simulator.journal.entries() == []


def test_a_slip_of_the_operator_that_is_mended_in_time_costs_nobody_anything(
    world: World, new_simulator: Simulator
) -> None:
    max_ = world.connected("max")
    for _slip in range(3):
        moved(world, new_simulator, max_)
        world.housekeeping()
        world.clock.advance(20 * 3600)
        moved(world, world.simulator, max_)
        world.housekeeping()
        world.clock.advance(20 * 3600)

    assert len(world.simulator.app_passwords("max")) == 1
    assert max_.card() == "empty"


@pytest.mark.parametrize("spelling", ["{url}/", "{url}/index.php", "{upper}"])
def test_another_spelling_of_the_same_address_is_the_same_nextcloud(world: World, spelling: str) -> None:
    max_ = world.connected("max")

    world.changes["nextcloud_url"] = spelling.format(
        url=world.simulator.url, upper=world.simulator.url.replace("http", "HTTP")
    )
    world.restart(max_)

    assert max_.card() == "empty"
