"""How a connection ends: first nothing is sent for it any more, then its app password is revoked."""

import json
import threading

import pytest

from tests.world import (
    CONNECT,
    POLL,
    REVOKE,
    ROOM_LIST,
    ROOMS,
    World,
    at_once,
    code,
    eventually,
    fetches,
    names,
    starts,
)


def nothing_left_of(world: World, name: str) -> bool:
    columns = {key: value for key, value in world.row(name).items() if key.startswith("nextcloud_")}
    return set(columns.values()) == {None}


def ways(world: World) -> list[str]:
    """How each try to revoke proved its account."""
    return [entry.auth_scheme for entry in world.simulator.journal.entries(REVOKE)]


def test_A31_disconnecting_revokes_and_nothing_is_sent_afterwards(world: World) -> None:
    max_ = world.connected("max")
    max_.get(ROOMS)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": True}
    assert world.simulator.app_passwords("max") == []
    assert nothing_left_of(world, "max")
    sent = len(world.simulator.journal.entries())
    for _period in range(3):
        world.clock.advance(31)
        assert code(max_.get(ROOMS)) == (401, "nextcloud_not_connected")
        assert max_.card() == "not_connected"
        world.housekeeping()
    assert len(world.simulator.journal.entries()) == sent
    assert world.simulator.journal.entries()[-1].method == "DELETE"
    assert world.simulator.failures() == 0


def test_A31_on_the_card_it_is_the_same(world: World) -> None:
    max_ = world.connected("max")

    card = max_.act("disconnect")

    assert max_.card(card) == "not_connected"
    assert world.simulator.app_passwords("max") == []
    assert nothing_left_of(world, "max")


def test_a_click_on_one_members_card_is_never_carried_out_on_anothers(world: World) -> None:
    """Somebody else may be signed in by now, in another tab or by the host of a frame."""
    world.simulator.member("anna").joins("Einsatzgruppe 1")
    anna = world.connected("anna")
    world.member("max")

    answer = anna.act("disconnect", on_card_of="max")

    assert anna.card(answer) == "connected"
    assert world.row("anna")["nextcloud_connection_id"]
    assert anna.card(anna.act("disconnect")) == "not_connected"


def test_A31_a_fetch_under_way_is_waited_for_before_the_password_is_revoked(world: World) -> None:
    max_ = world.connected("max")
    tab = max_.again()
    world.simulator.faults.delay(ROOM_LIST, 0.7, times=1)
    fetch = threading.Thread(target=lambda: tab.get(ROOMS))
    fetch.start()
    eventually(lambda: world.simulator.journal.entries(ROOM_LIST))

    answer = max_.delete(CONNECT)

    (room_list,) = world.simulator.journal.entries(ROOM_LIST)
    (revoke,) = world.simulator.journal.entries(REVOKE)
    assert revoke.at - room_list.at >= 0.7
    assert max_.data(answer) == {"revoked": True}
    fetch.join()
    assert room_list.status == 200
    assert world.simulator.failures() == 0


