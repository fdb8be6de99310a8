"""The card in a page of the same site, whose frame shows who is signed in in this browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.looks import system, violations
from tests.browser.pages import SECONDS, Card, SignInPage
from tests.browser.served import Served, free_port
from tests.browser.stand_in import StandIn

PORT = free_port()
pytestmark = pytest.mark.parametrize("served", [{"EMBED_ORIGINS": f"http://localhost:{PORT}"}], indirect=True)
CLOCK_STOPS = "return window.dash_component_api.getLayout('talk-refresh').props.disabled === true"
NOTE_CLOCK = """
window.clock = [];
document.addEventListener('visibilitychange', () =>
  clock.push([document.hidden, dash_component_api.getLayout('talk-refresh').props.disabled === true]));
"""
AT_ONCE_SECONDS = 5
OF_THE_HOST = "page-has-heading-one"
"""What axe misses in a frame alone: the first heading is that of the page around it."""
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


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize("how", ["scrolled away", "in a hidden tab"])
def test_who_comes_back_to_the_frame_sees_at_once_what_is_new(
    browser: Browser, served: Served, simulator: Simulator, page: str, how: str
) -> None:
    SignInPage(browser, served.url).sign_in("max")
    show(browser, served, page)
    card = Card(browser, served.url).wait_until_there().wait_for("connected")
    home = card.tab()
    if how == "scrolled away":
        browser.driver.switch_to.default_content()
        browser.driver.execute_script("document.body.style.paddingTop = '5000px'; scrollTo(0, 0)")
        browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))
        until(lambda: browser.driver.execute_script(CLOCK_STOPS), SECONDS)
    else:
        browser.driver.execute_script(NOTE_CLOCK)
        browser.driver.switch_to.new_window("tab")
        card.go_to_tab(card.tab())
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Wir fahren los")
    served.advance(31)

    card.go_to_tab(home)
    browser.driver.execute_script("scrollTo(0, 9999)")
    browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))

    card.wait_for_row("Peter: Wir fahren los", AT_ONCE_SECONDS)
    if how == "in a hidden tab":
        assert browser.driver.execute_script("return clock")[0] == [True, True]


COLOURS = {
    ("light", "hardly read"): {"background": "#ffffff", "text": "#767676", "accent": "#767676"},
    ("light", "darkest ground"): {"background": "#777777", "text": "#000000", "accent": "#000000"},
    ("light", "refused"): {"background": "#ffffff", "text": "#eeeeee", "accent": "#ffff00"},
    ("dark", "hardly read"): {"background": "#000000", "text": "#757575", "accent": "#757575"},
    ("dark", "lightest ground"): {"background": "#757575", "text": "#ffffff", "accent": "#ffffff"},
    ("dark", "refused"): {"background": "#121212", "text": "#333333", "accent": "#b71c1c"},
}


@pytest.mark.usefixtures("message")
def test_with_whatever_colours_of_the_host_the_card_can_be_read(
    browser: Browser, served: Served, page: str, simulator: Simulator
) -> None:
    SignInPage(browser, served.url).sign_in("max")
    show(browser, served, page)
    card = Card(browser, served.url).wait_until_there().wait_for("connected")
    system(browser.driver, prefers_reduced_motion="reduce")
    found = {}
    for state in ("connected", "stale"):
        if state == "stale":
            simulator.faults.answer("/room", 502)
            served.advance(31)
            card.refresh()
            card.wait_for("stale")
        for (theme, name), colours in COLOURS.items():
            browser.driver.switch_to.default_content()
            browser.driver.execute_script(
                "const card = document.querySelector('talk-card');"
                "card.setAttribute('theme', arguments[0]); card.colors = arguments[1]; return card.session()",
                theme,
                colours,
            )
            browser.driver.switch_to.frame(browser.driver.execute_script(FRAME))
            taken = browser.driver.execute_script("return document.documentElement.hasAttribute('data-host-colors')")
            assert taken is (name != "refused")
            troubles = [one for one in violations(browser.driver) if not one.startswith(OF_THE_HOST)]
            if troubles:
                found[state, theme, name] = troubles
    assert found == {}

    browser.driver.execute_script(  # axe would find it
        "const root = document.documentElement; root.toggleAttribute('data-host-colors', true);"
        "root.style.setProperty('--host-background', '#222222'); root.style.setProperty('--host-text', '#333333')"
    )
    assert any(one.startswith("color-contrast") for one in violations(browser.driver))


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
