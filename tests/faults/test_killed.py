"""`kill -9` at every marked step, with real processes: started again, everything goes on and nothing is left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from models.encrypted import Keyring
from models.failure_budget import SLOTS
from tests.conftest import WRITTEN
from tests.faults.killed import Process, Remote, reencrypt, running, written
from tests.world import CONNECT, FLOW_POLL, REVOKE, ROOMS, World, code, eventually, private

FLOWS = "models.flow_store:FlowStore"
CREDENTIALS = "models.credential_store:CredentialStore"
BUDGET = "models.failure_budget:FailureBudget"
INSIDE_A_TRANSACTION = "models.credential_store:retire_credentials"
LONGER_THAN_ANY_CLAIM = 60


@pytest.fixture(autouse=True)
def _logs_are_looked_through(world: World) -> Iterator[None]:
    yield
    assert "Traceback" not in written(world)
    WRITTEN.write(written(world))


@pytest.fixture
def max_(world: World) -> Remote:
    """Max, signed in. The app itself runs in the processes only."""
    caller = Remote(world.sign_in("max"))
    world.stop()
    return caller


@pytest.fixture
def connected(world: World) -> Remote:
    """Max with a connected account."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    caller = Remote(world.connected("max"))
    world.stop()
    return caller


def held(world: World) -> list[str]:
    """Every app password that stands anywhere in the database."""
    keyring = Keyring([SecretStr(world.key)])

    def plain(token: str) -> str:
        return keyring.decrypt(token).get_secret_value()

    members = [plain(row["nextcloud_app_password"]) for row in world.rows("users") if row["nextcloud_app_password"]]
    answers = [json.loads(plain(row["answer"]))[1] for row in world.rows("login_flows") if row["answer"]]
    return members + answers + [plain(row["app_password"]) for row in world.rows("revocations")]


def valid(world: World) -> list[str]:
    """Every app password that Nextcloud would let in."""
    return [one.secret for one in world.simulator.app_passwords("max")]


def grants_collected(world: World) -> int:
    return sum(entry.status == 200 for entry in world.simulator.journal.entries(FLOW_POLL))


def connect(max_: Remote, world: World, process: Process) -> None:
    """Everything a member does to connect, from wherever he stands: he clicks, or finds the link on his card."""
    card = max_.tick()
    if max_.card(card) == "connecting" and "data-expired" not in card.get_data(as_text=True):
        link = re.search(r'"href":("http[^"]+")', card.get_data(as_text=True))
        assert link
        login_url = json.loads(link.group(1))
    else:
        login_url = max_.data(max_.post(CONNECT))["loginUrl"]
    world.simulator.grant(login_url, "max")
    process.advance(3)
    eventually(lambda: max_.card(max_.flow_tick()) not in ("connecting", "loading"))


def whole(world: World, max_: Remote) -> None:
    """Max is connected, by one app password that is his alone, and no login has failed."""
    assert max_.card() == "empty"
    assert max_.get(ROOMS).status_code == 200
    assert held(world) == valid(world)
    assert world.simulator.failures() == 0


@pytest.mark.parametrize(
    "mark",
    [
        f"before {FLOWS}.open",
        f"after {FLOWS}.open",
        f"after {FLOWS}.claim_poll",
        f"after {FLOWS}.keep_answer",
        f"after {FLOWS}.claim_answer",
        f"after {BUDGET}.take",
        f"before {CREDENTIALS}.connect",
        f"after {CREDENTIALS}._replace",
        f"after {CREDENTIALS}.connect",
    ],
)
def test_F45_killed_while_connecting_the_member_goes_on_where_he_was(world: World, max_: Remote, mark: str) -> None:
    with running(world, max_, mark=mark, busy=False) as first:
        first.must_die(lambda: connect(max_, world, first))

    with running(world, max_) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        if mark.endswith(".open"):  # he has not been to Nextcloud yet
            connect(max_, world, second)
        eventually(lambda: max_.card(max_.flow_tick()) != "connecting")
        whole(world, max_)

    assert grants_collected(world) == 1


