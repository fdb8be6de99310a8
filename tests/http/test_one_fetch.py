"""One fetch for each account and period, whatever the number of tabs, threads and failures."""

import time
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from services.rooms import STAND_IN_SECONDS, WAITING_CALLERS
from tests.world import ROOM_LIST, ROOMS, World, at_once, code, counted_queries, fetches, names

THREADS = 50


def test_R25_fifty_at_once_and_nothing_known_yet_fetch_once_and_all_see_it(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    tabs = [max_.again() for _thread in range(THREADS)]
    world.simulator.faults.delay(ROOM_LIST, 0.5)

    cards = at_once(THREADS, lambda number: tabs[number].tick())

    assert fetches(world.simulator) == 1
    assert {max_.card(card) for card in cards} <= {"loading", "connected"}
    assert all("Einsatzgruppe 1" in max_.again().tick().get_data(as_text=True) for _tab in range(5))
    assert fetches(world.simulator) == 1


def test_R25_while_the_first_list_is_fetched_one_member_holds_up_five_threads_at_most(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    tabs = [max_.again() for _thread in range(THREADS)]
    world.simulator.faults.delay(ROOM_LIST, 3)

    begun = time.monotonic()

    def timed(number: int) -> tuple[TestResponse, bool]:
        answer = tabs[number].get(ROOMS)
        return answer, time.monotonic() > begun + 3

    answers = at_once(THREADS, timed)

    waited = [answer for answer, late in answers if late]
    turned_away = [answer for answer, _late in answers if answer.status_code != 200]
    assert len(waited) <= 1 + WAITING_CALLERS
    assert [names(answer) for answer in waited] == [["Einsatzgruppe 1"]] * len(waited)
    assert len(turned_away) == THREADS - len(waited)
    assert {code(answer) for answer in turned_away} == {(429, "rate_limited")}
    assert {answer.headers["Retry-After"] for answer in turned_away} == {"2"}
    assert fetches(world.simulator) == 1


def test_R25_a_list_too_old_to_stand_in_is_waited_for_like_the_first(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.get(ROOMS)
    world.clock.advance(STAND_IN_SECONDS + 1)
    tabs = [max_.again() for _thread in range(1 + WAITING_CALLERS)]
    world.simulator.faults.delay(ROOM_LIST, 0.5)

    answers = at_once(len(tabs), lambda number: names(tabs[number].get(ROOMS)))

    assert answers == [["Einsatzgruppe 1"]] * len(tabs)
    assert fetches(world.simulator) == 2


def test_R25_the_few_who_may_wait_for_the_first_list_all_see_it(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    tabs = [max_.again() for _thread in range(1 + WAITING_CALLERS)]
    world.simulator.faults.delay(ROOM_LIST, 0.5)

    answers = at_once(len(tabs), lambda number: names(tabs[number].get(ROOMS)))

    assert answers == [["Einsatzgruppe 1"]] * len(tabs)
    assert fetches(world.simulator) == 1


def test_R25_fifty_at_once_when_it_is_due_fetch_once_and_nobody_else_waits(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.get(ROOMS)
    tabs = [max_.again() for _thread in range(THREADS)]
    world.simulator.faults.delay(ROOM_LIST, 1.5)
    world.clock.advance(31)

    answers = at_once(THREADS, lambda number: tabs[number].get(ROOMS).get_json()["data"])

    assert fetches(world.simulator) == 2
    assert sum(answer["stale"] for answer in answers) >= THREADS - 5
    assert {room["displayName"] for answer in answers for room in answer["conversations"]} == {"Einsatzgruppe 1"}


@pytest.mark.parametrize("known", [True, False])
def test_R25_fifty_at_once_while_it_fails_fetch_once(world: World, known: bool) -> None:
    max_ = world.connected("max")
    if known:
        max_.get(ROOMS)
        world.clock.advance(31)
    before = fetches(world.simulator)
    tabs = [max_.again() for _thread in range(THREADS)]
    world.simulator.faults.answer(ROOM_LIST, 502)

    at_once(THREADS, lambda number: tabs[number].get(ROOMS))
    at_once(THREADS, lambda number: tabs[number].tick())

    assert fetches(world.simulator) == before + 1


def test_R25_five_tabs_over_ten_periods_fetch_ten_times(world: World) -> None:
    max_ = world.connected("max")
    tabs = [max_.again() for _tab in range(5)]

    for _period in range(10):
        for tab in tabs:
            tab.tick()
        world.clock.advance(31)

    assert fetches(world.simulator) == 10


def test_R25_two_members_at_once_fetch_once_each(world: World) -> None:
    max_, anna = world.connected("max"), world.connected("anna")
    callers = [member.again() for member in (max_, anna) for _thread in range(10)]

    at_once(20, lambda number: callers[number].get(ROOMS))

    assert fetches(world.simulator) == 2
    assert {entry.auth_login for entry in world.simulator.journal.entries(ROOM_LIST)} == {"max", "anna"}


def test_R25_browser_and_program_share_the_fetch(world: World) -> None:
    browser, program = world.connected("max"), world.bearer("max")

    browser.tick()
    program.get(ROOMS)

    assert fetches(world.simulator) == 1


def test_an_unchanged_refresh_costs_no_query_no_request_and_no_picture(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    shown = max_.tick().get_json()["response"]["talk-shown"]["data"]
    sent = len(world.simulator.journal.entries())

    with counted_queries(world) as queries:
        answer = max_.tick(shown)

    assert answer.get_json()["response"] == {}
    assert queries == []
    assert len(world.simulator.journal.entries()) == sent


def test_an_unchanged_answer_of_the_rest_call_costs_no_query(world: World) -> None:
    program = world.bearer("max")
    world.connected("max")
    program.get(ROOMS)

    with counted_queries(world) as queries:
        program.get(ROOMS)

    assert queries == []


def test_an_unchanged_list_from_nextcloud_is_no_new_picture_but_for_its_time(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    shown = max_.tick().get_json()["response"]["talk-shown"]["data"]
    world.clock.advance(61)

    answer = max_.tick(shown)

    assert answer.status_code == 200
    assert answer.get_json()["response"]["talk-shown"]["data"] != shown


def test_a_member_who_asks_himself_gets_a_fresh_list_and_five_clicks_are_one(world: World) -> None:
    max_ = world.connected("max")
    max_.tick()
    world.clock.advance(6)

    for _click in range(5):
        max_.act("refresh")

    assert fetches(world.simulator) == 2


def test_a_failed_renewal_is_not_repeated_before_the_next_period(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(ROOM_LIST, 502)

    answers = [max_.get(ROOMS) for _turn in range(5)]

    assert {code(answer) for answer in answers} == {(502, "nextcloud_unreachable")}
    assert fetches(world.simulator) == 1
    world.simulator.faults.clear()
    world.clock.advance(31)
    assert max_.get(ROOMS).status_code == 200


def test_the_pace_is_that_of_the_setting(make_world: Callable[..., World]) -> None:
    world = make_world(refresh_seconds=120)
    max_ = world.connected("max")

    for _period in range(4):
        max_.tick()
        world.clock.advance(31)

    assert fetches(world.simulator) == 1


def test_one_broken_account_holds_nobody_else_up(world: World) -> None:
    world.simulator.member("anna").joins("Kommando")
    max_, anna = world.connected("max"), world.connected("anna")
    world.simulator.faults.delay(ROOM_LIST, 1.0, times=1)

    slow_and_quick = at_once(2, lambda number: (max_, anna)[number].get(ROOMS))

    assert [answer.status_code for answer in slow_and_quick] == [200, 200]
    assert fetches(world.simulator) == 2
