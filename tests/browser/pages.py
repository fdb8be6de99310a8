"""What a member sees and does, in words: the sign-in page, the card, Nextcloud's pages, the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import through_navigation
from tests.world import PASSWORD

SECONDS = 10

# One look at the whole card: a new picture may replace every node between two looks.
_LOOK = """
const picture = document.querySelector('#talk-card > [data-state]');
if (!picture) return null;
const text = (place, selector) => {
  const found = place.querySelector(selector);
  return found ? found.textContent : null;
};
const seen = picture.innerText;
return {
  state: picture.dataset.state,
  cause: picture.dataset.cause || null,
  flow: picture.dataset.flow || null,
  expired: 'expired' in picture.dataset,
  left: text(picture, 'time[data-countdown]'),
  total: text(picture, '.talk-total > [aria-hidden]'),
  counted: (picture.querySelector('.talk-header [title]') || {}).title || null,
  seen: seen,
  height: picture.getBoundingClientRect().height,
  busy: document.getElementById('talk-card').getAttribute('aria-busy') === 'true',
  rows: [...picture.querySelectorAll('a.talk-row')].map(row => ({
    name: text(row, '.talk-row-name'),
    preview: text(row, '.talk-row-preview'),
    unread: text(row, '.talk-unread > [aria-hidden]'),
    time: text(row, '.talk-row-time'),
    href: row.href, target: row.target, rel: row.rel,
  })),
};
"""

_CALLBACKS = """
return performance.getEntriesByType('resource').filter(entry => entry.name.includes('/_dash-update-component')).length
"""


@dataclass(frozen=True)
class Row:
    """One conversation as it is seen; `unread` is None where there is no badge."""

    name: str
    preview: str
    unread: str | None
    time: str
    href: str
    target: str
    rel: str


class Page:
    """What all pages have."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.driver = browser.driver
        self.url = url
        """The start page of the app, with a slash at its end."""

    def see(self, text: str, timeout: float = SECONDS) -> None:
        """Waits until `text` is to be seen anywhere on the page."""
        self._until(lambda: text in self.text(), timeout, lambda: f"no {text!r} in:\n{self.text()}")

    def see_no(self, text: str, timeout: float = SECONDS) -> None:
        self._until(lambda: text not in self.text(), timeout, lambda: f"still {text!r} in:\n{self.text()}")

    def text(self) -> str:
        return str(self.driver.execute_script("return document.body ? document.body.innerText : ''"))

    def path(self) -> str:
        return str(self.driver.execute_script("return location.pathname + location.search"))

    def wait_for_path(self, path: str) -> None:
        self._until(lambda: self.path() == path, SECONDS, lambda: f"at {self.path()}, not {path}")

    def language(self) -> str:
        return str(self.driver.execute_script("return document.documentElement.lang"))

    def wait_until_at_rest(self) -> None:
        """Until no answer of the server is on its way: a late one would notice what the test changes next."""
        self._until(lambda: not self.browser.redux_state_is_loading, SECONDS, lambda: "the page never rests")

    def click(self, selector: str) -> None:
        """Clicks as a person does, on what is there at that moment."""

        errors: list[str] = []

        def clicked() -> bool:
            try:
                element = self.driver.find_element(By.CSS_SELECTOR, selector)
                self.driver.execute_script(
                    "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element
                )
                element.click()
            except WebDriverException as error:
                errors.append(str(error))
                return False
            return True

        self._until(clicked, SECONDS, lambda: f"cannot click {selector}: {errors[-1]}")

    def fill(self, selector: str, text: str) -> None:
        field = self.browser.wait_for_element(selector)
        field.clear()
        field.send_keys(text)

    def tab(self) -> str:
        return str(self.driver.current_window_handle)

    def wait_for_new_tab(self, known: set[str]) -> str:
        """Goes to the tab that was opened since `known` was taken of `driver.window_handles`."""
        self._until(lambda: len(set(self.driver.window_handles) - known) == 1, SECONDS, lambda: "no new tab")
        (new,) = set(self.driver.window_handles) - known
        self.driver.switch_to.window(new)
        return str(new)

    def go_to_tab(self, handle: str) -> None:
        """To a tab as a person does: it is shown, the others are hidden."""
        self.driver.switch_to.window(handle)
        self.driver.execute_cdp_cmd("Page.bringToFront", {})

    def close_tab(self, back_to: str) -> None:
        self.driver.close()
        self.go_to_tab(back_to)

    @staticmethod
    def _until(condition: Callable[[], Any], timeout: float, say: Callable[[], str]) -> None:
        try:
            until(through_navigation(condition), timeout, poll=0.05)
        except Exception as error:
            raise AssertionError(say()) from error


