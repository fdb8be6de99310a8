"""Connecting Nextcloud, from the click on."""

from __future__ import annotations

from simulator import Simulator
from tests.browser.pages import Card
from tests.browser.served import Served


def test_connecting_by_hand_and_the_card_goes_on_by_itself(card: Card, simulator: Simulator) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Treffpunkt Gerätehaus")

    nextcloud = card.start()
    nextcloud.grant_as("max").close()

    card.wait_for("connected")
    assert card.names() == ["Einsatzgruppe 1"]
    assert card.rows()[0].preview == "Anna: Treffpunkt Gerätehaus"
    assert card.total() == "1"
    card.see("verbunden als Max Mustermann")
    assert [one.name for one in simulator.app_passwords("max")] == ["Talkboard (max)"]


def test_cancelling_leads_back_and_the_late_answer_is_revoked(card: Card, served: Served, simulator: Simulator) -> None:
    nextcloud = card.start()
    card.go_to_tab(nextcloud.home)
    card.wait_for("connecting")
    card.press("cancel")
    card.wait_for("not_connected")
