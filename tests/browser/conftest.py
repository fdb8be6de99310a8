"""Fixtures of the browser tests: Dash's harness, the app as a process, and pages to speak through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from dash.testing.browser import Browser
from selenium.webdriver.chrome.options import Options

from simulator import Simulator
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served, member_database
from tests.world import DISPLAY_NAMES, PASSWORD

GERMAN = "de-AT,de"
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-search-engine-choice-screen",
    "--mute-audio",
)


class MemberOptions(Options):
    """Chromium as a member has it: its pop-up blocker is on. And every word in its console counts."""

    def __init__(self, languages: str) -> None:
        super().__init__()
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


def pytest_setup_options() -> Options:
    return MemberOptions(GERMAN)


@pytest.fixture(scope="session", autouse=True)
def _chromedriver() -> None:
    """Named to Selenium, which would look for newer ones on the internet at every start otherwise."""
    os.environ["SE_CHROMEDRIVER"] = os.environ.get("TALKBOARD_CHROMEDRIVER") or shutil.which("chromedriver") or ""


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    return {"SECRET_KEY": "s" * 40, "CREDENTIAL_KEYS": Fernet.generate_key().decode()}


@pytest.fixture(scope="session")
def member_file(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]) -> Path:
    """The database with the members: made once, copied for each test."""
    return member_database(tmp_path_factory.mktemp("members") / "talkboard.db", keys)


@pytest.fixture
def served(
    request: pytest.FixtureRequest, tmp_path: Path, member_file: Path, keys: dict[str, str], simulator: Simulator
) -> Iterator[Served]:
    """The app, starting. A test changes its settings with `@pytest.mark.parametrize("served", [{…}], indirect=True)`.

    At its end there is no traceback and no secret in what the app has written.
    """
    for name, display_name in DISPLAY_NAMES.items():
        simulator.member(name, display_name=display_name, password=PASSWORD)
    app = Served(tmp_path, member_file, keys, simulator)
    app.settings |= getattr(request, "param", {})
    app.start()
    yield app
    app.kill()
    secrets = [PASSWORD, *keys.values()]
    secrets += [one.secret for name in DISPLAY_NAMES for one in simulator.state.members.ensure(name).app_passwords]
    log = app.log()
    assert "Traceback" not in log, log
    assert not any(secret in log for secret in secrets)


@pytest.fixture
def browser(served: Served, dash_br: Browser) -> Iterator[Browser]:
    """A browser beside the running app. Its console is empty at the end of every test.

    A test that takes the server away reads the entries which that leaves itself, with `get_logs`.
    """
    yield _ready(served, dash_br)
    assert dash_br.get_logs() == []


@pytest.fixture
def another_browser(served: Served, tmp_path: Path) -> Iterator[Callable[..., Browser]]:
    """Opens further browsers, which share nothing with the first; the same rule for their consoles."""
    opened: list[Browser] = []

    def open_one(languages: str = GERMAN) -> Browser:
        opened.append(Browser("chrome", options=[MemberOptions(languages)], download_path=str(tmp_path)))
        return _ready(served, opened[-1])

    yield open_one
    logs = [one.get_logs() for one in opened]
    for one in opened:
        one.driver.quit()
    assert logs == [[] for _ in opened]


def _ready(served: Served, browser: Browser) -> Browser:
    browser.driver.implicitly_wait(0)  # absence is asserted too, and must not take two seconds
    browser.driver.service.send_remote_shutdown_command = lambda: None  # it waits a second; a signal ends it as well
    served.wait_until_up()
    return browser


@pytest.fixture
def sign_in_page(browser: Browser, served: Served) -> SignInPage:
    return SignInPage(browser, served.url)


@pytest.fixture
def card(sign_in_page: SignInPage) -> Card:
    """Max' card, not connected."""
    card = sign_in_page.sign_in("max")
    card.wait_for("not_connected")
    return card


@pytest.fixture
def connected(served: Served, sign_in_page: SignInPage, simulator: Simulator) -> Card:
    """Max' card with one conversation, „Einsatzgruppe 1“, in which Peter has written one message."""
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    served.connect("max")
    card = sign_in_page.sign_in("max")
    card.wait_for("connected")
    return card
