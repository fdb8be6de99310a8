"""Every way in which a frame gets to know who looks at it: the card works, faces are seen, the console stays empty."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.common.exceptions import WebDriverException

from simulator import Simulator
from tests.browser.chromium import Browsers
from tests.browser.host_page import EMBED_KEY, FrameOptions
from tests.browser.looks import system, violations
from tests.browser.pages import SECONDS, Card, Page, SignInPage
from tests.browser.served import Served, free_port
from tests.browser.stand_in import StandIn
from tests.browser.test_faces import connect_with_faces, faces
from tests.http.host import AUDIENCE, ISSUER, new_key, secret_of, token
from tests.world import private

PORT = free_port()
FOREIGN, OWN = f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"
KEY = new_key("HS256")
SETTINGS = {
    "EMBED_ORIGINS": f"{FOREIGN} {OWN}",
    "EMBED_KEYS": f"host:{EMBED_KEY}@{FOREIGN} {OWN}",
    "HOST_JWT_KEY": secret_of(KEY),
    "HOST_JWT_ALGORITHM": "HS256",
    "HOST_JWT_ISSUER": ISSUER,
    "HOST_JWT_AUDIENCE": AUDIENCE,
}
served_so = pytest.mark.parametrize("served", [SETTINGS], indirect=True)
WAYS = {
    "cookie": (FOREIGN, "kept", "ticket", "cookie"),
    "partitioned": (FOREIGN, "kept apart", "ticket", "cookie"),
    "bearer": (FOREIGN, "refused", "ticket", "bearer"),
    "token of the host": (FOREIGN, "kept", "token", "cookie"),
    "token of the host, no cookies": (FOREIGN, "refused", "token", "bearer"),
    "ticket on the same site": (OWN, "kept", "ticket", "cookie"),
    "session of the same site": (OWN, "kept", "session", None),
}
ADD = """
const [src, given, lang] = arguments;
const card = document.createElement('talk-card');
card.setAttribute('src', src);
card.setAttribute('lang', lang);
if (given) card.getTicket = () => Promise.resolve(given.shift() ?? null);
document.body.append(card);
"""
FRAME = "return document.querySelector('talk-card').shadowRoot.querySelector('iframe')"


class Shown:
    """A page of a host, and the card in it."""

    def __init__(self, browser: Browser, served: Served, host: str) -> None:
        self.browser, self.driver, self.host = browser, browser.driver, host
        self.card = Card(browser, served.url)
        self._served = served

    def show(self, given: list[str] | None, lang: str = "de") -> Card:
        """Opens the page, whose host hands over what is `given` and then null. One goes on within the frame."""
        self.driver.get(f"{self.host}/host")
        self.driver.execute_script(ADD, self._served.url, given, lang)
        return self.enter()

    def enter(self) -> Card:
        until(self._entered, SECONDS)
        return self.card

    def console(self) -> list[str]:
        """All that stands in it, of the page and of its frame. That it is read in the frame is seen each time."""
        self.driver.execute_script("console.error('as a proof')")
        found = [entry["message"] for entry in self.browser.get_logs()]
        assert "as a proof" in found.pop()
        return found

    def _entered(self) -> bool:
        self.driver.switch_to.default_content()
        try:
            self.driver.switch_to.frame(self.driver.execute_script(FRAME))
            return bool(self.driver.execute_script("return document.querySelector('script[data-frame]') !== null"))
        except WebDriverException:
            return False


@pytest.fixture
def host(served: Served) -> Iterator[StandIn]:
    served.wait_until_up()
    started = StandIn(PORT)
    yield started
    started.close()


@pytest.fixture
def shown(request: pytest.FixtureRequest, host: StandIn, served: Served, browsers: Browsers) -> Shown:
    """The page of the host that the test is about, in a browser that does with cookies as is said."""
    origin, cookies, *_rest = WAYS[getattr(request, "param", "cookie")]
    return Shown(browsers.take(FrameOptions(cookies)), served, origin)


def given(served: Served, origin: str, way: str, number: int = 2) -> list[str] | None:
    """What the host hands over for Max: it is enough for as many loads of the frame."""
    if way == "session":
        return None
    if way == "token":
        return [token(SimpleNamespace(clock=time.time), KEY, "HS256") for _ in range(number)]  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {EMBED_KEY}"}
    wanted = {"subject": "max", "displayName": "Max Mustermann", "origin": origin}
    address = f"{served.url}api/embed/tickets"
    answers = [httpx.post(address, json=wanted, headers=headers).json() for _ in range(number)]
    return [private(str(answer["data"]["ticket"])) for answer in answers]


@pytest.fixture
def message(served: Served, simulator: Simulator) -> None:
    connect_with_faces(served, simulator)


@served_so
@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(("shown", "way"), [(name, name) for name in WAYS], indirect=["shown"], ids=list(WAYS))
def test_the_card_works_and_nothing_stands_in_the_console(
    shown: Shown, served: Served, simulator: Simulator, way: str
) -> None:
    origin, _cookies, how, mode = WAYS[way]
    if how == "session":
        SignInPage(shown.browser, served.url).sign_in("max")

    card = shown.show(given(served, origin, how))
    card.wait_until_there().wait_for("connected")
    assert {face["letters"]: face["over"] for face in faces(card)} == {"E1": True, "AS": True}
    served.advance(31)
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Wir fahren los")
    card.refresh()
    card.wait_for_row("Peter: Wir fahren los")
    card.ask_to_disconnect()
    card.click("#talk-confirm [data-close], #talk-confirm button:not([data-action])")
    shown.driver.switch_to.default_content()
    shown.driver.execute_script("document.querySelector('talk-card').setAttribute('theme', 'dark')")
    shown.driver.execute_script("document.querySelector('talk-card').setAttribute('lang', 'en')")
    shown.enter().see("connected as Max Mustermann")
    assert {row[0] for row in served.sql("SELECT frame FROM sign_ins WHERE frame IS NOT NULL")} == {mode} - {None}
    shown.driver.execute_script("location.reload()")
    shown.enter().wait_until_there().wait_for("connected")
    assert all(face["over"] for face in faces(card))

    assert shown.console() == []


@served_so
@pytest.mark.usefixtures("message")
@pytest.mark.parametrize("shown", WAYS, indirect=True)
def test_a_host_that_signs_out_leaves_an_empty_card_and_an_empty_console(
    request: pytest.FixtureRequest, shown: Shown, served: Served
) -> None:
    origin, _cookies, how, _mode = WAYS[request.node.callspec.params["shown"]]
    if how == "session":
        SignInPage(shown.browser, served.url).sign_in("max")
    card = shown.show(given(served, origin, how, 1))
    card.wait_until_there().wait_for("connected")

    shown.driver.switch_to.default_content()
    shown.driver.execute_script("document.querySelector('talk-card').logout()")
    shown.enter()

    card.see_no("Einsatzgruppe 1")
    card.see("Anmelden")
    assert shown.console() == []


@served_so
@pytest.mark.usefixtures("message")
@pytest.mark.parametrize("shown", ["session of the same site"], indirect=True)
def test_a_frame_that_was_signed_out_stays_so_until_somebody_wants_to_sign_in_there(
    shown: Shown, served: Served
) -> None:
    SignInPage(shown.browser, served.url).sign_in("max")
    card = shown.show(None)
    card.wait_until_there().wait_for("connected")
    shown.driver.switch_to.default_content()
    shown.driver.execute_script("document.querySelector('talk-card').logout()")
    shown.enter().see("Anmelden")

    time.sleep(6)  # the proof that nothing happens: it would look again every five seconds
    assert "Anmelden" in card.text()

    home, known = card.tab(), set(shown.driver.window_handles)
    card.click("#frame-out [data-out=signed-out] [lang=de] a")
    card.wait_for_new_tab(known)
    Card(shown.browser, served.url).wait_until_there().wait_for("connected")
    card.close_tab(home)
    shown.enter().wait_for("connected")
    assert shown.console() == []


OUT = {
    "host signed out": ("cookie", [], "Bitte melden Sie sich im Dashboard an", "Please sign in to the dashboard"),
    "host signed out, same site": (
        *("ticket on the same site", []),
        *("Bitte melden Sie sich im Dashboard an", "Please sign in to the dashboard"),
    ),
    "foreign site, no tickets": ("cookie", None, "gilt auf dieser Seite nicht", "does not count on this page"),
    "same site, no session": (
        *("session of the same site", None),
        *("Sie sind hier nicht angemeldet", "You are not signed in here"),
    ),
}


@served_so
@pytest.mark.parametrize(("shown", "out"), [(OUT[name][0], name) for name in OUT], indirect=["shown"], ids=list(OUT))
def test_who_is_not_signed_in_reads_where_he_can_be(shown: Shown, served: Served, out: str) -> None:
    _way, tickets, german, english = OUT[out]
    for lang, words, sign_in, own_window in (
        ("de", german, "Anmelden", "In eigenem Fenster öffnen"),
        ("en", english, "Sign in", "Open in a window of its own"),
    ):
        page: Page = shown.show(tickets, lang)
        page.see(words)
        links = {
            link.text: link.get_attribute("href")
            for link in shown.driver.find_elements("css selector", "#frame-out a")
            if link.is_displayed()
        }
        assert links == {sign_in: f"{served.url}login", own_window: served.url}
        leads = shown.driver.find_elements("css selector", "#frame-out .talk-lead")
        assert len([lead for lead in leads if lead.is_displayed()]) == 1
        for theme in ("light", "dark"):
            system(shown.driver, prefers_color_scheme=theme)
            assert violations(shown.driver) == []
    assert shown.console() == []


@pytest.mark.parametrize("served", [SETTINGS | {"EMBED_CONNECT": "0"}], indirect=True)
def test_where_frames_may_not_connect_links_lead_to_where_one_can(
    shown: Shown, served: Served, simulator: Simulator
) -> None:
    card = shown.show(given(served, FOREIGN, "ticket"))
    card.wait_until_there().wait_for("not_connected")
    connect = shown.driver.find_element("css selector", "#talk-card a.btn-primary")
    assert (connect.text, connect.get_attribute("href")) == ("Mit Nextcloud verbinden", served.url)

    home, known = card.tab(), set(shown.driver.window_handles)
    connect.click()
    card.wait_for_new_tab(known)
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    own = SignInPage(shown.browser, served.url)
    own.submit("max")
    Card(shown.browser, served.url).wait_until_there().connect()
    card.close_tab(home)
    shown.enter().wait_for("connected")

    card.click("#talk-card .talk-menu [aria-expanded]")
    leave = shown.driver.find_element("css selector", "#talk-card .talk-menu .dropdown-item")
    assert (leave.text, leave.get_attribute("href")) == ("Trennen", served.url)
    assert shown.driver.find_elements("css selector", "#talk-card [data-action$=connect]") == []
    assert shown.console() == []
