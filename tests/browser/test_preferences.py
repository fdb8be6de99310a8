"""What a member decides for himself, in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dash.testing.browser import Browser

from simulator import Simulator
from tests.browser.pages import Card, Preferences, SignInPage
from tests.browser.served import Served
from tests.world import PASSWORD

NEW_PASSWORD = "wasser-marsch-112"


@pytest.fixture
def preferences(card: Card) -> Preferences:
    return Preferences(card.browser, card.url).open()


def test_an_english_browser_gets_english(served: Served, another_browser: Callable[..., Browser]) -> None:
    page = SignInPage(another_browser("en-GB,en"), served.url).open()
    page.see("User name")
    assert page.language() == "en"

    card = page.sign_in("max").wait_for("not_connected")

    card.see("Connect to Nextcloud")
    assert card.language() == "en"


def test_the_members_choice_of_language_wins_over_the_browser(preferences: Preferences, served: Served) -> None:
    preferences.see("Sprache von Talkboard")
    preferences.driver.execute_script("window.oldDocument = true")

    preferences.choose_language("en")

    preferences.see("Language of Talkboard")
    assert preferences.language() == "en"
    assert preferences.driver.execute_script("return window.oldDocument") is None
    card = Card(preferences.browser, served.url).open().wait_for("not_connected")
    card.see("Connect to Nextcloud")

    preferences.open().choose_language("auto")
    preferences.see("Sprache von Talkboard")


def test_the_card_is_as_its_member_chose(connected: Card, served: Served, simulator: Simulator) -> None:
    max_ = simulator.member("max")
    for number in range(4):
        max_.joins(f"Gruppe {number}").post("peter", "Servus")
    asked = {"mention-user1": {"type": "user", "id": "max", "name": "Max Mustermann", "mention-id": "max"}}
    max_.joins("Kommando").post("peter", "{mention-user1} bitte melden", asked)
    for number in range(4):
        max_.joins(f"Gruppe {number}").post("peter", "Noch etwas")
    served.advance(30)
    card = Card(connected.browser, served.url).open().wait_for("connected")
    assert (len(card.rows()), card.total()) == (3, "10")
    assert card.counted() == (
        "10 ungelesene in 6 Unterhaltungen, 1 Erwähnung. Nicht gezeigte Unterhaltungen zählen mit."
    )

    preferences = Preferences(card.browser, served.url).open()
    preferences.choose_rows(5)
    preferences.switch("mentions_first")
    preferences.switch("compact")
    preferences.count_what_concerns_me()

    card.open().wait_for("connected")
    assert (len(card.rows()), card.names()[0]) == (5, "Kommando")
    assert "bitte melden" not in card.seen()
    assert card.total() == "1"


def test_a_new_password_signs_out_the_other_browser_and_counts_from_then_on(
    preferences: Preferences, served: Served, another_browser: Callable[..., Browser]
) -> None:
    other = SignInPage(another_browser(), served.url)
    other_card = other.sign_in("max").wait_for("not_connected")

    preferences.change_password("falsch-falsch", NEW_PASSWORD)
    preferences.see("Das bisherige Passwort ist falsch, oder zu viele Versuche.")
    preferences.change_password(PASSWORD, "kurz")
    preferences.see("Das neue Passwort ist zu kurz oder zu lang.")
    preferences.change_password(PASSWORD, NEW_PASSWORD)
    preferences.see("Das Passwort ist geändert. Überall sonst sind Sie abgemeldet.")

    other_card.tick()
    other_card.wait_for_path("/login?next=%2F")
    other.submit("max", NEW_PASSWORD)
    other_card.wait_until_there().wait_for("not_connected")
    Card(preferences.browser, served.url).open().wait_for("not_connected")


def test_a_session_that_ended_leads_from_the_settings_to_sign_in(preferences: Preferences, served: Served) -> None:
    preferences.wait_until_at_rest()
    served.sql("UPDATE sign_ins SET expires_at = 1")
    served.advance(10)

    preferences.sign_out_everywhere_else()

    preferences.browser.wait_for_element("#username")


def test_signing_out_everywhere_ends_this_browser_and_the_other(
    preferences: Preferences, served: Served, another_browser: Callable[..., Browser]
) -> None:
    other_card = SignInPage(another_browser(), served.url).sign_in("max").wait_for("not_connected")

    preferences.sign_out_everywhere()

    preferences.browser.wait_for_element("#username")
    other_card.tick()
    other_card.wait_for_path("/login?next=%2F")
    assert served.sql("SELECT count(*) FROM sign_ins") == [(0,)]