def test_F45_killed_in_the_one_instant_the_device_stays_and_the_member_connects_anew(
    world: World, max_: Remote
) -> None:
    with running(world, max_, mark=f"before {FLOWS}.keep_answer", busy=False) as first:
        first.must_die(lambda: connect(max_, world, first))

    with running(world, max_) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        (orphan,) = valid(world)
        assert (held(world), max_.card()) == ([], "connecting")
        second.advance(1200)
        world.simulator.clock.advance(1300)
        connect(max_, world, second)
        assert max_.card() == "empty"

    assert valid(world) == [orphan, *held(world)]
    assert grants_collected(world) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_F42_killed_while_a_late_grant_is_given_back_it_is_given_back(world: World, max_: Remote, when: str) -> None:
    with running(world, max_, busy=False):
        login_url = max_.data(max_.post(CONNECT))["loginUrl"]
        max_.delete(CONNECT)
    world.simulator.grant(login_url, "max")

    with running(world, max_, mark=f"{when} {CREDENTIALS}.discard_answer") as first:
        first.must_die(lambda: first.advance(16))
    assert held(world) == valid(world)

    with running(world, max_) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        eventually(lambda: not valid(world) and not world.rows("revocations"))
        assert max_.card() == "not_connected"
    assert (held(world), world.simulator.failures()) == ([], 0)


@pytest.mark.parametrize(
    "mark",
    [
        f"after {CREDENTIALS}._replace",
        f"after {CREDENTIALS}.connect",
        f"after {CREDENTIALS}.claim_revocation",
        f"before {CREDENTIALS}.finish_revocation",
        f"after {CREDENTIALS}.finish_revocation",
    ],
)
def test_F46_killed_while_an_account_is_replaced_the_new_one_stays(world: World, connected: Remote, mark: str) -> None:
    (old,) = valid(world)
    with running(world, connected, mark=mark, busy=False) as first:
        login_url = connected.data(connected.post(CONNECT))["loginUrl"]
        world.simulator.grant(login_url, "max")
        first.advance(3)
        first.must_die(connected.flow_tick)

    with running(world, connected) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        eventually(lambda: len(valid(world)) == 1 and held(world) == valid(world))
        assert connected.card() == "connected"
    assert valid(world) != [old]
    assert world.simulator.failures() == 0


@pytest.mark.parametrize("mark", [f"after {BUDGET}.take", "after services.conversations:room_list"])
def test_killed_while_conversations_are_fetched_they_are_fetched_by_the_next(
    world: World, connected: Remote, mark: str
) -> None:
    with running(world, connected, mark=mark, busy=False) as first:
        first.must_die(connected.tick)

    with running(world, connected):
        assert connected.card() == "connected"

    assert held(world) == valid(world)
    assert world.simulator.failures() == 0


def test_killed_again_and_again_after_a_refusal_the_budget_holds(world: World, connected: Remote) -> None:
    world.simulator.revoke_all("max")

    for _kill in range(SLOTS):
        with running(world, connected, mark=f"before {CREDENTIALS}.mark_refused", busy=False) as process:
            process.must_die(connected.tick)
    with running(world, connected) as last:
        for _period in range(3):
            last.advance(31)
            assert connected.cause() == "nextcloud_locked"

    assert world.simulator.failures() == SLOTS


def test_killed_once_a_refusal_was_kept_it_costs_one_failed_login(world: World, connected: Remote) -> None:
    world.simulator.revoke_all("max")
    with running(world, connected, mark=f"after {CREDENTIALS}.mark_refused", busy=False) as first:
        first.must_die(connected.tick)

    with running(world, connected) as second:
        second.advance(31)
        assert code(connected.get(ROOMS)) == (401, "nextcloud_revoked")
        assert connected.cause() == "nextcloud_revoked"

    assert world.simulator.failures() == 1


