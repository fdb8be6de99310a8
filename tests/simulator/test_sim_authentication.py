"""Who is asking, and what is counted against whom."""

from __future__ import annotations

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import HEADERS, ROOMS, Api

REVOKE = "/ocs/v2.php/core/apppassword"
USER = "/ocs/v2.php/cloud/user"
CHALLENGE = 'Basic realm="Authorisation Required"'


def meta(answer: httpx.Response) -> tuple[int, str]:
    inner = answer.json()["ocs"]["meta"]
    return inner["statuscode"], inner["message"]


def test_a_session_cookie_wins_over_basic(sim: Simulator, api: Api, secret: str) -> None:
    anna = sim.app_password("anna")
    with httpx.Client(headers=HEADERS) as keeps_cookies:
        first = keeps_cookies.get(sim.url + ROOMS, auth=("max", secret))
        second = keeps_cookies.get(sim.url + ROOMS, auth=("anna", anna))
        third = keeps_cookies.get(sim.url + ROOMS, auth=("anna", "wrong"))
    assert [one.headers["x-user-id"] for one in (first, second, third)] == ["max"] * 3
    assert sim.failures() == 0
    assert api.rooms("anna", anna).headers["x-user-id"] == "anna"


def test_a_session_dies_with_its_app_password(sim: Simulator, secret: str) -> None:
    with httpx.Client(headers=HEADERS) as keeps_cookies:
        keeps_cookies.get(sim.url + ROOMS, auth=("max", secret))
        assert keeps_cookies.get(sim.url + ROOMS).status_code == 200
        sim.revoke_all("max")
        assert keeps_cookies.get(sim.url + ROOMS).status_code == 401


def test_a_session_ends_when_idle_for_24_minutes(sim: Simulator, secret: str) -> None:
    with httpx.Client(headers=HEADERS) as keeps_cookies:
        keeps_cookies.get(sim.url + ROOMS, auth=("max", secret))
        sim.clock.advance(24 * 60 + 1)
        assert keeps_cookies.get(sim.url + ROOMS).status_code == 401


def test_a_cookie_of_a_disabled_account_costs_it_the_app_password(sim: Simulator, api: Api, secret: str) -> None:
    with httpx.Client(headers=HEADERS) as keeps_cookies:
        keeps_cookies.get(sim.url + ROOMS, auth=("max", secret))
        sim.disable("max")
        sim.clock.advance(301)
        assert keeps_cookies.get(sim.url + ROOMS).status_code == 401
    sim.enable("max")
    assert api.rooms("max", secret).status_code == 401


def test_without_cookies_a_disabled_account_comes_back(sim: Simulator, api: Api, secret: str) -> None:
    sim.disable("max")
    sim.clock.advance(301)
    refused = api.rooms("max", secret)
    assert refused.status_code == 401
    assert meta(refused) == (997, "Unauthorised")
    assert refused.headers["www-authenticate"] == CHALLENGE
    assert sim.failures() == 0
    sim.enable("max")
    assert api.rooms("max", secret).status_code == 200


def test_a_session_without_the_same_site_cookies_is_refused(sim: Simulator, api: Api, secret: str) -> None:
    cookies = httpx.Client()
    cookies.get(sim.url + ROOMS, headers=HEADERS, auth=("max", secret))
    session = {c.name: c.value or "" for c in cookies.cookies.jar if not c.name.startswith("nc_sameSite")}
    cookies.close()
    line = "; ".join(f"{name}={value}" for name, value in session.items())
    answer = api.ask("GET", ROOMS, headers={"OCS-APIRequest": None, "Cookie": line})
    assert answer.status_code == 412
    assert answer.json() == {"error": "Strict Cookie has not been found in request"}


@pytest.mark.parametrize("login", ["max", "MAX", "Max"])
def test_the_login_name_is_compared_without_case(api: Api, secret: str, login: str) -> None:
    answer = api.rooms(login, secret)
    assert answer.status_code == 200
    assert answer.headers["x-user-id"] == "max"


