"""The body of an answer, unpacked and bounded: neither its packing nor its length can fill the memory."""

from __future__ import annotations

import zlib

import httpx

from nextcloud.errors import TooLarge, Unreachable

_CHUNK_BYTES = 64 * 1024


def read(response: httpx.Response, limit: int) -> bytes:
    """The whole body, no larger than `limit` bytes after unpacking.

    Raises TooLarge for a larger one, Unreachable for one that is packed otherwise than we asked (once, with gzip),
    and for gzip that is broken, ends early or goes on after its end.
    """
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return _plain(response, limit)
    if packing in ("gzip", "x-gzip"):
        return _gzip(response, limit)
    raise Unreachable("answer packed otherwise than asked")


def _plain(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw(_CHUNK_BYTES):
        body += chunk
        _bounded(body, limit)
    return bytes(body)


def _gzip(response: httpx.Response, limit: int) -> bytes:
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    body, came = bytearray(), False
    for chunk in response.iter_raw(_CHUNK_BYTES):
        came = True
        try:
            body += unpacking.decompress(chunk, limit + 1 - len(body))
        except zlib.error:
            raise Unreachable("broken gzip") from None
        _bounded(body, limit)
        if unpacking.unused_data:
            raise Unreachable("something after the end of the gzip")
    if came and not unpacking.eof:
        raise Unreachable("gzip ends early")
    return bytes(body)


def _bounded(body: bytearray, limit: int) -> None:
    if len(body) > limit:
        raise TooLarge("answer too large")
