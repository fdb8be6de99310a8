"""Signing in and out in a browser."""

from __future__ import annotations

from tests.browser.pages import Card, SignInPage

WRONG = "Name oder Passwort falsch, oder zu viele Versuche. Bitte in einigen Minuten erneut."
UNAUTHORIZED = "the server responded with a status of 401"


def test_a_wrong_password_gives_one_sentence_and_the_right_one_the_dashboard(sign_in_page: SignInPage) -> None:
    sign_in_page.open().submit("max", "falsch-falsch")

    sign_in_page.see(WRONG)
    # The browser itself writes down that a page came with 401; the page must have that status.
    (entry,) = sign_in_page.browser.get_logs()
    assert UNAUTHORIZED in entry["message"]

    sign_in_page.submit("max")

    card = Card(sign_in_page.browser, sign_in_page.url).wait_until_there()
    card.wait_for("not_connected")
    card.see("Max Mustermann")


def test_signing_in_leads_to_the_page_that_was_asked_for(sign_in_page: SignInPage) -> None:
    sign_in_page.open("preferences")
    assert sign_in_page.path() == "/login?next=%2Fpreferences"

    sign_in_page.submit("max")

    sign_in_page.see("Sprache von Talkboard")
    assert sign_in_page.path() == "/preferences"


def test_logging_out_by_the_menu_leads_to_the_sign_in_page_and_no_way_back(card: Card) -> None:
    page = card.log_out()

    assert page.path() == "/login"
    card.driver.back()
    card.browser.wait_for_element("#username")
