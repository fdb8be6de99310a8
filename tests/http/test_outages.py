"""Troubles that come and go: what the member sees meanwhile, what comes back by itself, and what the log says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from nextcloud.client import Account, NextcloudClient
from nextcloud.talk import room_list
from services.rooms import SPREAD
from tests.logged import log_lines
from tests.world import CONNECT, ROOM_LIST, ROOMS, Caller, World, at_once, code, eventually, fetches, names, private

HOUR = 3600


def seen(caller: Caller) -> tuple[str, str | None]:
    """State and cause on the card."""
    card = caller.tick()
    return caller.card(card), caller.cause(card)


def locked_for_both(world: World) -> Caller:
    """A member whose Nextcloud refuses the address to Basic and does not take Bearer."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert max_.card() == "connected"
    world.wired.lockout._budget.refuse_bearer(world.simulator.url, world.clock() + 24 * HOUR)
    world.simulator.faults.trouble("locked")
    world.clock.advance(31)
    assert seen(max_) == ("stale", "nextcloud_locked")
    return max_


def test_A13_a_lock_is_waited_out_and_nothing_is_asked_about_it(world: World) -> None:
    max_ = locked_for_both(world)
    world.simulator.journal.clear()

    for _minute in range(29):
        max_.tick()
        world.clock.advance(60)
        world.simulator.clock.advance(60)

    assert [entry.path for entry in world.simulator.journal.entries("/ocs/")] == []
    world.clock.advance(600)
    world.simulator.clock.advance(600)
    assert seen(max_) == ("connected", None)


def test_A12_its_member_need_not_wait_once_it_is_over(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert max_.card() == "connected"
    world.simulator.faults.trouble("locked")
    world.simulator.faults.trouble("bearer_lost")
    world.clock.advance(31)
    assert seen(max_) == ("stale", "nextcloud_locked")
    world.simulator.faults.clear()
    world.clock.advance(6)

    by_itself = max_.card()
    card = max_.act("refresh")

    assert by_itself == "stale"
    assert (max_.card(card), max_.cause(card)) == ("connected", None)
    assert world.simulator.failures() == 0


@pytest.mark.parametrize("trouble", ["unreachable", "maintenance", "updating"])
def test_rows_stay_for_a_day_and_no_longer(world: World, trouble: str) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert seen(max_) == ("connected", None)
    world.simulator.faults.trouble(trouble)

    world.clock.advance(23 * HOUR)
    almost_a_day = max_.tick()
    world.clock.advance(2 * HOUR)
    longer = max_.tick()

    assert max_.card(almost_a_day) == "stale"
    assert "Einsatzgruppe 1" in almost_a_day.get_data(as_text=True)
    assert max_.card(longer) == "failed"
    assert "Einsatzgruppe 1" not in longer.get_data(as_text=True)


@pytest.mark.parametrize("trouble", ["talk_missing", "talk_not_allowed"])
def test_without_talk_rows_go_at_once(world: World, trouble: str) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert seen(max_) == ("connected", None)
    world.simulator.faults.trouble(trouble)
    world.clock.advance(31)

    card = max_.tick()

    assert max_.card(card) == "failed"
    assert "Einsatzgruppe 1" not in card.get_data(as_text=True)


def test_A16_a_page_that_forbids_a_guest_reads_like_talk_that_is_not_allowed(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert max_.card() == "connected"
    world.simulator.faults.trouble("guest", "max")
    world.clock.advance(31)

    assert seen(max_) == ("failed", "talk_not_allowed")
    assert code(max_.get(ROOMS)) == (403, "talk_not_allowed")
    assert world.row("max")["nextcloud_refused_at"] is None


def test_A18_talk_that_is_away_for_two_minutes_comes_back_by_itself(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    world.simulator.faults.talk_installed = False
    away = seen(max_)
    world.clock.advance(120)
    world.simulator.faults.talk_installed = True

    for _minute in range(18):
        world.clock.advance(60)
        max_.tick()

    assert away == ("failed", "talk_unavailable")
    assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]


def test_A29_a_slow_answer_is_given_up_and_holds_up_nobody_who_looks_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    assert max_.card() == "connected"
    monkeypatch.setattr("nextcloud.client.CALL_SECONDS", 2.0)
    world.simulator.faults.trouble("slow")
    world.clock.advance(31)

    begun = fetches(world.simulator)
    fetching = threading.Thread(target=max_.tick)
    fetching.start()
    eventually(lambda: fetches(world.simulator) > begun)
    meanwhile = max_.again().get(ROOMS)
    still_waiting = fetching.is_alive()
    fetching.join()

    assert (names(meanwhile), meanwhile.get_json()["data"]["stale"], still_waiting) == (["Einsatzgruppe 1"], True, True)
    assert seen(max_) == ("stale", "nextcloud_unreachable")


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        ("unreachable", "nextcloud_unreachable"),
        ("proxy_502", "nextcloud_unreachable"),
        ("maintenance", "nextcloud_maintenance"),
        ("updating", "nextcloud_updating"),
        ("talk_missing", "talk_unavailable"),
        ("talk_not_allowed", "talk_not_allowed"),
        ("authorization_lost", "nextcloud_credentials_lost"),
        ("untrusted_domain", "nextcloud_not_understood"),
        ("sso_page", "nextcloud_unreachable"),
    ],
)
def test_an_outage_of_hours_is_one_line_when_it_begins_and_one_when_it_ends(
    world: World, trouble: str, cause: str
) -> None:
    max_ = world.connected("max")
    assert max_.card() == "empty"
    world.simulator.faults.trouble(trouble)

    with log_lines() as lines:
        for _turn in range(60):
            world.clock.advance(400)
            max_.tick()
            max_.get(ROOMS)
            world.housekeeping()
        during = len(world.simulator.journal.entries())
        world.simulator.faults.clear()
        world.clock.advance(6 * SPREAD * HOUR + 1)
        assert max_.card() == "empty"

    assert during > 5
    begins, ends = lines
    assert f"cause='{cause}'" in begins
    assert "hint=''" not in begins
    assert "cause='none'" in ends


