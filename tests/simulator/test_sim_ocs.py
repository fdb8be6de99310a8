"""Envelope, formats and paths of the API."""

from __future__ import annotations

import gzip

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import HEADERS, ROOMS, Api

CAPABILITIES = "/ocs/v2.php/cloud/capabilities"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json; charset=utf-8"),
        ("application/json, text/plain, */*", "application/json; charset=utf-8"),
        ("text/html,application/json", "application/json; charset=utf-8"),
        ("*/*", "application/xml; charset=utf-8"),
        ("", "application/xml; charset=utf-8"),
    ],
)
def test_accept_decides_the_format(api: Api, secret: str, accept: str, kind: str) -> None:
    answer = api.rooms("max", secret, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind


def test_a_q_value_breaks_the_answer(api: Api, secret: str) -> None:
    answer = api.rooms("max", secret, headers={"Accept": "application/json;q=0.9"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.text.startswith("<?xml")


def test_the_format_of_the_query_wins(api: Api, secret: str) -> None:
    answer = api.rooms("max", secret, headers={"Accept": "*/*"}, params={"format": "json"})
    assert answer.json()["ocs"]["meta"]["statuscode"] == 200


def test_xml_with_a_reaction_is_an_empty_page(sim: Simulator, api: Api, secret: str) -> None:
    sim.member("max").joins("Ausbildung").post("anna", "Danke", reactions={"👍": 1})
    answer = api.rooms("max", secret, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["content-type"].startswith("text/html")


def test_json_is_ascii_with_escaped_slashes_and_brackets(sim: Simulator, api: Api, secret: str) -> None:
    sim.member("max").joins("Ü/<b>")
    text = api.rooms("max", secret).text
    assert '"name":"\\u00dc\\/\\u003Cb\\u003E"' in text


@pytest.mark.parametrize("value", ["true", "1", "false"])
def test_any_ocs_api_request_header_will_do(api: Api, secret: str, value: str) -> None:
    assert api.rooms("max", secret, headers={"OCS-APIRequest": value}).status_code == 200


@pytest.mark.parametrize("value", ["", None])
def test_without_it_there_is_no_answer(api: Api, secret: str, value: str | None) -> None:
    answer = api.rooms("max", secret, headers={"OCS-APIRequest": value})
    assert answer.status_code == 412
    assert answer.json() == {"message": "CSRF check failed"}


@pytest.mark.parametrize("path", [f"{ROOMS}/", "/ocs/v2.php/nothing/here", "/ocs/v2.php/apps/spreed/api/v3/room"])
def test_an_unknown_route_is_404_998(api: Api, secret: str, path: str) -> None:
    answer = api.ask("GET", path, auth=("max", secret))
    assert answer.status_code == 404
    assert answer.json()["ocs"]["meta"]["statuscode"] == 998


def test_double_slashes_do_no_harm(api: Api, secret: str) -> None:
    assert api.ask("GET", "//ocs/v2.php//apps/spreed/api/v4/room", auth=("max", secret)).status_code == 200


def test_head_works(api: Api, secret: str) -> None:
    answer = api.ask("HEAD", ROOMS, auth=("max", secret))
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_wrong_method_is_405_and_empty(api: Api, secret: str) -> None:
    answer = api.ask("DELETE", ROOMS, auth=("max", secret))
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_v1_hides_all_failures_but_401_and_503(sim: Simulator, api: Api, secret: str) -> None:
    path = ROOMS.replace("v2", "v1")
    sim.member("max").may_use_talk(False)
    refused = api.ask("GET", path, auth=("max", secret))
    assert refused.status_code == 200
    assert refused.json()["ocs"]["meta"]["statuscode"] == 403
    assert api.ask("GET", path).status_code == 401
    sim.faults.maintenance = True
    assert api.ask("GET", path).status_code == 503


def test_a_200_is_compressed_if_allowed_and_nothing_else(sim: Simulator, api: Api, secret: str) -> None:
    plain = api.rooms("max", secret, headers={"Accept-Encoding": "br, deflate"})
    assert "content-encoding" not in plain.headers
    with httpx.stream(
        "GET", sim.url + ROOMS, headers=HEADERS | {"Accept-Encoding": "gzip"}, auth=("max", secret)
    ) as raw:
        body = b"".join(raw.iter_raw())
        assert int(raw.headers["content-length"]) == len(body)
    assert gzip.decompress(body) == plain.content
    assert "content-encoding" not in api.rooms().headers


def test_anonymous_capabilities_are_the_public_blocks(api: Api) -> None:
    data = api.ask("GET", CAPABILITIES).json()["ocs"]["data"]
    assert data["version"]["string"] == "32.0.1"
    assert sorted(data["capabilities"]) == ["bruteforce", "spreed", "theming"]


def test_capabilities_know_if_nothing_changed(api: Api, secret: str) -> None:
    tag = api.ask("GET", CAPABILITIES, auth=("max", secret)).headers["etag"]
    again = api.ask("GET", CAPABILITIES, auth=("max", secret), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("pretty", [True, False])
def test_capabilities_tell_whether_urls_are_pretty(pretty: bool) -> None:
    with Simulator(pretty_urls=pretty) as sim:
        answer = Api(sim).ask("GET", CAPABILITIES, auth=("max", sim.app_password("max")))
        assert answer.json()["ocs"]["data"]["capabilities"]["core"]["mod-rewrite-working"] is pretty


def test_the_talk_hash_changes_with_talks_settings(sim: Simulator, api: Api, secret: str) -> None:
    def known() -> str:
        return api.rooms("max", secret).headers["x-nextcloud-talk-hash"]

    before = known()
    assert known() == before
    sim.change_talk_settings()
    assert known() != before


def test_a_room_avatar_is_unknown_without_being_asked_who_one_is(api: Api) -> None:
    answer = api.ask("GET", "/ocs/v2.php/apps/spreed/api/v1/room/abcd1234/avatar", headers={"OCS-APIRequest": None})
    assert answer.status_code == 404
    assert answer.json()["ocs"]["meta"]["statuscode"] == 404
