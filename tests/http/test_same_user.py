"""Whose account a member connects: his own alone, where the operator wants that; else any, and the operator sees it."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.logged import log_lines
from tests.world import CONNECT, POLL, REVOKE, Caller, World, code

SENTENCE = "Dieses Nextcloud-Konto hat einen anderen Benutzernamen."


@pytest.fixture
def strict(make_world: Callable[..., World]) -> World:
    return make_world(nextcloud_same_user=True)


def grant(world: World, caller: Caller, account: str) -> TestResponse:
    """Starts connecting, and grants the access as somebody at Nextcloud; what the next poll says."""
    world.simulator.member(account)
    started = caller.data(caller.post(CONNECT))
    world.simulator.grant(started["loginUrl"], account)
    world.clock.advance(3)
    return caller.post(POLL, headers={"Accept-Language": "de"})


def test_F47_the_account_of_another_name_connects_nobody_and_is_revoked_at_once(strict: World) -> None:
    max_ = strict.sign_in("max")

    answer = grant(strict, max_, "anna")

    assert code(answer) == (502, "connect_failed")
    assert SENTENCE in answer.get_json()["error"]["message"]
    assert strict.simulator.app_passwords("anna") == []
    assert len(strict.simulator.journal.entries(REVOKE)) == 1
    assert strict.row("max")["nextcloud_app_password"] is None
    card = max_.tick()
    assert (max_.card(card), max_.cause(card)) == ("not_connected", "connect_failed")


def test_F47_the_card_says_what_to_do(strict: World) -> None:
    max_ = strict.sign_in("max")
    grant(strict, max_, "anna")
    max_.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"

    assert SENTENCE in str(max_.tick().get_json())


@pytest.mark.parametrize("account", ["max", "Max", "MAX"])
def test_F47_the_account_of_the_members_own_name_connects_however_it_is_capitalised(
    strict: World, account: str
) -> None:
    max_ = strict.sign_in("max")

    assert max_.data(grant(strict, max_, account))["status"] == "connected"


def test_F47_an_account_that_was_connected_stays_when_another_is_refused(strict: World) -> None:
    max_ = strict.connected("max")

    assert code(grant(strict, max_, "anna")) == (502, "connect_failed")

    assert strict.row("max")["nextcloud_user_id"] == "max"
    assert len(strict.simulator.app_passwords("max")) == 1
    assert max_.card() == "empty"


def test_F47_by_default_any_account_connects(world: World) -> None:
    max_ = world.sign_in("max")

    with log_lines() as lines:
        assert max_.data(grant(world, max_, "kommando"))["status"] == "connected"

    assert world.row("max")["nextcloud_user_id"] == "kommando"
    assert not [line for line in lines if "connection.shared" in line]


def test_F47_an_account_that_two_members_share_is_shown_to_the_operator(world: World) -> None:
    for name in ("max", "anna"):
        grant(world, world.sign_in(name), "kommando")
    with log_lines() as lines:
        grant(world, world.sign_in("peter"), "kommando")

    shared = [line for line in lines if "connection.shared" in line]
    numbers = {name: world.row(name)["id"] for name in ("max", "anna", "peter")}
    assert len(shared) == 1
    assert f"member={numbers['peter']} others='{numbers['max']}, {numbers['anna']}'" in shared[0]
    assert "kommando" not in shared[0]
    listed = {member.name: member.shares_with for member in world.wired.roster.list()}
    assert listed == {"anna": ("max", "peter"), "max": ("anna", "peter"), "peter": ("anna", "max")}


def test_F47_who_shares_an_account_ends_his_own_access_alone(world: World) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")
    for caller in (max_, anna):
        grant(world, caller, "kommando")

    assert max_.data(max_.delete(CONNECT)) == {"revoked": True}

    assert anna.card() == "empty"
    assert [member.shares_with for member in world.wired.roster.list()] == [(), ()]


def test_who_has_nothing_connected_shares_nothing(world: World) -> None:
    world.member("max")
    world.member("anna")

    assert [member.shares_with for member in world.wired.roster.list()] == [(), ()]
