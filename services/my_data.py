"""„My data“: what is kept about a member, where and for how long; all of it for himself, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import SecretStr

from models.member_store import CurrentMember
from models.own_data import OwnData
from services.causes import N_
from services.clock import Clock
from services.ending import Ending
from services.members import Members
from services.passwords import Passwords, WrongPasswordError, normalised_name

log = structlog.get_logger()


@dataclass(frozen=True)
class Kept:
    """One kind of data: sentences in English, keys of the catalogues. `%(days)s` in `how_long` is SESSION_DAYS.

    `table` is its name in the database, "" for what is not there."""

    what: str
    where: str
    how_long: str
    table: str = ""


_DATABASE, _MEMORY = N_("database"), N_("memory of the server")
_REMOVED = N_("until the member is removed")
_MONTH = N_("30 days after the seven for which it is good")

KEPT = (
    Kept(
        N_(
            "name, display name, password as a hash (Argon2id), id at the OpenID provider, whether operator or "
            "disabled, times"
        ),
        _DATABASE,
        _REMOVED,
        "users",
    ),
    Kept(N_("language, colours, what was chosen for the card"), _DATABASE, _REMOVED, "users"),
    Kept(
        N_("account at Nextcloud: address, login name, user id, name, when connected; app password, encrypted"),
        _DATABASE,
        N_("until disconnected, disabled or removed"),
        "users",
    ),
    Kept(
        N_("sign-ins: hash of the id, browser, system, times; name of the session at the OpenID provider"),
        _DATABASE,
        N_("%(days)s days after the last use"),
        "sign_ins",
    ),
    Kept(
        N_("sign-ins in a frame of another dashboard: hash of the id, browser, system, times"),
        _DATABASE,
        N_("5 minutes"),
        "sign_ins",
    ),
    Kept(
        N_("tickets of a host dashboard: hash, name and display name, address of its page"),
        _DATABASE,
        N_("until used; else an hour at most"),
        "embed_tickets",
    ),
    Kept(N_("a sign-in under way at the OpenID provider"), N_("cookies of the browser"), N_("10 minutes")),
    Kept(N_("invitations: hash of the link, times, what became of it"), _DATABASE, _MONTH, "invitations"),
    Kept(
        N_("connections being made: times, how they stand; tokens and answer, encrypted"),
        _DATABASE,
        N_("tokens until settled or expired; the rest a day longer"),
        "login_flows",
    ),
    Kept(
        N_("app passwords that are still to be given back, encrypted, with login name and address"),
        _DATABASE,
        N_("until given back, a day at most"),
        "revocations",
    ),
    Kept(
        N_("conversations that may be shown, forty at most, with their last message"),
        _MEMORY,
        N_("until fetched again; a day at most while Nextcloud is away; gone at once when disconnected or revoked"),
    ),
    Kept(
        N_("pictures of these conversations"),
        _MEMORY,
        N_("two days after they were looked at; gone at once when disconnected"),
    ),
    Kept(N_("addresses of failed sign-ins, as counters"), _MEMORY, N_("10 minutes")),
    Kept(
        N_("id of the sign-in, a secret against forged forms"),
        N_("cookies of the browser"),
        N_("%(days)s days after the last use"),
    ),
    Kept(
        N_("what began, ended or went wrong, mostly by the member's number; no messages, no secrets"),
        N_("log of the server"),
        N_("as long as the operator keeps logs"),
    ),
    Kept(
        N_("a copy of the database"),
        N_("backups"),
        N_("as long as the operator keeps backups"),
    ),
)
"""The one table of it: the page of a member shows it, and docs/operating.md says the same."""


class MyData:
    """What a member may do about his data. Every method raises DatabaseAwayError."""

    def __init__(
        self,
        store: OwnData,
        members: Members,
        passwords: Passwords,
        ending: Ending,
        session_days: int,
        clock: Clock,
    ) -> None:
        """`session_days`: after how many days without use a sign-in ends."""
        self._store = store
        self._members = members
        self._passwords = passwords
        self._ending = ending
        self.session_days = session_days
        self._clock = clock

    def rows(self, member: CurrentMember) -> dict[str, list[dict[str, Any]]]:
        """What stands in the database about the member, by table, without any secret."""
        return self._store.rows(member.id)

    def has_password(self, member: CurrentMember) -> bool:
        """Whether there is one to prove who he is; who has none writes his name instead."""
        record = self._members.store.password(member.name)
        return record is not None and record.password_hash is not None

    def delete_all(self, member: CurrentMember, proof: SecretStr, address: str) -> bool | None:
        """Deletes the member and everything that is his, at once, and gives his app password back. `proof` is his
        password, or his name where he has none.

        Whether Nextcloud confirmed that (if not, it is tried again for a day); None where nothing was connected.
        Raises WrongPasswordError, TooManyTriesError and LastOperatorError, and then nothing has changed.
        """
        if self.has_password(member):
            self._passwords.check(member.name, proof, address)
        elif normalised_name(proof.get_secret_value()) != member.name:
            raise WrongPasswordError
        retired = self._store.remove(member.id, int(self._clock()))
        self._members.changed(member.id)
        log.info("member.deleted_himself", member=member.id)
        return self._ending.finish(retired) if retired else None
