"""What all pictures of README and docs are taken with: a browser, an app of their own, and a time that stands still."""

from __future__ import annotations

import base64
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

from flask import Flask
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.common.by import By
from werkzeug.serving import make_server

ZONE = "Europe/Vienna"
SECONDS = 20
LOOPBACK = "127.0.0.1"
ALL_LOADED = "return [...document.images].every((one) => one.complete)"


MOMENT = int(datetime(2026, 11, 24, 18, 52, 30, tzinfo=ZoneInfo(ZONE)).timestamp())
"""When all pictures are taken (Unix seconds), so that they are the same again where nothing has changed. Chromium
reckons the end of a cookie by the `Date` of its answer, so this may have passed long ago."""

_STANDING_CLOCK = f"""(() => {{
  const Real = Date;
  Date = class extends Real {{
    constructor(...parts) {{ super(...(parts.length ? parts : [{MOMENT}000])); }}
    static now() {{ return {MOMENT}000; }}
  }};
}})();"""


@contextmanager
def standing_clock() -> Iterator[None]:
    """Within it this process has `MOMENT` for now; what waits goes by another clock."""
    os.environ["TZ"] = ZONE  # of the browser too
    with patch.object(time, "time", return_value=float(MOMENT)):
        yield


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[int]:
    """Serves the app on this port, or a free one."""
    server = make_server(LOOPBACK, port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.port
    finally:
        server.shutdown()


@contextmanager
def browser() -> Iterator[Chrome]:
    """German, of the size of a small window, two dots a pixel, and at `MOMENT`."""
    options = ChromeOptions()
    options.binary_location = os.environ.get("TALKBOARD_CHROME") or shutil.which("chromium") or ""
    switches = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2"]
    switches += ["--window-size=900,1400", "--lang=de"]
    # The clock stands still in frames of another site too if they are in the same process.
    switches += ["--disable-features=IsolateOrigins,site-per-process", "--disable-site-isolation-trials"]
    for switch in switches:
        options.add_argument(switch)  # type: ignore[no-untyped-call]
    opened = Chrome(options=options)
    opened.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _STANDING_CLOCK})
    try:
        yield opened
    finally:
        opened.quit()


def see(opened: Chrome, selector: str) -> None:
    """Waits for an element, and until each picture on the page is there."""
    until = time.monotonic() + SECONDS
    while True:
        loaded = opened.execute_script(ALL_LOADED)  # type: ignore[no-untyped-call]
        if loaded and opened.find_elements(By.CSS_SELECTOR, selector):
            return
        if time.monotonic() > until:
            raise SystemExit(f"{selector} did not appear: {opened.page_source[:500]}")
        time.sleep(0.1)


def taken(opened: Chrome, place: dict[str, float]) -> bytes:
    """The picture of a part of the page: `x`, `y`, `width` and `height`, wherever it stands."""
    shot = {"clip": {**place, "scale": 1}, "captureBeyondViewport": True, "format": "png"}
    return base64.b64decode(opened.execute_cdp_cmd("Page.captureScreenshot", shot)["data"])
