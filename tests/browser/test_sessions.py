"""Sign-ins that end while the card is open, and members beside each other."""

from __future__ import annotations

from collections.abc import Callable

from dash.testing.browser import Browser
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.pages import Card, Preferences, SignInPage
from tests.browser.served import Served

REMEMBERED_SECONDS = 10


def test_an_expired_session_leads_to_sign_in_and_back_without_a_word_in_the_console(
    connected: Card, served: Served, sign_in_page: SignInPage
) -> None:
    served.sql("UPDATE sign_ins SET expires_at = 1")
    served.advance(REMEMBERED_SECONDS)

    connected.tick()

    connected.wait_for_path("/login?next=%2F")
    assert connected.browser.get_logs() == []
    sign_in_page.submit("max")
    connected.wait_until_there().wait_for("connected")
    assert connected.path() == "/"


def test_signing_out_elsewhere_ends_the_open_card(
    connected: Card, served: Served, another_browser: Callable[..., Browser]
) -> None:
    elsewhere = another_browser()
    SignInPage(elsewhere, served.url).sign_in("max")
    preferences = Preferences(elsewhere, served.url).open()
    assert len(preferences.sign_ins()) == 2
    assert sum("dieser Browser" in one for one in preferences.sign_ins()) == 1

    preferences.sign_out_everywhere_else()

    preferences.wait_for_sign_ins(1)
    assert "dieser Browser" in preferences.sign_ins()[0]
    connected.tick()
    connected.wait_for_path("/login?next=%2F")
    Card(elsewhere, served.url).open().wait_for("connected")


def test_O6_an_open_card_of_a_disabled_member_leads_to_the_sign_in(
    connected: Card, served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    served.command("members", "disable", "max")
    served.advance(REMEMBERED_SECONDS)

    connected.tick()

    connected.wait_for_path("/login?next=%2F")
    assert "Einsatzgruppe" not in connected.driver.page_source
    served.advance(30)
    until(lambda: simulator.app_passwords("max") == [], 20)
    sign_in_page.submit("max")
    sign_in_page.see("Name oder Passwort falsch")
    sign_in_page.browser.get_logs()  # that the sign-in was refused


def test_A3_two_members_in_two_browsers_see_only_their_own(
    connected: Card, served: Served, simulator: Simulator, another_browser: Callable[..., Browser]
) -> None:
    simulator.member("anna").joins("Kommando").post("peter", "Nur für das Kommando")
    served.connect("anna")
    other = SignInPage(another_browser(), served.url).sign_in("anna").wait_for("connected")

    for _time in range(2):
        assert connected.names() == ["Einsatzgruppe 1"]
        assert other.names() == ["Kommando"]
        served.advance(30)
        connected.refresh()
        other.refresh()
    assert "Kommando" not in connected.driver.page_source
    assert "Einsatzgruppe" not in other.driver.page_source
    assert simulator.journal.cookies() == []


def test_one_member_after_the_other_in_the_same_browser(connected: Card, served: Served, simulator: Simulator) -> None:
    simulator.member("anna").joins("Kommando").post("peter", "Nur für das Kommando")
    served.connect("anna")

    connected.log_out().submit("anna")

    connected.wait_until_there().wait_for("connected")
    assert connected.names() == ["Kommando"]
    connected.see("Anna Schmidt")
