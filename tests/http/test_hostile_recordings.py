"""Property: whatever comes over the wire, a call ends in a valid value or in a documented cause, small and one's own.

A few seconds here; for minutes: `pytest --hypothesis-profile=long tests/http/test_hostile_recordings.py`.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from nextcloud import login_flow
from nextcloud.account import identify, is_to_be_wiped, report_wiped, revoke
from nextcloud.avatar import avatar
from nextcloud.capabilities import capabilities
from nextcloud.client import Account, NextcloudClient
from nextcloud.errors import Maintenance, NextcloudError
from nextcloud.talk import Conversation, room_list
from services.causes import CAUSES
from tests.http.mutations import mostly, names, spoilt

APP_PASSWORD = "geheim-" * 10
LATEST = 4102444800
randoms = st.builds(Random, st.integers(0, 2**32))
"""A seed says everything about an example, and every part of an answer is as likely to be hit."""

hostile = settings(suppress_health_check=list(HealthCheck))


class Hostile:
    """A server on a real socket that says the same bytes to everybody and hangs up."""

    def __init__(self) -> None:
        self.says = b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += connection.recv(65536) or b"\r\n\r\n"
        length = re.search(rb"(?i)content-length: (\d+)", asked)
        while length and len(asked.split(b"\r\n\r\n", 1)[1]) < int(length[1]):
            asked += connection.recv(65536)
        connection.sendall(self.says)


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    running = Hostile()
    yield running
    running.close()


@pytest.fixture(scope="module")
def client() -> Iterator[NextcloudClient]:
    """With short deadlines: some of the answers never come to the end that they announce."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "client.CALL_SECONDS",
            "client.STATUS_SECONDS",
            "login_flow.START_SECONDS",
            "login_flow.POLL_SECONDS",
        ):
            patch.setattr(f"nextcloud.{name}", 3.0)
        made = NextcloudClient("Talkboard")
        yield made
        made.close()


def outcome(call: Callable[[], Any]) -> Any:
    """What `call` returns, or None where it raised a cause as it is documented."""
    try:
        return call()
    except NextcloudError as error:
        documented(error)
        return None


def documented(error: NextcloudError) -> None:
    assert type(error).__module__ == "nextcloud.errors"
    assert error.code in CAUSES
    assert len(str(error)) < 200
    assert APP_PASSWORD not in str(error)
    assert error.retry_after is None or 0 <= error.retry_after <= 3600


def account(server: Hostile, user_id: str | None = "max") -> Account:
    return Account(server.url, "max", SecretStr(APP_PASSWORD), user_id)


def utf8(value: Any) -> bytes:
    """As it would go to a browser; raises where half a character is left of a text."""
    return msgspec.json.encode(value)


