"""Secrets as they are kept: Fernet tokens in the database, `SecretStr` everywhere else."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr


class UnreadableSecretError(Exception):
    """A stored secret was encrypted with a key that CREDENTIAL_KEYS does not hold."""


class Keyring:
    """Encrypts with the first key and decrypts with any of them, so that keys can rotate."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        """`keys` are Fernet keys, at least one."""
        self._fernet = MultiFernet([Fernet(key.get_secret_value()) for key in keys])

    def encrypt(self, secret: SecretStr) -> str:
        """`secret` as a Fernet token."""
        return self._fernet.encrypt(secret.get_secret_value().encode()).decode()

    def decrypt(self, token: str) -> SecretStr:
        """The secret in `token`. Raises UnreadableSecretError where no key fits."""
        try:
            return SecretStr(self._fernet.decrypt(token).decode())
        except (InvalidToken, ValueError):  # ValueError: it is not even plain ASCII
            raise UnreadableSecretError("no key of CREDENTIAL_KEYS fits a stored secret") from None

    def rotate(self, token: str) -> str:
        """`token` encrypted anew with the first key. Raises UnreadableSecretError where no key fits."""
        try:
            return self._fernet.rotate(token).decode()
        except (InvalidToken, ValueError):
            raise UnreadableSecretError("no key of CREDENTIAL_KEYS fits a stored secret") from None