class SignInPage(Page):
    """`/login`."""

    def open(self, path: str = "login") -> SignInPage:
        self.driver.get(self.url + path)
        self.browser.wait_for_element("#username")
        return self

    def submit(self, name: str, password: str = PASSWORD) -> None:
        self.fill("#username", name)
        self.fill("#password", password + Keys.ENTER)

    def sign_in(self, name: str) -> Card:
        self.open().submit(name)
        return Card(self.browser, self.url).wait_until_there()


class Card(Page):
    """The card on the dashboard."""

    def open(self) -> Card:
        self.driver.get(self.url)
        return self.wait_until_there()

    def reload(self) -> Card:
        self.driver.refresh()
        return self.wait_until_there()

    def wait_until_there(self) -> Card:
        self._until(lambda: self._look() is not None, SECONDS, lambda: f"no card in:\n{self.text()}")
        return self

    def wait_for(self, state: str, timeout: float = SECONDS) -> Card:
        self._until(
            lambda: (self._look() or {}).get("state") == state,
            timeout,
            lambda: f"{self._look()} instead of {state}",
        )
        return self

    def wait_for_row(self, preview: str, timeout: float = SECONDS) -> None:
        """Until a row shows exactly this."""
        self._until(
            lambda: preview in [row.preview for row in self.rows()], timeout, lambda: f"no {preview!r}: {self.rows()}"
        )

    def state(self) -> str:
        return str(self._now()["state"])

    def cause(self) -> str | None:
        cause: str | None = self._now()["cause"]
        return cause

    def flow(self) -> str | None:
        flow: str | None = self._now()["flow"]
        return flow

    def expired(self) -> bool:
        return bool(self._now()["expired"])

    def seconds_left(self) -> int:
        """What the countdown shows."""
        minutes, seconds = self._now()["left"].split(":")
        return int(minutes) * 60 + int(seconds)

    def total(self) -> str | None:
        """The number at the title; None where there is none."""
        total: str | None = self._now()["total"]
        return total

    def counted(self) -> str | None:
        """What the number at the title is made of."""
        counted: str | None = self._now()["counted"]
        return counted

    def height(self) -> float:
        return float(self._now()["height"])

    def rows(self) -> list[Row]:
        return [Row(**row) for row in self._now()["rows"]]

    def names(self) -> list[str]:
        return [row.name for row in self.rows()]

    def seen(self) -> str:
        """Everything that is written on the card."""
        return str(self._now()["seen"])

    def link(self) -> str:
        """Where „Erneut öffnen“ leads."""
        return str(self.driver.find_element(By.ID, "talk-login-link").get_attribute("href"))

    def callbacks(self) -> int:
        """How many callbacks this page has sent."""
        return int(self.driver.execute_script(_CALLBACKS))

    def press(self, action: str) -> None:
        """Clicks the button of the card with this `data-action`, and waits until the answer is there."""
        self.click(f'#talk-card [data-action="{action}"]')
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self._until(lambda: not (self._look() or {"busy": True})["busy"], SECONDS, lambda: "still busy")

    def start(self, action: str = "connect") -> Nextcloud:
        """Clicks a button that opens Nextcloud, and goes to the tab that it opened in this very click."""
        home, known = self.tab(), set(self.driver.window_handles)
        self.click(f'#talk-card [data-action="{action}"]')
        self.wait_for_new_tab(known)
        return Nextcloud(self.browser, self.url, home).wait_for_picker()

    def connect(self, action: str = "connect") -> None:
        """All of it, by hand, from the button to the connected card."""
        self.start(action).grant_as("max").close()
        self.wait_for("connected")

    def refresh(self) -> None:
        self.press("refresh")

    def tick(self) -> None:
        """What the clock of the card does when its time has come."""
        self.driver.execute_script("dash_clientside.set_props('talk-refresh', {n_intervals: Date.now() % 1e9})")

    def shift_clock(self, seconds: float) -> None:
        """The browser's clock from now on; timers keep their real pace."""
        self.driver.execute_script("const now = Date.now; Date.now = () => now() + arguments[0] * 1000", seconds)

    def nextcloud(self, home: str) -> Nextcloud:
        """This tab, in which Nextcloud is open."""
        return Nextcloud(self.browser, self.url, home).wait_for_picker()

    def open_row(self, name: str) -> Nextcloud:
        """Clicks a conversation; it opens in a tab of its own."""
        home, known = self.tab(), set(self.driver.window_handles)
        self.click(f"#talk-card li:nth-child({self.names().index(name) + 1}) > a.talk-row")
        self.wait_for_new_tab(known)
        return Nextcloud(self.browser, self.url, home)

    def ask_to_disconnect(self) -> None:
        """Menu ⋮, „Trennen“: the question is open afterwards."""
        self.click("#talk-card .talk-menu [aria-expanded]")
        self.click('#talk-card [data-confirm="talk-confirm"]')
        self.browser.wait_for_element("#talk-confirm[open]")

    def disconnect(self) -> None:
        self.ask_to_disconnect()
        self.click('#talk-confirm [data-action="disconnect"]')
        self.wait_for("not_connected")

    def offline(self) -> bool:
        """Whether the sentence about the lost connection is shown."""
        return bool(self.driver.execute_script("return !document.getElementById('offline-banner').hidden"))

    def wait_for_offline(self, offline: bool, timeout: float = SECONDS) -> None:
        self._until(lambda: self.offline() is offline, timeout, lambda: f"offline banner: {self.offline()}")

    def log_out(self) -> SignInPage:
        self.click(".member-menu [aria-expanded]")
        self.click('.member-menu button[type="submit"]')
        self.browser.wait_for_element("#username")
        return SignInPage(self.browser, self.url)

    def _look(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.driver.execute_script(_LOOK)
        return found

    def _now(self) -> dict[str, Any]:
        found = self._look()
        assert found is not None, self.text()
        return found


class Nextcloud(Page):
    """The tab in which Nextcloud is open; `home` is the tab from which it was opened."""

    def __init__(self, browser: Browser, url: str, home: str) -> None:
        super().__init__(browser, url)
        self.home = home

    def wait_for_picker(self) -> Nextcloud:
        self.see("App verbinden")
        return self

    def log_in(self, name: str) -> Nextcloud:
        self.fill("#user", name)
        self.fill("#password", PASSWORD + Keys.ENTER)
        return self

    def grant_as(self, name: str) -> Nextcloud:
        """From the first page to „Konto verbunden“; logs in where nobody is logged in yet."""
        self.click("#login")
        self._until(
            lambda: self.driver.find_elements(By.CSS_SELECTOR, "#user, input[name=stateToken]"), SECONDS, self.text
        )
        if self.driver.find_elements(By.ID, "user"):
            self.log_in(name)
        self.see("erhält Zugriff")
        self.click("button.full")
        self.see("Konto verbunden")
        return self

    def close(self) -> None:
        self.close_tab(self.home)


class Preferences(Page):
    """`/preferences`."""

    def open(self) -> Preferences:
        self.driver.get(self.url + "preferences")
        self.browser.wait_for_element("#preferences-language")
        return self

    def choose_language(self, value: str) -> None:
        self.click(f'#preferences-language option[value="{value}"]')

    def choose_rows(self, number: int) -> None:
        self.click(f'#preferences-card-rows option[value="{number}"]')
        self.see("Gespeichert.")

    def switch(self, name: str) -> None:
        """Turns a switch of the card over; they are called as in `CardChoices`."""
        self.click(f'#preferences-card-switches input[value="{name}"]')
        self.see("Gespeichert.")

    def count_what_concerns_me(self) -> None:
        self.click('#preferences-card-number option[value="concerning"]')
        self.see("Gespeichert.")

    def change_password(self, old: str, new: str) -> None:
        self.fill("#preferences-old-password", old)
        self.fill("#preferences-new-password", new)
        self.click("#preferences-change-password")

    def sign_out_everywhere_else(self) -> None:
        self.click("#preferences-sign-out-others")

    def sign_out_everywhere(self) -> None:
        self.click("#preferences-sign-out-everywhere")

    def sign_ins(self) -> list[str]:
        """Each browser in the list, in the words of the page."""
        script = "return [...document.querySelectorAll('#preferences-sign-ins li')].map(item => item.innerText)"
        return [text.replace("\n", " ") for text in self.driver.execute_script(script)]

    def wait_for_sign_ins(self, number: int) -> None:
        self._until(lambda: len(self.sign_ins()) == number, SECONDS, lambda: str(self.sign_ins()))
