"""A transport whose deadline covers the whole request, not each single read.

httpx knows time limits per connect, read and write only: a server that sends one byte every few seconds
keeps a caller for ever. Here every read and write gets what is left of the deadline.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator

import httpcore
import httpx

_local = threading.local()


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Requests of this thread inside the block must be done within `seconds` from now."""
    _local.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        del _local.ends


def seconds_left(limit: float | None = None) -> float | None:
    """Seconds until this thread's deadline, at most `limit`; `limit` itself where there is no deadline.

    Raises httpcore.ReadTimeout once the deadline has passed.
    """
    ends = getattr(_local, "ends", None)
    if ends is None:
        return limit
    left: float = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline passed")
    return left if limit is None else min(left, limit)


class HandshakeTimeout(httpcore.ConnectTimeout):
    """A connection came about, but no agreement on TLS in time."""


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, seconds_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds_left(timeout)))
        except httpcore.ConnectTimeout as error:
            raise HandshakeTimeout from error

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries the addresses of `host` one after another, each with its share of what is left: the first may
        be a black hole. The look-up itself is the operating system's and knows no deadline."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for number, address in enumerate(addresses):
            share = (seconds_left(timeout) or 0) / (len(addresses) - number) or None
            try:
                return _DeadlineStream(self._backend.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError("no address")


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's own transport on a connection pool whose sockets know the deadline."""

    def __init__(self, ssl_context: ssl.SSLContext, connections: int) -> None:
        super().__init__(verify=ssl_context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=20.0,
            network_backend=_DeadlineBackend(),
        )
