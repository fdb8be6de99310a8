"""A running simulator, and a client that keeps no cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator import Simulator

ROOMS = "/ocs/v2.php/apps/spreed/api/v4/room"
HEADERS = {"Accept": "application/json", "OCS-APIRequest": "true", "User-Agent": "Feuerwehr Dashboard"}
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


class Api:
    """A program that asks: every request with a connection and cookies of its own."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = HEADERS | more.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return httpx.request(method, self.simulator.url + path, headers=headers, verify=False, **more)

    def rooms(self, login: str = "max", secret: str = "", **more: Any) -> httpx.Response:
        return self.ask("GET", ROOMS, auth=(login, secret) if secret else None, **more)

    def bearer(self, secret: str, path: str = ROOMS, method: str = "GET") -> httpx.Response:
        return self.ask(method, path, headers={"Authorization": f"Bearer {secret}"})

    def init(self, path: str = "/index.php/login/v2") -> dict[str, Any]:
        return self.ask("POST", path).json()

    def poll(self, flow: dict[str, Any]) -> httpx.Response:
        return self.ask("POST", "/index.php/login/v2/poll", data={"token": flow["poll"]["token"]})


class Browser:
    """A person's browser: keeps cookies, follows redirects, fills in the one form of a page."""

    def __init__(self, simulator: Simulator, language: str = "en") -> None:
        self.simulator = simulator
        self.client = httpx.Client(follow_redirects=True, verify=False, headers={"Accept-Language": language})

    def open(self, url: str) -> httpx.Response:
        return self.client.get(url if url.startswith("http") else self.simulator.url + url)

    def submit(self, page: httpx.Response, route: str, **fields: str) -> httpx.Response:
        form = re.search(rf'<form[^>]*action="([^"]*{route})".*?</form>', page.text, re.DOTALL)
        assert form, f"no form for {route} in {page.text}"
        known = dict(FIELD.findall(form[0]))
        return self.client.post(self.simulator.origin + form[1], data=known | fields)

    def log_in(self, user: str, password: str, page: httpx.Response | None = None) -> httpx.Response:
        return self.submit(page or self.open("/login"), "/login", user=user, password=password)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        running.member("max", display_name="Max Mustermann", password="geheim")
        running.member("anna", display_name="Anna Schmidt", password="auch geheim")
        yield running


@pytest.fixture
def api(sim: Simulator) -> Api:
    return Api(sim)


@pytest.fixture
def browser(sim: Simulator) -> Iterator[Browser]:
    opened = Browser(sim)
    yield opened
    opened.client.close()


@pytest.fixture
def browser_de(sim: Simulator) -> Iterator[Browser]:
    opened = Browser(sim, "de")
    yield opened
    opened.client.close()


@pytest.fixture
def secret(sim: Simulator) -> str:
    """An app password of max."""
    return sim.app_password("max", name="Talkboard (max)")
