"""Troubles of connecting: addresses, tokens and the one result."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import Api


def addresses(api: Api) -> list[str]:
    flow = api.init()
    return [flow["poll"]["endpoint"], flow["login"]]


def granted(sim: Simulator, api: Api) -> dict[str, dict[str, str]]:
    flow = api.init()
    sim.grant(flow["login"], "max")
    return flow


def test_http_and_no_port(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_http")
    for address in addresses(api):
        assert (urlsplit(address).scheme, urlsplit(address).netloc) == ("http", "127.0.0.1")
        assert urlsplit(address).path.startswith("/login/v2/")


def test_another_host(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_other_host")
    assert {urlsplit(address).hostname for address in addresses(api)} == {"elsewhere.example"}


def test_userinfo(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_userinfo")
    assert all(address.startswith(sim.origin.replace("//", "//a@")) for address in addresses(api))


@pytest.mark.parametrize("root", ["", "/nextcloud"])
def test_outside_of_the_web_root(root: str) -> None:
    with Simulator(web_root=root) as sim:
        sim.faults.trouble("flow_outside_root")
        assert all(address.startswith(f"{sim.origin}/elsewhere/") for address in addresses(Api(sim)))


def test_tokens_that_break_out(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_bad_token")
    flow = api.init()
    assert flow["poll"]["token"].startswith('"><script>')
    assert "<script>" in flow["login"]
    assert len(flow["poll"]["token"]) >= 128


def test_the_one_answer_is_lost(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_lost_answer", times=1)
    waiting = api.init()
    assert api.poll(waiting).status_code == 404
    flow = granted(sim, api)
    with pytest.raises(httpx.RemoteProtocolError):
        api.poll(flow)
    again = api.poll(flow)
    assert (again.status_code, again.json()) == (404, [])
    assert len(sim.app_passwords("max")) == 1
    assert api.poll(granted(sim, api)).status_code == 200


def test_polling_fails(sim: Simulator, api: Api) -> None:
    flow = granted(sim, api)
    sim.faults.trouble("flow_500", times=1)
    failed = api.poll(flow)
    assert (failed.status_code, failed.headers["content-type"].split(";")[0]) == (500, "text/html")
    assert api.poll(flow).status_code == 200


def test_a_login_name_with_a_colon(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_login_with_colon")
    assert ":" in api.poll(granted(sim, api)).json()["loginName"]


def test_a_pasted_app_password_works_and_has_another_name(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_app_password_pasted")
    made = api.poll(granted(sim, api)).json()
    assert len(made["appPassword"]) == 29
    assert made["appPassword"].count("-") == 4
    assert api.rooms(made["loginName"], made["appPassword"]).status_code == 200
    assert [one.name for one in sim.app_passwords("max")] != ["Feuerwehr Dashboard"]


def test_a_flow_of_one_account_is_told_by_its_grant(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("flow_login_with_colon", "anna")
    assert ":" not in api.poll(granted(sim, api)).json()["loginName"]
