"""States of the whole instance: maintenance, updates, a missing Talk, a broken server."""

from __future__ import annotations

import pytest

from simulator import Simulator
from tests.simulator.conftest import ROOMS, Api

CAPABILITIES = "/ocs/v2.php/cloud/capabilities"
USER = "/ocs/v2.php/cloud/user"
PAGE = "/apps/spreed/"


def init_status(api: Api) -> tuple[int, str]:
    answer = api.ask("POST", "/index.php/login/v2")
    return answer.status_code, answer.headers["content-type"].split(";")[0]


@pytest.mark.parametrize("name", ["maintenance", "updating", "updating_cli"])
def test_the_api_is_closed_whatever_the_reason(sim: Simulator, api: Api, name: str) -> None:
    sim.faults.trouble(name)
    answer = api.rooms("max", "wrong")
    assert answer.status_code == 503
    assert answer.json()["ocs"]["meta"]["statuscode"] == 503
    assert answer.headers["x-nextcloud-maintenance-mode"] == "1"
    assert "retry-after" not in answer.headers
    assert "www-authenticate" not in answer.headers
    assert sim.failures() == 0


@pytest.mark.parametrize(
    ("name", "status", "maintenance", "retry_after"),
    [("maintenance", 503, "1", "120"), ("updating", 200, None, None), ("updating_cli", 503, None, "120")],
)
def test_the_pages_tell_the_reasons_apart(
    sim: Simulator, api: Api, name: str, status: int, maintenance: str | None, retry_after: str | None
) -> None:
    flow = api.init()
    sim.faults.trouble(name)
    for answer in (api.ask("POST", "/index.php/login/v2"), api.poll(flow), api.ask("GET", PAGE)):
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers.get("x-nextcloud-maintenance-mode") == maintenance
        assert answer.headers.get("retry-after") == retry_after


@pytest.mark.parametrize(
    ("name", "maintenance", "upgrade"),
    [("maintenance", True, False), ("updating", False, True), ("updating_cli", False, True)],
)
def test_status_php_explains_it(sim: Simulator, api: Api, name: str, maintenance: bool, upgrade: bool) -> None:
    sim.faults.trouble(name)
    answer = api.ask("GET", "/status.php")
    assert answer.status_code == 200
    assert (answer.json()["maintenance"], answer.json()["needsDbUpgrade"]) == (maintenance, upgrade)
    sim.faults.clear()
    told = api.ask("GET", "/status.php").json()
    assert (told["maintenance"], told["needsDbUpgrade"]) == (False, False)


def test_an_untrusted_host_is_told_in_html_and_by_status_php_in_json(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("untrusted_domain")
    for answer in (api.rooms("max", secret), api.ask("POST", "/index.php/login/v2")):
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/html")
    status = api.ask("GET", "/status.php")
    assert (status.status_code, status.json()) == (400, {"error": "Trusted domain error.", "code": 15})


def test_talk_is_missing(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("talk_missing")
    answer = api.rooms("max", secret)
    assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (404, 998)
    assert answer.headers["x-user-id"] == "max"
    assert "spreed" not in api.ask("GET", CAPABILITIES).json()["ocs"]["data"]["capabilities"]
    assert api.ask("GET", USER, auth=("max", secret)).status_code == 200


def test_an_internal_error(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("server_error")
    answer = api.rooms("max", secret)
    assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (500, 996)
    assert init_status(api) == (500, "text/html")
    assert api.ask("GET", "/status.php").status_code == 200


def test_csrf(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("csrf_412")
    answer = api.rooms("max", secret)
    assert (answer.status_code, answer.json()) == (412, {"message": "CSRF check failed"})


def test_an_outdated_client(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("outdated_426")
    answer = api.rooms("max", secret)
    assert answer.status_code == 426
    assert answer.json()["ocs"]["meta"] == {"status": "failure", "statuscode": 426, "message": "15.0.0"}
    assert api.ask("GET", USER, auth=("max", secret)).status_code == 200


def test_429_outside_of_the_envelope(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("ratelimited_429_plain")
    told, silent = api.rooms("max", secret), api.rooms("max", secret)
    assert (told.status_code, told.json()) == (429, {"message": "Reached maximum delay"})
    assert (silent.status_code, silent.content) == (429, b"")
    assert init_status(api)[0] == 429
    assert api.ask("GET", ROOMS).status_code == 429
    assert sim.failures() == 0
