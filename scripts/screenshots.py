"""Renews the pictures of README and docs from the gallery: `make screenshots`.

Starts an app of its own on a free port, without any Nextcloud, and takes the pictures with headless Chromium.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.common.by import By
from werkzeug.serving import make_server

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SECONDS = 20
sys.path.insert(0, str(ROOT))


@dataclass(frozen=True)
class Picture:
    """One file: which example of the gallery, how wide, in which language and theme."""

    file: str
    example: str
    width: str = "desktop"
    language: str = "de"
    theme: str = "light"

    @property
    def selector(self) -> str:
        """Where it stands in the gallery."""
        return f"#example-{self.example} .gallery-{self.width}"


WANTED = (
    Picture("card", "connected"),
    Picture("card-phone-dark", "connected", "phone", theme="dark"),
    Picture("card-english", "connected", language="en"),
    Picture("card-compact", "connected-compact"),
    Picture("connecting", "connecting"),
    Picture("not-connected", "not-connected"),
    Picture("stale", "nextcloud_unreachable"),
    Picture("revoked", "nextcloud_revoked"),
    Picture("rows", "rows-1-to-10"),
    Picture("rows-dark", "rows-11-to-20", theme="dark"),
)


def main() -> None:
    """Takes all pictures; the first that can not be taken ends it."""
    with tempfile.TemporaryDirectory() as folder, _app(Path(folder)) as address, _browser() as browser:
        _sign_in(browser, address)
        page = ""
        for picture in sorted(WANTED, key=lambda one: (one.language, one.theme)):
            wanted = f"{address}gallery?language={picture.language}&theme={picture.theme}"
            if wanted != page:
                browser.get(wanted)
                page = wanted
                _see(browser, f"{picture.selector} .talk-card")
            (PICTURES / f"{picture.file}.png").write_bytes(_taken(browser, picture.selector))
            print(f"docs/pictures/{picture.file}.png")  # noqa: T201 - a command


@contextmanager
def _app(folder: Path) -> Iterator[str]:
    os.environ["MAX_PASSWORD"] = secrets.token_urlsafe(16)
    from app import create_app
    from settings import Settings

    settings = Settings(
        _env_file=None,
        nextcloud_url="http://127.0.0.1:9",
        nextcloud_allow_http=True,
        database_url=f"sqlite:///{folder / 'gallery.db'}",
        secret_key=SecretStr(secrets.token_urlsafe(48)),
        credential_keys=[SecretStr(Fernet.generate_key().decode())],
        demo=True,
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()


@contextmanager
def _browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = os.environ.get("TALKBOARD_CHROME") or shutil.which("chromium") or ""
    switches = ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2")
    for switch in (*switches, "--window-size=900,1400", "--lang=de"):
        options.add_argument(switch)  # type: ignore[no-untyped-call]
    browser = Chrome(options=options)
    try:
        yield browser
    finally:
        browser.quit()


def _taken(browser: Chrome, selector: str) -> bytes:
    """The picture of one element, wherever it stands on the page."""
    place = browser.execute_script(  # type: ignore[no-untyped-call]
        "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1};",
        selector,
    )
    shot = {"clip": place, "captureBeyondViewport": True, "format": "png"}
    return base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", shot)["data"])


def _sign_in(browser: Chrome, address: str) -> None:
    browser.get(f"{address}login")
    browser.find_element(By.NAME, "username").send_keys("max")
    browser.find_element(By.NAME, "password").send_keys(os.environ["MAX_PASSWORD"])
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    _see(browser, ".talk-card")


def _see(browser: Chrome, selector: str) -> None:
    until = time.monotonic() + SECONDS
    while not browser.find_elements(By.CSS_SELECTOR, selector):
        if time.monotonic() > until:
            raise SystemExit(f"{selector} did not appear: {browser.page_source[:500]}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
