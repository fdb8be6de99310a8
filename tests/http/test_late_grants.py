"""What is granted late: after the flow has failed here, or in its last seconds. No app password stays behind."""

from typing import Any

import pytest

from services.connecting import ENDING_SECONDS
from services.housekeeping import ENDING_LOOK_SECONDS
from services.settling import BROKEN_TRIES
from tests.world import CONNECT, FLOW_POLL, POLL, Caller, World, code, polls

HTML = {"Content-Type": "text/html"}


def begin(world: World, caller: Caller) -> dict[str, Any]:
    opened: dict[str, Any] = caller.data(caller.post(CONNECT))
    later(world, 3)
    return opened


def later(world: World, seconds: float) -> None:
    """Time passes for both."""
    world.clock.advance(seconds)
    world.simulator.clock.advance(seconds)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        pytest.param(302, {"Location": "/login"}, id="redirect"),
        pytest.param(403, HTML, id="proxy_forbids"),
        pytest.param(400, HTML, id="untrusted_domain"),
        pytest.param(404, HTML, id="no_nextcloud"),
    ],
)
def test_F23_one_odd_answer_fails_the_flow_and_what_is_granted_afterwards_is_revoked(
    world: World, status: int, headers: dict[str, str]
) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, status, headers, times=1)
    failed = max_.post(POLL)

    world.simulator.grant(opened["loginUrl"], "max")
    later(world, 16)
    world.housekeeping()

    assert code(failed) == code(max_.post(POLL)) == (502, "nextcloud_misconfigured")
    assert max_.cause() == "nextcloud_misconfigured"
    assert world.simulator.app_passwords("max") == []
    assert world.row("max")["nextcloud_app_password"] is None
    assert world.rows("revocations") == []
    assert world.rows("login_flows")[0]["poll_token"] is None


def test_F23_a_failed_flow_is_asked_about_by_the_server_alone_and_until_it_expires(world: World) -> None:
    max_ = world.sign_in("max")
    begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, 404, HTML)
    max_.post(POLL)
    for _turn in range(5):
        max_.post(POLL)
        max_.flow_tick()
    assert len(polls(world.simulator)) == 1

    for _quarter in range(80):
        later(world, 15)
        world.housekeeping()

    assert 70 <= len(polls(world.simulator)) <= 81
    later(world, 3700)
    world.housekeeping()
    assert world.rows("login_flows")[0]["poll_token"] is None
    assert max_.cause() == "nextcloud_misconfigured"


def test_F29_a_flow_given_up_for_500s_is_revoked_when_it_is_granted_after_all(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    world.simulator.faults.answer(FLOW_POLL, 500, HTML, times=BROKEN_TRIES)
    for _question in range(BROKEN_TRIES):
        max_.post(POLL)
        later(world, 40)
    assert code(max_.post(POLL)) == (502, "nextcloud_unreachable")

    world.simulator.grant(opened["loginUrl"], "max")
    world.housekeeping()

    assert world.simulator.app_passwords("max") == []
    assert world.row("max")["nextcloud_app_password"] is None


def test_F26_granted_a_few_seconds_before_the_end_it_is_collected_without_any_browser(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    later(world, 1185 - 3)
    world.housekeeping()

    later(world, 10)
    world.simulator.grant(opened["loginUrl"], "max")
    later(world, 2)
    world.wired.services.connecting.look_after_ending()

    assert world.row("max")["nextcloud_username"] == "max"


def test_F26_in_its_last_seconds_a_flow_is_asked_about_every_two(world: World) -> None:
    begin(world, world.sign_in("max"))
    later(world, 1200 - 3 - ENDING_SECONDS)
    before = len(polls(world.simulator))

    for _look in range(int(ENDING_SECONDS / ENDING_LOOK_SECONDS) + 5):
        world.wired.services.connecting.look_after_ending()
        later(world, ENDING_LOOK_SECONDS)

    assert ENDING_SECONDS / 3 <= len(polls(world.simulator)) - before <= ENDING_SECONDS / 2 + 1


def test_F30_a_long_pause_ends_before_the_flow_does(world: World) -> None:
    max_ = world.sign_in("max")
    opened = begin(world, max_)
    later(world, 1120)
    world.simulator.faults.maintenance = True
    world.housekeeping()
    world.simulator.faults.maintenance = False
    world.simulator.grant(opened["loginUrl"], "max")

    later(world, 74)  # Nextcloud asked us to wait for 120 seconds
    world.housekeeping()

    assert world.row("max")["nextcloud_username"] == "max"
