"""Connections that do not come about, or not to whom they should: TLS and names. Real sockets, real handshakes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography import x509
from pydantic import SecretStr
from sqlalchemy import text

from nextcloud.client import Account, NextcloudClient
from nextcloud.errors import Expired, NameUnknown, OtherName, TlsFailed, Unreachable, Untrusted
from nextcloud.talk import room_list
from tests.http.certificates import DAY, Authority
from tests.http.sockets import listening
from tests.logged import log_lines
from tests.world import CONNECT, Caller, World, code

GOOD = b'{"ocs":{"meta":{"statuscode":200},"data":[]}}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-User-Id: max\r\nConnection: close\r\n"
ANSWER += f"Content-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD
Greet = Callable[[socket.socket, threading.Event], socket.socket | None]
"""What a server does with a new connection before it would answer; None where it never will."""


def in_tls(context: ssl.SSLContext) -> Greet:
    return lambda connection, _over: context.wrap_socket(connection, server_side=True)


def in_plain_http(connection: socket.socket, _over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def not_at_all(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def a_byte_at_a_time(connection: socket.socket, over: threading.Event) -> None:
    """The head of a handshake that never gets to its end; each single read is quick."""
    connection.sendall(b"\x16\x03\x03\x3f\xff")
    while not over.wait(0.02):
        connection.sendall(b"\x02")


@contextmanager
def server(greet: Greet, host: str = "127.0.0.1", port: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """A Nextcloud that greets like this. Its port, and the requests that came through."""
    met: list[bytes] = []

    def handle(connection: socket.socket, over: threading.Event) -> None:
        spoken = greet(connection, over)
        if spoken is not None:
            met.append(spoken.recv(65536))
            spoken.sendall(ANSWER)
            spoken.close()

    with listening(handle, host, port) as bound:
        yield bound, met


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def client(authority: Authority) -> Iterator[NextcloudClient]:
    """One that trusts the private authority."""
    made = NextcloudClient("Talkboard", ca_file=str(authority.file))
    yield made
    made.close()


def ask(client: NextcloudClient, base_url: str) -> None:
    room_list(client, Account(base_url, "max", SecretStr("geheim"), "max"))


def test_a_certificate_of_the_private_authority_is_trusted_once_it_is_named(
    client: NextcloudClient, authority: Authority
) -> None:
    with server(in_tls(authority.serves())) as (port, met):
        ask(client, f"https://127.0.0.1:{port}")

        stranger = NextcloudClient("Talkboard")
        with pytest.raises(Untrusted):
            ask(stranger, f"https://127.0.0.1:{port}")
        stranger.close()

    assert len(met) == 1


BAD: dict[str, tuple[Callable[[Authority], Greet], type[TlsFailed], str]] = {
    "expired": (lambda ca: in_tls(ca.serves(ends_in=-DAY)), Expired, "nextcloud_tls_expired"),
    "self_signed": (lambda ca: in_tls(ca.serves(own_signature=True)), Untrusted, "nextcloud_tls_untrusted"),
    "other_name": (
        lambda ca: in_tls(ca.serves(x509.DNSName("cloud.example.org"))),
        OtherName,
        "nextcloud_tls_other_name",
    ),
    "plain_http": (lambda _ca: in_plain_http, TlsFailed, "nextcloud_tls_failed"),
    "silence": (lambda _ca: not_at_all, TlsFailed, "nextcloud_tls_failed"),
    "dripping": (lambda _ca: a_byte_at_a_time, TlsFailed, "nextcloud_tls_failed"),
}


@pytest.mark.parametrize("trouble", BAD)
def test_F18_without_a_trusted_connection_nothing_is_sent_and_the_reason_is_known(
    client: NextcloudClient, authority: Authority, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr("nextcloud.client.CALL_SECONDS", 0.7)
    greet, error, _name = BAD[trouble]
    begun = time.monotonic()

    with server(greet(authority)) as (port, met), pytest.raises(Unreachable) as caught:
        ask(client, f"https://127.0.0.1:{port}")

    assert time.monotonic() - begun < 5
    assert type(caught.value) is error
    assert caught.value.never_sent
    assert met == []
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("trouble", BAD)
def test_F18_the_member_reads_unreachable_and_the_operator_one_line_that_names_the_trouble(
    world: World, authority: Authority, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr("nextcloud.client.CALL_SECONDS", 0.7)
    greet, _error, name = BAD[trouble]
    max_ = world.connected("max")
    with server(greet(authority)) as (port, _met):
        moves(world, f"https://127.0.0.1:{port}", authority, max_)
        with log_lines() as lines:
            shown = max_.tick()
            for _tick in range(5):
                world.clock.advance(400)
                max_.tick()

    assert (max_.card(shown), max_.cause(shown)) == ("failed", "nextcloud_unreachable")
    assert "TLS" not in shown.get_data(as_text=True)
    (line,) = lines
    assert f"cause='{name}'" in line
    assert "TLS" in line
    assert "Traceback" not in line


def test_F18_opening_a_flow_names_the_trouble_in_one_line(
    make_world: Callable[..., World], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(in_tls(authority.serves(ends_in=-DAY))) as (port, met):
        world = make_world(nextcloud_url=f"https://127.0.0.1:{port}", nextcloud_ca_file=str(authority.file))
        max_ = world.sign_in("max")

        with log_lines() as of_program:
            answer = max_.post(CONNECT)
        with log_lines() as of_card:
            shown = max_.act("connect")

    assert code(answer) == (502, "nextcloud_unreachable")
    assert (max_.card(shown), max_.cause(shown)) == ("not_connected", "nextcloud_unreachable")
    for lines in (of_program, of_card):
        (line,) = lines
        assert "nextcloud_tls_expired" in line
    assert met == []


def moves(world: World, base_url: str, authority: Authority, caller: Caller) -> None:
    """The Nextcloud that the caller has connected is found at this address from now on."""
    with world.wired.database.engine.begin() as connection:
        connection.execute(text("UPDATE users SET nextcloud_base_url = :url"), {"url": base_url})
    world.changes = {**world.changes, "nextcloud_url": base_url, "nextcloud_ca_file": str(authority.file)}
    world.restart(caller)


def test_a_name_without_an_address_is_told_from_a_server_that_is_down(client: NextcloudClient) -> None:
    with pytest.raises(NameUnknown) as caught:
        ask(client, "https://gibt-es-nicht.invalid")
    with pytest.raises(Unreachable) as down:
        ask(client, "http://127.0.0.1:1")

    assert caught.value.never_sent
    assert type(down.value) is Unreachable


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the DNS says: nothing else can make a name move."""
    known: dict[str, list[str]] = {}
    asked = socket.getaddrinfo

    def look_up(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        if host not in known:
            return asked(host, port, *more, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def in_clear(connection: socket.socket, _over: threading.Event) -> socket.socket:
    return connection


def test_the_next_call_goes_to_where_the_name_leads_then(
    client: NextcloudClient, addresses: dict[str, list[str]]
) -> None:
    with server(in_clear, "127.0.0.2") as (port, first), server(in_clear, "127.0.0.3", port) as (_port, second):
        addresses["cloud.test"] = ["127.0.0.2"]
        ask(client, f"http://cloud.test:{port}")
        addresses["cloud.test"] = ["127.0.0.3"]
        ask(client, f"http://cloud.test:{port}")

    assert (len(first), len(second)) == (1, 1)


def test_an_address_that_does_not_answer_is_passed_over(
    client: NextcloudClient, addresses: dict[str, list[str]]
) -> None:
    with server(in_clear, "127.0.0.3") as (port, met):
        addresses["cloud.test"] = ["127.0.0.2", "127.0.0.3"]
        ask(client, f"http://cloud.test:{port}")

    assert len(met) == 1


def test_the_certificate_is_that_of_the_name_wherever_it_leads(
    client: NextcloudClient, authority: Authority, addresses: dict[str, list[str]]
) -> None:
    addresses["cloud.test"], addresses["evil.test"] = ["127.0.0.2"], ["127.0.0.2"]
    with server(in_tls(authority.serves(x509.DNSName("cloud.test"))), "127.0.0.2") as (port, met):
        ask(client, f"https://cloud.test:{port}")
        with pytest.raises(OtherName):
            ask(client, f"https://evil.test:{port}")

    assert len(met) == 1
