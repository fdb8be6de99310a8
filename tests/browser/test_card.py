"""The connected card: what it shows, and what its buttons and links do."""

from __future__ import annotations

import re
import time

import pytest
from dash.testing.wait import until
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from simulator import Simulator
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served

QUICK = pytest.mark.parametrize("served", [{"REFRESH_SECONDS": "10"}], indirect=True)
QUICK_SECONDS = 10
MOST_JITTER_SECONDS = 2.5
ASKED_AGE_SECONDS = 5


@QUICK
def test_a_new_message_appears_by_itself_without_a_reload(connected: Card, simulator: Simulator) -> None:
    connected.driver.execute_script("window.sameDocument = true")
    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Abmarsch in fünf Minuten")

    connected.wait_for_row("Anna: Abmarsch in fünf Minuten", QUICK_SECONDS + MOST_JITTER_SECONDS + 3)

    assert connected.rows()[0].unread == "2"
    assert connected.total() == "2"
    assert connected.driver.execute_script("return window.sameDocument") is True


def test_the_refresh_button_shows_a_new_message_at_once(connected: Card, served: Served, simulator: Simulator) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Abmarsch in fünf Minuten")
    served.advance(ASKED_AGE_SECONDS)

    connected.refresh()

    assert connected.rows()[0].preview == "Anna: Abmarsch in fünf Minuten"


