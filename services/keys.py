"""The encryption keys of what is stored: whether they fit, and how everything moves to a new one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import inspect, select, update
from sqlmodel import col

from models.database import Database
from models.encrypted import Keyring, UnreadableSecretError
from models.member import Member
from models.pending_flow import PendingFlow
from models.revocation import Revocation

_SECRETS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Member, ("nextcloud_app_password",)),
    (PendingFlow, ("poll_token", "login_url", "answer")),
    (Revocation, ("app_password",)),
)


SAMPLE = 20
"""As many app passwords are looked at where it has to be quick."""


class Fit(Enum):
    """How many of the stored app passwords the keys read."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True)
class Reencrypted:
    """How many secrets now carry the first key, and how many no key could read."""

    done: int
    unreadable: int


class Keys:
    """Looks at every stored secret, without ever showing one."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def unreadable_members(self) -> list[str]:
        """Names of the members whose app password no key of CREDENTIAL_KEYS reads: they must reconnect."""
        with self._database.read() as session:
            rows = session.execute(select(Member.name, Member.nextcloud_app_password)).all()  # type: ignore[call-overload]
        return [name for name, token in rows if token and not self._readable(token)]

    def fit(self) -> Fit:
        """Whether the keys read the app passwords of the newest members. Raises DatabaseAwayError."""
        stored = col(Member.nextcloud_app_password)
        query = select(stored).where(stored.is_not(None)).order_by(col(Member.id).desc()).limit(SAMPLE)
        with self._database.read() as session:
            readable = {self._readable(token) for token in session.scalars(query) if token}
        return Fit.SOME if len(readable) == 2 else Fit.NONE if readable == {False} else Fit.ALL

    def reencrypt(self) -> Reencrypted:
        """Encrypts every stored secret anew with the first key, each row in a transaction of its own.

        Killed in the middle it is simply run again: all keys still decrypt."""
        done = unreadable = 0
        for table, columns in _SECRETS:
            for column in columns:
                for row_id, token in self._tokens(table, column):
                    if self._rotate(table, column, row_id, token):
                        done += 1
                    else:
                        unreadable += 1
        return Reencrypted(done, unreadable)

    def _tokens(self, table: Any, column: str) -> list[tuple[Any, str]]:
        attribute = getattr(table, column)
        with self._database.read() as session:
            rows = session.execute(select(_id_of(table), attribute).where(attribute.is_not(None)))
            return [(row[0], row[1]) for row in rows]

    def _rotate(self, table: Any, column: str, row_id: Any, token: str) -> bool:
        try:
            rotated = self._keyring.rotate(token)
        except UnreadableSecretError:
            return False
        with self._database.write() as session:
            # Only what was read: a secret that has changed meanwhile carries the first key already.
            session.execute(
                update(table).where(_id_of(table) == row_id, getattr(table, column) == token).values({column: rotated})
            )
        return True

    def _readable(self, token: str) -> bool:
        try:
            self._keyring.decrypt(token)
        except UnreadableSecretError:
            return False
        return True


def _id_of(table: Any) -> Any:
    return inspect(table).primary_key[0]