def test_an_outage_while_a_flow_is_open_is_one_line_too(world: World) -> None:
    max_ = world.sign_in("max")
    max_.post(CONNECT)
    world.simulator.faults.trouble("unreachable")

    with log_lines() as lines:
        for _turn in range(60):
            world.clock.advance(15)
            max_.flow_tick()
            world.housekeeping()

    (line,) = lines
    assert "flow.poll_failed" in line


def test_A36_what_nextcloud_sends_back_reaches_no_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A broken proxy may show credentials in its pages, headers and addresses. Looked at before it is redacted."""
    words = private("Die Drehleiter steht im Hof")
    world.simulator.member("max").joins("Einsatzgruppe 1").post("anna", words)
    max_ = world.connected("max")
    assert words in max_.tick().get_data(as_text=True)
    (device,) = world.simulator.app_passwords("max")

    for status in (200, 302, 400, 403, 404, 412, 429, 500, 503, 401):
        headers = {"Content-Type": f"application/{device.secret}", "Location": f"/{device.secret}"}
        world.simulator.faults.answer(ROOM_LIST, status, headers, f"{device.secret} {words}", times=1)
        world.clock.advance(7 * HOUR)
        max_.tick()
        max_.get(ROOMS)
    max_.delete(CONNECT)

    assert caplog.text.count("rooms.cause") >= 5
    assert device.secret not in caplog.text
    assert words not in caplog.text


@contextmanager
def counting(seconds: float) -> Iterator[tuple[str, list[int]]]:
    """A Nextcloud that takes so long for each answer; its address, and how many it answered at once each time."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    inside, most, lock = [0], list[int](), threading.Lock()
    body = b'{"ocs":{"meta":{"statuscode":200},"data":[]}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-User-Id: max\r\nContent-Length: {len(body)}\r\n\r\n"

    def answer(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                with lock:
                    inside[0] += 1
                    most.append(inside[0])
                time.sleep(seconds)
                with lock:
                    inside[0] -= 1
                connection.sendall(head.encode() + body)

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", most
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def test_O7_never_more_requests_are_under_way_than_allowed(make_world: Callable[..., World]) -> None:
    client: NextcloudClient = make_world(nextcloud_concurrency=3).wired.client
    with counting(0.05) as (base_url, most):
        account = Account(base_url, "max", SecretStr("geheim"), "max")

        lists = at_once(12, lambda _number: room_list(client, account).conversations)

    assert lists == [[]] * 12
    assert max(most) == 3
