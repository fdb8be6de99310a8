"""Pictures of the pages beside the dashboard: the operator's, after a busy day, and a member's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selenium.webdriver import Chrome

from models.observation_store import ObservationStore
from scripts.photographer import MOMENT, see, taken
from tests.browser.busy_day import busy_day

MEMBER = "max"
WIDTH = 1100
PAGES = (("operator", ".operator-graph .main-svg .xtick", 1280), ("preferences", "#preferences-card-rows", 1000))
"""Path and name, what is there once all is, and how much of it from above is taken, in pixels."""


def prepare(app: Any) -> None:
    """Makes the member an operator, who has chosen German, of an app that has seen a day."""
    wired = app.extensions["talkboard-wired"]
    wired.roster.set_operator(MEMBER, True)
    members = wired.services.members
    members.choose_locale(members.named(MEMBER).id, "de")
    ObservationStore(wired.database).keep(busy_day(MOMENT))


def take(opened: Chrome, address: str) -> Iterator[tuple[str, bytes]]:
    """File names without their end, and the pictures. The member is signed in."""
    metrics = {"width": WIDTH, "height": 1400, "deviceScaleFactor": 1.5, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for page, awaited, height in PAGES:
        opened.get(f"{address}{page}")
        see(opened, awaited)
        yield page, taken(opened, {"x": 0, "y": 0, "width": WIDTH, "height": height})
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
