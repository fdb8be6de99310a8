"""A credential that Nextcloud has refused is not sent again unasked."""

import pytest

from models.credential_store import CredentialStore
from models.database import DatabaseAwayError
from services.rooms import SPREAD
from simulator import Simulator
from tests.world import ROOM_LIST, ROOMS, Caller, World, code, fetches


def revoked(world: World) -> Caller:
    """A member whose app password was revoked at Nextcloud, and who has met it."""
    max_ = world.connected("max")
    max_.get(ROOMS)
    world.simulator.revoke_all("max")
    world.clock.advance(31)
    max_.get(ROOMS)
    return max_


def refuse_the_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise DatabaseAwayError("readonly database")

    monkeypatch.setattr(CredentialStore, "mark_refused", away)


HOURS = 24


def a_day_of_ticks(world: World, caller: Caller) -> None:
    for _hour in range(HOURS):
        caller.tick()
        caller.get(ROOMS)
        world.housekeeping()
        world.clock.advance(3700)


def by_password(simulator: Simulator) -> int:
    """Requests that Nextcloud would count, were they refused."""
    return len([entry for entry in simulator.journal.entries(ROOM_LIST) if entry.auth_scheme == "basic"])


def by_bearer(simulator: Simulator) -> int:
    """Requests that are never counted: one an hour finds out whether a parked password is good again."""
    return len([entry for entry in simulator.journal.entries(ROOM_LIST) if entry.auth_scheme == "bearer"])


