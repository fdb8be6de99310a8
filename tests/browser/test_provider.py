"""Signing in at an OpenID provider in a browser: on another site, with its own pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dash.testing.browser import Browser

from simulator import Simulator
from tests.browser.pages import Card, Page, SignInPage
from tests.browser.served import Served
from tests.identity import AWAY, IdentityProvider, Node

BAD_GATEWAY = "the server responded with a status of 502"


@pytest.fixture
def provider() -> Iterator[Node]:
    """The process of a provider that a test may end."""
    one = Node().start()
    yield one
    one.stop()


@pytest.fixture
def identity(served: Served, provider: Node) -> Iterator[IdentityProvider]:
    """The provider, which asks for consent and knows the app; the app is started anew with it."""
    one = IdentityProvider(provider)
    one.asks_consent = True
    one.people["4713"] = {"preferred_username": "moritz", "name": "Moritz Huber"}
    one.serves(served.url)
    served.kill()
    served.settings |= {name.upper(): value for name, value in one.settings().items()}
    served.start()
    yield one
    assert one.secret not in served.log()
    assert "eyJ" not in served.log()  # so begins every JWT


class Provider(Page):
    """The pages of the provider."""

    def identify(self, login: str) -> Provider:
        self.see("Anmelden")
        self.fill("#login", login)
        self.click("button[value=in]")
        return self

    def consent(self) -> None:
        self.see("Zugriff erlauben?")
        self.click("button[value=allow]")


def sign_in(browser: Browser, served: Served) -> Card:
    """From the sign-in page by the button to the card; `4713` is new here."""
    browser.driver.get(served.url)
    page = Provider(browser, served.url)
    page.click("#provider")
    page.identify("4713").consent()
    card = Card(browser, served.url).wait_until_there()
    card.wait_for("not_connected")
    return card


def test_out_to_the_provider_and_back_and_out_of_both(
    identity: IdentityProvider, browser: Browser, served: Served
) -> None:
    page = Provider(browser, served.url)
    browser.driver.get(served.url + "preferences")
    browser.wait_for_element("#provider")
    assert page.language() == "de"
    page.see("Mit 127.0.0.1 anmelden")
    assert not browser.find_element("#username").is_displayed()

    page.click("#provider")
    page.identify("4713").consent()
    page.wait_for_path("/preferences")  # where he wanted to
    assert page.driver.current_url == served.url + "preferences"

    card = Card(browser, served.url).open()
    card.wait_for("not_connected")
    card.see("Moritz Huber")

    card.click(".member-menu [aria-expanded]")
    card.click('.member-menu button[type="submit"]')
    page.see("Abmelden?")
    assert page.driver.current_url.startswith(f"{identity.url}/session/end?")
    page.click("button[value=yes]")
    browser.wait_for_element("#provider")
    assert page.path() == "/login"

    browser.driver.get(served.url + "preferences")
    page.wait_for_path("/login?next=%2Fpreferences")
    page.click("#provider")
    browser.wait_for_element("#login")  # it asks again who it is


def test_who_cancels_there_reads_so_and_may_go_in_by_password(
    identity: IdentityProvider, browser: Browser, served: Served
) -> None:
    page = Provider(browser, served.url)
    browser.driver.get(served.url)
    page.click("#provider")
    page.click("button[value=out]")

    page.see("Sie haben die Anmeldung bei 127.0.0.1 abgebrochen.")
    (entry,) = browser.get_logs()  # the browser itself writes down that the page came with 401
    assert "the server responded with a status of 401" in entry["message"]
    page.click("summary")
    SignInPage(browser, served.url).submit("anna")

    Card(browser, served.url).wait_until_there().see("Anna Schmidt")


def test_a_wrong_password_leaves_the_form_open(identity: IdentityProvider, browser: Browser, served: Served) -> None:
    page = SignInPage(browser, served.url).open()
    page.click("summary")

    page.submit("anna", "falsch-falsch")

    page.see("Name oder Passwort falsch")
    assert len(browser.get_logs()) == 1  # the 401
    page.submit("anna")
    Card(browser, served.url).wait_until_there().see("Anna Schmidt")


def test_while_the_provider_is_away_a_member_goes_on_and_another_reads_so(
    identity: IdentityProvider,
    provider: Node,
    browser: Browser,
    served: Served,
    simulator: Simulator,
    another_browser: Callable[..., Browser],
) -> None:
    card = sign_in(browser, served)
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    provider.stop()
    served.advance(3600)

    card.connect()
    card.wait_for_row("Peter: Treffpunkt Gerätehaus")

    other = another_browser()
    page = Page(other, served.url)
    other.driver.get(served.url)
    page.click("#provider")
    page.see(AWAY)
    (entry,) = other.get_logs()
    assert BAD_GATEWAY in entry["message"]
    assert other.find_element("#provider").is_displayed()  # he can try again

    card.log_out()
    assert card.path() == "/login"
