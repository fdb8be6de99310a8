"""Adding many members at once: all who are in a list, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from models.invitation_store import NewInvitation
from models.member import Member
from models.member_store import MemberStore, NameTakenError
from services import member_list
from services.clock import Clock
from services.invitations import Invitations
from services.member_list import ListUnreadableError, MemberList
from services.roster import new_member


@dataclass(frozen=True)
class Import:
    """What is to be added: new members, each with the token of his invitation where they are to be invited.

    `skipped` are the names that are there already, `listed` what was read."""

    members: tuple[tuple[Member, NewInvitation | None], ...]
    tokens: tuple[SecretStr | None, ...]
    skipped: tuple[str, ...]
    listed: MemberList


class Importing:
    """Reads a list, says what is wrong with it, and adds it. Methods raise DatabaseAwayError."""

    def __init__(self, members: MemberStore, invitations: Invitations, clock: Clock) -> None:
        self._members = members
        self._invitations = invitations
        self._clock = clock

    def plan(self, raw: bytes, *, skip_existing: bool, invite: bool) -> Import:
        """What the file `raw` would add; nothing is done yet.

        Raises ListUnreadableError, also for a member who is there already unless he is to be skipped.
        """
        listed, there = member_list.read(raw), {member.name for member in self._members.all()}
        now = int(self._clock())
        made = [(one, new_member(one.name, one.display_name, one.operator, now)) for one in listed.people]
        taken = [(one, member) for one, member in made if member.name in there]
        if taken and not skip_existing:
            troubles = [f"line {one.line}: there is a member {member.name} already" for one, member in taken]
            raise ListUnreadableError([*troubles, "--skip-existing leaves those out who are there already"])
        new = [member for _one, member in made if member.name not in there]
        invited = [self._invitations.made() if invite else (None, None) for _member in new]
        return Import(
            members=tuple((member, kept) for member, (_token, kept) in zip(new, invited, strict=True)),
            tokens=tuple(token for token, _kept in invited),
            skipped=tuple(member.name for _one, member in taken),
            listed=listed,
        )

    def carry_out(self, planned: Import) -> None:
        """Adds everybody, or nobody. Raises ListUnreadableError where somebody was added meanwhile."""
        try:
            self._invitations.store.add(planned.members)
        except NameTakenError as error:
            raise ListUnreadableError([f"there is a member {error} already, added just now"]) from None
