"""Why a card asks decides whether Nextcloud is asked: its clock, its tab coming back, or its member."""

import pytest

from tests.world import ROOM_LIST, World, fetches


def shown_again(world: World, caller: object) -> str:
    return caller.card(caller.act("shown"))  # type: ignore[attr-defined]


def test_a_tab_that_comes_back_sees_what_is_true_now(world: World) -> None:
    room = world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.tick()
    room.post("anna", "Einsatz morgen um 8:00")
    world.clock.advance(6)

    answer = max_.act("shown")

    assert "Einsatz morgen um 8:00" in answer.get_data(as_text=True)
    assert fetches(world.simulator) == 2


def test_switching_tabs_fast_asks_once(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()

    for _switch in range(10):
        max_.act("shown")

    assert fetches(world.simulator) == 1


def test_A6_a_tab_that_comes_back_does_not_send_a_refused_credential(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.simulator.revoke_all("max")
    world.clock.advance(31)
    max_.tick()
    before = fetches(world.simulator)

    for _switch in range(5):
        world.clock.advance(6)
        assert shown_again(world, max_) == "failed"

    assert fetches(world.simulator) == before


def test_neither_a_tab_nor_a_member_shortens_what_nextcloud_asked_for(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.simulator.faults.answer(ROOM_LIST, 503, {"Retry-After": "600"})
    world.clock.advance(31)
    max_.tick()
    before = fetches(world.simulator)

    for action in ("shown", "refresh", "retry"):
        world.clock.advance(6)
        max_.act(action)

    assert fetches(world.simulator) == before


@pytest.mark.parametrize(("asked_for", "over"), [("0", 6), ("600", 601)])
def test_once_the_time_that_nextcloud_asked_for_is_over_its_member_may_try(
    world: World, asked_for: str, over: int
) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.simulator.faults.answer(ROOM_LIST, 503, {"Retry-After": asked_for})
    world.clock.advance(31)
    max_.tick()
    world.simulator.faults.clear()
    world.clock.advance(over)

    assert max_.card(max_.act("refresh")) == "empty"


def test_a_clock_that_is_set_back_stops_no_renewal(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()

    world.clock.advance(-3600)
    max_.tick()

    assert fetches(world.simulator) == 2


def test_a_real_tick_costs_one_query(world: World) -> None:
    """Within ten seconds of the last look it costs none; a tick comes after thirty."""
    from tests.world import counted_queries

    max_ = world.connected("max")
    max_.tick()
    world.clock.advance(31)
    max_.tick()
    world.clock.advance(11)

    with counted_queries(world) as statements:
        max_.tick()

    assert len([one for one in statements if one.startswith("SELECT")]) <= 1
