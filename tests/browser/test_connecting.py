"""Connecting Nextcloud, from the click on."""

from __future__ import annotations

from collections.abc import Callable

import segno
from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.webdriver.common.by import By

from simulator import Simulator
from tests.browser.pages import Card, SignInPage
from tests.browser.served import Served

FLOW_SECONDS = 20 * 60
UNATTENDED_SECONDS = 15
LOOKS_EVERY_SECONDS = 5


def test_the_card_goes_on_by_itself_after_the_clicks_in_nextcloud(card: Card, simulator: Simulator) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("peter", "Treffpunkt Gerätehaus")

    nextcloud = card.start()
    nextcloud.grant_as("max").close()

    card.wait_for("connected")
    assert [(row.name, row.preview, row.unread) for row in card.rows()] == [
        ("Einsatzgruppe 1", "Peter: Treffpunkt Gerätehaus", "1")
    ]
    assert card.total() == "1"
    card.see("verbunden als Max Mustermann")
    assert [one.name for one in simulator.app_passwords("max")] == ["Talkboard (max)"]


def test_the_popup_blocker_of_these_tests_is_on(card: Card) -> None:
    """Else the other tests would prove nothing about the tab that opens in the click."""
    source = "window.blocked = window.open('about:blank') === null"
    card.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    card.reload()

    assert card.driver.execute_script("return window.blocked") is True


def test_with_popups_blocked_the_link_and_the_qr_code_are_there(card: Card) -> None:
    card.driver.execute_script("window.open = () => null")
    card.press("connect")
    card.wait_for("connecting")

    qr_code = card.driver.find_element(By.CSS_SELECTOR, "img.talk-qr")
    expected = segno.make(card.link(), error="l", micro=False)
    assert qr_code.get_attribute("src") == expected.svg_data_uri(border=4, light="white", dark="black")
    assert int(qr_code.get_property("naturalWidth")) > 0

    home, known = card.tab(), set(card.driver.window_handles)
    card.click("#talk-login-link")
    card.wait_for_new_tab(known)
    card.nextcloud(home).grant_as("max").close()
    card.wait_for("empty")


def test_the_time_left_counts_down_oftener_than_the_card_asks(card: Card) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")

    first, asked = card.seconds_left(), card.callbacks()
    assert FLOW_SECONDS - 30 < first <= FLOW_SECONDS
    seen = {first}
    until(lambda: seen.add(card.seconds_left()) or first - min(seen) >= 4, 6)

    assert len(seen) >= 4
    assert card.callbacks() - asked <= 2


def test_cancelling_leads_back_and_a_late_grant_is_revoked(card: Card, served: Served, simulator: Simulator) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")

    card.press("cancel")

    card.wait_for("not_connected")
    nextcloud.go_to_tab(nextcloud.driver.window_handles[1])
    nextcloud.grant_as("max").close()
    assert len(simulator.app_passwords("max")) == 1
    served.advance(UNATTENDED_SECONDS)
    until(lambda: simulator.app_passwords("max") == [], 2 * LOOKS_EVERY_SECONDS)
    assert served.flow_states() == ["cancelled"]
    assert card.state() == "not_connected"


def test_an_expired_flow_can_be_started_again(card: Card, served: Served) -> None:
    nextcloud = card.start()
    nextcloud.close()
    card.wait_for("connecting")

    served.advance(FLOW_SECONDS)

    card.see("Die Zeit zum Verbinden ist abgelaufen.")
    assert card.expired()
    expired = card.flow()
    card.start("restart").grant_as("max").close()
    card.wait_for("empty")
    assert served.flow_states() == ["superseded", "connected"]
    assert card.flow() != expired


def test_a_reload_keeps_the_flow(card: Card) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    flow, link = card.flow(), card.link()

    card.reload().wait_for("connecting")

    assert (card.flow(), card.link()) == (flow, link)
    card.go_to_tab(card.driver.window_handles[1])
    nextcloud.grant_as("max").close()
    card.wait_for("empty")


def test_a_second_tab_shows_the_same_flow_and_goes_on_too(card: Card) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    flow, link = card.flow(), card.link()

    card.driver.switch_to.new_window("tab")
    second = card.tab()
    card.open().wait_for("connecting")
    assert (card.flow(), card.link()) == (flow, link)

    card.go_to_tab(nextcloud.home)
    card.driver.get(link)  # where the card was, Nextcloud is now
    nextcloud.home = second
    nextcloud.wait_for_picker().grant_as("max").close()
    card.wait_for("empty")


def test_only_the_newest_flow_connects(
    card: Card, served: Served, simulator: Simulator, another_browser: Callable[..., Browser]
) -> None:
    """The other browser still shows the card as it was: its click supersedes the first flow."""
    other = SignInPage(another_browser(), served.url).sign_in("max").wait_for("not_connected")
    old = card.start()
    new = other.start()
    assert served.flow_states() == ["superseded", "open"]

    old.grant_as("max")
    served.advance(UNATTENDED_SECONDS)
    until(lambda: simulator.app_passwords("max") == [], 2 * LOOKS_EVERY_SECONDS)
    old.close()
    card.wait_for("connecting")

    new.grant_as("max").close()
    other.wait_for("empty")
    card.wait_for("empty")
    assert len(simulator.app_passwords("max")) == 1


def test_with_the_browser_closed_the_server_connects_by_itself(
    card: Card, served: Served, simulator: Simulator
) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    link = card.link()
    card.driver.get("about:blank")

    simulator.grant(link, "max")
    served.advance(UNATTENDED_SECONDS)

    until(lambda: served.flow_states() == ["connected"], 2 * LOOKS_EVERY_SECONDS)
    card.open().wait_for("empty")


def test_a_nextcloud_that_does_not_answer_leaves_a_sentence_and_no_tab(card: Card, simulator: Simulator) -> None:
    simulator.faults.answer("/login/v2", 502)

    card.press("connect")

    card.wait_for("not_connected")
    assert card.cause() == "nextcloud_unreachable"
    card.see("Nextcloud nicht erreichbar")
    until(lambda: len(card.driver.window_handles) == 1, 5)
    simulator.faults.clear()
    card.start().grant_as("max").close()
    card.wait_for("empty")


def test_after_a_revocation_at_nextcloud_it_is_said_and_can_be_connected_again(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    simulator.revoke_all("max")
    served.advance(30)
    connected.refresh()

    connected.wait_for("failed")
    assert connected.cause() == "nextcloud_revoked"
    connected.see("Verbindung widerrufen")
    assert connected.rows() == []

    served.advance(30)
    connected.press("retry")
    connected.wait_for("failed")
    assert simulator.failures() == 1  # asked again, but not in the way that Nextcloud counts

    connected.connect("reconnect")
    assert connected.names() == ["Einsatzgruppe 1"]
    assert len(simulator.app_passwords("max")) == 1
