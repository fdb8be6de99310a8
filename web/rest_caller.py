"""Who calls: a program with a bearer token, beside which a cookie counts for nothing, or a browser's session."""

from __future__ import annotations

import structlog
from flask import g, request
from flask.typing import ResponseReturnValue
from pydantic import SecretStr

from models.member_store import CurrentMember
from services.causes import CauseError
from services.embedding import EmbedKeyError
from services.host_keys import HostKeysAwayError
from web.context import services, signed_in
from web.csrf import csrf
from web.session import bearer_token
from web.tokens import TokenExpiredError, TokenInvalidError

log = structlog.get_logger()

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def identify() -> ResponseReturnValue | None:
    """To be run before a call. Raises CauseError, and CSRFError for a session that changes something unasked."""
    bearer = bearer_token()
    if bearer is not None:
        _by_token(bearer)
    elif signed_in() is None:
        raise CauseError("unauthenticated")
    elif request.method not in _SAFE:
        csrf.protect()
    return None


def identify_host() -> ResponseReturnValue | None:
    """To be run before a call of a host's server, which has a key of its own. Raises CauseError."""
    try:
        g.embed_host = services().embedding.host(SecretStr(bearer_token() or ""))
    except EmbedKeyError:
        log.warning("embed.key_refused", hint="a host's server shows a key that EMBED_KEYS does not name")
        raise CauseError("unauthenticated") from None
    return None


def _by_token(token: str) -> None:
    try:
        member, issued_at = _named_by(token)
    except TokenExpiredError:
        raise CauseError("token_expired") from None
    except TokenInvalidError:
        raise CauseError("unauthenticated") from None
    except HostKeysAwayError as away:
        raise CauseError("host_keys_unavailable", away.retry_after) from None
    if member is None:
        raise CauseError("unknown_member")
    if member.has_signed_out_since(issued_at):
        raise CauseError("unauthenticated")
    g.bearer_member = member


def _named_by(token: str) -> tuple[CurrentMember | None, int]:
    """The member whom a token of the host's or of ours names, and the second it was issued in."""
    given = services()
    if given.host_tokens is not None and given.host_tokens.wrote(token):
        claims = given.host_tokens.check(token)
        return given.members.named(claims.name), claims.issued_at
    member_id, issued_at = given.tokens.check(token)
    return given.members.current(member_id), issued_at
