"""Light and dark, the operator's colour, and the number in the title and the icon of the tab."""

from __future__ import annotations

import pytest
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.looks import system
from tests.browser.pages import Card, Preferences, SignInPage
from tests.browser.served import Served

LIGHT_PAGE, DARK_PAGE = "rgb(241, 242, 244)", "rgb(14, 16, 18)"
BLUE = pytest.mark.parametrize("served", [{"BRAND_COLOR": "#0d47a1"}], indirect=True)

# The colours of the page at each of its first paints, from before anything of it is there.
_WATCH = """
window.painted = [];
const note = () => {
  if (document.body) painted.push(getComputedStyle(document.body).backgroundColor);
  if (painted.length < 20) requestAnimationFrame(note);
};
requestAnimationFrame(note);
"""


def page_colour(page: Card | SignInPage | Preferences) -> str:
    return str(page.driver.execute_script("return getComputedStyle(document.body).backgroundColor"))


def colour(page: Card | SignInPage, selector: str) -> str:
    script = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
    return str(page.driver.execute_script(script, selector))


def icon(card: Card) -> str:
    return str(card.driver.execute_script("return decodeURIComponent(document.querySelector('link[rel=icon]').href)"))


def choose(card: Card, theme: str) -> Preferences:
    preferences = Preferences(card.browser, card.url).open()
    preferences.driver.execute_script("window.oldDocument = true")
    preferences.click(f'#preferences-theme option[value="{theme}"]')
    until(
        lambda: preferences.driver.execute_script("return !window.oldDocument && document.readyState") == "complete", 5
    )
    preferences.browser.wait_for_element("#preferences-theme")
    return preferences


def test_the_system_decides_at_sign_in_and_on_the_card(sign_in_page: SignInPage) -> None:
    sign_in_page.open()
    for theme, expected in (("dark", DARK_PAGE), ("light", LIGHT_PAGE)):
        system(sign_in_page.driver, prefers_color_scheme=theme)
        assert page_colour(sign_in_page) == expected
    card = sign_in_page.sign_in("max").wait_for("not_connected")
    for theme, expected in (("dark", DARK_PAGE), ("light", LIGHT_PAGE)):
        system(card.driver, prefers_color_scheme=theme)
        assert page_colour(card) == expected


@pytest.mark.parametrize(("theme", "other", "expected"), [("dark", "light", DARK_PAGE), ("light", "dark", LIGHT_PAGE)])
def test_the_members_choice_wins_over_the_system_without_a_flash(
    card: Card, theme: str, other: str, expected: str
) -> None:
    system(card.driver, prefers_color_scheme=other)
    preferences = choose(card, theme)
    assert page_colour(preferences) == expected

    card.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
    card.open().wait_for("not_connected")
    until(lambda: card.driver.execute_script("return window.painted.length") == 20, 5)
    assert set(card.driver.execute_script("return window.painted")) == {expected}
    assert card.driver.execute_script("return getComputedStyle(document.documentElement).colorScheme") == theme

    choose(card, "auto")
    assert page_colour(card) != expected


def test_a_script_may_change_the_theme_by_the_media_of_one_link(card: Card) -> None:
    system(card.driver, prefers_color_scheme="light")

    card.driver.execute_script("document.getElementById('dark-theme').media = 'all'")
    until(lambda: page_colour(card) == DARK_PAGE, 5)
    card.driver.execute_script("document.getElementById('dark-theme').media = 'not all'")
    until(lambda: page_colour(card) == LIGHT_PAGE, 5)


@BLUE
def test_the_operators_colour_is_that_of_bar_and_buttons(sign_in_page: SignInPage) -> None:
    sign_in_page.open()
    system(sign_in_page.driver, prefers_color_scheme="light")
    assert colour(sign_in_page, ".btn-primary") == "rgb(13, 71, 161)"
    card = sign_in_page.sign_in("max").wait_for("not_connected")

    assert colour(card, ".top-bar") == "rgb(13, 71, 161)"
    assert colour(card, "#talk-card .btn-primary") == "rgb(13, 71, 161)"


def test_title_and_icon_carry_the_number_last_shown(connected: Card, served: Served, simulator: Simulator) -> None:
    until(lambda: connected.driver.title == "(1) Talkboard", 5)
    assert ">1</text>" in icon(connected)
    assert "#b71c1c" in icon(connected)

    for _message in range(104):
        simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Abmarsch")
    served.advance(30)
    connected.refresh()
    until(lambda: connected.driver.title == "(99+) Talkboard", 5)

    simulator.faults.answer("/room", 502)
    served.advance(30)
    connected.refresh()
    connected.wait_for("stale")
    assert connected.driver.title == "(99+) Talkboard"

    simulator.faults.clear()
    connected.disconnect()
    until(lambda: connected.driver.title == "Talkboard", 5)
    assert "/static/icon.svg" in icon(connected)