def test_a_row_is_a_link_into_a_new_tab_and_what_is_read_there_loses_its_badge(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    conversation = simulator.member("max").joins("Kommando")
    message = conversation.post("peter", "Sitzung um sieben")
    served.advance(30)
    connected.refresh()
    assert connected.names() == ["Kommando", "Einsatzgruppe 1"]
    row = connected.rows()[0]
    assert (row.unread, connected.total()) == ("1", "2")
    assert row.href == f"{simulator.url}/call/{conversation.token}#message_{message.id}"
    assert row.target == "_blank"
    assert set(row.rel.split()) == {"noopener", "noreferrer"}

    nextcloud = connected.open_row("Kommando")
    nextcloud.browser.wait_for_element("#user")
    nextcloud.log_in("max").see("Sitzung um sieben")
    assert nextcloud.driver.current_url.split("#")[0] == row.href.split("#")[0]
    served.advance(30)
    nextcloud.close()  # the card is shown again, and asks at once

    until(lambda: connected.total() == "1", 5)
    assert [row.unread for row in connected.rows()] == [None, "1"]


def test_disconnecting_asks_first_and_gives_the_access_back(connected: Card, simulator: Simulator) -> None:
    connected.ask_to_disconnect()
    ActionChains(connected.driver).send_keys(Keys.ESCAPE).perform()
    connected.browser.wait_for_no_elements("#talk-confirm[open]")
    assert connected.state() == "connected"

    connected.ask_to_disconnect()
    connected.click('#talk-confirm button[type="submit"]')
    connected.browser.wait_for_no_elements("#talk-confirm[open]")
    assert connected.state() == "connected"
    assert len(simulator.app_passwords("max")) == 1

    connected.disconnect()
    assert simulator.app_passwords("max") == []
    assert connected.reload().wait_for("not_connected").rows() == []


def test_a_member_without_conversations_sees_that_and_a_way_to_talk(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    served.connect("max")
    card = sign_in_page.sign_in("max").wait_for("empty")

    card.see("Noch keine Unterhaltungen.")
    assert card.total() is None
    link = card.browser.find_element("#talk-card a.btn")
    assert link.text == "Nextcloud Talk öffnen"
    assert link.get_attribute("href") == f"{simulator.url}/apps/spreed/"
    assert link.get_attribute("target") == "_blank"


def test_while_nextcloud_does_not_answer_the_rows_stay_greyed(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    as_of = re.search(r"Stand \d\d:\d\d", connected.seen())
    assert as_of is not None
    colour = "return getComputedStyle(document.querySelector('a.talk-row .talk-row-preview')).color"
    opacity = "return getComputedStyle(document.querySelector('#talk-card .talk-rows')).opacity"
    fresh = connected.driver.execute_script(colour), connected.driver.execute_script(opacity)
    simulator.faults.answer("/room", 502)
    served.advance(30)
    connected.refresh()

    connected.wait_for("stale")
    assert connected.cause() == "nextcloud_unreachable"
    assert connected.names() == ["Einsatzgruppe 1"]
    connected.see("Nextcloud nicht erreichbar")
    connected.see(as_of.group())
    assert (connected.driver.execute_script(colour), connected.driver.execute_script(opacity)) != fresh

    simulator.faults.clear()
    served.advance(30)
    connected.refresh()
    connected.wait_for("connected")
    connected.see_no("Nextcloud nicht erreichbar")


def test_a_nextcloud_that_never_answered_is_said_and_can_be_tried_again(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    served.wait_until_up()
    served.connect("max")
    simulator.faults.answer("/room", 502)
    card = sign_in_page.sign_in("max").wait_for("failed")

    assert card.cause() == "nextcloud_unreachable"
    card.see("Nextcloud nicht erreichbar")

    simulator.faults.clear()
    served.advance(30)
    card.press("retry")
    card.wait_for("empty")


@QUICK
def test_a_hidden_card_asks_nothing_and_at_once_when_it_is_shown(card: Card) -> None:
    """While a connection is made both clocks would run: Nextcloud's tab is in front, so none does."""
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    card.driver.execute_script(
        "window.asked = [];"
        "const count = () => performance.getEntriesByType('resource')"
        ".filter(entry => entry.name.includes('/_dash-update-component')).length;"
        "document.addEventListener('visibilitychange', () => asked.push([document.hidden, count()]))"
    )
    card.go_to_tab(card.driver.window_handles[1])

    time.sleep(QUICK_SECONDS + MOST_JITTER_SECONDS + 0.5)  # the proof that nothing happens
    card.go_to_tab(nextcloud.home)
    (hidden, before), (shown, after) = card.driver.execute_script("return window.asked")

    assert (hidden, shown) == (True, False)
    assert after - before <= 1  # one may have been under way when the tab was left
    until(lambda: card.callbacks() > after, 1.5)


def test_times_tick_without_asking(served: Served, sign_in_page: SignInPage, simulator: Simulator) -> None:
    now = int(time.time())
    for name, age in (("Eben", 5), ("Vorhin", 5 * 60 + 5)):
        simulator.member("max").joins(name).post("anna", "Hallo", at=now - age)
    served.connect("max")
    card = sign_in_page.sign_in("max").wait_for("connected")
    assert [row.time for row in card.rows()] == ["gerade eben", "vor 5 Min."]
    asked = card.callbacks()

    card.shift_clock(60)

    until(lambda: [row.time for row in card.rows()] == ["vor 1 Min.", "vor 6 Min."], 12)
    assert card.callbacks() == asked


def test_the_card_keeps_its_height_on_a_phone(served: Served, sign_in_page: SignInPage, simulator: Simulator) -> None:
    """Nothing jumps while one state gives way to the next."""
    for number in range(1, 4):
        simulator.member("max").joins(f"Einsatzgruppe {number}").post("peter", "Treffpunkt Gerätehaus")
    card = sign_in_page.sign_in("max").wait_for("not_connected")
    card.driver.set_window_size(412, 915)
    heights = {"not_connected": card.height()}

    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    heights["connecting"] = card.wait_for("connecting").height()
    card.go_to_tab(card.driver.window_handles[1])
    nextcloud.grant_as("max").close()
    heights["connected"] = card.wait_for("connected").height()

    served.stop()  # what is known is forgotten with the process
    simulator.faults.delay("/room", 2, times=1)
    served.restart()
    heights["loading"] = card.open().wait_for("loading").height()
    card.wait_for("connected")

    simulator.faults.answer("/room", 502)
    served.advance(30)
    card.refresh()
    heights["stale"] = card.wait_for("stale").height()
    assert len(set(heights.values())) == 1, heights