@hostile
@given(
    name=st.sampled_from(mostly("rooms-all-kinds", "rooms", "talk-not", "user-", "maintenance-rooms", "brute")),
    random=randoms,
)
def test_F17_A27_R22_lists_are_ones_own_or_none(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    answer = spoilt(name, random)
    server.says = answer.raw

    found = outcome(lambda: room_list(client, account(server), random.choice(("basic", "bearer"))).conversations)

    if found is not None:
        assert answer.user_ids == ("max",)
        assert len({one.token for one in found}) == len(found)
        for one in found:
            shown_safely(one)


def shown_safely(one: Conversation) -> None:
    assert re.fullmatch("[a-z0-9]{4,30}", one.token)
    assert 0 <= one.unread <= 2**53
    assert 0 <= one.last_activity <= LATEST
    message = one.last_message
    assert message is None or 0 <= message.timestamp <= LATEST
    assert not (one.sensitive and message)
    assert len(utf8(one)) < 250_000


@hostile
@given(name=st.sampled_from(mostly("login-flow-init", "login-flow-poll", "maintenance-login")), random=randoms)
def test_F4_F16_F19_a_flow_leads_to_its_own_nextcloud_or_nowhere(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    server.says = spoilt(name, random, server.url).raw

    started = outcome(lambda: login_flow.start(client, server.url, "Talkboard (max)"))

    if started is not None:
        flow, ends = "(/index.php)?/login/v2/flow/[A-Za-z0-9]{64,256}", "(/index.php)?/login/v2/poll"
        assert re.fullmatch(re.escape(server.url) + flow, started.login_url)
        assert re.fullmatch(re.escape(server.url) + ends, started.poll_endpoint)
        assert re.fullmatch("[A-Za-z0-9]{64,256}", started.poll_token.get_secret_value())


@hostile
@given(name=st.sampled_from(mostly("login-flow-poll-granted", "login-flow", "maintenance-poll")), random=randoms)
def test_F37_F39_a_grant_can_be_used_or_at_least_revoked(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    server.says = spoilt(name, random, server.url).raw
    endpoint, token = f"{server.url}/login/v2/poll", SecretStr("a1B2" * 32)

    granted = outcome(lambda: login_flow.poll(client, endpoint, token))

    if granted is not None:
        secret = granted.app_password.get_secret_value()
        assert re.fullmatch("[!-~]{1,256}", secret)
        if granted.usable:
            assert 0 < len(granted.login_name) <= 255
            assert ":" not in granted.login_name
            utf8(granted.login_name)


@hostile
@given(name=st.sampled_from(mostly("user", "rooms-wrong", "maintenance-rooms")), random=randoms)
def test_F41_an_identity_does_not_contradict_itself(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    answer = spoilt(name, random)
    server.says = answer.raw

    identity = outcome(lambda: identify(client, account(server, user_id=None)))

    if identity is not None:
        assert answer.user_ids == (identity.user_id,)
        assert 0 < len(identity.user_id) <= 255
        assert 0 < len(identity.display_name) <= 120
        utf8(identity)


@hostile
@given(name=st.sampled_from(mostly("capabilities", "talk-not", "maintenance-rooms")), random=randoms)
def test_O1_O2_capabilities_are_few_or_unknown_and_can_be_asked_for_again(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    answer = spoilt(name, random)
    server.says = answer.raw

    found = outcome(lambda: capabilities(client, account(server)))

    if found is not None:
        assert answer.user_ids == ("max",)
        assert len(found.features) <= 1000
        assert len(utf8(sorted(found.features))) < 1_000_000
        outcome(lambda: capabilities(client, account(server), kept=found))


@hostile
@given(name=st.sampled_from(names("room-avatar", "rooms-wrong", "maintenance")), random=randoms)
def test_a_picture_is_of_a_known_kind_and_can_be_asked_for_again(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    answer = spoilt(name, random)
    server.says = answer.raw

    found = outcome(lambda: avatar(client, account(server), "abcd1234", "bearer", None))

    if found is not None:
        assert answer.user_ids == ("max",)
        assert found.kind in ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
        outcome(lambda: avatar(client, account(server), "abcd1234", "bearer", found))


@hostile
@given(name=st.sampled_from(mostly("status-php", "maintenance", "capabilities")), random=randoms)
def test_A19_what_status_php_says_is_a_cause(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    server.says = spoilt(name, random).raw

    documented(client.explained(server.url, Maintenance("503", retry_after=120)))


@hostile
@given(name=st.sampled_from(names("")), random=randoms)
def test_A32_A35_revoking_and_wiping_end_well(
    server: Hostile, client: NextcloudClient, name: str, random: Random
) -> None:
    server.says = spoilt(name, random).raw
    who = account(server)

    assert is_to_be_wiped(client, who) in (True, False)
    outcome(lambda: report_wiped(client, who))
    outcome(lambda: revoke(client, who, random.choice(("basic", "bearer"))))


CALLS: dict[str, Callable[[NextcloudClient, Hostile], Any]] = {
    "rooms-all-kinds": lambda client, server: room_list(client, account(server)).conversations,
    "login-flow-init": lambda client, server: login_flow.start(client, server.url, "Talkboard (max)"),
    "login-flow-poll-granted": lambda client, server: login_flow.poll(
        client, server.url + "/p", SecretStr("a1B2" * 32)
    ),
    "user": lambda client, server: identify(client, account(server, user_id=None)),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_spoilt_answers_are_of_many_kinds(server: Hostile, client: NextcloudClient, name: str) -> None:
    """Answers that are all refused, or all taken, would prove nothing."""
    kinds = []
    for number in range(200):
        server.says = spoilt(name, Random(number), server.url).raw
        try:
            kinds.append("taken" if CALLS[name](client, server) else "empty")
        except NextcloudError as error:
            kinds.append(type(error).__name__)

    assert 30 < kinds.count("taken") < 170
    assert {"Unreachable", "Misconfigured"} <= set(kinds)
