"""Renews the pictures of README and docs: `make screenshots`.

Most are of the gallery and other pages of an app without any Nextcloud; the others are of the card in the example
dashboard. All are taken with headless Chromium, at a time that stands still.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402 - it lies in the folder above
from scripts import dashboard_pictures, page_pictures  # noqa: E402
from scripts.photographer import LOOPBACK, MOMENT, browser, see, served, standing_clock, taken  # noqa: E402
from settings import Settings  # noqa: E402
from web import logs  # noqa: E402


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
    logs.init("warning")
    with standing_clock(), tempfile.TemporaryDirectory() as folder, browser() as opened:
        for file, picture in [*_of_gallery(Path(folder), opened), *dashboard_pictures.take(Path(folder), opened)]:
            (PICTURES / f"{file}.png").write_bytes(picture)
            print(f"docs/pictures/{file}.png")  # noqa: T201 - a command


def _of_gallery(folder: Path, opened: Chrome) -> Iterator[tuple[str, bytes]]:
    with _app(folder) as address:
        _sign_in(opened, address)
        page = ""
        for picture in sorted(WANTED, key=lambda one: (one.language, one.theme)):
            wanted = f"{address}gallery?language={picture.language}&theme={picture.theme}"
            if wanted != page:
                opened.get(wanted)
                page = wanted
                see(opened, f"{picture.selector} .talk-card")
            yield picture.file, taken(opened, _place(opened, picture.selector))
        yield from page_pictures.take(opened, address)


@contextmanager
def _app(folder: Path) -> Iterator[str]:
    os.environ["MAX_PASSWORD"] = secrets.token_urlsafe(16)
    settings = Settings(
        _env_file=None,
        nextcloud_url=f"http://{LOOPBACK}:9",
        nextcloud_allow_http=True,
        database_url=f"sqlite:///{folder / 'gallery.db'}",
        secret_key=SecretStr(secrets.token_urlsafe(48)),
        credential_keys=[SecretStr(Fernet.generate_key().decode())],
        demo=True,
    )
    app = create_app(settings, lambda: float(MOMENT))
    page_pictures.prepare(app)
    with served(app) as port:
        yield f"http://{LOOPBACK}:{port}/"


def _place(opened: Chrome, selector: str) -> dict[str, float]:
    place: dict[str, float] = opened.execute_script(  # type: ignore[no-untyped-call]
        "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height};",
        selector,
    )
    return place


def _sign_in(opened: Chrome, address: str) -> None:
    opened.get(f"{address}login")
    opened.find_element(By.NAME, "username").send_keys("max")
    opened.find_element(By.NAME, "password").send_keys(os.environ["MAX_PASSWORD"])
    opened.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    see(opened, ".talk-card")


if __name__ == "__main__":
    main()
