"""The card in the example dashboard, which is another site to the browser: 127.0.0.1 and localhost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.webdriver.support.expected_conditions import alert_is_present
from selenium.webdriver.support.ui import WebDriverWait

from services.embedding import FRAME_SECONDS
from simulator import Simulator
from tests.browser.chromium import Browsers
from tests.browser.host_page import EMBED_KEY, FrameOptions, Host, HostPage
from tests.browser.looks import PHONE, resize, too_wide
from tests.browser.pages import SECONDS
from tests.browser.served import Served, free_port

PORT = free_port()
ORIGIN = f"http://127.0.0.1:{PORT}"
pytestmark = pytest.mark.parametrize(
    "served", [{"EMBED_ORIGINS": ORIGIN, "EMBED_KEYS": f"example:{EMBED_KEY}@{ORIGIN}"}], indirect=True
)
Open = Callable[[str], HostPage]


@pytest.fixture
def host(served: Served) -> Iterator[Host]:
    served.wait_until_up()
    started = Host(PORT, served.url)
    yield started
    started.stop()


@pytest.fixture
def open_page(host: Host, browsers: Browsers) -> Iterator[Open]:
    """Opens the dashboard in a browser. Its console stays empty."""
    opened: list[Browser] = []

    def start(cookies: str = "kept") -> HostPage:
        opened.append(browsers.take(FrameOptions(cookies)))
        return HostPage(opened[-1], host.url)

    yield start
    assert [one.get_logs() for one in opened] == [[] for _ in opened]


@pytest.fixture
def page(open_page: Open, served: Served, simulator: Simulator) -> HostPage:
    """Max at the dashboard, connected; Peter has written him one message."""
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    served.connect("max")
    return open_page("kept").open().sign_in("max")


def frames_signed_in(served: Served) -> list[Any]:
    return [row[0] for row in served.sql("SELECT frame FROM sign_ins WHERE frame IS NOT NULL")]


@pytest.mark.parametrize(("cookies", "mode"), [("kept", "cookie"), ("kept apart", "cookie"), ("refused", "bearer")])
def test_the_host_s_member_sees_his_card_without_signing_in_again(
    open_page: Open, served: Served, simulator: Simulator, cookies: str, mode: str
) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    served.connect("max")

    page = open_page(cookies).open().sign_in("max")

    with page.card() as card:
        card.wait_until_there().wait_for("connected")
        assert card.names() == ["Einsatzgruppe 1"]
        height = card.height()
    page.wait_for_unread("1")
    assert page.height() >= height
    assert frames_signed_in(served) == [mode]


@pytest.mark.parametrize("cookies", ["kept", "refused"])
def test_the_frame_goes_on_when_its_sign_in_ends_as_long_as_the_host_s_does(
    open_page: Open, served: Served, simulator: Simulator, cookies: str
) -> None:
    room = simulator.member("max").joins("Einsatzgruppe 1")
    served.connect("max")
    page = open_page(cookies).open().sign_in("max")

    for words in ("Treffpunkt Gerätehaus", "Wir fahren los"):
        served.advance(FRAME_SECONDS + 1)
        room.post("peter", words)
        with page.card() as card:
            card.wait_until_there().wait_for("connected")
            card.shift_clock(FRAME_SECONDS + 1)
            card.refresh()
            card.wait_for_row(f"Peter: {words}")


def test_theme_and_language_change_without_a_reload(page: HostPage) -> None:
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
        before = page.driver.execute_script("window.same = true; return getComputedStyle(document.body).color")
        assert "verbunden als Max Mustermann" in card.seen()
    page.click("#dark")
    page.click("[role=combobox]")
    page.click("li[data-value=en]")

    with page.frame():
        until(lambda: page.driver.execute_script("return getComputedStyle(document.body).color") != before, SECONDS)
        assert page.driver.execute_script("return getComputedStyle(document.documentElement).colorScheme") == "dark"
        page.see("connected as Max Mustermann")
        assert page.language() == "en"
        assert page.driver.execute_script("return window.same")


def test_nothing_of_the_dashboard_is_cut_off_on_a_phone(page: HostPage) -> None:
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
    for width in (PHONE, 390):
        resize(page.driver, width)

        assert page.driver.execute_script("return innerWidth") == width
        assert too_wide(page.driver) == []
        switch = "return document.querySelector('label:has(#dark)').getBoundingClientRect().left"
        assert page.driver.execute_script(switch) >= 0


def test_signing_out_at_the_host_leaves_nothing_behind(page: HostPage, served: Served) -> None:
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
    assert frames_signed_in(served)

    page.leave()

    assert "Treffpunkt" not in page.text()
    assert page.driver.execute_script("return document.querySelector('talk-card')") is None
    until(lambda: frames_signed_in(served) == [], SECONDS)


def test_a_session_that_the_host_has_ended_empties_the_card(page: HostPage, served: Served) -> None:
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
        assert "Einsatzgruppe 1" in page.text()
        card.ask_to_disconnect()
    page.end_session()
    served.advance(FRAME_SECONDS + 1)

    with page.card() as card:
        card.shift_clock(FRAME_SECONDS + 1)
        card.tick()
        page.see("Anmelden")
        assert "Einsatzgruppe 1" not in page.text()
        assert not page.browser.find_elements("#talk-confirm[open]")  # it would be carried out for whoever comes next


@pytest.mark.parametrize("cookies", ["kept", "refused"])
def test_frames_of_two_members_on_one_page_never_mix(
    open_page: Open, served: Served, simulator: Simulator, cookies: str
) -> None:
    rooms = {"max": ("first", "Einsatzgruppe 1"), "anna": ("second", "Jugendgruppe")}
    for name, (_place, room) in rooms.items():
        simulator.member(name).joins(room).post("peter", f"Für {name}")
        served.connect(name)
    page = open_page(cookies).open("?two=1")
    for name, (place, _room) in rooms.items():
        page.sign_in(name, place)

    for ahead in (0, FRAME_SECONDS + 1):
        served.advance(ahead)
        for place, room in rooms.values():
            with page.card(place) as card:
                card.wait_until_there().wait_for("connected")
                card.shift_clock(ahead)
                card.refresh()
                assert card.names() == [room]
    if cookies == "kept":  # one jar for both: who finds the other's cookie in it is refused once, and does without
        assert all("401" in entry["message"] for entry in page.browser.get_logs() or [])


def test_a_member_connects_through_the_frame(open_page: Open, simulator: Simulator) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")
    page = open_page("kept").open().sign_in("max")

    with page.card() as card:
        card.wait_until_there().wait_for("not_connected")
        card.start().grant_as("max").close()

    with page.card() as card:
        card.wait_for("connected")
        assert card.names() == ["Einsatzgruppe 1"]


def test_the_menu_looks_for_no_click_in_the_window_of_the_host(page: HostPage) -> None:
    """Where its own window has forgotten the click, as in Firefox: another site's it may not ask, and would vanish."""
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
        page.driver.execute_script("Object.defineProperty(window, 'event', {get: () => undefined})")
        page.click("#talk-card .talk-menu [aria-expanded]")
        assert page.driver.execute_script("return document.querySelector('#talk-card .talk-menu') !== null")


def test_a_row_opens_in_a_tab_that_no_sandbox_holds(page: HostPage) -> None:
    with page.card() as card:
        card.wait_until_there().wait_for("connected")
        tab = card.open_row("Einsatzgruppe 1")

    assert tab.driver.execute_script("return [opener, origin !== 'null']") == [None, True]
    tab.driver.execute_script("setTimeout(() => { window.answer = confirm('?') })")  # a sandboxed tab asks nothing
    WebDriverWait(tab.driver, SECONDS).until(alert_is_present()).accept()
    assert tab.driver.execute_script("return window.answer")
    tab.close()
