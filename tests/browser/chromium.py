"""Chromium as a member has it. One is started once and used by many tests: each finds it as if just started."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dash.testing.browser import Browser
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options

GERMAN = "de-AT,de"
WIDTH, HEIGHT = 1280, 900
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    f"--window-size={WIDTH},{HEIGHT}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-search-engine-choice-screen",
    "--mute-audio",
)
_LEFT_TOO_EARLY = re.compile(r"following icon from the Manifest: \S+ \(Download error")
"""Chromium gets the icon for a home screen last of all; a page may have been left by then."""


def through_navigation(condition: Callable[..., Any]) -> Callable[..., Any]:
    """`condition`, but not met as long as the page on which it looks is just being left: then chromedriver gives up."""

    def met(*arguments: Any) -> Any:
        try:
            return condition(*arguments)
        except WebDriverException as error:
            if "aborted by navigation" not in str(error.msg):
                raise
            return False

    return met


class MemberOptions(Options):
    """Its pop-up blocker is on. And every word in its console counts. Equal `kind`s have equal options."""

    def __init__(self, languages: str = GERMAN) -> None:
        super().__init__()
        self.kind = languages
        self.binary_location = os.environ.get("TALKBOARD_CHROME") or shutil.which("chromium") or ""
        for switch in (*SWITCHES, f"--accept-lang={languages}", f"--lang={languages.split(',')[0]}"):
            self.add_argument(switch)
        self.add_experimental_option("excludeSwitches", ["disable-popup-blocking"])

    def add_argument(self, argument: str) -> None:
        if argument != "--disable-popup-blocking":  # the harness would add it
            super().add_argument(argument)  # type: ignore[no-untyped-call]

    def set_capability(self, name: str, value: Any) -> None:
        wanted = {"browser": "ALL"} if name == "goog:loggingPrefs" else value
        super().set_capability(name, wanted)  # type: ignore[no-untyped-call]


class MemberBrowser(Browser):
    """Dash's browser, whose console is read without what Chromium says of a page that was left."""

    def __init__(self, options: MemberOptions, folder: Path) -> None:
        super().__init__("chrome", options=[options], download_path=str(folder))
        self.driver.implicitly_wait(0)  # absence is asserted too, and must not take two seconds
        self.driver.service.send_remote_shutdown_command = lambda: None  # it waits a second; a signal ends it as well

    def _wait_for(self, method: Callable[..., Any], timeout: float | None, msg: Any) -> Any:
        return super()._wait_for(through_navigation(method), timeout, msg)

    def get_logs(self) -> list[dict[str, Any]]:
        return [entry for entry in super().get_logs() or [] if not _LEFT_TOO_EARLY.search(entry["message"])]

    def forget(self) -> None:
        """One empty tab of the usual size remains, and nothing of what was kept. Raises WebDriverException."""
        driver = self.driver
        driver.switch_to.new_window("tab")
        fresh = driver.current_window_handle
        origins = set()
        for handle in set(driver.window_handles) - {fresh}:
            driver.switch_to.window(handle)
            origins.add(driver.execute_script("return location.origin"))
            driver.close()
        driver.switch_to.window(fresh)
        for origin in origins - {"null"}:
            driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        driver.set_window_size(WIDTH, HEIGHT)
        driver.get_log("browser")


class Browsers:
    """The Chromiums of one process of the tests, by what they were started with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: dict[str, list[MemberBrowser]] = defaultdict(list)
        self._taken: list[tuple[str, MemberBrowser]] = []

    def take(self, options: MemberOptions) -> MemberBrowser:
        """One that nobody uses, until `give_back`."""
        idle = self._idle[options.kind]
        browser = idle.pop() if idle else MemberBrowser(options, self._folder)
        self._taken.append((options.kind, browser))
        return browser

    def give_back(self) -> None:
        """Frees all that are taken. One that does not come back clean, because it hangs or has crashed, ends."""
        for kind, browser in self._taken:
            try:
                browser.forget()
                self._idle[kind].append(browser)
            except WebDriverException:
                browser.driver.quit()
        self._taken.clear()

    def close(self) -> None:
        """Ends them all."""
        self.give_back()
        for browser in (one for idle in self._idle.values() for one in idle):
            browser.driver.quit()
