"""Fixtures of the browser tests: Dash's harness, the app as a process, and pages to speak through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from dash.testing.browser import Browser
from selenium.webdriver.chrome.webdriver import WebDriver

from simulator import Simulator
from tests import databases
from tests.browser.chromium import GERMAN, Browsers, MemberBrowser, MemberOptions
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served, member_database
from tests.browser.stand_in import StandIn
from tests.world import DISPLAY_NAMES, PASSWORD


@pytest.fixture(scope="session", autouse=True)
def _chromedriver() -> None:
    """Named to Selenium, which would look for newer ones on the internet at every start otherwise."""
    os.environ["SE_CHROMEDRIVER"] = os.environ.get("TALKBOARD_CHROMEDRIVER") or shutil.which("chromedriver") or ""


@pytest.fixture(scope="session")
def _browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    started = Browsers(tmp_path_factory.mktemp("downloads"))
    yield started
    started.close()


@pytest.fixture
def browsers(_browsers: Browsers) -> Iterator[Browsers]:
    """Where a test takes browsers from. At its end they are free again."""
    yield _browsers
    _browsers.give_back()


@pytest.fixture
def dash_br(browsers: Browsers) -> MemberBrowser:
    """Instead of the harness's own fixture, which starts a browser for each test."""
    return browsers.take(MemberOptions())


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    return {"SECRET_KEY": "s" * 40, "CREDENTIAL_KEYS": Fernet.generate_key().decode()}


@pytest.fixture(scope="session")
def members(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]) -> str:
    """Address of the database with the members: made once, copied for each test."""
    return member_database(tmp_path_factory.mktemp("members"), keys)


@pytest.fixture
def served(
    request: pytest.FixtureRequest, tmp_path: Path, members: str, keys: dict[str, str], simulator: Simulator
) -> Iterator[Served]:
    """The app, starting. A test changes its settings with `@pytest.mark.parametrize("served", [{…}], indirect=True)`.

    At its end there is no traceback and no secret in what the app has written.
    """
    for name, display_name in DISPLAY_NAMES.items():
        simulator.member(name, display_name=display_name, password=PASSWORD)
    app = Served(tmp_path, databases.copy_of(members, tmp_path), keys, simulator)
    app.settings |= getattr(request, "param", {})
    app.start()
    yield app
    app.kill()
    databases.discard(app.database_url)
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
    served.wait_until_up()
    yield dash_br
    assert dash_br.get_logs() == []


@pytest.fixture
def another_browser(served: Served, browsers: Browsers) -> Iterator[Callable[..., Browser]]:
    """Opens further browsers, which share nothing with the first; the same rule for their consoles."""
    opened: list[Browser] = []

    def open_one(languages: str = GERMAN) -> Browser:
        opened.append(browsers.take(MemberOptions(languages)))
        served.wait_until_up()
        return opened[-1]

    yield open_one
    assert [one.get_logs() for one in opened] == [[] for _ in opened]


@pytest.fixture
def driver(dash_br: Browser) -> WebDriver:
    """A browser without an app."""
    return dash_br.driver


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A host and an app to `<talk-card>`, whose every word is the test's."""
    server = StandIn()
    yield server
    server.close()


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
