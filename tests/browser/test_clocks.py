"""Clocks that do not agree."""

from __future__ import annotations

import time

from simulator import Simulator
from tests.browser.pages import SignInPage
from tests.browser.served import Served


def test_O4_a_nextcloud_whose_clock_is_ahead_writes_just_now(
    served: Served, sign_in_page: SignInPage, simulator: Simulator
) -> None:
    simulator.member("max").joins("Einsatzgruppe 1").post("anna", "Hallo", at=int(time.time()) + 5 * 60)
    served.connect("max")

    card = sign_in_page.sign_in("max").wait_for("connected")

    assert [row.time for row in card.rows()] == ["gerade eben"]
