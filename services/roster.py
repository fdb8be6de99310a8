"""The list of members, as the operator keeps it by command."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from models.invitation_store import InvitationStore
from models.member import Member
from models.member_store import NameTakenError
from services.clock import Clock
from services.members import Members
from services.passwords import NAME_LENGTH, Passwords, normalised_name

DISPLAY_NAME_LENGTH = 120


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
    invited_until: int | None
    """Until when his invitation can be used, in Unix seconds; None where he has none."""
    shares_with: tuple[str, ...]
    """Who has connected the same account at Nextcloud, by name."""


def new_member(name: str, display_name: str, operator: bool, created_at: int) -> Member:
    """A member who has no password yet; nothing of him is kept so far. Raises NameInvalidError."""
    kept = normalised_name(name)
    if not kept or not kept.isprintable() or " " in kept or len(name.strip()) > NAME_LENGTH:
        raise NameInvalidError
    shown = printable(display_name)[:DISPLAY_NAME_LENGTH] or name.strip()
    return Member(name=kept, display_name=shown, operator=operator, created_at=created_at)


def printable(words: str) -> str:
    """One line of what can be seen: names are shown to others, and in the operator's terminal."""
    return "".join(letter for letter in " ".join(words.split()) if letter.isprintable()).strip()


class Roster:
    """Adds, lists, shuts out and removes members. Methods that change one raise UnknownMemberError."""

    def __init__(self, members: Members, passwords: Passwords, invitations: InvitationStore, clock: Clock) -> None:
        self._members = members
        self._store = members.store
        self._passwords = passwords
        self._invitations = invitations
        self._clock = clock

    def add(
        self, name: str, password: SecretStr, display_name: str = "", operator: bool = False, demo: bool = False
    ) -> None:
        """Adds a member. Raises NameInvalidError, NameTakenError and PasswordTooWeakError."""
        member = new_member(name, display_name, operator, int(self._clock()))
        member.password_hash, member.demo = self._passwords.hash(password), demo
        self._store.add(member)

    def add_demo(self, name: str, password: SecretStr, display_name: str) -> None:
        """Adds a demo member where he is not there yet."""
        try:
            self.add(name, password, display_name, demo=True)
        except NameTakenError:
            return

    def list(self) -> list[ListedMember]:
        """All members, by name."""
        invited, members = self._invitations.open_until(int(self._clock())), self._store.all()
        by_account: dict[tuple[str | None, str | None], list[str]] = {}
        for member in members:
            by_account.setdefault(_account(member), []).append(member.name)
        return [
            ListedMember(
                name=member.name,
                display_name=member.display_name,
                operator=member.operator,
                disabled=member.disabled,
                connected=member.nextcloud_connection_id is not None,
                invited_until=invited.get(member.id or 0),
                shares_with=tuple(name for name in by_account[_account(member)] if name != member.name)
                if member.nextcloud_connection_id
                else (),
            )
            for member in members
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

    def set_operator(self, name: str, operator: bool) -> None:
        """Makes a member an operator, or no longer. Where a group at the OpenID provider decides, his next sign-in
        there does so anew."""
        self._members.changed(self._store.set_operator(normalised_name(name), operator))

    def remove(self, name: str) -> None:
        """Deletes a member and all that is his; the app password is to be revoked."""
        self._members.changed(self._store.remove(normalised_name(name), int(self._clock())))

    def set_password(self, name: str, password: SecretStr) -> None:
        """Gives a member a new password and signs him out everywhere. Raises PasswordTooWeakError."""
        hashed = self._passwords.hash(password)
        self._members.changed(self._store.reset_password(normalised_name(name), hashed, int(self._clock())))


def _account(member: Member) -> tuple[str | None, str | None]:
    return member.nextcloud_base_url, member.nextcloud_user_id
