"""The list of members, as the operator keeps it by command."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from models.member import Member
from models.member_store import NameTakenError
from services.clock import Clock
from services.members import Members
from services.passwords import NAME_LENGTH, Passwords, normalised_name


class NameInvalidError(Exception):
    """A member's name is empty, too long or holds blanks or control characters."""


@dataclass(frozen=True)
class ListedMember:
    """A member as the operator sees him; never his password, his credential or his conversations."""

    name: str
    display_name: str
    operator: bool
    disabled: bool
    connected: bool


class Roster:
    """Adds, lists, shuts out and removes members. Methods that change one raise UnknownMemberError."""

    def __init__(self, members: Members, passwords: Passwords, clock: Clock) -> None:
        self._members = members
        self._store = members.store
        self._passwords = passwords
        self._clock = clock

    def add(
        self, name: str, password: SecretStr, display_name: str = "", operator: bool = False, demo: bool = False
    ) -> None:
        """Adds a member. Raises NameInvalidError, NameTakenError and PasswordTooWeakError."""
        kept = normalised_name(name)
        if not kept or not kept.isprintable() or " " in kept or len(name.strip()) > NAME_LENGTH:
            raise NameInvalidError
        self._store.add(
            Member(
                name=kept,
                display_name=display_name.strip()[:120] or name.strip(),
                password_hash=self._passwords.hash(password),
                operator=operator,
                demo=demo,
                created_at=int(self._clock()),
            )
        )

    def add_demo(self, name: str, password: SecretStr, display_name: str) -> None:
        """Adds a demo member where he is not there yet."""
        try:
            self.add(name, password, display_name, demo=True)
        except NameTakenError:
            return

    def list(self) -> list[ListedMember]:
        """All members, by name."""
        return [
            ListedMember(m.name, m.display_name, m.operator, m.disabled, m.nextcloud_connection_id is not None)
            for m in self._store.all()
        ]

    def has_demo_members(self) -> bool:
        """Whether this database was made by the demo."""
        return any(member.demo for member in self._store.all())

    def disable(self, name: str) -> None:
        """Shuts a member out: sign-ins end, the app password is to be revoked."""
        self._members.changed(self._store.set_disabled(normalised_name(name), True, int(self._clock())))

    def enable(self, name: str) -> None:
        """Lets a member in again. He signs in and connects anew."""
        self._members.changed(self._store.set_disabled(normalised_name(name), False, int(self._clock())))

    def remove(self, name: str) -> None:
        """Deletes a member and all that is his; the app password is to be revoked."""
        self._members.changed(self._store.remove(normalised_name(name), int(self._clock())))

    def set_password(self, name: str, password: SecretStr) -> None:
        """Gives a member a new password and signs him out everywhere. Raises PasswordTooWeakError."""
        hashed = self._passwords.hash(password)
        self._members.changed(self._store.reset_password(normalised_name(name), hashed, int(self._clock())))
