"""The card in a page of the same site, whose frame shows who is signed in in this browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.pages import SECONDS, Card, SignInPage
from tests.browser.served import Served, free_port
from tests.browser.stand_in import StandIn

PORT = free_port()
pytestmark = pytest.mark.parametrize("served", [{"EMBED_ORIGINS": f"http://localhost:{PORT}"}], indirect=True)
CLOCK_STOPS = "return window.dash_component_api.getLayout('talk-refresh').props.disabled === true"
FRAME = "return document.querySelector('talk-card').shadowRoot.querySelector('iframe')"
ADD = """
const card = document.createElement('talk-card');
card.setAttribute('src', arguments[0]);
document.body.append(card);
"""


@pytest.fixture
def page() -> Iterator[str]:
    """Address of a page of the host."""
    host = StandIn(PORT)
    yield f"http://localhost:{PORT}/host"
    host.close()


def show(browser: Browser, served: Served, page: str) -> None:
    """Opens the page of the host, and goes on within the frame of the card."""
    browser.driver.get(page)
    browser.driver.execute_script(ADD, served.url)
    browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))


@pytest.fixture
def message(served: Served, simulator: Simulator) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    served.wait_until_up()
    served.connect("max")


@pytest.mark.usefixtures("message")
def test_who_signs_in_in_another_tab_presses_nothing_in_the_frame(browser: Browser, served: Served, page: str) -> None:
    show(browser, served, page)
    sign_in = browser.find_element("#frame-out [data-out=signed-out] [lang=de] a")
    until(sign_in.is_displayed, SECONDS)
    sign_in.click()
    tabs = browser.driver.window_handles
    browser.driver.switch_to.window(tabs[1])
    SignInPage(browser, served.url).submit("max")
    Card(browser, served.url).wait_until_there().wait_for("connected")
    browser.driver.close()
    browser.driver.switch_to.window(tabs[0])
    browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))

    card = Card(browser, served.url)
    card.wait_until_there().wait_for("connected")
    assert card.names() == ["Einsatzgruppe 1"]
    assert not browser.find_element("#frame-out").is_displayed()


@pytest.mark.usefixtures("message")
def test_a_frame_that_is_scrolled_out_of_sight_asks_nothing(browser: Browser, served: Served, page: str) -> None:
    SignInPage(browser, served.url).sign_in("max")
    show(browser, served, page)
    Card(browser, served.url).wait_until_there().wait_for("connected")
    assert not browser.driver.execute_script(CLOCK_STOPS)

    browser.driver.switch_to.default_content()
    browser.driver.execute_script("document.body.style.paddingTop = '5000px'; scrollTo(0, 0)")
    browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))
    until(lambda: browser.driver.execute_script(CLOCK_STOPS), SECONDS)

    browser.driver.switch_to.default_content()
    browser.driver.execute_script("scrollTo(0, 9999)")
    browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))
    until(lambda: not browser.driver.execute_script(CLOCK_STOPS), SECONDS)


def test_the_card_alone_can_be_framed_and_by_listed_pages_alone(browser: Browser, served: Served) -> None:
    SignInPage(browser, served.url).sign_in("max")

    for port, listed in ((PORT, True), (free_port(), False)):
        host = StandIn(port)
        for path in ("embed/talk", "", "login", "preferences"):
            browser.driver.get(f"http://localhost:{port}/host")
            browser.driver.execute_script(
                "const frame = document.createElement('iframe'); frame.src = arguments[0]; document.body.append(frame)",
                served.url + path,
            )
            browser.driver.switch_to.frame(browser.find_element("iframe"))
            allowed = listed and path == "embed/talk"
            shown = f"{served.url}{path}" if allowed else "chrome-error://chromewebdata/"
            until(lambda shown=shown: browser.driver.execute_script("return location.href") == shown, SECONDS)
            card = browser.driver.execute_script("return document.querySelector('script[data-frame]')")
            assert bool(card) is allowed, path
            refused = [entry["message"] for entry in browser.get_logs()]
            assert all("frame-ancestors" in message or "X-Frame-Options" in message for message in refused)
            assert bool(refused) is not allowed, path
        host.close()
