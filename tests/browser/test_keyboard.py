"""Everything can be reached and done with the keyboard alone."""

from __future__ import annotations

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from simulator import Simulator
from tests.browser.pages import Card
from tests.browser.served import Served

_FOCUSED = """
const one = document.activeElement;
if (one === document.body) return 'page';
return one.dataset.action || one.getAttribute('aria-label') || one.textContent.trim();
"""


def press(card: Card, *keys: str) -> None:
    for key in keys:
        ActionChains(card.driver).send_keys(key).perform()


def focused(card: Card) -> str:
    return str(card.driver.execute_script(_FOCUSED))


def test_tab_reaches_everything_in_its_order(connected: Card) -> None:
    order = []
    for _step in range(6):
        press(connected, Keys.TAB)
        order.append(focused(connected))

    assert order[0] == "Talkboard"
    assert order[1] == "Max Mustermann"
    assert order[2].endswith("1 ungelesene Nachricht")
    assert order[3] == "Menü der Karte"
    assert order[4].endswith("Treffpunkt Gerätehaus")
    assert order[5] == "Alle Unterhaltungen"


def test_enter_opens_a_conversation_and_refreshes_and_the_focus_stays(connected: Card) -> None:
    press(connected, *[Keys.TAB] * 5)
    home, known = connected.tab(), set(connected.driver.window_handles)
    press(connected, Keys.ENTER)
    connected.wait_for_new_tab(known)
    connected.close_tab(home)

    press(connected, Keys.TAB, Keys.TAB, Keys.ENTER)
    connected.wait_until_idle()
    assert focused(connected) == "refresh"


def test_disconnecting_by_keyboard_and_escape_gives_the_focus_back(connected: Card) -> None:
    press(connected, *[Keys.TAB] * 4, Keys.ENTER, Keys.ARROW_DOWN)
    assert focused(connected) == "disconnect"

    press(connected, Keys.ENTER)
    connected.browser.wait_for_element("#talk-confirm[open]")
    press(connected, Keys.ESCAPE)
    connected.browser.wait_for_no_elements("#talk-confirm[open]")
    assert focused(connected) == "Menü der Karte"
    assert connected.state() == "connected"


def test_a_row_that_moves_and_gets_a_new_message_keeps_the_focus(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    simulator.member("max").joins("Kommando").post("anna", "Sitzung um sieben")
    served.advance(30)
    connected.refresh()
    connected.wait_for_row("Anna: Sitzung um sieben")
    connected.driver.execute_script("document.querySelector('li:first-child > a.talk-row').focus()")
    press(connected, Keys.TAB)
    assert "Einsatzgruppe 1" in focused(connected)
    before = [row.href for row in connected.rows()]

    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Abmarsch")
    served.advance(30)
    connected.tick()
    connected.wait_for_row("Peter: Abmarsch")

    assert connected.names() == ["Einsatzgruppe 1", "Kommando"]
    assert connected.rows()[0].href not in before
    assert "Abmarsch" in focused(connected)
    assert connected.driver.execute_script("return document.activeElement.matches('li:first-child > a:focus-visible')")


def test_the_number_opens_stays_open_through_a_refresh_and_closes_with_escape(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    press(connected, *[Keys.TAB] * 3, Keys.ENTER)
    connected.see("1 ungelesene in 1 Unterhaltung. Nicht gezeigte Unterhaltungen zählen mit.")

    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Abmarsch")
    served.advance(30)
    connected.tick()
    connected.see("2 ungelesene in 1 Unterhaltung. Nicht gezeigte Unterhaltungen zählen mit.")
    assert focused(connected).endswith("2 ungelesene Nachrichten")

    press(connected, Keys.ESCAPE)
    connected.see_no("Nicht gezeigte Unterhaltungen")
    assert focused(connected).endswith("2 ungelesene Nachrichten")


def test_escape_closes_the_menus_and_gives_the_focus_back(connected: Card) -> None:
    for steps, toggle in ((2, "Max Mustermann"), (2, "Menü der Karte")):
        press(connected, *[Keys.TAB] * steps, Keys.ENTER)
        connected.browser.wait_for_element(".dropdown-menu.show")
        press(connected, Keys.ESCAPE)
        connected.browser.wait_for_no_elements(".dropdown-menu.show")
        assert focused(connected) == toggle