@pytest.mark.parametrize(
    "mark",
    [f"before {CREDENTIALS}.wipe", f"after {CREDENTIALS}.wipe", f"before {CREDENTIALS}.finish_revocation"],
)
def test_A33_killed_while_an_account_is_wiped_it_is_wiped_and_reported(
    world: World, connected: Remote, mark: str
) -> None:
    world.simulator.wipe_all("max")
    with running(world, connected, mark=mark) as first:
        first.must_die(connected.tick)

    with running(world, connected) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        connected.tick()
        eventually(lambda: not world.rows("revocations") and not held(world))
        assert connected.card() == "not_connected"

    assert valid(world) == []
    assert world.simulator.journal.entries("/core/wipe/success")
    assert world.simulator.failures() <= 2


@pytest.mark.parametrize(
    ("mark", "still_connected", "counted"),
    [
        (f"before {CREDENTIALS}.disconnect", True, 0),
        (f"after {INSIDE_A_TRANSACTION}", True, 0),
        (f"after {CREDENTIALS}.disconnect", False, 0),
        (f"after {CREDENTIALS}.claim_revocation", False, 0),
        (f"before {CREDENTIALS}.finish_revocation", False, 1),
        (f"after {CREDENTIALS}.finish_revocation", False, 0),
    ],
)
def test_A31_killed_while_disconnecting_it_is_as_before_or_goes_through(
    world: World, connected: Remote, mark: str, still_connected: bool, counted: int
) -> None:
    """What was revoked and not yet noted is asked about again: Bearer is refused, and one Basic confirms it."""
    with running(world, connected, mark=mark, busy=False) as first:
        first.must_die(lambda: connected.delete(CONNECT))

    with running(world, connected) as second:
        assert connected.card() == ("connected" if still_connected else "not_connected")
        if still_connected:
            connected.delete(CONNECT)
        second.advance(LONGER_THAN_ANY_CLAIM)
        eventually(lambda: not world.rows("revocations"))
        assert connected.card() == "not_connected"

    assert (valid(world), held(world)) == ([], [])
    assert world.simulator.failures() == counted


@pytest.mark.parametrize("when", ["before", "after"])
def test_A32_killed_while_revoking_is_put_off_it_is_tried_again(world: World, connected: Remote, when: str) -> None:
    world.simulator.faults.drop(REVOKE)
    with running(world, connected, mark=f"{when} {CREDENTIALS}.postpone_revocation", busy=False) as first:
        first.must_die(lambda: connected.delete(CONNECT))

    with running(world, connected) as second:
        world.simulator.faults.clear()
        second.advance(120)
        eventually(lambda: not world.rows("revocations"))

    assert (valid(world), held(world)) == ([], [])
    assert world.simulator.failures() == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_A32_killed_while_revoking_is_given_up_the_member_is_told(world: World, connected: Remote, when: str) -> None:
    world.simulator.faults.drop(REVOKE)
    with running(world, connected, mark=f"{when} {CREDENTIALS}.give_up_revocation") as first:
        connected.delete(CONNECT)
        first.must_die(lambda: first.advance(25 * 3600))

    with running(world, connected) as second:
        second.advance(LONGER_THAN_ANY_CLAIM)
        eventually(lambda: not world.rows("revocations"))
        eventually(lambda: 'data-action":"dismiss' in connected.tick().get_data(as_text=True))


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_keys_change_it_is_done_again_and_nobody_connects_anew(
    world: World, connected: Remote, when: str, number: int
) -> None:
    with running(world, connected, busy=False):
        connected.post(CONNECT)  # two more secrets, of the flow
    old, new = world.key, private(Fernet.generate_key().decode())

    assert reencrypt(world, f"{new},{old}", mark=f"{when} services.keys:Keys._rotate {number}") < 0
    assert reencrypt(world, f"{new},{old}") == 0

    world.key = new
    world.settings = world.settings.model_copy(update={"credential_keys": (SecretStr(new),)})
    with running(world, connected):
        connected.act("cancel")
        assert connected.card() == "connected"
    assert held(world) == valid(world)
    assert world.simulator.failures() == 0
