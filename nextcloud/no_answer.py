"""Why no answer came: the cause behind what the HTTP library raised."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from nextcloud.deadline import HandshakeTimeout
from nextcloud.errors import Expired, NameUnknown, OtherName, TlsFailed, Unreachable, Untrusted

_NOT_YET_VALID, _HAS_EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
"""Numbers of OpenSSL (X509_V_ERR_…); Python names none of them."""


def cause_of_silence(error: Exception) -> Unreachable:
    """The error to raise instead of httpx's `error`; its text holds types and no address."""
    never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    detail = type(error).__name__
    if never_sent:
        for origin in _origins(error):
            if isinstance(origin, socket.gaierror):
                return NameUnknown(detail, never_sent=True)
            if isinstance(origin, ssl.SSLCertVerificationError):
                return _bad_certificate(origin)
            if isinstance(origin, ssl.SSLError | HandshakeTimeout):
                return TlsFailed(type(origin).__name__, never_sent=True)
    return Unreachable(detail, never_sent=never_sent)


def _bad_certificate(error: ssl.SSLCertVerificationError) -> TlsFailed:
    detail = f"certificate refused, OpenSSL number {error.verify_code}"
    if error.verify_code in (_NOT_YET_VALID, _HAS_EXPIRED):
        return Expired(detail, never_sent=True)
    if error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
        return OtherName(detail, never_sent=True)
    return Untrusted(detail, never_sent=True)


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
