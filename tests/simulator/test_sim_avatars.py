"""Pictures of conversations: as recorded, to participants only, and everything that can be wrong with them."""

from __future__ import annotations

import httpx
import pytest

from simulator import Simulator
from simulator.conversations import NOTE_TO_SELF, ONE_TO_ONE
from tests.simulator.conftest import Api
from tests.simulator.test_sim_recordings import PRESENT, SAME, cookie_names, recorded

ROUTE = "/ocs/v2.php/apps/spreed/api/v1/room/{}/avatar"
ALIKE = (*SAME, "content-security-policy")
ALSO_PRESENT = (*PRESENT, "last-modified", "expires", "content-disposition")


def ask(api: Api, token: str, secret: str, tail: str = "", **headers: str) -> httpx.Response:
    return api.ask("GET", ROUTE.format(token) + tail, auth=("max", secret) if secret else None, headers=headers)


@pytest.mark.parametrize("name", ["room-avatar", "room-avatar-emoji", "room-avatar-one-to-one"])
def test_a_picture_comes_as_recorded(sim: Simulator, api: Api, secret: str, name: str) -> None:
    sim.member("max").has_recorded_rooms(recorded("rooms-all-kinds")["response"]["body"]["ocs"]["data"])
    wanted = recorded(name)
    token = wanted["request"]["path"].split("/")[-2]

    answer = ask(api, token, secret)

    headers = dict(wanted["response"]["headers"])
    assert answer.status_code == 200
    for header in ALIKE:
        assert answer.headers.get(header) == headers.get(header), header
    for header in ALSO_PRESENT:
        assert (header in answer.headers) == (header in headers), header
    cookies = [value for header, value in wanted["response"]["headers"] if header == "set-cookie"]
    assert cookie_names(answer.headers.get_list("set-cookie")) == cookie_names(cookies)
    assert headers["content-disposition"] == answer.headers["content-disposition"]


def test_only_participants_get_it(sim: Simulator, api: Api, secret: str) -> None:
    his, hers = sim.member("max").joins("Ausbildung").token, sim.member("anna").joins("Kommando").token

    answers = [ask(api, his, secret), ask(api, hers, secret), ask(api, "zzzzzzzz", secret), ask(api, his, "")]

    assert [answer.status_code for answer in answers] == [200, 404, 404, 404]
    assert [answer.headers.get("x-user-id") for answer in answers] == ["max", "max", "max", None]
    assert ask(api, "GROSS", secret).json()["ocs"]["meta"]["statuscode"] == 998
    assert sim.failures() == 0


def test_what_is_stored_has_an_etag_and_need_not_come_twice(sim: Simulator, api: Api, secret: str) -> None:
    max_ = sim.member("max")
    stored = [max_.joins("anna", ONE_TO_ONE).token, max_.joins("Notizen", NOTE_TO_SELF).token]
    made = [max_.joins("Ausbildung").token, max_.joins("🚒 Löschzug").token]

    for token in stored:
        etag = ask(api, token, secret).headers["etag"]
        again = ask(api, token, secret, **{"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
    for token in made:
        assert "etag" not in ask(api, token, secret).headers


def test_everybody_has_a_face_of_his_own(sim: Simulator, api: Api, secret: str) -> None:
    max_ = sim.member("max")
    anna, peter = max_.joins("anna", ONE_TO_ONE), max_.joins("peter", ONE_TO_ONE)

    assert ask(api, anna.token, secret).content != ask(api, peter.token, secret).content
    sim.member("peter").picture(b"\x89PNG\r\n\x1a\nnew")
    assert ask(api, peter.token, secret).content == b"\x89PNG\r\n\x1a\nnew"


def test_a_new_picture_of_a_group_is_a_new_version(sim: Simulator, api: Api, secret: str) -> None:
    room = sim.member("max").joins("Ausbildung")
    before = api.rooms("max", secret).json()["ocs"]["data"][0]["avatarVersion"]

    room.picture(b"\x89PNG\r\n\x1a\nnew")

    row = api.rooms("max", secret).json()["ocs"]["data"][0]
    assert row["isCustomAvatar"] is True
    assert row["avatarVersion"] != before
    assert ask(api, room.token, secret, "/dark").content == b"\x89PNG\r\n\x1a\nnew"


def test_the_dark_one_is_another(sim: Simulator, api: Api, secret: str) -> None:
    token = sim.member("max").joins("Ausbildung").token

    assert ask(api, token, secret).content != ask(api, token, secret, "/dark").content


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("avatar_401", 401, "application/json; charset=utf-8"),
        ("avatar_429", 429, "application/json; charset=utf-8"),
        ("avatar_503", 503, "text/html"),
        ("avatar_html", 200, "text/html; charset=utf-8"),
        ("avatar_mislabelled", 200, "image/png"),
        ("avatar_script", 200, "image/svg+xml"),
        ("avatar_huge", 200, "image/png"),
    ],
)
def test_trouble_with_pictures_alone(sim: Simulator, api: Api, secret: str, name: str, status: int, kind: str) -> None:
    token = sim.member("max").joins("Ausbildung").token
    sim.faults.trouble(name)

    answer = ask(api, token, secret)

    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert ("<script>" in answer.text) == (name in ("avatar_html", "avatar_mislabelled", "avatar_script"))
    assert (len(answer.content) > 15_000_000) == (name == "avatar_huge")
    assert api.rooms("max", secret).status_code == 200
    assert sim.failures() == 0


def test_a_picture_may_be_slow_where_the_list_is_not(sim: Simulator, api: Api, secret: str) -> None:
    token = sim.member("max").joins("Ausbildung").token
    sim.faults.trouble("avatar_slow", delay=3)

    assert ask(api, token, secret).elapsed.total_seconds() > 3
    assert api.rooms("max", secret).elapsed.total_seconds() < 3
