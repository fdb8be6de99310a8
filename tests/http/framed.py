"""A frame in a host dashboard as far as the server sees it: what its script asks, and with which ticket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components import talk_card
from tests.world import World, private

HOST, OTHER, UNLISTED = "https://intranet.example.org", "https://dienst.example.org", "https://evil.example"
KEY, OTHER_KEY = "k" * 40, "o" * 40
SETTINGS: dict[str, Any] = {
    "embed_origins": f"{HOST} {OTHER}",
    "embed_keys": f"intranet:{KEY}@{HOST}, dienst:{OTHER_KEY}@{OTHER}",
}
TICKETS = "/api/embed/tickets"
CARD = f"..{talk_card.CARD}.children...{talk_card.SHOWN}.data.."


def embedding(make_world: Callable[..., World]) -> World:
    """An app that two hosts may frame, with Max and Anna."""
    world = make_world(**SETTINGS)
    for name in ("max", "anna"):
        world.member(name)
    return world


def ask(world: World, key: str = KEY, **changes: Any) -> TestResponse:
    body = {"subject": "max", "displayName": "Max Weber", "origin": HOST} | changes
    client = world.app.test_client(use_cookies=False)
    return client.post(TICKETS, json=body, headers={"Authorization": f"Bearer {key}"})


def ticket(world: World, subject: str = "max", **changes: Any) -> str:
    return private(str(ask(world, subject=subject, **changes).get_json()["data"]["ticket"]))


@dataclass
class Frame:
    """The frame's script, as far as the server sees it. `cookies` says whether the browser lets it have any."""

    client: FlaskClient
    cookies: bool = True
    token: str = ""
    who: str = ""
    csrf: str = ""

    def redeem(self, ticket: str, parent: str = HOST, mode: str = "cookie", **headers: str) -> TestResponse:
        body = {"ticket": ticket, "parent": parent, "site": "cross-site", "mode": mode}
        answer = self.post("/embed/session", body, headers)
        if not self.cookies:
            self.client._cookies = {}
        return answer

    def settle(self, claim: str) -> dict[str, Any]:
        said: dict[str, Any] = self.post("/embed/selftest", {"claim": claim}).get_json()
        self.token, self.who = said.get("token", ""), said.get("who", "")
        self.csrf = said.get("csrf", "")
        return said

    def start(self, ticket: str) -> dict[str, Any]:
        return self.settle(self.redeem(ticket).get_json()["claim"])

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.post(path, json=body, headers=self.headers() | (headers or {}))

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers())

    def tick(self, output: str = CARD, action: dict[str, Any] | None = None) -> TestResponse:
        values = [("talk-refresh", "n_intervals", None), ("talk-flow-poll", "n_intervals", None)]
        inputs = [*values, ("talk-action", "data", action)]
        outputs = [part.rpartition(".") for part in output.strip(".").split("...")]
        question = {
            "output": output,
            "outputs": [{"id": name, "property": prop} for name, _dot, prop in outputs],
            "inputs": [{"id": name, "property": prop, "value": value} for name, prop, value in inputs],
            "state": [{"id": "talk-shown", "property": "data", "value": f"{self.who} version" if action else None}],
            "changedPropIds": ["talk-action.data"] if action else [],
        }
        return self.post("/_dash-update-component", question)

    def act(self, name: str) -> TestResponse:
        """What a click on the card sends."""
        return self.tick(action={"name": name, "at": 1})

    def headers(self) -> dict[str, str]:
        said = {"X-Talkboard-Frame": "ticket", "X-Talkboard-Who": self.who, "X-CSRFToken": self.csrf}
        return said | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


def frame(world: World, cookies: bool = True) -> Frame:
    return Frame(world.app.test_client(), cookies)


def card_of(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)
