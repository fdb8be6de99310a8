"""The server goes away under an open card and comes back."""

from __future__ import annotations

import pytest
from dash.testing.browser import Browser
from dash.testing.wait import until

from simulator import Simulator
from tests.browser.pages import Card
from tests.browser.served import Served

pytestmark = pytest.mark.parametrize("served", [{"REFRESH_SECONDS": "10"}], indirect=True)
NEXT_TICK_SECONDS = 16
CLAIM_SECONDS = 45


def lost_requests(browser: Browser) -> None:
    """Takes what a server that is away leaves in the console, and nothing else: for each lost callback the entry
    of the browser, which nobody can prevent, and the one that Dash's renderer writes beside it."""
    entries = [(entry["source"], entry["message"]) for entry in browser.get_logs()]
    assert entries
    for source, message in entries:
        if source == "network":
            assert "/_dash-update-component" in message
            assert "Failed to load resource: net::ERR_" in message
        else:
            assert "Error: Callback failed: the server did not respond." in message


def test_a_restart_under_the_card_is_shown_and_over_by_itself(
    connected: Card, served: Served, simulator: Simulator
) -> None:
    served.stop()
    connected.press("refresh")
    connected.wait_for_offline(True)
    connected.see("Keine Verbindung – Anzeige vom letzten bekannten Stand")
    assert connected.names() == ["Einsatzgruppe 1"]

    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Wieder da")
    served.restart()

    connected.wait_for_row("Anna: Wieder da", NEXT_TICK_SECONDS)
    connected.wait_for_offline(False)
    lost_requests(connected.browser)


def test_a_kill_in_the_middle_of_connecting_loses_nothing(card: Card, served: Served) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    flow = card.flow()
    until(lambda: served.sql("SELECT asked_at > 0 AND claimed_until = 0 FROM login_flows") == [(1,)], 5)

    served.kill()
    card.wait_for_offline(True)
    served.restart()
    card.wait_for_offline(False)

    assert (card.state(), card.flow()) == ("connecting", flow)
    card.go_to_tab(card.driver.window_handles[1])
    nextcloud.grant_as("max").close()
    card.wait_for("empty")
    assert served.flow_states() == ["connected"]
    lost_requests(card.browser)


def test_a_kill_while_nextcloud_is_being_asked_only_costs_the_time_of_the_claim(
    card: Card, served: Served, simulator: Simulator
) -> None:
    """Whoever was asking might still be at it, so nobody else may ask before the claim has run out."""
    simulator.faults.delay("/login/v2/poll", 1)
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    until(lambda: served.sql("SELECT claimed_until > 0 FROM login_flows") == [(1,)], 5)

    served.kill()
    card.wait_for_offline(True)
    served.restart()
    card.wait_for_offline(False)
    card.go_to_tab(card.driver.window_handles[1])
    nextcloud.grant_as("max")
    simulator.faults.clear()
    served.advance(CLAIM_SECONDS)
    nextcloud.close()

    card.wait_for("empty")
    lost_requests(card.browser)


def test_without_a_network_it_is_said_at_once_and_over_at_once(connected: Card, simulator: Simulator) -> None:
    def network(away: bool) -> None:
        conditions = {"offline": away, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        connected.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    connected.driver.execute_cdp_cmd("Network.enable", {})
    network(away=True)
    connected.wait_for_offline(True, 2)
    network(away=False)
    connected.wait_for_offline(False, 2)
