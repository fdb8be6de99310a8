"""The example dashboard: its own server as a process, and what its members see and do there."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from scripts.example import EXAMPLE, NODE, build
from tests.browser.chromium import MemberOptions
from tests.browser.pages import SECONDS, Card, Page
from tests.world import DISPLAY_NAMES, PASSWORD, private

EMBED_KEY = private("schluessel-des-dashboards-der-tests-" + "k" * 16)
START_SECONDS = 30
_FRAME = "return document.querySelector(arguments[0] + ' talk-card')?.shadowRoot.querySelector('iframe')"

COOKIES_OF_FRAMES = {
    "kept": {},
    "kept apart": {"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": True},
    "refused": {"profile.content_settings.exceptions.cookies": {"[*.]localhost,*": {"setting": 2}}},
}
"""What the browser does with a cookie that a frame of another site sets."""


class FrameOptions(MemberOptions):
    """A browser that does with cookies of frames as is said, and whose console can be read in the frames too."""

    def __init__(self, cookies: str) -> None:
        super().__init__()
        self.kind = f"cookies of frames: {cookies}"
        self._cookies = COOKIES_OF_FRAMES[cookies]
        # A frame in a process of its own has a console of its own, which nobody can read from here.
        self.add_argument("--disable-features=IsolateOrigins,site-per-process")
        self.add_argument("--disable-site-isolation-trials")

    def add_experimental_option(self, name: str, value: Any) -> None:
        with_ours = value | self._cookies if name == "prefs" else value  # the harness sets others
        super().add_experimental_option(name, with_ours)


class Host:
    """The dashboard's server, up; it ends with `stop`."""

    def __init__(self, port: int, talkboard: str) -> None:
        build()
        self.url = f"http://127.0.0.1:{port}/"
        environment = {f"{name.upper()}_PASSWORD": PASSWORD for name in DISPLAY_NAMES}
        environment |= {"EXAMPLE_PORT": str(port), "TALKBOARD_URL": talkboard, "EMBED_KEY": EMBED_KEY}
        self._process = subprocess.Popen(
            [NODE, EXAMPLE / "server.mjs"], env=environment | {"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "the dashboard has ended"
            assert time.monotonic() < until
            time.sleep(0.02)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}healthz").status_code == 200
        except httpx.TransportError:
            return False


class HostPage(Page):
    """The page of the dashboard; `place` is `first`, or `second` where two members are signed in on it."""

    def open(self, path: str = "") -> HostPage:
        self.driver.get(self.url + path)
        self.browser.wait_for_element("form")
        return self

    def sign_in(self, name: str, place: str = "first") -> HostPage:
        self.fill(f"#name-{place}", name)
        self.fill(f"#password-{place}", PASSWORD)
        self.click(f"section[data-place={place}] button[type=submit]")
        self.see(DISPLAY_NAMES[name])
        return self

    def leave(self, place: str = "first") -> None:
        self.click(f"section[data-place={place}] [data-action=leave]")
        self.browser.wait_for_element(f"#name-{place}")

    def end_session(self) -> None:
        """As the host does when somebody signs out in another tab: this page is not told."""
        script = "fetch('/api/logout?place=first', {method: 'POST'}).then(answer => arguments[0](answer.status))"
        assert self.driver.execute_async_script(script) == 200

    def unread(self) -> str | None:
        """What the dashboard itself says of it."""
        script = "return document.querySelector('[data-unread]')?.dataset.unread ?? null"
        unread: str | None = self.driver.execute_script(script)
        return unread

    def wait_for_unread(self, number: str) -> None:
        self._until(lambda: self.unread() == number, SECONDS, lambda: f"{self.unread()}, not {number}")

    def height(self) -> float:
        """Of the frame."""
        return float(self.driver.execute_script(f"{_FRAME}.getBoundingClientRect().height", "body"))

    @contextmanager
    def card(self, place: str = "first") -> Iterator[Card]:
        """What is in the frame, to speak to as to the card on Talkboard's own page."""
        with self.frame(place):
            yield Card(self.browser, self.url)

    @contextmanager
    def frame(self, place: str = "first") -> Iterator[None]:
        """Everything asked meanwhile is asked inside of the frame."""
        selector = f"section[data-place={place}]"
        self._until(lambda: self._frame(selector), SECONDS, lambda: f"no frame in:\n{self.text()}")
        self.driver.switch_to.frame(self._frame(selector))
        try:
            yield
        finally:
            self.driver.switch_to.default_content()

    def _frame(self, selector: str) -> Any:
        return self.driver.execute_script(_FRAME, selector)