def test_A31_a_fetch_under_way_brings_nothing_back(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    tab = max_.again()
    world.simulator.faults.delay(ROOM_LIST, 0.5, times=1)
    fetch = threading.Thread(target=lambda: tab.get(ROOMS))
    fetch.start()
    eventually(lambda: world.simulator.journal.entries(ROOM_LIST))

    max_.delete(CONNECT)
    fetch.join()

    assert "Einsatzgruppe" not in max_.tick().get_data(as_text=True)
    assert code(tab.get(ROOMS)) == (401, "nextcloud_not_connected")


def test_A31_twenty_tabs_refresh_while_one_disconnects_and_no_login_fails(world: World) -> None:
    max_ = world.connected("max")
    tabs = [max_.again() for _tab in range(20)]

    at_once(20, lambda number: tabs[number].delete(CONNECT) if number == 7 else tabs[number].get(ROOMS))

    requests = world.simulator.journal.entries("/ocs/")
    assert requests[-1].method == "DELETE"
    assert {request.status for request in requests} == {200}
    assert world.simulator.failures() == 0


def test_A31_disconnecting_twice_at_once_revokes_once(world: World) -> None:
    max_ = world.connected("max")
    tabs = [max_.again() for _tab in range(5)]

    answers = at_once(5, lambda number: tabs[number].delete(CONNECT))

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    assert len(world.simulator.journal.entries(REVOKE)) == 1


def test_A32_with_nextcloud_down_everything_local_goes_and_it_is_revoked_later(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": False}
    assert nothing_left_of(world, "max")
    assert max_.card() == "not_connected"
    assert len(world.simulator.app_passwords("max")) == 1
    world.simulator.faults.clear()
    world.clock.advance(120)
    world.housekeeping()
    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        pytest.param(401, {"WWW-Authenticate": 'Basic realm="Authorisation Required"'}, "", id="refused"),
        pytest.param(
            403,
            {"Content-Type": "application/json; charset=utf-8"},
            '{"ocs":{"meta":{"status":"failure","statuscode":403,"message":"no app password in use"},"data":[]}}',
            id="no_app_password_in_use",
        ),
    ],
)
def test_A32_a_password_that_is_gone_already_is_forgotten_and_not_sent_again(
    world: World, status: int, headers: dict[str, str], body: str
) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(REVOKE, status, headers, body)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": False}
    assert nothing_left_of(world, "max")
    world.clock.advance(7200)
    world.housekeeping()
    assert len(world.simulator.journal.entries(REVOKE)) == 1
    assert world.rows("revocations") == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_A32_trouble_is_tried_again_ever_more_seldom_and_given_up_after_a_day(world: World, status: int) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(REVOKE, status)
    max_.delete(CONNECT)

    for _quarter_of_an_hour in range(4 * 26):
        world.clock.advance(900)
        world.housekeeping()

    assert 20 < len(world.simulator.journal.entries(REVOKE)) < 60
    assert world.rows("revocations") == []


