"""Everybody can use it: axe finds nothing, wherever one looks, and what screen readers say makes sense."""

from __future__ import annotations

import pytest
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.looks import DESKTOP, PHONE, heard, resize, system, too_wide, violations
from tests.browser.pages import Card, Preferences, SignInPage
from tests.browser.served import Served

THEMES = ("light", "dark")
GALLERY = pytest.mark.parametrize("served", [{"DEMO": "1"}], indirect=True)


def found(page: Card | SignInPage | Preferences) -> dict[tuple[str, int], list[str]]:
    """What axe finds, and what does not fit, in both themes and widths."""
    looks = {}
    for theme in THEMES:
        system(page.driver, prefers_color_scheme=theme)
        for width in (PHONE, DESKTOP):
            resize(page.driver, width)
            troubles = violations(page.driver) + too_wide(page.driver)
            if troubles:
                looks[theme, width] = troubles
    return looks


@GALLERY
@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_in_any_state_of_the_card(sign_in_page: SignInPage, language: str) -> None:
    card = sign_in_page.sign_in("max")
    card.driver.get(f"{card.url}gallery?language={language}")
    card.browser.wait_for_element(".gallery .talk-card")

    assert found(card) == {}

    resize(card.driver, DESKTOP)
    card.driver.execute_script("document.documentElement.style.fontSize = '200%'")
    assert too_wide(card.driver) == []


def test_axe_finds_nothing_at_sign_in_nor_after_a_wrong_password(sign_in_page: SignInPage) -> None:
    sign_in_page.open()
    assert found(sign_in_page) == {}

    sign_in_page.submit("max", "falsch-falsch")
    sign_in_page.browser.wait_for_element("#login-error")
    assert found(sign_in_page) == {}
    assert len(sign_in_page.browser.get_logs()) == 1  # that the password was wrong


def test_axe_finds_nothing_on_the_dashboard(connected: Card) -> None:
    assert found(connected) == {}

    connected.click(".talk-total-more > summary")
    connected.click(".talk-menu [aria-expanded]")
    assert found(connected) == {}

    connected.click('#talk-card [data-confirm="talk-confirm"]')
    connected.browser.wait_for_element("#talk-confirm[open]")
    assert found(connected) == {}


def test_axe_finds_nothing_in_the_settings(card: Card) -> None:
    preferences = Preferences(card.browser, card.url).open()

    assert found(preferences) == {}


def test_axe_would_find_something(card: Card) -> None:
    card.driver.execute_script("document.querySelector('#talk-card .btn-primary').style.color = '#c33'")

    assert [one for one in violations(card.driver) if one.startswith("color-contrast")]


def test_a_row_is_one_good_sentence(connected: Card, served: Served, simulator: Simulator) -> None:
    served.advance(30)
    simulator.member("max").joins("Kommando").post("anna", "Sitzung um sieben")
    connected.refresh()
    connected.wait_for_row("Anna: Sitzung um sieben")

    links = [name for name in heard(connected.driver, "link") if "Nachricht" in name]
    assert links == [
        "Kommando, 1 ungelesene Nachricht, letzte Nachricht von Anna gerade eben: Sitzung um sieben",
        "Einsatzgruppe 1, 1 ungelesene Nachricht, letzte Nachricht von Peter gerade eben: Treffpunkt Gerätehaus",
    ]
    assert "Nextcloud Talk" in heard(connected.driver, "heading")
    assert len(heard(connected.driver, "listitem")) == len(links)


def test_times_are_spoken_in_full(connected: Card) -> None:
    connected.shift_clock(5 * 60 + 10)

    until(lambda: "letzte Nachricht von Peter vor 5 Minuten: Tr" in " ".join(heard(connected.driver, "link")), 12)
    assert connected.rows()[0].time == "vor 5 Min."
    assert connected.driver.execute_script(
        "return [...document.querySelectorAll('a.talk-row time')].every(time => Date.parse(time.dateTime) > 0)"
    )


def announced(card: Card) -> list[str]:
    """What was said since `listen`."""
    said: list[str] = card.driver.execute_script("return window.said")
    return said


def listen(card: Card) -> None:
    """Notes every change of every place that screen readers listen to; none of them is in the picture itself."""
    card.driver.execute_script(
        "window.said = [];"
        "new MutationObserver(changes => changes.forEach(change => {"
        "  const place = change.target.closest && change.target.closest('[role=status], [role=alert], [aria-live]');"
        "  if (place && place.textContent) said.push(place.textContent);"
        "  change.addedNodes.forEach(node => node.querySelectorAll &&"
        "    node.querySelectorAll('[role=status], [role=alert]').forEach(one => said.push(one.textContent)));"
        "})).observe(document.body, {subtree: true, childList: true, characterData: true})"
    )


def test_a_change_is_announced_once_and_a_poll_not_at_all(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    assert connected.driver.execute_script("return document.getElementById('talk-news').textContent") == ""
    listen(connected)

    served.advance(30)
    connected.refresh()
    connected.refresh()
    assert announced(connected) == []

    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Abmarsch")
    served.advance(30)
    connected.refresh()
    connected.wait_for_row("Anna: Abmarsch")
    assert announced(connected) == ["2 ungelesene in 1 Unterhaltung"]

    simulator.faults.answer("/room", 502)
    served.advance(30)
    connected.refresh()
    connected.wait_for("stale")
    served.advance(30)
    connected.refresh()
    assert announced(connected) == ["2 ungelesene in 1 Unterhaltung", "Nextcloud nicht erreichbar"]
