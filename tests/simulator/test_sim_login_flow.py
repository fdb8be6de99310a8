"""Login Flow v2 as its client sees it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import Api

TOKEN = re.compile(r"^[A-Za-z0-9]{128}$")


def test_init_gives_two_unrelated_tokens(sim: Simulator, api: Api) -> None:
    flow = api.init()
    login = flow["login"].rsplit("/", 1)[-1]
    assert TOKEN.match(flow["poll"]["token"])
    assert TOKEN.match(login)
    assert login != flow["poll"]["token"]
    assert flow["poll"]["endpoint"] == f"{sim.url}/login/v2/poll"


@pytest.mark.parametrize("path", ["/login/v2", "/index.php/login/v2"])
def test_both_forms_of_the_address_start_a_flow(api: Api, path: str) -> None:
    assert "/index.php" not in api.init(path)["login"]


def test_the_addresses_are_built_from_the_host_of_the_request(api: Api) -> None:
    answer = api.ask("POST", "/index.php/login/v2", headers={"Host": "cloud.example.org"})
    assert answer.json()["login"].startswith("http://cloud.example.org/login/v2/flow/")


def test_a_get_is_405_and_empty(api: Api) -> None:
    answer = api.ask("GET", "/index.php/login/v2")
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["content-type"].startswith("text/html")


def test_a_trailing_slash_is_404(api: Api) -> None:
    assert api.ask("POST", "/index.php/login/v2/").status_code == 404


@pytest.mark.parametrize("pretty", [True, False])
def test_in_a_subdirectory_everything_lies_below_it(pretty: bool) -> None:
    with Simulator(web_root="/nextcloud", pretty_urls=pretty) as sim:
        flow = Api(sim).init()
        middle = "" if pretty else "/index.php"
        assert flow["poll"]["endpoint"] == f"{sim.origin}/nextcloud{middle}/login/v2/poll"
        sim.grant(flow["login"], "max")
        assert Api(sim).poll(flow).json()["server"] == f"{sim.origin}/nextcloud"
        assert httpx.post(f"{sim.origin}/index.php/login/v2").status_code == 404


def test_without_rewriting_only_index_php_works() -> None:
    with Simulator(pretty_urls=False) as sim:
        assert Api(sim).ask("POST", "/login/v2").status_code == 404
        assert Api(sim).init()["poll"]["endpoint"] == f"{sim.url}/index.php/login/v2/poll"


def test_the_result_is_given_exactly_once(sim: Simulator, api: Api) -> None:
    flow = api.init()
    assert (api.poll(flow).status_code, api.poll(flow).json()) == (404, [])
    sim.grant(flow["login"], "max")
    result = api.poll(flow)
    assert result.status_code == 200
    assert re.fullmatch(r"[A-Za-z0-9]{72}", result.json()["appPassword"])
    assert (api.poll(flow).status_code, api.poll(flow).json()) == (404, [])


def test_a_result_whose_answer_is_lost_is_gone(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.grant(flow["login"], "max")
    sim.faults.drop("/login/v2/poll", times=1, after=True)
    with pytest.raises(httpx.RemoteProtocolError):
        api.poll(flow)
    assert api.poll(flow).status_code == 404
    assert len(sim.app_passwords("max")) == 1


@pytest.mark.parametrize("way", ["data", "json", "params"])
def test_the_token_may_come_as_form_json_or_query(sim: Simulator, api: Api, way: str) -> None:
    flow = api.init()
    sim.grant(flow["login"], "max")
    sent: dict[str, Any] = {way: {"token": flow["poll"]["token"]}}
    assert api.ask("POST", "/login/v2/poll", **sent).status_code == 200


def test_an_empty_token_is_just_unknown(api: Api) -> None:
    answer = api.ask("POST", "/login/v2/poll", data={"token": ""})
    assert (answer.status_code, answer.json()) == (404, [])


def test_after_1199_seconds_it_can_still_be_granted_and_collected(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.clock.advance(1199)
    sim.grant(flow["login"], "max")
    assert api.poll(flow).status_code == 200


def test_a_grant_does_not_stop_the_clock(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.clock.advance(1190)
    sim.grant(flow["login"], "max")
    sim.clock.advance(11)
    assert api.poll(flow).status_code == 404


def test_after_1200_seconds_there_is_nothing_to_grant(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.clock.advance(1201)
    with pytest.raises(LookupError):
        sim.grant(flow["login"], "max")


def test_the_login_name_is_what_was_typed(sim: Simulator, api: Api) -> None:
    flow = api.init()
    sim.grant(flow["login"], "max", login_name="Max")
    result = api.poll(flow).json()
    assert result["loginName"] == "Max"
    assert api.rooms("max", result["appPassword"]).headers["x-user-id"] == "max"


def test_the_device_is_called_after_the_client(sim: Simulator, api: Api) -> None:
    sim.grant(api.init()["login"], "max")
    assert [one.name for one in sim.app_passwords("max")] == ["Feuerwehr Dashboard"]


def test_a_long_client_name_is_cut(sim: Simulator, api: Api) -> None:
    flow = api.ask("POST", "/login/v2", headers={"User-Agent": "x" * 200}).json()
    sim.grant(flow["login"], "max")
    assert sim.app_passwords("max")[0].name == "x" * 120 + "…"


def test_a_locked_address_can_still_start_and_poll(sim: Simulator, api: Api) -> None:
    for _ in range(11):
        api.rooms("max", "wrong")
    assert api.rooms("max", "wrong").status_code == 429
    assert api.poll(api.init()).status_code == 404


def test_remote_wipe_is_told_once_asked(sim: Simulator, api: Api, secret: str) -> None:
    check = {"data": {"token": secret}}
    assert api.ask("POST", "/index.php/core/wipe/check", **check).status_code == 404
    sim.wipe_all("max")
    assert api.rooms("max", secret).status_code == 401
    assert api.ask("POST", "/index.php/core/wipe/check", **check).json() == {"wipe": True}
    assert api.ask("POST", "/index.php/core/wipe/success", **check).status_code == 200
    assert sim.app_passwords("max") == []


def test_wipe_checks_are_limited_to_ten_in_five_minutes(sim: Simulator, api: Api) -> None:
    check = ("POST", "/index.php/core/wipe/check")
    for _ in range(10):
        assert api.ask(*check, data={"token": "x"}).status_code == 404
    assert api.ask(*check, data={"token": "x"}).status_code == 429
    sim.clock.advance(301)
    assert api.ask(*check, data={"token": "x"}).status_code == 404