def test_A32_it_is_not_tried_again_before_nextcloud_wants_to_be_asked(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(REVOKE, 503, {"Retry-After": "1800"})
    max_.delete(CONNECT)

    world.clock.advance(1799)
    world.housekeeping()
    early = len(world.simulator.journal.entries(REVOKE))
    world.clock.advance(2)
    world.housekeeping()

    assert (early, len(world.simulator.journal.entries(REVOKE))) == (1, 2)


def test_A32_a_lost_answer_is_followed_by_bearer_and_one_basic_confirms_that_it_is_gone(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1, after=True)
    max_.delete(CONNECT)
    assert world.simulator.app_passwords("max") == []

    world.clock.advance(120)
    world.housekeeping()

    assert ways(world) == ["basic", "bearer", "basic"]
    assert world.simulator.failures() == 1
    assert world.rows("revocations") == []


def test_A32_that_it_is_gone_is_confirmed_in_a_free_slot_only(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1, after=True)
    max_.delete(CONNECT)
    while world.wired.lockout._budget.take(world.simulator.url, world.clock()).slot:
        pass

    for _try in range(5):
        world.clock.advance(300)
        world.housekeeping()
    assert set(ways(world)[1:]) == {"bearer"}
    assert len(world.rows("revocations")) == 1
    world.clock.advance(3600)
    world.housekeeping()

    assert ways(world)[-2:] == ["bearer", "basic"]
    assert world.rows("revocations") == []


def test_A32_a_refusal_by_bearer_alone_leaves_no_valid_app_password_behind(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1)
    world.simulator.faults.takes_bearer = False
    max_.delete(CONNECT)

    world.clock.advance(120)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []
    assert world.simulator.failures() == 0


def test_A32_where_authorization_does_not_arrive_it_is_tried_for_a_day_and_then_its_member_is_told(
    world: World,
) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    world.simulator.faults.trouble("authorization_lost")
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(3)
    assert code(max_.post(POLL))[1] == "nextcloud_misconfigured"

    for _hour in range(12):
        world.clock.advance(3601)
        world.housekeeping()
    assert len(world.rows("revocations")) == 1
    for _hour in range(14):
        world.clock.advance(3601)
        world.housekeeping()

    assert world.rows("revocations") == []
    assert world.row("max")["device_left_behind"]
    assert world.simulator.failures() == 0


def test_A31_an_account_in_doubt_is_revoked_by_bearer(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.takes_bearer = False
    while world.wired.lockout._budget.take(world.simulator.url, world.clock()).slot:
        pass
    world.clock.advance(31)
    max_.tick()
    world.simulator.faults.takes_bearer = True
    world.clock.advance(3600)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": True}
    assert ways(world) == ["bearer"]


def test_A32_a_page_that_forbids_says_nothing_about_the_password(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.answer(REVOKE, 403, {"Content-Type": "text/html"}, "<html>firewall</html>", times=1)

    answer = max_.delete(CONNECT)
    kept = world.simulator.app_passwords("max")
    world.clock.advance(3700)
    world.housekeeping()

    assert max_.data(answer) == {"revoked": False}
    assert len(kept) == 1
    assert world.simulator.app_passwords("max") == []


def test_A32_a_restart_forgets_no_revocation(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.delete(CONNECT)
    world.simulator.faults.clear()

    world.restart(max_)
    world.clock.advance(120)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []


def test_A32_what_waits_to_be_revoked_stands_encrypted_in_the_database(world: World) -> None:
    max_ = world.connected("max")
    (app_password,) = world.simulator.app_passwords("max")
    world.simulator.faults.drop(REVOKE)

    max_.delete(CONNECT)

    assert app_password.secret not in json.dumps(world.rows("revocations"))
    assert world.rows("revocations")[0]["app_password"].startswith("gAAAA")


def test_A32_a_refused_credential_is_revoked_by_bearer_which_is_never_counted(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.revoke_all("max")
    max_.get(ROOMS)

    answer = max_.delete(CONNECT)

    assert max_.data(answer) == {"revoked": False}
    (revoke,) = world.simulator.journal.entries(REVOKE)
    assert revoke.auth_scheme == "bearer"
    assert world.simulator.failures() == 1  # the one that told us


def test_with_nothing_connected_there_is_nothing_to_disconnect(world: World) -> None:
    assert code(world.sign_in("max").delete(CONNECT)) == (401, "nextcloud_not_connected")


def test_after_disconnecting_the_member_can_connect_again(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.delete(CONNECT)

    world.connect(max_)

    assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]


def test_disabling_a_member_has_his_app_password_revoked(world: World) -> None:
    world.connected("max")

    world.wired.roster.disable("max")
    world.clock.advance(30)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert nothing_left_of(world, "max")


def test_removing_a_member_has_his_app_password_revoked_and_nothing_remains(world: World) -> None:
    max_ = world.connected("max")
    max_.post(CONNECT)

    world.wired.roster.remove("max")
    world.clock.advance(30)
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert [world.rows(table) for table in ("users", "sign_ins", "revocations")] == [[], [], []]
    assert world.rows("login_flows")[0]["member_id"] is None


def test_what_another_process_has_ended_is_dropped_here(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    max_.get(ROOMS)
    other = world.beside()
    other.visits(max_).delete(CONNECT)

    world.wired.services.ending.drop_ended_elsewhere()
    before = fetches(world.simulator)

    assert code(max_.get(ROOMS)) == (401, "nextcloud_not_connected")
    assert fetches(world.simulator) == before
    assert world.simulator.failures() == 0


def test_what_another_process_has_ended_is_not_asked_for_here_after_ten_seconds(world: World) -> None:
    max_ = world.connected("max")
    max_.get(ROOMS)
    world.beside().visits(max_).delete(CONNECT)
    world.clock.advance(11)

    assert code(max_.get(ROOMS)) == (401, "nextcloud_not_connected")
    assert max_.post(CONNECT).status_code == 200
    assert starts(world.simulator) == 2
