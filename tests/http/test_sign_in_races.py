"""Signing in while something else happens: a new password, an end, many guesses in one moment."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from pydantic import SecretStr

from models.member_store import SIGN_INS_AT_MOST
from services.passwords import Passwords, WrongPasswordError, network_of
from tests.world import PASSWORD, ROOMS, TOKEN, World, at_once, code, submit_sign_in

pytestmark = pytest.mark.both_databases

NEW_PASSWORD = "nochmal-ein-anderes"
MEANWHILE: dict[str, Callable[[World], None]] = {
    "password_reset": lambda world: world.wired.roster.set_password("max", SecretStr(NEW_PASSWORD)),
    "disabled": lambda world: world.wired.roster.disable("max"),
    "removed": lambda world: world.wired.roster.remove("max"),
}
meanwhile = pytest.mark.parametrize("change", MEANWHILE.values(), ids=MEANWHILE)


@pytest.fixture
def after_the_check(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets something happen between the check of a password and what is made of it."""

    def arrange(happen: Callable[[], None]) -> None:
        verify = Passwords._verify

        def verify_then(self: Passwords, *given: Any) -> bool:
            right = verify(self, *given)
            monkeypatch.setattr(Passwords, "_verify", verify)
            happen()
            return right

        monkeypatch.setattr(Passwords, "_verify", verify_then)

    return arrange


@meanwhile
def test_a_sign_in_does_not_outlive_what_happens_during_its_check(
    world: World, after_the_check: Any, change: Callable[[World], None]
) -> None:
    world.member("max")
    client = world.app.test_client()
    after_the_check(lambda: change(world))

    answer = submit_sign_in(client, "max", PASSWORD)

    assert answer.status_code == 401
    assert client.get("/").status_code == 303
    assert world.rows("sign_ins") == []


@pytest.mark.parametrize("end", ["password_reset", "disabled"])
def test_a_token_does_not_outlive_what_happens_during_its_check(world: World, after_the_check: Any, end: str) -> None:
    world.member("max")

    def change_then_wait() -> None:
        MEANWHILE[end](world)
        world.wired.roster.enable("max")
        world.clock.advance(2)

    after_the_check(change_then_wait)

    assert code(world.bearer("max").get(ROOMS)) == (401, "unauthenticated")


def test_a_session_that_ended_before_it_began_is_a_failed_sign_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.member("max")
    sign_ins = world.wired.services.sign_ins
    start = sign_ins.start

    def start_then_reset(*given: Any) -> str:
        made = start(*given)
        MEANWHILE["password_reset"](world)
        return made

    monkeypatch.setattr(sign_ins, "start", start_then_reset)

    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 401


def test_renewing_a_hash_does_not_bring_an_old_password_back(world: World, after_the_check: Any) -> None:
    world.member("max")
    max_ = world.row("max")
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    world.wired.services.members.store.replace_password(max_["id"], max_["password_hash"], old)
    after_the_check(lambda: MEANWHILE["password_reset"](world))

    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 401
    assert submit_sign_in(world.app.test_client(), "max", NEW_PASSWORD).status_code == 303


def test_a_change_by_the_member_does_not_undo_the_operators(world: World, after_the_check: Any) -> None:
    world.sign_in("max")
    (sign_in,) = world.rows("sign_ins")
    member = world.wired.services.members.current(sign_in["member_id"])
    assert member is not None
    after_the_check(lambda: MEANWHILE["password_reset"](world))

    with pytest.raises(WrongPasswordError):
        world.wired.services.sign_ins.change_password(
            member, SecretStr(PASSWORD), SecretStr("des-angreifers-neues"), "10.0.0.1", "x"
        )

    assert submit_sign_in(world.app.test_client(), "max", NEW_PASSWORD).status_code == 303


def test_many_guesses_in_one_moment_are_five(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member("max")
    checks: list[object] = []
    verify = Passwords._verify
    monkeypatch.setattr(Passwords, "_verify", lambda self, *given: checks.append(1) or verify(self, *given))

    def guess(number: int) -> int:
        body = {"username": "max", "password": f"falsch {number}"}
        return world.app.test_client().post(TOKEN, json=body).status_code

    assert set(at_once(16, guess)) <= {401, 429}
    assert len(checks) <= 5


def test_right_passwords_in_one_moment_are_all_let_in(world: World) -> None:
    world.member("max")

    def sign_in(_number: int) -> int:
        return submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code

    assert at_once(8, sign_in) == [303] * 8


def test_whoever_has_a_whole_network_has_five_guesses_too(world: World) -> None:
    world.member("max")
    for number in range(5):
        submit_sign_in(at(world, f"2001:db8:1:2::{number}"), "max", "falsch")

    assert submit_sign_in(at(world, "2001:db8:1:2:ffff::1"), "max", PASSWORD).status_code == 401
    assert submit_sign_in(at(world, "2001:db8:1:3::1"), "max", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_sign_ins_of_a_member_are_bounded_and_the_longest_unused_end(world: World) -> None:
    first, anna = world.sign_in("max"), world.sign_in("anna")
    sign_ins = world.wired.services.sign_ins
    for _browser in range(SIGN_INS_AT_MOST):
        world.clock.advance(1)
        newest = sign_ins.start("max", SecretStr(PASSWORD), "", "")

    assert len(world.rows("sign_ins")) == SIGN_INS_AT_MOST + 1
    assert first.get("/").status_code == 303
    assert sign_ins.member(newest) is not None
    assert anna.get("/").status_code == 200


@pytest.mark.parametrize(("name", "password"), [("max", "\ud800"), ("\ud800", PASSWORD), ("max\udfff", "\ud800" * 10)])
def test_half_a_character_is_wrong_and_no_error(world: World, name: str, password: str) -> None:
    world.member("max")

    answer = world.app.test_client().post(TOKEN, json={"username": name, "password": password})

    assert answer.status_code in (401, 422)


def at(world: World, address: str) -> FlaskClient:
    """A browser at an address."""
    client = world.app.test_client()
    client.environ_base = {**client.environ_base, "REMOTE_ADDR": address}
    return client
