"""Bearer tokens of the host dashboard, which signs its own: whom they name, and whether they may be believed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from services.clock import Clock
from services.host_keys import SAME, HostKeys, UnknownKeyError
from web.tokens import TokenExpiredError, TokenInvalidError

LEEWAY_SECONDS = 10
"""By how much the host's clock may differ from ours."""

_UNREADABLE = (JoseError, ValueError, TypeError, OverflowError, RecursionError)
"""What reading somebody else's token may raise."""


@dataclass(frozen=True)
class HostClaims:
    """What a good token says: the member's name, the second it was issued in (0 where it does not say), and for how
    many seconds it is good from now on."""

    name: str
    issued_at: int
    expires_in: int


class HostTokens:
    """Checks tokens of one host. Nothing that a token says is believed before its signature, nothing is logged."""

    def __init__(
        self, keys: HostKeys, algorithm: str, issuer: str, audience: str, clock: Clock, claim: str = "sub"
    ) -> None:
        """`claim` holds the member's name."""
        self._keys = keys
        self._registry = _Registry(algorithms=[SAME.get(algorithm, algorithm)], strict_check_header=False)
        self._issuer = issuer
        self._audience = audience
        self._claim = claim
        self._clock = clock

    def wrote(self, token: str) -> bool:
        """Whether a token says that it is the host's. It decides by whose keys it is checked, and nothing else."""
        try:
            claims = json.loads(jws.extract_compact(token.encode(), registry=self._registry).payload)
        except _UNREADABLE:
            return False
        return isinstance(claims, dict) and claims.get("iss") == self._issuer

    def check(self, token: str) -> HostClaims:
        """What the token says. Raises TokenExpiredError, TokenInvalidError and HostKeysAwayError."""
        try:
            said = jwt.decode(token, self._key, registry=self._registry).claims
            claims = {name: said[name] for name in ("iss", "aud", "exp", "iat", "nbf", self._claim) if name in said}
            self._rules().validate(claims)
            issued_at, expires_in = int(claims.get("iat", 0)), int(claims["exp"] - self._clock())
        except ExpiredTokenError:
            raise TokenExpiredError from None
        except (UnknownKeyError, *_UNREADABLE):
            raise TokenInvalidError from None
        if not isinstance(claims[self._claim], str):
            raise TokenInvalidError
        return HostClaims(claims[self._claim], issued_at, expires_in)

    def _rules(self) -> jwt.JWTClaimsRegistry:
        expected: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._audience},
            "exp": {"essential": True},
        }
        expected.setdefault(self._claim, {"essential": True})
        return jwt.JWTClaimsRegistry(now=int(self._clock()), leeway=LEEWAY_SECONDS, **expected)

    def _key(self, signed: Any) -> Key:
        """The key for a token whose header is known to be one that we take."""
        return self._keys.key(signed.headers().get("kid"))


class _Registry(JWSRegistry):
    """Takes the older name of an algorithm for the same, without the warning that joserfc has for each such token."""

    def get_alg(self, name: str) -> Any:
        return super().get_alg(SAME.get(name, name))
