"""Login Flow v2: opened, asked about, granted, refused, abandoned. The numbers are those of docs/nextcloud.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.connecting import UNATTENDED_SECONDS
from simulator import Simulator
from tests.world import (
    CONNECT,
    FLOW_POLL,
    FLOW_START,
    IDENTITY,
    POLL,
    REVOKE,
    ROOMS,
    Caller,
    World,
    code,
    names,
    polls,
    starts,
)

JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}
GOOD_TOKEN = "a1B2" * 32


@pytest.fixture
def other_simulator() -> Iterator[Simulator]:
    """A second Nextcloud, to which nothing may be sent."""
    with Simulator() as running:
        yield running


def started(simulator: Simulator, **changes: str) -> str:
    """An answer to the opening of a flow, good except for the changes."""
    base = simulator.url
    parts = {"token": GOOD_TOKEN, "endpoint": f"{base}{FLOW_POLL}", "login": f"{base}/login/v2/flow/{GOOD_TOKEN}"}
    parts |= changes
    return json.dumps({"poll": {"token": parts["token"], "endpoint": parts["endpoint"]}, "login": parts["login"]})


def granted(**changes: Any) -> str:
    """An answer to a poll, good except for the changes; None leaves a key out."""
    parts = {"server": "https://cloud.example.org", "loginName": "max", "appPassword": GOOD_TOKEN[:72]} | changes
    return json.dumps({key: value for key, value in parts.items() if value is not None})


def begin(world: World, caller: Caller) -> dict[str, Any]:
    """Opens a flow and lets a moment pass, so that it may be asked about."""
    answer: dict[str, Any] = caller.data(caller.post(CONNECT))
    world.clock.advance(3)
    return answer


def status(caller: Caller, handle: str | None = None) -> str:
    body = {"token": handle} if handle else {}
    return str(caller.data(caller.post(POLL, json=body))["status"])


def test_F1_a_flow_shows_nextclouds_page_and_keeps_the_poll_token_here(world: World) -> None:
    max_ = world.sign_in("max")

    answer = max_.data(max_.post(CONNECT))

    assert answer["loginUrl"].startswith(world.simulator.url + "/login/v2/flow/")
    assert answer["poll"]["endpoint"] == f"{world.settings.address}api/nextcloud/poll"
    assert 1190 < answer["expiresAt"] - world.clock() <= 1200
    (flow,) = world.simulator.state.flows._rows
    assert flow.poll_token not in json.dumps(answer)
    assert flow.poll_token not in max_.tick().get_data(as_text=True)


def test_F1_neither_token_of_a_flow_stands_readable_in_the_database(world: World) -> None:
    world.sign_in("max").post(CONNECT)

    written = json.dumps(world.rows("login_flows"))

    (flow,) = world.simulator.state.flows._rows
    assert flow.poll_token not in written
    assert flow.login_token not in written


@pytest.mark.parametrize(("web_root", "pretty"), [("/nextcloud", False), ("/nextcloud", True), ("", False), ("", True)])
def test_F2_F3_nextcloud_below_a_path_and_with_or_without_pretty_addresses(
    tmp_path: Path, web_root: str, pretty: bool
) -> None:
    with Simulator(web_root, pretty) as simulator:
        world = World(tmp_path, simulator)
        max_ = world.sign_in("max")

        world.connect(max_)

        assert max_.card() == "empty"
        endpoints = {entry.path for entry in simulator.journal.entries(FLOW_POLL)}
        assert endpoints == {web_root + ("" if pretty else "/index.php") + FLOW_POLL}
        world.close()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        pytest.param("endpoint", "http://localhost:{other}/login/v2/poll", id="F4_poll_on_another_host"),
        pytest.param("endpoint", "http://127.0.0.1.evil.example/login/v2/poll", id="F4_poll_on_a_longer_host"),
        pytest.param("endpoint", "http://{mine}.evil.example/login/v2/poll", id="F4_poll_at_a_port_that_is_none"),
        pytest.param("endpoint", "http://[/login/v2/poll", id="F4_poll_at_no_address_at_all"),
        pytest.param("login", "http://localhost:{other}/login/v2/flow/{token}", id="F5_page_on_another_host"),
        pytest.param("login", "javascript:alert(1)//login/v2/flow/{token}", id="F5_page_is_a_script"),
        pytest.param("login", "http://{mine}/login/v2/flow/{token}?next=//evil", id="F5_page_with_a_query"),
        pytest.param("endpoint", "http://{mine}/elsewhere/poll", id="F8_poll_at_an_unknown_path"),
        pytest.param("endpoint", "http://{mine}/login/v2/poll/../../../x", id="F8_poll_path_with_dots"),
        pytest.param("login", "http://{mine}/apps/phishing/{token}", id="F8_page_at_an_unknown_path"),
        pytest.param("endpoint", "http://a@{mine}/login/v2/poll", id="F9_poll_with_a_user"),
        pytest.param("login", "http://max:pw@{mine}/login/v2/flow/{token}", id="F9_page_with_a_user"),
    ],
)
def test_F4_F5_F8_F9_addresses_that_lead_away_are_neither_shown_nor_asked(
    world: World, other_simulator: Simulator, part: str, value: str
) -> None:
    max_ = world.sign_in("max")
    mine, other = world.simulator.origin.removeprefix("http://"), other_simulator.origin.rsplit(":", 1)[1]
    address = value.format(mine=mine, other=other, token=GOOD_TOKEN)
    world.simulator.faults.answer(FLOW_START, 200, JSON, started(world.simulator, **{part: address}))

    answer = max_.post(CONNECT)

    assert code(answer) == (502, "nextcloud_misconfigured")
    assert address not in max_.act("connect").get_data(as_text=True)
    world.clock.advance(20)
    world.housekeeping()
    assert polls(world.simulator) == []
    assert other_simulator.journal.entries() == []


@pytest.mark.parametrize("wrong", ["https://127.0.0.1", "http://127.0.0.1:9", "https://127.0.0.1:8443"])
def test_F6_F7_a_wrong_scheme_or_port_is_put_right_from_the_configured_address(world: World, wrong: str) -> None:
    max_ = world.sign_in("max")
    answer = started(world.simulator, endpoint=f"{wrong}{FLOW_POLL}", login=f"{wrong}/login/v2/flow/{GOOD_TOKEN}")
    world.simulator.faults.answer(FLOW_START, 200, JSON, answer, times=1)

    opened = begin(world, max_)

    assert opened["loginUrl"] == f"{world.simulator.url}/login/v2/flow/{GOOD_TOKEN}"
    assert status(max_) == "pending"
    assert len(polls(world.simulator)) == 1


@pytest.mark.parametrize(
    ("http_status", "headers", "body", "expected"),
    [
        pytest.param(200, HTML, "<html>Update needed</html>", (502, "nextcloud_unreachable"), id="F10_upgrade_page"),
        pytest.param(
            503,
            HTML | {"X-Nextcloud-Maintenance-Mode": "1", "Retry-After": "120"},
            "",
            (503, "nextcloud_maintenance"),
            id="F11_maintenance",
        ),
        pytest.param(400, HTML, "untrusted domain", (502, "nextcloud_misconfigured"), id="F12_untrusted_domain"),
        pytest.param(404, HTML, "", (502, "nextcloud_misconfigured"), id="F13_no_nextcloud_here"),
        pytest.param(404, JSON, "[]", (502, "nextcloud_misconfigured"), id="F13_no_nextcloud_here_in_json"),
        pytest.param(405, HTML, "", (502, "nextcloud_misconfigured"), id="F14_wrong_method"),
        pytest.param(301, {"Location": "/evil"}, "", (502, "nextcloud_misconfigured"), id="F15_redirect"),
        pytest.param(200, JSON, '{"poll":{"endpoint":"x"},"login":"y"}', (502, "nextcloud_unreachable"), id="F16_key"),
        pytest.param(200, JSON, "[]", (502, "nextcloud_unreachable"), id="F16_list"),
        pytest.param(200, JSON, "null", (502, "nextcloud_unreachable"), id="F16_null"),
        pytest.param(200, JSON, '{"poll":', (502, "nextcloud_unreachable"), id="F17_broken_json"),
        pytest.param(200, JSON | {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08\0", (502, "nextcloud_unreachable"),
                     id="F17_truncated_gzip"),
        pytest.param(200, JSON, b"\xff\xfe{}", (502, "nextcloud_unreachable"), id="F17_no_utf8"),
    ],
)  # fmt: skip
def test_F10_to_F17_an_opening_that_fails_says_why_and_the_button_works_again(
    world: World, http_status: int, headers: dict[str, str], body: str | bytes, expected: tuple[int, str]
) -> None:
    max_ = world.sign_in("max")
    world.simulator.faults.answer(FLOW_START, http_status, headers, body, times=2)

    answer, card = max_.post(CONNECT), max_.act("connect")

    assert code(answer) == expected
    assert (max_.card(card), max_.cause(card)) == ("not_connected", expected[1])
    assert world.simulator.journal.entries("evil") == []
    assert max_.post(CONNECT).status_code == 200


def test_F11_maintenance_says_when_to_come_back(world: World) -> None:
    max_ = world.sign_in("max")
    world.simulator.faults.maintenance = True

    answer = max_.post(CONNECT)

    assert code(answer) == (503, "nextcloud_maintenance")
    assert answer.headers["Retry-After"] == "120"


def test_F18_a_connection_that_is_cut_says_unreachable_and_the_button_works_again(world: World) -> None:
    max_ = world.sign_in("max")
    world.simulator.faults.drop(FLOW_START, times=1)

    answer = max_.post(CONNECT)

    assert code(answer) == (502, "nextcloud_unreachable")
    assert max_.post(CONNECT).status_code == 200


@pytest.mark.parametrize("token", ['"><script>alert(1)</script>' + "a" * 64, "a" * 63, "a" * 257, "ä" * 64, ""])
def test_F19_a_poll_token_of_another_alphabet_or_length_is_refused(world: World, token: str) -> None:
    max_ = world.sign_in("max")
    world.simulator.faults.answer(FLOW_START, 200, JSON, started(world.simulator, token=token))

    answer = max_.post(CONNECT)

    assert code(answer) == (502, "nextcloud_unreachable")
    assert world.rows("login_flows") == []


def test_F21_a_flow_that_is_not_granted_yet_is_pending_and_no_error(world: World) -> None:
    max_ = world.sign_in("max")
    handle = begin(world, max_)["poll"]["token"]

    answer = max_.post(POLL, json={"token": handle})

    assert max_.data(answer) == {"status": "pending"}
    card = max_.flow_tick()
    assert (max_.card(card), max_.cause(card)) == ("connecting", None)


def test_F23_a_poll_that_meets_no_nextcloud_ends_the_flow(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, 404, HTML, "<html>not found</html>")

    card = max_.flow_tick()

    assert (max_.card(card), max_.cause(card)) == ("not_connected", "nextcloud_misconfigured")
    assert code(max_.post(POLL)) == (502, "nextcloud_misconfigured")
    assert len(polls(world.simulator)) == 1


def test_F24_a_granted_flow_connects_and_the_app_password_is_kept_encrypted(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")

    answer = max_.post(POLL, json={"token": opened["poll"]["token"]})

    assert max_.data(answer) == {"status": "connected", "nextcloudUsername": "max"}
    row = world.row("max")
    (app_password,) = world.simulator.app_passwords("max")
    assert app_password.name == "Talkboard (max)"
    assert app_password.secret not in json.dumps(world.rows("users") + world.rows("login_flows"))
    assert world.wired.housekeeping is not None
    assert row["nextcloud_app_password"].startswith("gAAAA")
    assert (row["nextcloud_username"], row["nextcloud_user_id"], row["nextcloud_display_name"]) == (
        "max", "max", "Max Mustermann",
    )  # fmt: skip


def test_F24_the_flow_keeps_no_secret_once_it_has_connected(world: World) -> None:
    world.connected("max")

    (flow,) = world.rows("login_flows")

    assert flow["state"] == "connected"
    assert (flow["answer"], flow["poll_token"], flow["login_url"]) == (None, None, None)


def test_F24_the_account_is_verified_before_the_member_counts_as_connected(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.faults.drop(IDENTITY, times=1)

    first = status(max_)
    world.clock.advance(20)
    second = status(max_)

    assert (first, second) == ("pending", "connected")
    assert len(world.simulator.app_passwords("max")) == 1


def test_F25_a_flow_that_has_connected_is_not_asked_about_again(world: World) -> None:
    max_ = world.connected("max")
    before = polls(world.simulator)

    for _turn in range(3):
        world.clock.advance(20)
        assert status(max_) == "connected"
        max_.flow_tick()
        world.housekeeping()

    assert polls(world.simulator) == before


def test_F26_after_twenty_minutes_the_flow_has_expired_by_our_own_clock(world: World) -> None:
    max_ = world.sign_in("max")
    handle = begin(world, max_)["poll"]["token"]
    world.clock.advance(1200)

    answer, card = max_.post(POLL, json={"token": handle}), max_.flow_tick()
    world.housekeeping()

    assert max_.data(answer) == {"status": "expired"}
    assert '"data-expired":""' in card.get_data(as_text=True)
    assert polls(world.simulator) == []
    assert max_.card(max_.act("restart")) == "connecting"
    assert starts(world.simulator) == 2


def test_F26_one_second_before_the_flow_still_connects(world: World) -> None:
    max_ = world.sign_in("max")
    opened = max_.data(max_.post(CONNECT))
    world.simulator.grant(opened["loginUrl"], "max")
    world.clock.advance(1197)

    assert status(max_) == "connected"


def test_F27_cancelling_ends_the_flow_on_the_card(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)

    card = max_.act("cancel")

    assert max_.card(card) == "not_connected"
    assert code(max_.post(POLL)) == (404, "flow_not_found")


def test_F27_an_abandoned_flow_is_asked_about_until_it_expires_and_then_no_more(world: World) -> None:
    begin(world, world.sign_in("max"))
    for _quarter in range(90):
        world.clock.advance(15)
        world.wired.services.connecting.look_after_unattended()

    asked = len(polls(world.simulator))

    assert 70 <= asked <= 80
    world.clock.advance(3600)
    world.housekeeping()
    assert len(polls(world.simulator)) == asked


def test_the_server_leaves_a_flow_to_who_has_just_opened_it(world: World) -> None:
    opened = begin(world, max_ := world.sign_in("max"))
    world.clock.advance(UNATTENDED_SECONDS / 3)
    world.housekeeping()
    world.simulator.grant(opened["loginUrl"], "max")

    assert status(max_) == "connected"


def test_F28_a_lost_answer_is_no_crash_and_the_flow_expires(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.faults.drop(FLOW_POLL, times=1, after=True)

    first = status(max_)
    world.clock.advance(3)
    second = status(max_)
    world.clock.advance(1200)

    assert (first, second, status(max_)) == ("pending", "pending", "expired")
    assert "Sicherheitseinstellungen" in max_.flow_tick().get_data(as_text=True)
    assert max_.card(max_.act("restart")) == "connecting"


@pytest.mark.parametrize("trouble", [500, 502, 504, 429])
def test_F29_F31_trouble_at_a_poll_keeps_the_flow(world: World, trouble: int) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, trouble, HTML, "<html>", times=1)
    world.simulator.grant(opened["loginUrl"], "max")

    first = status(max_)
    world.clock.advance(3)

    assert (first, status(max_)) == ("pending", "connected")


def test_F30_a_flow_survives_maintenance(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.faults.maintenance = True
    during = status(max_)
    world.simulator.faults.maintenance = False
    world.clock.advance(121)  # as long as Nextcloud asked us to wait

    assert (during, status(max_)) == ("pending", "connected")


@pytest.mark.parametrize("server", ["https://cloud.example.org", "http://elsewhere:8080/nextcloud", "nonsense"])
def test_F32_F33_the_address_in_the_answer_is_not_believed(world: World, server: str) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    (flow,) = world.simulator.state.flows._rows
    world.simulator.grant(opened["loginUrl"], "max")
    flow.server = server

    assert status(max_) == "connected"
    assert world.row("max")["nextcloud_base_url"] == world.simulator.url
    assert max_.card() == "empty"


@pytest.mark.parametrize("login_name", ["max@example.org", "MAX", "Max"])
def test_F34_F35_the_login_name_is_sent_as_it_was_typed(world: World, login_name: str) -> None:
    max_ = world.sign_in("max")
    world.simulator.member("max", email="max@example.org")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max", login_name=login_name)

    answer = max_.data(max_.post(POLL))
    max_.tick()

    assert answer["nextcloudUsername"] == login_name
    assert {entry.auth_login for entry in world.simulator.journal.entries("/ocs/")} == {login_name}
    assert world.row("max")["nextcloud_user_id"] == "max"
    assert max_.card() == "empty"


def test_F36_a_login_name_with_umlaut_and_blank_works(world: World) -> None:
    world.simulator.member("joerg", email="Jörg Weiß")
    joerg = world.sign_in("max")
    opened = begin(world, joerg)
    world.simulator.grant(opened["loginUrl"], "joerg", login_name="Jörg Weiß")

    answer = joerg.data(joerg.post(POLL))

    assert answer["nextcloudUsername"] == "Jörg Weiß"
    assert joerg.card() == "empty"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(granted(appPassword="schlüssel"), id="F39_password_of_other_letters"),
        pytest.param(granted(appPassword="a b"), id="F39_password_with_a_blank"),
        pytest.param(granted(appPassword="a" * 257), id="F39_endless_password"),
        pytest.param(granted(appPassword=""), id="F39_empty_password"),
        pytest.param(granted(appPassword=None), id="F39_missing_password"),
        pytest.param("[]", id="F39_no_object"),
        pytest.param('{"server":', id="F39_broken"),
    ],
)
def test_F37_F39_a_result_that_cannot_be_used_is_refused(world: World, body: str) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, 200, JSON, body)

    answer = max_.post(POLL)

    assert code(answer) == (502, "connect_failed")
    card = max_.tick()
    assert (max_.card(card), max_.cause(card)) == ("not_connected", "connect_failed")
    assert world.row("max")["nextcloud_app_password"] is None
    assert world.simulator.journal.entries("/ocs/") == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"loginName": "max:x"}, id="F37_colon"),
        pytest.param({"loginName": "max\nx"}, id="F37_newline"),
        pytest.param({"loginName": "max\x7f"}, id="F37_control"),
        pytest.param({"loginName": "x" * 256}, id="F37_endless"),
        pytest.param({"loginName": ""}, id="F39_empty_name"),
        pytest.param({"loginName": ["max"]}, id="F39_list"),
        pytest.param({"server": None}, id="F39_missing_server"),
    ],
)
def test_F37_F39_an_app_password_whose_login_name_cannot_be_used_is_revoked_by_bearer(
    world: World, change: dict[str, Any]
) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    (made,) = world.simulator.app_passwords("max")
    world.simulator.faults.answer(FLOW_POLL, 200, JSON, granted(appPassword=made.secret, **change))

    answer = max_.post(POLL)

    assert code(answer) == (502, "connect_failed")
    assert made.revoked
    assert [entry.auth_scheme for entry in world.simulator.journal.entries("/ocs/")] == ["bearer"]
    assert world.rows("revocations") == []
    assert world.row("max")["nextcloud_app_password"] is None


def test_an_app_password_that_only_bearer_can_carry_is_not_forgotten_where_bearer_is_refused(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    (made,) = world.simulator.app_passwords("max")
    world.simulator.faults.answer(FLOW_POLL, 200, JSON, granted(appPassword=made.secret, loginName="a:b"))
    world.simulator.faults.takes_bearer = False

    assert code(max_.post(POLL)) == (502, "connect_failed")

    assert len(world.rows("revocations")) == 1
    world.simulator.faults.takes_bearer = True
    world.clock.advance(400)
    world.housekeeping()
    assert made.revoked
    assert world.rows("revocations") == []


def test_F38_an_app_password_that_the_member_pasted_works(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.app_passwords("max")[0].secret = "aB3dE-fG5hI-jK7lM-nO9pQ-rS1tU"

    assert status(max_) == "connected"
    assert max_.card() == "empty"


def test_F40_a_refused_verification_connects_nobody_and_forgets_the_answer(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.revoke_all("max")

    answer = max_.post(POLL)

    assert code(answer) == (502, "connect_failed")
    assert world.row("max")["nextcloud_app_password"] is None
    assert world.rows("login_flows")[0]["answer"] is None
    for _turn in range(3):
        world.clock.advance(60)
        world.housekeeping()
    assert len(world.simulator.journal.entries(IDENTITY)) == 1
    assert world.simulator.failures() == 1


@pytest.mark.parametrize(("header", "user_id"), [("anna", "max"), ("max", "anna"), ("max", "")])
def test_F41_an_identity_that_contradicts_itself_connects_nobody_and_is_revoked(
    world: World, header: str, user_id: str
) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    body = {"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": {"id": user_id, "display-name": "Wer"}}}
    world.simulator.faults.answer(IDENTITY, 200, JSON | {"X-User-Id": header}, json.dumps(body))

    answer = max_.post(POLL)

    assert code(answer) == (502, "connect_failed")
    assert world.row("max")["nextcloud_app_password"] is None
    assert world.simulator.app_passwords("max") == []


def test_F42_of_two_tabs_only_the_newest_flow_connects_and_the_other_is_revoked(world: World) -> None:
    max_ = world.sign_in("max")
    older = begin(world, max_)
    newer = begin(world, max_.again())
    world.simulator.grant(older["loginUrl"], "max")

    late = max_.post(POLL, json={"token": older["poll"]["token"]})
    world.clock.advance(20)
    world.housekeeping()

    assert code(late) == (404, "flow_not_found")
    assert world.simulator.app_passwords("max") == []
    assert max_.card() == "connecting"
    world.simulator.grant(newer["loginUrl"], "max")
    world.clock.advance(3)
    assert status(max_, newer["poll"]["token"]) == "connected"
    assert len(world.simulator.app_passwords("max")) == 1


def test_F42_a_cancelled_flow_that_is_granted_after_all_is_collected_and_revoked(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    cancelled = max_.delete(CONNECT)
    world.simulator.grant(opened["loginUrl"], "max")

    world.clock.advance(20)
    world.housekeeping()

    assert max_.data(cancelled) == {"revoked": False}
    assert world.simulator.app_passwords("max") == []
    assert max_.card() == "not_connected"
    assert len(world.simulator.journal.entries(REVOKE)) == 1
    assert world.simulator.failures() == 0


def test_F42_cancelled_between_the_answer_and_its_verification_it_is_revoked(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    world.simulator.faults.drop(IDENTITY, times=1)
    assert status(max_) == "pending"

    max_.act("cancel")
    world.clock.advance(60)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.row("max")["nextcloud_app_password"] is None


def test_F42_the_late_grant_of_a_removed_member_is_revoked(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.wired.roster.remove("max")
    world.simulator.grant(opened["loginUrl"], "max")

    world.clock.advance(20)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.rows("users") == []


def test_F43_another_members_handle_is_unknown(world: World) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")
    handle = begin(world, max_)["poll"]["token"]
    begin(world, anna)

    answer = anna.post(POLL, json={"token": handle})

    assert code(answer) == (404, "flow_not_found")
    assert polls(world.simulator) == []


@pytest.mark.parametrize("handle", ["nonsense", "", "a" * 200])
def test_F43_an_unknown_handle_is_unknown(world: World, handle: str) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)

    assert code(max_.post(POLL, json={"token": handle})) == (404, "flow_not_found")


def test_F43_without_any_flow_there_is_none_to_ask_about(world: World) -> None:
    assert code(world.sign_in("max").post(POLL)) == (404, "flow_not_found")


def test_F44_reading_opens_no_flow(world: World) -> None:
    max_ = world.sign_in("max")

    answers = [max_.get(CONNECT), max_.get("/"), max_.tick()]

    assert [answer.status_code for answer in answers] == [405, 200, 200]
    assert world.simulator.journal.entries(FLOW_START) == []


def test_F44_without_the_token_of_the_session_no_flow_is_opened(world: World) -> None:
    max_ = world.sign_in("max")

    answer = max_.post(CONNECT, headers={"X-CSRFToken": ""})
    callback = max_.post("/_dash-update-component", json={}, headers={"X-CSRFToken": "wrong"})

    assert code(answer) == (403, "csrf_failed")
    assert callback.get_json()["sideUpdate"] == {"leave": {"href": "/"}}
    assert world.simulator.journal.entries(FLOW_START) == []


def test_F44_a_member_opens_at_most_ten_flows_in_ten_minutes(world: World) -> None:
    max_ = world.sign_in("max")
    opened = [max_.post(CONNECT).status_code for _turn in range(10)]

    answer = max_.post(CONNECT)

    assert opened == [200] * 10
    assert code(answer) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0
    assert starts(world.simulator) == 10


def test_F46_connecting_another_account_replaces_the_first_and_revokes_it(world: World) -> None:
    world.simulator.member("anna", display_name="Anna Schmidt").joins("Kommando")
    max_ = world.connected("max")
    (first,) = world.simulator.app_passwords("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "anna")

    answer = max_.data(max_.post(POLL))

    assert answer == {"status": "connected", "nextcloudUsername": "anna"}
    assert first.revoked
    assert len(world.simulator.app_passwords("anna")) == 1
    assert names(max_.get(ROOMS)) == ["Kommando"]
    assert world.simulator.failures() == 0


def test_F46_until_the_new_account_is_granted_the_old_one_goes_on(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    begin(world, max_)

    assert max_.card() == "connecting"
    assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
    assert max_.card(max_.act("cancel")) == "connected"
    assert len(world.simulator.app_passwords("max")) == 1


def test_F46_pasting_the_same_app_password_again_does_not_revoke_it(world: World) -> None:
    max_ = world.connected("max")
    (app_password,) = world.simulator.app_passwords("max")
    opened = begin(world, max_)
    world.simulator.grant(opened["loginUrl"], "max")
    (flow,) = world.simulator.state.flows._rows
    flow.app_password = app_password

    assert status(max_) == "connected"
    assert not app_password.revoked
    assert max_.card() == "empty"
