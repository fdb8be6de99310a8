"""Everything can be reached and done with the keyboard alone."""

from __future__ import annotations

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.pages import Card

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
    for _step in range(5):
        press(connected, Keys.TAB)
        order.append(focused(connected))

    assert order[0] == "Talkboard"
    assert order[1] == "Max Mustermann"
    assert order[2] == "Menü der Karte"
    assert order[3].startswith("Einsatzgruppe 1")
    assert order[4] == "refresh"


def test_enter_opens_a_conversation_and_refreshes_and_the_focus_stays(connected: Card) -> None:
    press(connected, *[Keys.TAB] * 4)
    home, known = connected.tab(), set(connected.driver.window_handles)
    press(connected, Keys.ENTER)
    connected.wait_for_new_tab(known)
    connected.close_tab(home)

    press(connected, Keys.TAB, Keys.ENTER)
    connected.wait_until_idle()
    assert focused(connected) == "refresh"


def test_disconnecting_by_keyboard_and_escape_gives_the_focus_back(connected: Card) -> None:
    press(connected, *[Keys.TAB] * 3, Keys.ENTER, Keys.ARROW_DOWN)
    assert focused(connected) == "disconnect"

    press(connected, Keys.ENTER)
    connected.browser.wait_for_element("#talk-confirm[open]")
    press(connected, Keys.ESCAPE)
    connected.browser.wait_for_no_elements("#talk-confirm[open]")
    assert focused(connected) == "Menü der Karte"
    assert connected.state() == "connected"
