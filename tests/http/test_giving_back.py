"""Disconnected while Nextcloud is away: the card says that the access is still to be given back, until it is."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.world import CONNECT, REVOKE, World, at_once, counted_queries

GIVING_BACK = "Der Zugriff wird zurückgegeben, sobald es wieder antwortet."
LEFT_BEHIND = '"data-action":"dismiss"'


def words(answer: TestResponse) -> str:
    return str(answer.get_json())


def test_A32_the_card_tells_until_the_access_is_given_back(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)

    card = max_.act("disconnect")
    shown = card.get_json()["response"]["talk-shown"]["data"]

    assert (max_.card(card), GIVING_BACK in words(card)) == ("not_connected", True)
    assert max_.tick(shown).get_json()["response"] == {}
    world.simulator.faults.clear()
    world.clock.advance(120)
    max_.tick(shown)
    world.housekeeping()
    after = max_.tick(shown)
    assert (max_.card(after), GIVING_BACK in words(after)) == ("not_connected", False)


def test_A32_other_tabs_and_other_processes_tell_it_too(world: World) -> None:
    max_ = world.connected("max")
    tab, other = max_.again(), world.beside()
    there = other.visits(max_)
    there.tick()
    world.simulator.faults.drop(REVOKE)

    max_.delete(CONNECT)
    world.clock.advance(11)

    assert GIVING_BACK in words(tab.tick())
    assert GIVING_BACK in words(there.tick())


def test_A32_a_tab_that_looked_while_it_was_tried_tells_it_at_once_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = world.connected("max")
    tab = max_.again()
    world.simulator.faults.drop(REVOKE)
    credentials = world.wired.services.ending._credentials
    claim = credentials.claim_revocation

    def looked_at_first(*arguments: Any) -> Any:
        at_once(1, lambda _number: tab.tick())
        return claim(*arguments)

    monkeypatch.setattr(credentials, "claim_revocation", looked_at_first)
    max_.act("disconnect")

    assert GIVING_BACK in words(tab.tick())


def test_A32_nothing_is_told_where_it_was_given_back_at_once(world: World) -> None:
    max_ = world.connected("max")

    assert GIVING_BACK not in words(max_.act("disconnect"))


def test_A32_given_up_after_a_day_the_member_reads_what_he_has_to_do_instead(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.act("disconnect")
    for _hour in range(26):
        world.clock.advance(3700)
        world.housekeeping()

    card = words(max_.tick())

    assert GIVING_BACK not in card
    assert LEFT_BEHIND.replace('"', "'").replace(":", ": ") in card


def test_A32_connected_again_nothing_disturbs_the_conversations(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.act("disconnect")

    world.connect(max_)

    assert GIVING_BACK not in words(max_.tick())


def test_A33_a_wish_to_wipe_is_not_told_as_an_access_that_is_still_there(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.wipe_all("max")
    world.simulator.faults.drop("/core/wipe/success")
    max_.tick()
    world.housekeeping()
    world.clock.advance(11)

    assert world.rows("revocations")[0]["tries"] > 0
    assert GIVING_BACK not in words(max_.tick())


def test_an_unchanged_tick_asks_the_database_nothing(world: World) -> None:
    max_ = world.connected("max")
    shown = max_.tick().get_json()["response"]["talk-shown"]["data"]

    with counted_queries(world) as queries:
        assert max_.tick(shown).get_json()["response"] == {}

    assert queries == []
