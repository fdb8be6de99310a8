"""`embed/react/TalkCard.tsx` in React's own development build under StrictMode, which mounts everything twice."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.webdriver.chrome.webdriver import WebDriver

from scripts.example import EXAMPLE, NODE, build
from tests.browser.element import fetched, in_card, wait, wait_in_card
from tests.browser.stand_in import StandIn

SOURCE = Path(__file__).parent / "react_host.tsx"
SHOW = """
document.getElementById('talk-card').innerHTML = '<section data-state="connected" data-messages="7"' +
  'data-conversations="2" data-mentions="1" style="height: 300px">geheim</section>';
"""
RENDER = """
const [props, tickets] = arguments;
window.tickets ??= {};
if (tickets) {
  tickets in window.tickets || (window.tickets[tickets] = 0);
  window[tickets] ??= () => Promise.resolve(`${tickets}-${++window.tickets[tickets]}`);
  props.getTicket = window[tickets];
}
if (props?.named) props[props.named] = detail => window.heard = detail;
render(props);
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The host, bundled with the React of the example."""
    build()
    made = tmp_path_factory.mktemp("react") / "react.js"
    packages = EXAMPLE / "node_modules"
    names = ("react", "react-dom")
    subprocess.run(
        [NODE, packages / "esbuild" / "bin" / "esbuild", SOURCE, "--bundle", "--jsx=automatic", "--log-level=warning",
         '--define:process.env.NODE_ENV="development"', *(f"--alias:{name}={packages / name}" for name in names),
         f"--outfile={made}"],
        cwd=EXAMPLE, check=True,
    )  # fmt: skip
    return made.read_bytes()


@pytest.fixture
def stand_in(script: bytes) -> Iterator[StandIn]:
    server = StandIn(react=script)
    yield server
    server.close()


@pytest.fixture
def driver(dash_br: Browser, stand_in: StandIn) -> Iterator[WebDriver]:
    """At the host's page. React's development build would speak of everything that is odd in its console."""
    dash_br.driver.get(f"{stand_in.host}/react")
    wait(dash_br.driver, "return 'render' in window")
    yield dash_br.driver
    said = [entry["message"] for entry in dash_br.get_logs() or []]
    assert [words for words in said if "Download the React DevTools" not in words] == []


def render(driver: WebDriver, stand_in: StandIn, tickets: str | None = "first", **changes: Any) -> None:
    """The card with these properties; `tickets` names one of several functions that hand them over."""
    props = {"src": f"{stand_in.app}/frame", "theme": "dark", "lang": "de"} | changes
    driver.execute_script(RENDER, props, tickets)
    wait(driver, "return document.querySelector('talk-card') !== null")


def heard(driver: WebDriver, name: str) -> list[Any]:
    found: list[Any] = driver.execute_script("return events.filter(one => one[0] === arguments[0])", name)
    return [detail for _, detail in found]


def test_events_reach_the_functions_once_and_the_reference_is_the_element(driver: WebDriver, stand_in: StandIn) -> None:
    render(driver, stand_in)
    assert fetched(driver) == [200]
    assert driver.execute_script("return [tickets.first, document.querySelectorAll('talk-card').length]") == [1, 1]

    in_card(driver, SHOW)
    wait(driver, "return events.some(one => one[0] === 'height' && one[1].height === 300)")

    assert heard(driver, "ready") == [None]
    assert heard(driver, "state") == [{"state": "connected", "cause": None}]
    assert heard(driver, "unread") == [{"messages": 7, "conversations": 2, "mentions": 1}]
    assert driver.execute_script("return card.current.session()") == {"signedIn": True, "state": "connected"}
    driver.execute_script("card.current.logout()")
    wait(driver, "return events.some(one => one[0] === 'error')")
    assert heard(driver, "error") == [{"code": "signed_out"}]
    until(lambda: stand_in.count("embed/logout") == 1, 20)


def test_changed_properties_reach_the_same_frame(driver: WebDriver, stand_in: StandIn) -> None:
    render(driver, stand_in)
    assert fetched(driver) == [200]
    in_card(driver, "window.same = true")

    render(driver, stand_in, theme="light", lang="en", colors={"background": "#ffffff", "text": "#000000"})
    wait_in_card(driver, "return document.documentElement.hasAttribute('data-host-colors')")
    looks = "const root = document.documentElement; return [window.same, root.lang, root.style.colorScheme]"
    assert in_card(driver, looks) == [True, "en", "light"]
    render(driver, stand_in, theme="light", lang="en")
    wait_in_card(driver, "return !document.documentElement.hasAttribute('data-host-colors')")

    # Another function counts from the next question on; it is no reason to ask.
    render(driver, stand_in, "second", theme="light", lang="en")
    driver.execute_script("return card.current.session()")
    assert driver.execute_script("return [tickets.first, tickets.second]") == [1, 0]
    stand_in.tokens += 1  # what the frame has counts no longer
    assert fetched(driver) == [200]
    assert driver.execute_script("return [tickets.first, tickets.second]") == [1, 1]

    # None any more: the ordinary session counts, which nobody has.
    stand_in.answers["session"] = 200, {"signedIn": False}
    render(driver, stand_in, None, theme="light", lang="en")
    wait(driver, "return events.some(one => one[0] === 'error' && one[1].code === 'signed_out')")

    # Another function to be told is told, the former is not.
    del stand_in.answers["session"]
    render(driver, stand_in, "second", theme="light", lang="en", named="onUnread")
    assert fetched(driver) == [200]
    in_card(driver, SHOW)
    assert wait(driver, "return window.heard") == {"messages": 7, "conversations": 2, "mentions": 1}
    assert heard(driver, "unread") == []
    assert in_card(driver, "return window.same")


def test_unmounted_it_is_gone_and_mounted_again_it_is_new(driver: WebDriver, stand_in: StandIn) -> None:
    for time in (1, 2):
        render(driver, stand_in)
        assert fetched(driver) == [200]
        assert driver.execute_script("return tickets.first") == time
        driver.execute_script("window.gone = card.current; render(null)")
        wait(driver, "return document.querySelector('talk-card') === null && card.current === null")
        wait(driver, "return gone.shadowRoot.childElementCount === 0")
    told, asked = driver.execute_script("return events.length"), len(stand_in.asked)

    driver.execute_async_script("setTimeout(arguments[0], 1500)")  # the proof that nothing happens

    assert (driver.execute_script("return events.length"), len(stand_in.asked)) == (told, asked)


def test_who_waits_for_an_answer_when_it_is_unmounted_is_told(driver: WebDriver, stand_in: StandIn) -> None:
    render(driver, stand_in, src=f"{stand_in.app}/puppet")  # which never answers
    driver.execute_script("card.current.session().catch(error => { window.answer = error.message }); render(null)")

    assert wait(driver, "return window.answer") == "gone"
