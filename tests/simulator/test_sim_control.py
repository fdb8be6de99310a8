"""The back door: what it does, and whom it refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import Api


class Control:
    """Asks the back door."""

    def __init__(self, sim: Simulator) -> None:
        self.root = f"{sim.origin}/_control"

    def do(self, verb: str, **body: Any) -> httpx.Response:
        return httpx.post(f"{self.root}/{verb}", json=body, verify=False)

    def get(self, path: str = "", **more: Any) -> httpx.Response:
        return httpx.get(self.root + path, verify=False, **more)


@pytest.fixture
def control(sim: Simulator) -> Control:
    return Control(sim)


def test_the_page_is_there(control: Control) -> None:
    assert "Simulator control" in control.get().text


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "192.168.1.4:8051", ""])
def test_other_hosts_are_refused(control: Control, host: str) -> None:
    assert control.get(headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.9", "[::1]:80"])
def test_loopback_by_any_name_is_welcome(control: Control, host: str) -> None:
    assert control.get("/journal", headers={"Host": host}).status_code == 200


def test_a_form_of_another_site_is_refused(sim: Simulator, control: Control) -> None:
    sim.app_password("max")
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = httpx.post(f"{control.root}/revoke", content=b'{"user_id":"max"}', headers={"Content-Type": kind})
        assert answer.status_code == 415
    foreign = {"Origin": "https://evil.example"}
    assert httpx.post(f"{control.root}/revoke", json={"user_id": "max"}, headers=foreign).status_code == 403
    assert len(sim.app_passwords("max")) == 1


def test_posting(sim: Simulator, control: Control) -> None:
    one = sim.member("max").joins("Ausbildung")
    assert control.do("post", token=one.token, actor="anna", text="Hallo").status_code == 200
    assert one.messages[-1].text == "Hallo"


def test_revoking_and_disabling(sim: Simulator, control: Control, api: Api, secret: str) -> None:
    control.do("enable", user_id="max", on=False)
    assert api.rooms("max", secret).status_code == 401
    control.do("enable", user_id="max", on=True)
    assert api.rooms("max", secret).status_code == 200
    control.do("allow-talk", user_id="max", on=False)
    assert api.rooms("max", secret).status_code == 403
    control.do("revoke", user_id="max")
    assert sim.app_passwords("max") == []


def test_the_clock_jumps(sim: Simulator, control: Control) -> None:
    before = sim.clock.now()
    control.do("advance", seconds=1200)
    assert 1200 <= sim.clock.now() - before < 1210


def test_troubles_come_and_go(sim: Simulator, control: Control, api: Api) -> None:
    control.do("maintenance", on=True)
    assert api.rooms().status_code == 503
    control.do("maintenance", on=False)
    control.do("talk", on=False)
    assert not sim.faults.talk_installed
    control.do("fault", kind="answer", path_contains="/room", status="502", body="x", times=1)
    assert api.rooms().status_code == 502
    control.do("fault", kind="delay", path_contains="/room", seconds=0)
    control.do("fault", kind="drop", path_contains="/room")
    assert len(control.get("/state").json()["faults"]["scripted"]) == 3
    control.do("clear-faults")
    assert api.rooms().status_code == 401
    assert sim.faults.talk_installed


def test_the_journal_leaves_out_the_back_door(control: Control, api: Api) -> None:
    api.rooms()
    control.get("/state")
    [entry] = control.get("/journal").json()
    assert (entry["path"], entry["status"]) == ("/ocs/v2.php/apps/spreed/api/v4/room", 401)
    control.do("clear-journal")
    assert control.get("/journal").json() == []


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("nonsense", {}, 404),
        ("revoke", {}, 422),
        ("revoke", {"user_id": "nobody"}, 422),
        ("post", {"token": "nothing", "actor": "anna", "text": "x"}, 422),
        ("advance", {"seconds": "much"}, 422),
        ("fault", {"kind": "flood", "path_contains": "/"}, 422),
    ],
)
def test_mistakes_are_named(control: Control, verb: str, body: dict[str, Any], status: int) -> None:
    answer = control.do(verb, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_web_root_does_not_move_the_back_door() -> None:
    with Simulator(web_root="/nextcloud") as sim:
        assert Control(sim).get("/state").status_code == 200
