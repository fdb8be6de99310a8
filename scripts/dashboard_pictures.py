"""Pictures of the card in the example dashboard: light and dark, in a wide window and on a phone."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unittest.mock import patch

import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

import run
from app import create_app
from scripts.example import EXAMPLE, NODE, build
from scripts.photographer import LOOPBACK, MOMENT, SECONDS, see, served, taken
from settings import Settings
from simulator import Simulator, randoms
from simulator.demo import populate

MEMBER = "max"
MEMBER_S_PASSWORD = f"{MEMBER.upper()}_PASSWORD"
THEMES = ("light", "dark")
FRAME = "return document.querySelector('talk-card').shadowRoot.querySelector('iframe')"
END_OF_PAGE = "return document.querySelector('main').getBoundingClientRect().bottom"


@dataclass(frozen=True)
class Window:
    """How large, in pixels. Without a height the whole page is seen."""

    file: str
    width: int
    height: int
    dots_a_pixel: float


WINDOWS = (Window("embedding", 1320, 0, 1.5), Window("embedding-phone", 390, 844, 2))


def take(folder: Path, opened: Chrome) -> Iterator[tuple[str, bytes]]:
    """File names without their end, and the pictures."""
    build()
    os.environ[MEMBER_S_PASSWORD] = secrets.token_urlsafe(16)
    with _nextcloud() as nextcloud, _dashboard(folder, nextcloud) as address:
        opened.get(address)
        _sign_in(opened)
        for window in WINDOWS:
            for theme in THEMES:
                yield f"{window.file}-{theme}", _picture(opened, window, theme)


def _picture(opened: Chrome, window: Window, theme: str) -> bytes:
    metrics = {"width": window.width, "height": window.height or 900, "deviceScaleFactor": window.dots_a_pixel}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "mobile": False})
    preferred = {"name": "prefers-color-scheme", "value": theme}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [preferred]})
    opened.refresh()
    see(opened, "[data-unread]")
    opened.switch_to.frame(opened.execute_script(FRAME))  # type: ignore[no-untyped-call]
    see(opened, ".talk-row")
    opened.switch_to.default_content()
    height = window.height or float(opened.execute_script(END_OF_PAGE))  # type: ignore[no-untyped-call]
    return taken(opened, {"x": 0, "y": 0, "width": window.width, "height": height})


@contextmanager
def _nextcloud() -> Iterator[Simulator]:
    """The demo's, whose conversations have the same tokens each time: the colours of the faces go by them."""
    tokens = (f"{number:08}" for number in count(10_000_001))
    with Simulator() as nextcloud:
        with patch.object(randoms, "text", side_effect=lambda *_kind: next(tokens)):
            populate(nextcloud.state)
        yield nextcloud


@contextmanager
def _dashboard(folder: Path, nextcloud: Simulator) -> Iterator[str]:
    """The address of a dashboard whose member has connected his card."""
    port, port_of_dashboard = (_free_port() for _ in range(2))
    talkboard, dashboard = f"http://localhost:{port}", f"http://{LOOPBACK}:{port_of_dashboard}"
    key = secrets.token_urlsafe(32)
    settings = Settings(
        _env_file=None,
        nextcloud_url=nextcloud.url,
        nextcloud_allow_http=True,
        database_url=f"sqlite:///{folder / 'dashboard.db'}",
        secret_key=SecretStr(secrets.token_urlsafe(48)),
        credential_keys=[SecretStr(Fernet.generate_key().decode())],
        public_url=talkboard,
        embed_origins=dashboard,
        embed_keys=f"example:{key}@{dashboard}",
        demo=True,
    )
    told = {"EXAMPLE_PORT": str(port_of_dashboard), "TALKBOARD_URL": talkboard, "EMBED_KEY": key}
    with served(create_app(settings, lambda: float(MOMENT)), port):
        _connect(f"http://{LOOPBACK}:{port}", nextcloud)
        server = subprocess.Popen(  # noqa: S603 - our own command
            [NODE, EXAMPLE / "server.mjs"], env={**os.environ, **told}, stdout=subprocess.DEVNULL
        )
        try:
            _wait_until_up(port_of_dashboard)
            yield f"{dashboard}/"
        finally:
            server.terminate()
            server.wait()


def _connect(address: str, nextcloud: Simulator) -> None:
    """As a member does who clicks through Nextcloud's pages."""
    with httpx.Client(base_url=f"{address}/api/", timeout=SECONDS) as client:
        known = {"username": MEMBER, "password": os.environ[MEMBER_S_PASSWORD]}
        token = client.post("auth/token", json=known).json()["data"]["accessToken"]
        client.headers["Authorization"] = f"Bearer {token}"
        flow = client.post("nextcloud/connect").json()["data"]
        nextcloud.grant(flow["loginUrl"], MEMBER)
        client.post("nextcloud/poll", json={"token": flow["poll"]["token"]}).raise_for_status()


def _sign_in(opened: Chrome) -> None:
    see(opened, "#name-first")
    opened.find_element(By.ID, "name-first").send_keys(MEMBER)
    opened.find_element(By.ID, "password-first").send_keys(
        os.environ[MEMBER_S_PASSWORD], "\n"
    )  # no mouse over the card
    see(opened, "talk-card")


def _wait_until_up(port: int) -> None:
    until = time.monotonic() + SECONDS
    while not run.answers(LOOPBACK, port, "/healthz"):
        if time.monotonic() > until:
            raise SystemExit("The dashboard does not answer.")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
