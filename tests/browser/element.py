"""`<talk-card>` in the page of a stand-in: how it is put there, and how one looks into its frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import through_navigation
from tests.browser.stand_in import StandIn

FRAME = "return document.querySelector('talk-card').shadowRoot.querySelector('iframe')"
ADD = """
const card = document.createElement('talk-card');
card.setAttribute('src', arguments[0]);
card.setAttribute('theme', 'dark');
card.setAttribute('lang', 'de');
window.events = [];
for (const name of ['ready', 'state', 'unread', 'error', 'height'])
  card.addEventListener('talk-' + name, event => events.push([name, event.detail]));
window.tickets = 0;
if (arguments[1]) card.getTicket = () => Promise.resolve(window.refuse ? null : 'ticket-' + ++tickets);
document.body.append(card);
"""
_IS_THERE = "return location.href !== 'about:blank' && document.readyState === 'complete'"
_ASK = """
const [count, done] = arguments;
const one = () => fetch('/frame/_dash-update-component', {method: 'POST', body: '{}'}).then(answer => answer.status);
Promise.all(Array.from({length: count}, one)).then(done, error => done(String(error)));
"""


def wait(driver: WebDriver, script: str, *arguments: Any) -> Any:
    """What `script` returns as soon as that is true."""
    returned = through_navigation(lambda _: driver.execute_script(script, *arguments))
    return WebDriverWait(driver, 60, 0.05).until(returned)


def add(driver: WebDriver, stand_in: StandIn, name: str, tickets: bool = True) -> None:
    """Opens the host's page with a card in it, whose frame is the stand-in's page `name`."""
    driver.get(f"{stand_in.host}/host")
    driver.execute_script(ADD, f"{stand_in.app}/{name}", tickets)


def inside(driver: WebDriver, element: Any, act: Callable[[], Any]) -> Any:
    """What `act` returns, done in the frame `element` as soon as its page is there."""

    def entered(_driver: WebDriver) -> bool:
        driver.switch_to.default_content()
        driver.switch_to.frame(element)
        return bool(driver.execute_script(_IS_THERE))

    WebDriverWait(driver, 60, 0.05, [WebDriverException]).until(entered)
    try:
        return act()
    finally:
        driver.switch_to.default_content()


def in_card(driver: WebDriver, script: str, *arguments: Any) -> Any:
    """What `script` returns in the frame of the card."""
    return inside(driver, driver.execute_script(FRAME), lambda: driver.execute_script(script, *arguments))


def wait_in_card(driver: WebDriver, script: str, *arguments: Any) -> Any:
    """What `script` returns in the frame of the card, as soon as that is true."""
    return inside(driver, driver.execute_script(FRAME), lambda: wait(driver, script, *arguments))


def fetched(driver: WebDriver, count: int = 1) -> Any:
    """The statuses of callbacks that the frame asks at the same time."""
    return inside(driver, driver.execute_script(FRAME), lambda: driver.execute_async_script(_ASK, count))


def events(driver: WebDriver, name: str) -> list[Any]:
    """The details of all events of this name, oldest first."""
    found: list[Any] = driver.execute_script("return events.filter(one => one[0] === arguments[0])", name)
    return [detail for _, detail in found]
