"""Who calls: a program with a bearer token, beside which a cookie counts for nothing, or a browser's session."""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue

from services.causes import CauseError
from web.context import services, signed_in
from web.csrf import csrf
from web.session import bearer_token
from web.tokens import TokenExpiredError, TokenInvalidError

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


def _by_token(token: str) -> None:
    try:
        member_id, issued_at = services().tokens.check(token)
    except TokenExpiredError:
        raise CauseError("token_expired") from None
    except TokenInvalidError:
        raise CauseError("unauthenticated") from None
    member = services().members.current(member_id)
    if member is None:
        raise CauseError("unknown_member")
    if issued_at <= member.signed_out_at:
        raise CauseError("unauthenticated")
    g.bearer_member = member
