"""Accounts and their app passwords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator import randoms


@dataclass
class AppPassword:
    """One entry of a member's "Devices & sessions"."""

    id: int
    user_id: str
    login_name: str
    name: str
    secret: str = field(repr=False)
    created_at: float
    revoked: bool = False
    trouble: str = ""
    """`wipe`: to be wiped. `stale`: the account password has changed and nobody noticed yet.
    `parked`: noticed; a login in the browser repairs it."""


@dataclass
class Member:
    """An account of the instance."""

    user_id: str
    display_name: str
    password: str = field(repr=False)
    email: str | None = None
    language: str = ""
    enabled: bool = True
    talk_allowed: bool = True
    moderates: bool = False
    first_login: float = 0.0
    last_login: float = 0.0
    presence: dict[str, Any] | None = None
    picture: tuple[bytes, str] | None = None
    """The face the member has chosen: the bytes and their content type."""
    recorded_rooms: list[dict[str, Any]] | None = None
    app_passwords: list[AppPassword] = field(default_factory=list)

    @property
    def active_app_passwords(self) -> list[AppPassword]:
        """Those that still exist, newest last."""
        return [one for one in self.app_passwords if not one.revoked]

    def answers_to(self, login_name: str) -> bool:
        """Whether `login_name` is this account's user id or e-mail address, in any letter case."""
        wanted = login_name.casefold()
        return wanted in (self.user_id.casefold(), (self.email or self.user_id).casefold())


class Members:
    """All accounts, by user id. Not locked: the state's lock is held by the caller."""

    def __init__(self) -> None:
        self._by_id: dict[str, Member] = {}
        self.app_password_count = 0
        """The id of the newest app password there ever was."""

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self._by_id.values()))

    def get(self, user_id: str) -> Member | None:
        """The account with exactly this user id."""
        return self._by_id.get(user_id)

    def ensure(self, user_id: str, display_name: str = "", password: str = "") -> Member:
        """The account, created if there is none yet. What is given replaces what was known."""
        member = self._by_id.get(user_id)
        if member is None:
            member = Member(user_id, display_name or user_id.title(), password or randoms.text(16))
            self._by_id[user_id] = member
        member.display_name = display_name or member.display_name
        member.password = password or member.password
        return member

    def remove(self, user_id: str) -> None:
        """Delete the account and all its app passwords."""
        member = self._by_id.pop(user_id, None)
        for app_password in member.app_passwords if member else []:
            app_password.revoked = True

    def by_login_name(self, login_name: str) -> Member | None:
        """Whoever may log in with this name."""
        return next((one for one in self._by_id.values() if one.answers_to(login_name)), None)

    def add_app_password(self, member: Member, name: str, login_name: str, now: float) -> AppPassword:
        """A new device. A long name is cut as the server cuts it."""
        self.app_password_count += 1
        shown = name if len(name) <= 128 else name[:120] + "…"
        made = AppPassword(
            id=self.app_password_count,
            user_id=member.user_id,
            login_name=login_name,
            name=shown,
            secret=randoms.text(72),
            created_at=now,
        )
        member.app_passwords.append(made)
        return made

    def find_app_password(self, secret: str) -> AppPassword | None:
        """The existing app password that is this string."""
        for member in self._by_id.values():
            for app_password in member.active_app_passwords:
                if app_password.secret == secret:
                    return app_password
        return None
