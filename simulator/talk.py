"""What happens in conversations: joining, writing, reading, editing."""

from __future__ import annotations

from typing import Any

from simulator import randoms
from simulator.clock import Clock
from simulator.conversations import (
    CHANGELOG,
    FORMER,
    NOTE_TO_SELF,
    ONE_TO_ONE,
    OWNER,
    PERSONAL,
    USER,
    Actor,
    Attendance,
    Conversation,
    Message,
)
from simulator.members import Member, Members

ADMINISTRATION = Actor("guests", "cli", "")
CHANGELOG_BOT = Actor("bots", "changelog", "Talk updates ✅")
GROUP_MENTIONS = ("call", "user-group", "circle")


class Talk:
    """All conversations. Not locked: the state's lock is held by the caller."""

    def __init__(self, members: Members, clock: Clock) -> None:
        self.conversations: list[Conversation] = []
        self.features: list[str] = []
        """Features of a newer Talk than the recorded one."""
        self.generation = 0
        """Raised when an administrator changes Talk's settings: another `X-Nextcloud-Talk-Hash`."""
        self._members = members
        self._clock = clock
        self._ids = {"conversation": 0, "attendance": 0, "message": 0}

    def get(self, token: str) -> Conversation | None:
        """The conversation with this token."""
        return next((one for one in self.conversations if one.token == token), None)

    def of(self, user_id: str) -> list[Conversation]:
        """A member's conversations, in the order they were made."""
        return [one for one in self.conversations if one.listed_for(user_id)]

    def join(self, member: Member, name: str, kind: int, at: float | None = None) -> Conversation:
        """The member in the conversation, either of which is new if need be.

        For a one-to-one, `name` is the partner's user id.
        """
        found = self._find(member, name, kind)
        if found is None:
            found = self._create(member, name, kind, at)
        if member.user_id not in found.attendances:
            self._attend(found, member.user_id)
            self._announce(found, member, at)
        return found

    def actor(self, name: str | Actor) -> Actor:
        """A member as the author of a message; an account is made for an unknown one."""
        if isinstance(name, Actor):
            return name
        member = self._members.ensure(name)
        return Actor("users", member.user_id, member.display_name)

    def post(self, conversation: Conversation, author: str | Actor, text: str, **more: Any) -> Message:
        """A new message. Its author, if a member, attends from now on and has read everything."""
        actor = self.actor(author)
        if actor.kind == "users" and actor.id not in conversation.attendances:
            self._attend(conversation, actor.id)
        message = self._append(conversation, actor, text, **more)
        if actor.kind == "users":
            self.read(conversation, actor.id)
        self._note_mentions(conversation, message)
        return message

    def read(self, conversation: Conversation, user_id: str) -> None:
        """Move the member's read marker to the end."""
        attendance = conversation.attendances[user_id]
        if attendance.last_read != conversation.last_id:
            attendance.last_read = conversation.last_id
            attendance.changed_at = self._clock.now()

    def forget(self, member: Member) -> None:
        """The account is deleted: it leaves everywhere, and its one-to-ones turn into former ones."""
        for one in self.conversations:
            if one.attendances.pop(member.user_id, None) and one.kind == ONE_TO_ONE:
                one.kind, one.name = FORMER, member.display_name
                one.fields["readOnly"] = 1

    def edit(self, conversation: Conversation, text: str) -> None:
        """Change the last message's text. Nothing else moves, as on the real server."""
        message = conversation.messages[-1]
        message.text = text
        message.extra |= {
            "lastEditActorType": message.actor.kind,
            "lastEditActorId": message.actor.id,
            "lastEditActorDisplayName": message.actor.name,
            "lastEditTimestamp": int(self._clock.now()),
        }

    def withdraw(self, conversation: Conversation) -> None:
        """Delete the last message: it stays as a sentence that it is gone."""
        message = conversation.messages[-1]
        message.kind, message.text = "comment_deleted", "Message removed by its author"
        message.parameters = {"actor": self._as_parameter(message.actor)}
        message.extra["deleted"] = True

    def _find(self, member: Member, name: str, kind: int) -> Conversation | None:
        for one in self.conversations:
            if one.kind != kind:
                continue
            if kind == ONE_TO_ONE and set(one.attendances) == {member.user_id, name}:
                return one
            if kind in PERSONAL and one.owner == member.user_id:
                return one
            if kind not in (ONE_TO_ONE, *PERSONAL) and one.name == name:
                return one
        return None

    def _create(self, member: Member, name: str, kind: int, at: float | None) -> Conversation:
        self._ids["conversation"] += 1
        made = Conversation(
            id=self._ids["conversation"],
            token=randoms.text(8, randoms.ROOM_ALPHABET),
            kind=kind,
            name=name,
            owner=member.user_id,
        )
        if kind in (CHANGELOG, FORMER):
            made.fields["readOnly"] = 1
        self.conversations.append(made)
        creator = self.actor(member.user_id) if kind in (ONE_TO_ONE, FORMER) else ADMINISTRATION
        if kind == CHANGELOG:
            creator = CHANGELOG_BOT
        self._append(made, creator, "", system="conversation_created", at=at)
        if kind in (ONE_TO_ONE, FORMER, NOTE_TO_SELF):
            self._attend(made, member.user_id, role=OWNER)
        if kind == ONE_TO_ONE:
            self._attend(made, self._members.ensure(name).user_id, role=OWNER)
        return made

    def _attend(self, conversation: Conversation, user_id: str, role: int = USER) -> None:
        self._ids["attendance"] += 1
        conversation.attendances[user_id] = Attendance(
            id=self._ids["attendance"],
            user_id=user_id,
            last_read=conversation.last_id,
            changed_at=self._clock.now(),
            role=role,
        )

    def _announce(self, conversation: Conversation, member: Member, at: float | None) -> None:
        if conversation.kind in (CHANGELOG, FORMER):
            return
        who = self.actor(member.user_id)
        parameters = {"user": self._as_parameter(who)}
        self._append(conversation, ADMINISTRATION, "", parameters, system="user_added", at=at)

    def _append(
        self,
        conversation: Conversation,
        actor: Actor,
        text: str,
        parameters: dict[str, Any] | None = None,
        *,
        system: str | None = None,
        kind: str = "comment",
        at: float | None = None,
        expires_in: int = 0,
        **extra: Any,
    ) -> Message:
        self._ids["message"] += 1
        now = int(self._clock.now())
        parameters = dict(parameters or {})
        if system:
            parameters = {"actor": self._as_parameter(actor)} | parameters
        message = Message(
            id=self._ids["message"],
            actor=actor,
            timestamp=int(at) if at else now,
            text=text,
            parameters=parameters,
            system=system or "",
            kind="system" if system else kind,
            expires_at=now + expires_in if expires_in else 0,
            extra=extra,
        )
        conversation.messages.append(message)
        return message

    @staticmethod
    def _as_parameter(actor: Actor) -> dict[str, Any]:
        if actor.kind == "guests":
            names = {"cli": "Administration", "system": "System"}
            name = names.get(actor.id, actor.name)
            return {"type": "guest", "id": f"guest/{actor.id}", "name": name, "mention-id": f"guest/{actor.id}"}
        return {"type": "user", "id": actor.id, "name": actor.name, "mention-id": actor.id}

    @staticmethod
    def _note_mentions(conversation: Conversation, message: Message) -> None:
        if message.system:
            return
        mentioned = [one for key, one in message.parameters.items() if key.startswith("mention-")]
        for attendance in conversation.attendances.values():
            direct = any(one["type"] == "user" and one["id"] == attendance.user_id for one in mentioned)
            if direct:
                attendance.last_direct_mention = message.id
            if direct or any(one["type"] in GROUP_MENTIONS for one in mentioned):
                attendance.last_mention = message.id
