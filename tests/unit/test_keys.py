"""The keys of what is stored: they rotate, and one that does not fit is said once."""

import json
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from models.encrypted import Keyring, UnreadableSecretError
from tests.conftest import WRITTEN
from tests.world import CONNECT, POLL, REVOKE, ROOMS, World, code, names
from tests.world import private as secret


def new_key() -> str:
    return secret(Fernet.generate_key().decode())


def ring(*keys: str) -> Keyring:
    return Keyring([SecretStr(key) for key in keys])


def with_keys(world: World, *keys: str) -> None:
    world.key = ",".join(keys)


@given(st.text())
def test_what_is_encrypted_comes_back(text: str) -> None:
    keyring = ring(Fernet.generate_key().decode())

    assert keyring.decrypt(keyring.encrypt(SecretStr(text))).get_secret_value() == text


def test_every_key_decrypts_and_the_first_encrypts() -> None:
    old, new = new_key(), new_key()
    token = ring(old).encrypt(SecretStr("geheim"))

    rotated = ring(new, old).rotate(token)

    assert ring(new, old).decrypt(token).get_secret_value() == "geheim"
    assert ring(new).decrypt(rotated).get_secret_value() == "geheim"
    with pytest.raises(UnreadableSecretError):
        ring(old).decrypt(rotated)


@pytest.mark.parametrize("token", ["", "nonsense", "gAAAAA", "ä"])
def test_what_is_no_token_is_unreadable(token: str) -> None:
    with pytest.raises(UnreadableSecretError):
        ring(new_key()).decrypt(token)


def test_an_error_shows_neither_key_nor_token() -> None:
    key, token = new_key(), ring(new_key()).encrypt(SecretStr("geheim"))

    with pytest.raises(UnreadableSecretError) as caught:
        ring(key).decrypt(token)

    assert key not in str(caught.value)
    assert token not in str(caught.value)


def test_O5_a_key_that_does_not_fit_is_one_line_in_the_log_and_the_card_asks_to_connect_again(world: World) -> None:
    max_ = world.connected("max")
    sent = len(world.simulator.journal.entries())
    before = WRITTEN.getvalue().count("keys.unreadable")
    with_keys(world, new_key())

    world.restart(max_)
    card = max_.tick()

    assert WRITTEN.getvalue().count("keys.unreadable") == before + 1
    assert "must_reconnect='max'" in WRITTEN.getvalue()
    assert (max_.card(card), max_.cause(card)) == ("failed", "nextcloud_revoked")
    assert code(max_.get(ROOMS)) == (401, "nextcloud_revoked")
    assert '"data-action":"reconnect"' in card.get_data(as_text=True)
    assert len(world.simulator.journal.entries()) == sent


def test_O5_connecting_again_works_with_the_new_key(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_ = world.connected("max")
    with_keys(world, new_key())
    world.restart(max_)
    max_.tick()

    world.connect(max_)

    assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]


def test_O5_one_members_unreadable_secret_holds_nobody_else_up(world: World) -> None:
    world.simulator.member("anna").joins("Kommando")
    max_ = world.connected("max")
    old = world.key
    with_keys(world, new_key(), old)
    world.restart(max_)
    anna = world.connected("anna")
    with_keys(world, world.key.split(",")[0])

    world.restart(max_, anna)

    assert max_.cause() == "nextcloud_revoked"
    assert names(anna.get(ROOMS)) == ["Kommando"]


def test_a_flow_whose_token_is_unreadable_offers_to_start_again_and_waits_for_the_key(world: World) -> None:
    max_ = world.sign_in("max")
    started = max_.data(max_.post(CONNECT))
    right = world.key
    with_keys(world, new_key())
    world.restart(max_)
    world.clock.advance(3)
    assert max_.data(max_.post(POLL))["status"] == "expired"
    assert max_.card() == "connecting"

    with_keys(world, right)
    world.restart(max_)
    world.simulator.grant(started["loginUrl"], "max")
    world.clock.advance(31)

    assert max_.data(max_.post(POLL))["status"] == "connected"


def test_the_card_of_a_flow_whose_token_is_unreadable_is_no_error(world: World) -> None:
    max_ = world.sign_in("max")
    max_.post(CONNECT)
    with_keys(world, new_key())
    world.restart(max_)

    assert max_.tick().status_code == 200


def test_a_revocation_that_is_unreadable_waits_for_its_key(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE)
    max_.delete(CONNECT)
    right = world.key
    with_keys(world, new_key())
    world.restart(max_)
    world.clock.advance(120)
    world.housekeeping()
    assert len(world.rows("revocations")) == 1

    with_keys(world, right)
    world.restart(max_)
    world.simulator.faults.clear()
    world.clock.advance(3700)
    world.housekeeping()

    assert world.rows("revocations") == []
    assert world.simulator.app_passwords("max") == []


def test_O5_reencrypting_moves_everything_to_the_first_key(world: World) -> None:
    world.simulator.member("max").joins("Einsatzgruppe 1")
    max_, anna = world.connected("max"), world.sign_in("anna")
    anna.post(CONNECT)
    new = new_key()
    with_keys(world, new, world.key)
    world.restart(max_, anna)

    result = world.wired.keys.reencrypt()
    with_keys(world, new)
    world.restart(max_, anna)

    assert (result.done, result.unreadable) == (3, 0)
    assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
    world.clock.advance(3)
    assert anna.data(anna.post(POLL))["status"] == "pending"


def test_reencrypting_counts_what_no_key_reads_and_leaves_it_alone(world: World) -> None:
    max_ = world.connected("max")
    before = world.row("max")["nextcloud_app_password"]
    with_keys(world, new_key())
    world.restart(max_)

    result = world.wired.keys.reencrypt()

    assert (result.done, result.unreadable) == (0, 1)
    assert world.row("max")["nextcloud_app_password"] == before


def test_no_stored_secret_is_readable_without_the_key(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.connected("max")
    (app_password,) = world.simulator.app_passwords("max")

    dump = json.dumps([world.rows(table) for table in ("users", "login_flows", "revocations", "sign_ins")])

    assert app_password.secret not in dump
    assert world.key not in dump