def test_an_account_password_works_too(api: Api) -> None:
    answer = api.rooms("max", "geheim")
    assert answer.status_code == 200
    assert any(one.startswith("cookie_test=") for one in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize("auth", [None, ("", ""), ("max", ""), ("", "secret")])
def test_without_credentials_nobody_is_challenged_or_counted(sim: Simulator, api: Api, auth: tuple[str, str]) -> None:
    answer = api.ask("GET", ROOMS, auth=auth)
    assert answer.status_code == 401
    assert meta(answer) == (997, "Current user is not logged in")
    assert "www-authenticate" not in answer.headers
    assert sim.failures() == 0


@pytest.mark.parametrize("login", ["max", "nobody", "anna"])
def test_wrong_credentials_are_challenged_and_counted(sim: Simulator, api: Api, secret: str, login: str) -> None:
    wrong = secret if login == "anna" else "wrong"
    answer = api.rooms(login, wrong)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert sim.failures() == 1


def test_a_deleted_account_is_counted(sim: Simulator, api: Api, secret: str) -> None:
    sim.delete("max")
    assert api.rooms("max", secret).status_code == 401
    assert sim.failures() == 1


def test_eleven_failures_lock_the_address_for_basic(sim: Simulator, api: Api, secret: str) -> None:
    anna = sim.app_password("anna")
    assert [api.rooms("max", "wrong").status_code for _ in range(11)] == [401] * 11
    for auth in (("max", "wrong"), ("max", secret), ("anna", anna)):
        answer = api.rooms(*auth)
        assert answer.status_code == 429
        assert meta(answer) == (429, "Reached maximum delay")
        assert "retry-after" not in answer.headers
    assert sim.failures() == 11
    assert api.rooms().status_code == 401
    assert api.ask("GET", "/status.php").status_code == 200


def test_the_lock_ends_after_half_an_hour(sim: Simulator, api: Api, secret: str) -> None:
    for _ in range(11):
        api.rooms("max", "wrong")
    sim.clock.advance(29 * 60)
    assert api.rooms("max", secret).status_code == 429
    sim.clock.advance(61)
    assert api.rooms("max", secret).status_code == 200


def test_a_success_forgives_the_same_user_only(sim: Simulator, api: Api, secret: str) -> None:
    for login in ("max", "max", "anna", "MAX"):
        api.rooms(login, "wrong")
    assert sim.failures() == 4
    api.rooms("max", secret)
    assert sim.failures() == 2


def test_capabilities_tell_the_delay(api: Api) -> None:
    def delay() -> int:
        answer = api.ask("GET", "/ocs/v2.php/cloud/capabilities")
        return answer.json()["ocs"]["data"]["capabilities"]["bruteforce"]["delay"]

    assert delay() == 0
    api.rooms("max", "wrong")
    assert delay() == 200
    for _ in range(10):
        api.rooms("max", "wrong")
    assert delay() == 25_000


@pytest.mark.parametrize("path", [ROOMS, USER, "/ocs/v2.php/cloud/capabilities"])
def test_bearer_does_what_basic_does(api: Api, secret: str, path: str) -> None:
    answer = api.bearer(secret, path)
    assert answer.status_code == 200
    assert answer.headers["x-user-id"] == "max"


def test_bearer_is_never_counted(sim: Simulator, api: Api, secret: str) -> None:
    sim.revoke_all("max")
    for wrong in [secret, "nonsense"] * 8:
        answer = api.bearer(wrong)
        assert answer.status_code == 401
        assert meta(answer) == (997, "Current user is not logged in")
        assert "www-authenticate" not in answer.headers
    assert sim.failures() == 0


def test_bearer_works_while_basic_is_locked(api: Api, secret: str) -> None:
    for _ in range(12):
        api.rooms("max", "wrong")
    assert api.rooms("max", secret).status_code == 429
    assert api.bearer(secret).status_code == 200


def test_revoking_by_bearer(sim: Simulator, api: Api, secret: str) -> None:
    assert api.bearer(secret, REVOKE, "DELETE").status_code == 200
    assert sim.app_passwords("max") == []


@pytest.mark.parametrize(
    ("state", "status", "counted"),
    [("valid", 200, 0), ("revoked", 401, 1), ("disabled", 401, 0), ("account password", 403, 0), ("locked", 429, 11)],
)
def test_revoking(sim: Simulator, api: Api, secret: str, state: str, status: int, counted: int) -> None:
    if state == "revoked":
        sim.revoke_all("max")
    elif state == "disabled":
        sim.disable("max")
    elif state == "locked":
        for _ in range(11):
            api.rooms("anna", "wrong")
    used = "geheim" if state == "account password" else secret
    assert api.ask("DELETE", REVOKE, auth=("max", used)).status_code == status
    assert sim.failures() == counted


def test_a_changed_account_password_is_counted_once_and_repaired_by_a_login(
    sim: Simulator, api: Api, secret: str
) -> None:
    sim.member("max").changes_password("neu")
    assert [api.rooms("max", secret).status_code for _ in range(3)] == [401] * 3
    assert sim.failures() == 1
    sim.state.repair(sim.state.members.ensure("max"))
    assert api.rooms("max", secret).status_code == 200


def test_user_tells_who_the_credentials_belong_to(api: Api, secret: str) -> None:
    data = api.ask("GET", USER, auth=("max", secret)).json()["ocs"]["data"]
    assert (data["id"], data["display-name"]) == ("max", "Max Mustermann")