def test_A6_a_revoked_credential_says_so_and_the_rows_go_at_once(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")

    max_ = revoked(world)

    assert code(max_.get(ROOMS)) == (401, "nextcloud_revoked")
    card = max_.tick()
    assert (max_.card(card), max_.cause(card)) == ("failed", "nextcloud_revoked")
    assert "Einsatzgruppe 1" not in card.get_data(as_text=True)


def test_A6_it_is_not_sent_again_however_long_the_card_stays_open(world: World) -> None:
    max_ = revoked(world)
    before = by_password(world.simulator)

    a_day_of_ticks(world, max_)

    assert by_password(world.simulator) == before
    assert by_bearer(world.simulator) <= HOURS
    assert world.simulator.failures() == 1


def test_A6_nor_after_a_restart(world: World) -> None:
    max_ = revoked(world)
    before = by_password(world.simulator)

    world.restart(max_)
    a_day_of_ticks(world, max_)

    assert by_password(world.simulator) == before
    assert by_bearer(world.simulator) <= HOURS
    assert max_.cause() == "nextcloud_revoked"


def test_A6_nor_by_another_process(world: World) -> None:
    max_ = revoked(world)
    before = fetches(world.simulator)
    other = world.beside()

    answer = other.visits(max_).get(ROOMS)

    assert code(answer) == (401, "nextcloud_revoked")
    assert fetches(world.simulator) == before


def test_A6_nor_where_the_database_does_not_take_the_mark(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_the_mark(monkeypatch)
    max_ = revoked(world)
    before = by_password(world.simulator)

    a_day_of_ticks(world, max_)

    assert by_password(world.simulator) == before
    assert by_bearer(world.simulator) <= HOURS


def test_A6_a_mark_that_the_database_did_not_take_is_made_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        refuse_the_mark(patch)
        max_ = revoked(world)
    before = by_password(world.simulator)
    world.clock.advance(3700)
    max_.tick()

    world.restart(max_)
    a_day_of_ticks(world, max_)

    assert by_password(world.simulator) == before
    assert by_bearer(world.simulator) <= HOURS


def test_A7_trying_again_asks_once_by_bearer_which_is_never_counted(world: World) -> None:
    max_ = revoked(world)
    world.clock.advance(6)

    card = max_.act("retry")

    assert (max_.card(card), max_.cause(card)) == ("failed", "nextcloud_revoked")
    assert [entry.auth_scheme for entry in world.simulator.journal.entries(ROOM_LIST)] == ["basic", "basic", "bearer"]
    assert world.simulator.failures() == 1


def test_A9_a_parked_password_comes_back_by_itself_within_the_hour(world: World) -> None:
    max_ = revoked(world)
    member = world.simulator.member("max")._member
    for app_password in member.app_passwords:
        app_password.revoked = False
    asked = fetches(world.simulator)

    for _minute in range(59):
        world.clock.advance(60)
        max_.tick()
    meanwhile = fetches(world.simulator)
    world.clock.advance(120)

    assert meanwhile == asked
    assert max_.card() == "empty"


def test_A7_five_clicks_on_trying_again_ask_once(world: World) -> None:
    max_ = revoked(world)
    before = fetches(world.simulator)
    world.clock.advance(6)

    for _click in range(5):
        max_.act("retry")

    assert fetches(world.simulator) == before + 1


def test_A10_an_account_that_is_enabled_again_comes_back_by_trying_again(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    world.simulator.disable("max")
    refused = max_.get(ROOMS)
    world.simulator.enable("max")
    world.clock.advance(6)

    card = max_.act("retry")

    assert code(refused) == (401, "nextcloud_revoked")
    assert max_.card(card) == "connected"
    assert world.row("max")["nextcloud_refused_at"] is None


def test_A10_once_it_is_back_it_goes_on_by_basic(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.disable("max")
    max_.get(ROOMS)
    world.simulator.enable("max")
    world.clock.advance(6)
    max_.act("retry")
    world.clock.advance(31)

    max_.tick()

    assert world.simulator.journal.entries(ROOM_LIST)[-1].auth_scheme == "basic"
    assert world.simulator.failures() == 0


def test_A9_a_parked_password_comes_back_after_the_repair(world: World) -> None:
    max_ = world.connected("max")
    member = world.simulator.member("max")
    member.changes_password("ein neues Passwort")
    refused = max_.get(ROOMS)
    world.simulator.state.repair(member._member)
    world.clock.advance(6)

    assert code(refused) == (401, "nextcloud_revoked")
    assert max_.card(max_.act("retry")) == "empty"


def test_A11_credentials_that_did_not_arrive_are_not_taken_for_revoked(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(ROOM_LIST, 401, {"Content-Type": "application/json"}, "{}", times=1)

    answer = max_.get(ROOMS)
    world.clock.advance(900 * SPREAD + 1)

    assert code(answer) == (502, "nextcloud_misconfigured")
    assert max_.get(ROOMS).status_code == 200
    assert world.row("max")["nextcloud_refused_at"] is None


def test_connecting_again_after_a_revocation_shows_the_conversations_again(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = revoked(world)

    card = max_.act("reconnect")
    (flow,) = world.simulator.state.flows._rows
    world.simulator.grant(f"{world.simulator.url}/login/v2/flow/{flow.login_token}", "max")
    world.clock.advance(3)

    assert max_.card(card) == "connecting"
    assert max_.card(max_.flow_tick()) == "connected"
    assert world.simulator.failures() <= 1


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(429, {}, '{"message":"x"}', (503, "nextcloud_locked"), id="A14_locked"),
        pytest.param(403, {}, "", (403, "talk_not_allowed"), id="A15_A16_not_allowed"),
        pytest.param(404, {"Content-Type": "application/json"},
                     '{"ocs":{"meta":{"status":"failure","statuscode":998},"data":[]}}',
                     (502, "talk_unavailable"), id="A17_no_talk"),
        pytest.param(404, {}, "<html>", (502, "nextcloud_misconfigured"), id="wrong_address"),
        pytest.param(503, {"X-Nextcloud-Maintenance-Mode": "1"}, "", (503, "nextcloud_maintenance"), id="A19"),
        pytest.param(502, {"Content-Type": "text/html"}, "", (502, "nextcloud_unreachable"), id="A20_proxy"),
        pytest.param(412, {}, '{"message":"CSRF"}', (502, "nextcloud_misconfigured"), id="A21"),
        pytest.param(426, {}, "", (502, "nextcloud_misconfigured"), id="A22"),
        pytest.param(500, {}, "", (502, "nextcloud_unreachable"), id="A23"),
        pytest.param(200, {"Content-Type": "application/xml", "X-User-Id": "max"}, "<x/>",
                     (502, "nextcloud_unreachable"), id="A24_xml"),
        pytest.param(200, {"Content-Type": "text/html"}, "<html>", (502, "nextcloud_unreachable"), id="A25_html"),
        pytest.param(302, {"Location": "/login"}, "", (502, "nextcloud_misconfigured"), id="A26_redirect"),
        pytest.param(200, {"Content-Type": "application/json", "X-User-Id": "max"}, "[]",
                     (502, "nextcloud_unreachable"), id="A27_no_envelope"),
        pytest.param(200, {"Content-Type": "application/json", "X-User-Id": "max"},
                     '{"ocs":{"meta":{"statuscode":200},"data":null}}', (502, "nextcloud_unreachable"), id="A27_null"),
        pytest.param(200, {"Content-Type": "application/json", "X-User-Id": "max"},
                     '{"ocs":{"meta":{"statuscode":200},"data":{}}}', (502, "nextcloud_unreachable"), id="A27_object"),
        pytest.param(200, {"Content-Type": "application/json", "X-User-Id": "max"},
                     '{"ocs":{"meta":{"statuscode":997},"data":[]}}', (502, "nextcloud_unreachable"), id="A28"),
    ],
)  # fmt: skip
def test_A14_to_A28_other_trouble_never_costs_the_connection(
    world: World, status: int, headers: dict[str, str], body: str, expected: tuple[int, str]
) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(ROOM_LIST, status, headers, body)

    answer, card = max_.get(ROOMS), max_.tick()

    assert code(answer) == expected
    assert (max_.card(card), max_.cause(card)) == ("failed", expected[1])
    if expected[0] == 503:
        assert int(answer.headers["Retry-After"]) > 0
    world.simulator.faults.clear()
    world.clock.advance(6 * 3600 * SPREAD + 1)
    assert max_.card() == "empty"
