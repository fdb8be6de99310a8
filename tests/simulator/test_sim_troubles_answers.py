"""Answers that come with 200 and are not what they should be."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import HEADERS, ROOMS, Api

USER = "/ocs/v2.php/cloud/user"


@pytest.fixture(autouse=True)
def _talked_in(sim: Simulator) -> None:
    sim.member("max").joins("Ausbildung").post("anna", "Hallo {mention-user1}", {"mention-user1": {
        "type": "user", "id": "max", "name": "Max", "mention-id": "max"}})  # fmt: skip


def body(answer: httpx.Response) -> Any:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def test_xml_whatever_is_accepted(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("xml")
    answer = api.rooms("max", secret, params={"format": "json"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text.startswith("<?xml")
    assert api.rooms("max", "wrong").text.startswith("<?xml")


@pytest.mark.parametrize("path", [ROOMS, USER, "/status.php"])
def test_json_that_is_none(sim: Simulator, api: Api, secret: str, path: str) -> None:
    sim.faults.trouble("not_json")
    answer = api.ask("GET", path, auth=("max", secret))
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        body(answer)


def test_gzip_that_ends_in_the_middle(sim: Simulator, secret: str) -> None:
    sim.faults.trouble("truncated_gzip")
    with httpx.stream("GET", sim.url + ROOMS, headers=HEADERS, auth=("max", secret)) as answer:
        assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
        raw = b"".join(answer.iter_raw())
    assert len(raw) == int(answer.headers["content-length"])
    with pytest.raises(EOFError):
        gzip.decompress(raw)


def test_wrong_types_go_deeper_each_time(sim: Simulator, api: Api, secret: str) -> None:
    good = body(api.rooms("max", secret))
    sim.faults.trouble("wrong_types")
    answers = [body(api.rooms("max", secret)) for _ in range(8)]
    assert not isinstance(answers[0], dict)
    assert not isinstance(answers[1]["ocs"], dict)
    assert not isinstance(answers[2]["ocs"]["data"], list)
    assert not isinstance(answers[3]["ocs"]["data"][0], dict)
    row, known = answers[4]["ocs"]["data"][0], good["ocs"]["data"][0]
    assert all(type(row[key]) is not type(known[key]) for key in known)
    assert not isinstance(answers[5]["ocs"]["data"][0]["lastMessage"]["message"], str)
    assert not isinstance(answers[6]["ocs"]["data"][0]["lastMessage"]["messageParameters"]["mention-user1"], dict)
    innermost = answers[7]["ocs"]["data"][0]["lastMessage"]["messageParameters"]["mention-user1"]
    assert not isinstance(innermost["name"], str)
    assert body(api.rooms("max", secret)) == answers[0]


def test_wrong_types_of_a_flow(sim: Simulator, api: Api) -> None:
    sim.faults.trouble("wrong_types")
    whole, first, second = (api.init() for _ in range(3))
    assert not isinstance(whole, dict)
    assert not isinstance(first["poll"], dict)
    assert not isinstance(second["poll"]["token"], str)


def test_the_data_is_null(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("data_null")
    assert body(api.rooms("max", secret))["ocs"]["data"] is None


def test_the_data_is_an_object(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("data_object", times=1)
    api.ask("GET", USER, auth=("max", secret))
    data = body(api.rooms("max", secret))["ocs"]["data"]
    assert data["0"]["displayName"] == "Ausbildung"
    assert isinstance(body(api.rooms("max", secret))["ocs"]["data"], list)


def test_the_envelope_is_missing(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("no_ocs")
    assert body(api.ask("GET", USER, auth=("max", secret)))["id"] == "max"


def test_a_failure_in_a_200(sim: Simulator, api: Api, secret: str) -> None:
    sim.faults.trouble("v1_failure")
    told = body(api.rooms("max", secret))["ocs"]
    assert (told["meta"]["status"], told["meta"]["statuscode"], told["data"]) == ("failure", 997, [])


def test_a_refusal_is_left_alone(sim: Simulator, api: Api) -> None:
    for name in ("not_json", "data_null", "no_ocs", "v1_failure", "wrong_types"):
        sim.faults.trouble(name)
    assert api.rooms().json()["ocs"]["meta"]["statuscode"] == 997
