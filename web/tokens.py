"""Our own bearer tokens for REST callers: JWTs, short-lived, signed by a key that has an id."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OctKey
from pydantic import SecretStr

from services.clock import Clock

AUDIENCE = "talkboard"
_ALGORITHMS = ["HS256", "Ed25519", "ES256", "RS256"]
_BY_TYPE = {"oct": "HS256", "OKP": "Ed25519", "EC": "ES256", "RSA": "RS256"}


class TokenInvalidError(Exception):
    """The token is none of ours, or was changed."""


class TokenExpiredError(Exception):
    """The token was ours and is too old."""


class Tokens:
    """Issues and checks bearer tokens. The first key of the set signs, every key checks."""

    def __init__(self, keys: KeySet, seconds: int, issuer: str, clock: Clock) -> None:
        """Tokens are valid for `seconds`; `issuer` is our own address."""
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self.seconds = seconds

    def now(self) -> int:
        """The second that a token is issued in. To be asked for before the password is checked: what ends the
        member's tokens while that takes place then ends this one too."""
        return int(self._clock())

    def issue(self, member_id: int, issued_at: int) -> str:
        """A token for a member, valid from `issued_at` on."""
        key = self._keys.keys[0]
        algorithm = _BY_TYPE[key.key_type]
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(member_id),
            "iat": issued_at,
            "exp": issued_at + self.seconds,
        }
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, self._keys, algorithms=[algorithm])

    def check(self, token: str) -> tuple[int, int]:
        """The member's id and the second the token was issued in.

        Raises TokenExpiredError and TokenInvalidError.
        """
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=0,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._keys, algorithms=_ALGORITHMS).claims
            rules.validate(claims)
            return int(claims["sub"]), int(claims["iat"])
        except ExpiredTokenError:
            raise TokenExpiredError from None
        except (JoseError, ValueError, TypeError):
            raise TokenInvalidError from None


def keys_from_secret(secret: SecretStr) -> KeySet:
    """The key set that is used where JWT_KEYS is not set: one key, derived from SECRET_KEY."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"talkboard bearer tokens").derive(secret.get_secret_value().encode())
    encoded = base64.urlsafe_b64encode(derived).rstrip(b"=").decode()
    return KeySet([OctKey.import_key({"kty": "oct", "k": encoded, "kid": "secret-key"})])
