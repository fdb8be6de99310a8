"""Troubles on demand, and what the journal tells of requests."""

from __future__ import annotations

import time

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import ROOMS, Api


def test_maintenance_spares_status_php_and_counts_nobody(sim: Simulator, api: Api) -> None:
    sim.faults.maintenance = True
    assert api.rooms("max", "wrong").status_code == 503
    assert sim.failures() == 0
    assert api.ask("GET", "/status.php").json()["maintenance"] is True
    assert api.ask("GET", "/apps/spreed/").headers["retry-after"] == "120"
    assert "retry-after" not in api.rooms().headers


def test_a_flow_survives_maintenance(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.faults.maintenance = True
    assert api.poll(flow).status_code == 503
    sim.faults.maintenance = False
    sim.grant(flow["login"], "max")
    assert api.poll(flow).status_code == 200


def test_without_talk_there_are_no_conversations_but_capabilities(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.talk_installed = False
    assert api.rooms("max", secret).status_code == 404
    data = api.ask("GET", "/ocs/v2.php/cloud/capabilities").json()["ocs"]["data"]
    assert "spreed" not in data["capabilities"]


def test_a_scripted_answer_is_given_as_often_as_asked(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.answer("/room", 502, {"Content-Type": "text/html"}, "<h1>Bad Gateway</h1>", times=2)
    answers = [api.rooms("max", secret) for _ in range(3)]
    assert [one.status_code for one in answers] == [502, 502, 200]
    assert answers[0].text == "<h1>Bad Gateway</h1>"
    assert answers[0].headers["content-type"] == "text/html"
    assert "set-cookie" not in answers[0].headers


def test_a_scripted_answer_lasts_until_cleared(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.answer("/room", 500)
    assert {api.rooms("max", secret).status_code for _ in range(3)} == {500}
    sim.faults.clear()
    assert api.rooms("max", secret).status_code == 200


def test_a_fault_hits_only_its_path(sim: Simulator, api: Api) -> None:
    sim.faults.answer("/room", 500)
    assert api.ask("GET", "/status.php").status_code == 200


def test_a_dropped_connection_has_no_answer(sim: Simulator, api: Api) -> None:
    sim.faults.drop("/status.php", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.ask("GET", "/status.php")
    assert api.ask("GET", "/status.php").status_code == 200
    assert [entry.status for entry in sim.journal.entries("/status.php")] == [0, 200]


def test_a_delay_holds_up_nobody_else(sim: Simulator, api: Api) -> None:
    sim.faults.delay("/status.php", 30, times=1)
    with pytest.raises(httpx.ReadTimeout):
        api.ask("GET", "/status.php", timeout=0.2)
    assert api.rooms().status_code == 401


def test_closing_does_not_wait_for_a_delay(api: Api) -> None:
    with Simulator() as sim:
        sim.faults.delay("/status.php", 30)
        with pytest.raises(httpx.ReadTimeout):
            Api(sim).ask("GET", "/status.php", timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 20


def test_the_journal_tells_who_asked_what(sim: Simulator, api: Api, secret: str) -> None:
    api.rooms("max", secret, params={"noStatusUpdate": 1})
    [entry] = sim.journal.entries(path_contains="/room", method="get")
    assert (entry.method, entry.path, entry.query, entry.status) == ("GET", ROOMS, {"noStatusUpdate": "1"}, 200)
    assert (entry.auth_scheme, entry.auth_login, entry.user_id) == ("basic", "max", "max")
    assert (entry.user_agent, entry.headers["ocs-apirequest"]) == ("Feuerwehr Dashboard", "true")
    assert len(entry.auth_digest) == 12


def test_the_journal_holds_no_secret(sim: Simulator, api: Api) -> None:
    flow = api.init()
    login = flow["login"].rsplit("/", 1)[-1]
    with httpx.Client() as person:
        person.get(flow["login"])
        cookies = [cookie.value or "" for cookie in person.cookies.jar]
        person.get(sim.url + "/login")
    sim.grant(flow["login"], "max")
    secret = api.poll(flow).json()["appPassword"]
    api.rooms("max", secret)
    api.bearer(secret)
    api.ask("POST", "/core/wipe/check", json={"token": secret})
    told = repr(sim.journal.entries())
    for hidden in (secret, login, flow["poll"]["token"], *(one for one in cookies if one != "true")):
        assert hidden not in told


def test_equal_secrets_can_be_recognised(sim: Simulator, api: Api, secret: str) -> None:
    api.rooms("max", secret)
    api.bearer(secret)
    digests = {entry.auth_digest for entry in sim.journal.entries("/room")}
    assert len(digests) == 1


def test_only_cookies_of_programs_are_listed(sim: Simulator, secret: str) -> None:
    with httpx.Client(follow_redirects=True) as keeps_cookies:
        keeps_cookies.get(f"{sim.url}/login")
        keeps_cookies.get(f"{sim.url}/login")
        assert sim.journal.cookies() == []
        keeps_cookies.get(f"{sim.url}/status.php")
    assert set(sim.journal.cookies()) >= {"oc_sessionPassphrase", "nc_sameSiteCookielax"}
    sim.journal.clear()
    assert sim.journal.entries() == []
