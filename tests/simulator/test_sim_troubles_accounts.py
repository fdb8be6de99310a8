"""Troubles of accounts and their app passwords: what is answered, and what is counted."""

from __future__ import annotations

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import ROOMS, Api, Browser

CAPABILITIES = "/ocs/v2.php/cloud/capabilities"
USER = "/ocs/v2.php/cloud/user"


@pytest.fixture
def annas(sim: Simulator) -> str:
    """An app password of anna."""
    return sim.app_password("anna")


def refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 401
        and answer.json()["ocs"]["meta"] == {"status": "failure", "statuscode": 997, "message": "Unauthorised"}
        and answer.headers["www-authenticate"] == 'Basic realm="Authorisation Required"'
        and "x-user-id" not in answer.headers
    )


@pytest.mark.parametrize(("name", "counted"), [("revoked", 1), ("wipe", 1), ("password_parked", 0), ("disabled", 0)])
def test_a_refused_account(sim: Simulator, api: Api, secret: str, annas: str, name: str, counted: int) -> None:
    sim.faults.trouble(name, "max")
    assert refused(api.rooms("max", secret))
    assert sim.failures() == counted
    bearer = api.bearer(secret)
    assert bearer.status_code == 401
    assert "www-authenticate" not in bearer.headers
    assert sim.failures() == counted
    assert api.rooms("anna", annas).status_code == 200
    sim.faults.end(name)
    assert api.rooms("max", secret).status_code == 200


def test_revoking_spares_what_is_connected_afterwards(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("revoked")
    new = sim.app_password("max")
    assert refused(api.rooms("max", secret))
    assert api.rooms("max", new).status_code == 200


def test_a_revoked_session_is_dead(sim: Simulator, secret: str) -> None:
    with httpx.Client(headers={"OCS-APIRequest": "true", "Accept": "application/json"}) as client:
        assert client.get(sim.url + ROOMS, auth=("max", secret)).status_code == 200
        sim.faults.trouble("revoked")
        assert client.get(sim.url + ROOMS).status_code == 401


def test_a_parked_password_is_repaired_by_a_login_in_the_browser(
    sim: Simulator, api: Api, browser: Browser, secret: str, annas: str
) -> None:
    sim.faults.trouble("password_parked")
    assert refused(api.rooms("max", secret))
    browser.log_in("max", "geheim")
    assert api.rooms("max", secret).status_code == 200
    assert refused(api.rooms("anna", annas))
    assert sim.failures() == 0


def test_a_disabled_account_cannot_log_in_in_the_browser(sim: Simulator, browser: Browser) -> None:
    sim.faults.trouble("disabled", "max")
    assert "do not fit" in browser.log_in("max", "geheim").text


def test_a_wiped_device_hears_of_it_and_is_gone_once_it_reports(sim: Simulator, api: Api, secret: str) -> None:
    def wipe(verb: str) -> httpx.Response:
        return api.ask("POST", f"/index.php/core/wipe/{verb}", data={"token": secret})

    assert wipe("check").status_code == 404
    sim.faults.trouble("wipe", "max")
    assert wipe("check").json() == {"wipe": True}
    assert wipe("success").status_code == 200
    assert wipe("check").status_code == 404
    sim.faults.clear()
    assert sim.app_passwords("max") == []


def test_talk_may_be_forbidden_to_one(sim: Simulator, api: Api, secret: str, annas: str) -> None:
    sim.faults.trouble("talk_not_allowed", "max")
    answer = api.rooms("max", secret)
    assert answer.status_code == 403
    assert answer.json()["ocs"]["meta"]["message"] == "Can not use Talk"
    assert answer.headers["x-user-id"] == "max"
    assert api.rooms("anna", annas).status_code == 200
    mine = api.ask("GET", CAPABILITIES, auth=("max", secret)).json()["ocs"]["data"]["capabilities"]
    anonymous = api.ask("GET", CAPABILITIES).json()["ocs"]["data"]["capabilities"]
    assert ("spreed" in mine, "spreed" in anonymous) == (False, True)


def test_a_guest_is_refused_in_html(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("guest")
    answer = api.rooms("max", secret)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "x-user-id" not in answer.headers
    assert refused(api.rooms("max", "wrong"))


def test_a_locked_address_refuses_basic_and_takes_bearer(sim: Simulator, api: Api, secret: str, annas: str) -> None:
    def delay() -> int:
        told = api.ask("GET", CAPABILITIES).json()["ocs"]["data"]["capabilities"]["bruteforce"]["delay"]
        return int(told)

    sim.faults.trouble("locked")
    assert sim.failures() == 12
    for login, password in (("max", secret), ("anna", annas), ("max", "wrong")):
        answer = api.rooms(login, password)
        assert answer.status_code == 429
        assert answer.json()["ocs"]["meta"]["message"] == "Reached maximum delay"
        assert "retry-after" not in answer.headers
    assert api.bearer(secret).status_code == 200
    assert (sim.failures(), delay()) == (12, 25_000)
    sim.faults.end("locked")
    assert (sim.failures(), delay()) == (0, 0)
    assert api.rooms("max", secret).status_code == 200


def test_a_lock_ends_after_half_an_hour(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("locked")
    sim.clock.advance(1790)
    assert api.rooms("max", secret).status_code == 429
    sim.clock.advance(20)
    assert api.rooms("max", secret).status_code == 200
    assert not sim.faults.is_on("locked")


def test_a_lock_for_one_account_leaves_the_others(sim: Simulator, api: Api, secret: str, annas: str) -> None:
    sim.faults.trouble("locked", "max")
    assert api.rooms("max", secret).status_code == 429
    assert api.rooms("anna", annas).status_code == 200


def test_somebody_elses_answer(sim: Simulator, api: Api, secret: str) -> None:
    sim.member("anna").joins("Nur Anna")
    sim.faults.trouble("other_user")
    answer = api.rooms("max", secret)
    assert (answer.status_code, answer.headers["x-user-id"]) == (200, "anna")
    assert [row["displayName"] for row in answer.json()["ocs"]["data"]] == ["Nur Anna"]


def test_a_body_of_another_account_than_the_header(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("user_mismatch")
    answer = api.ask("GET", USER, auth=("max", secret))
    assert answer.headers["x-user-id"] == "max"
    assert answer.json()["ocs"]["data"]["id"] == "somebody-else"
    assert api.rooms("max", secret).status_code == 200


def test_no_user_id(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("no_user_id")
    answer = api.rooms("max", secret)
    assert answer.status_code == 200
    assert "x-user-id" not in answer.headers


def test_a_trap_of_cookies(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("cookie_trap")
    for answer in (api.rooms("max", secret), api.rooms("max", "wrong"), api.ask("GET", "/status.php")):
        cookies = answer.headers.get_list("set-cookie")
        assert len([one for one in cookies if "trap" in one and "Max-Age" in one]) > 10
