"""The back door: what it does, and whom it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from markupsafe import escape

from simulator import Simulator, control_texts
from simulator.troubles import TROUBLES
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


@pytest.mark.parametrize(
    ("language", "heading"), [("de-AT,de;q=0.9", "Störungen"), ("en", "Troubles"), ("fr", "Troubles")]
)
def test_the_page_has_a_switch_for_every_trouble(control: Control, language: str, heading: str) -> None:
    page = control.get(headers={"Accept-Language": language}).text
    assert f"<h2>{heading}</h2>" in page
    assert f'<html lang="{language[:2] if heading == "Störungen" else "en"}">' in page
    for one in TROUBLES.values():
        assert f'role="switch" data-trouble="{one.name}"' in page
        assert str(escape(one.german if heading == "Störungen" else one.english)) in page


def test_german_texts_are_those_of_the_page() -> None:
    folder = Path(control_texts.__file__).parent / "templates"
    page = "".join((folder / name).read_text() for name in ("control.html", "control_troubles.html", "control.js"))
    unused = [text for text in control_texts.GERMAN if not re.search(f"[\"']{re.escape(text)}[\"']", page)]
    assert unused == []
    told = re.findall(r"""\bt\(["']([^"']+)["']\)""", page)
    assert [text for text in told if text not in control_texts.GERMAN] == []


@pytest.mark.parametrize("path", ["//state", "/a/b", "/state/"])
def test_what_is_not_there_is_missing(control: Control, path: str) -> None:
    assert control.get(path).status_code == 404


def test_nobody_frames_the_back_door(control: Control) -> None:
    for path in ("", "/state", "/a/b"):
        assert control.get(path).headers["X-Frame-Options"] == "DENY"


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


def test_named_troubles_are_switched(sim: Simulator, control: Control, api: Api, secret: str) -> None:
    annas = sim.app_password("anna")
    assert control.do("trouble", name="disabled", on=True, user="max").json() == {"done": "trouble"}
    assert (api.rooms("max", secret).status_code, api.rooms("anna", annas).status_code) == (401, 200)
    [told] = control.get("/state").json()["faults"]["troubles"]
    assert (told["name"], told["user"], told["times"], told["met"]) == ("disabled", "max", None, 1)
    control.do("trouble", name="disabled", on=False)
    control.do("trouble", name="proxy_502", on=True, times=1)
    assert [api.rooms("max", secret).status_code for _ in range(2)] == [502, 200]
    control.do("trouble", name="slow", on=True, delay=0)
    control.do("trouble", name="xml", on=True, user=None, times=None)
    assert api.rooms("max", secret).text.startswith("<?xml")
    control.do("clear-faults")
    assert control.get("/state").json()["faults"]["troubles"] == []


def test_a_sequence_is_played_and_shown(sim: Simulator, control: Control, api: Api) -> None:
    steps = [{"name": "maintenance", "seconds": 20}, {"name": "talk_missing", "seconds": 5, "user": "max"}]
    assert control.do("sequence", steps=steps).status_code == 200
    assert api.rooms().status_code == 503
    told = control.get("/state").json()["faults"]["sequence"]
    assert (told["place"], told["now"], told["next"]) == (0, "maintenance", "talk_missing")
    control.do("advance", seconds=21)
    assert api.rooms().status_code == 401
    control.do("sequence", steps=[])
    assert control.get("/state").json()["faults"]["sequence"] is None


def test_the_registry_can_be_read(control: Control) -> None:
    listed = {one["name"]: one for one in control.get("/troubles").json()}
    assert set(listed) == set(TROUBLES)
    assert listed["slow"]["de"]
    assert listed["slow"]["en"]


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
        ("trouble", {"name": "flood", "on": True}, 422),
        ("trouble", {"name": "slow"}, 422),
        ("trouble", {"name": "slow", "on": True, "user": "nobody"}, 422),
        ("trouble", {"name": "slow", "on": True, "times": "often"}, 422),
        ("trouble", {"name": "slow", "on": True, "times": 0}, 422),
        ("sequence", {}, 422),
        ("sequence", {"steps": "slow"}, 422),
        ("sequence", {"steps": [{"name": "slow", "seconds": 1, "user": "nobody"}]}, 422),
        ("sequence", {"steps": [{"name": "flood", "seconds": 1}]}, 422),
        ("sequence", {"steps": [{"name": "slow"}]}, 422),
        ("sequence", {"steps": [{"name": "slow", "seconds": 0}]}, 422),
    ],
)
def test_mistakes_are_named(control: Control, verb: str, body: dict[str, Any], status: int) -> None:
    answer = control.do(verb, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_web_root_does_not_move_the_back_door() -> None:
    with Simulator(web_root="/nextcloud") as sim:
        assert Control(sim).get("/state").status_code == 200
