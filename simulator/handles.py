"""What a test holds in its hand: a member, a conversation. Each call takes the lock for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.conversations import GROUP, Actor, Conversation
from simulator.conversations import Message as Message
from simulator.members import Member
from simulator.state import State


@dataclass(frozen=True)
class ConversationHandle:
    """A conversation to act in."""

    _state: State
    _conversation: Conversation

    @property
    def token(self) -> str:
        """The key of the conversation in URLs."""
        return self._conversation.token

    @property
    def messages(self) -> list[Message]:
        """Everything in it, oldest first."""
        with self._state.lock:
            return list(self._conversation.messages)

    def post(
        self,
        author: str | Actor,
        text: str,
        parameters: dict[str, Any] | None = None,
        system: str | None = None,
        **more: Any,
    ) -> Message:
        """Write a message, or with `system` have one of that type appear.

        An unknown author gets an account. `more`: `kind`, `at` (unix seconds), `expires_in`, and keys that only
        some messages have, such as `silent=True` or `reactions={"👍": 2}`.
        """
        with self._state.lock:
            return self._state.talk.post(self._conversation, author, text, parameters=parameters, system=system, **more)

    def read_by(self, user_id: str) -> None:
        """The member has read everything."""
        with self._state.lock:
            self._state.talk.read(self._conversation, user_id)

    def edit_last(self, text: str) -> None:
        """Change the last message's text."""
        with self._state.lock:
            self._state.talk.edit(self._conversation, text)

    def delete_last(self) -> None:
        """Delete the last message; a sentence stays in its place."""
        with self._state.lock:
            self._state.talk.withdraw(self._conversation)

    def clear(self) -> None:
        """Remove all messages, as if never written."""
        with self._state.lock:
            self._conversation.messages.clear()

    def set(self, **fields: Any) -> None:
        """Fields of the room list for everybody, for example `readOnly=1` or `hasCall=True, callFlag=1`."""
        with self._state.lock:
            self._conversation.fields |= fields

    def set_for(self, user_id: str, **settings: Any) -> None:
        """Fields of the room list for one member, for example `isFavorite=True` or `notificationLevel=3`."""
        with self._state.lock:
            attendance = self._conversation.attendances[user_id]
            attendance.settings |= settings
            attendance.changed_at = self._state.now()

    def picture(self, body: bytes, kind: str = "image/png") -> None:
        """A moderator gives it this picture, of the content type `kind`: its version is another from now on."""
        version = hashlib.sha256(body).hexdigest()[:16]
        with self._state.lock:
            self._conversation.picture = (body, kind)
            self._conversation.fields |= {"isCustomAvatar": True, "avatarVersion": version}

    def remove(self, user_id: str) -> None:
        """The member is no longer in it."""
        with self._state.lock:
            self._conversation.attendances.pop(user_id, None)


@dataclass(frozen=True)
class MemberHandle:
    """A member to act as."""

    _state: State
    _member: Member

    @property
    def user_id(self) -> str:
        """The account's id."""
        return self._member.user_id

    @property
    def password(self) -> str:
        """The account password."""
        return self._member.password

    def joins(self, name: str, kind: int = GROUP, **settings: Any) -> ConversationHandle:
        """Put the member in a conversation, made if there is none; `name` is the partner's id for kind 1.

        `settings` are the member's own fields, for example `isArchived=True`.
        """
        with self._state.lock:
            handle = ConversationHandle(self._state, self._state.talk.join(self._member, name, kind))
            if settings:
                handle.set_for(self._member.user_id, **settings)
            return handle

    def has_recorded_rooms(self, rooms: Sequence[dict[str, Any]] | None) -> None:
        """From now on the list answers exactly these; None: the living ones again."""
        with self._state.lock:
            self._member.recorded_rooms = None if rooms is None else list(rooms)

    def presence(self, status: str | None, icon: str | None = None, message: str | None = None) -> None:
        """Show the member to others as online, away, busy, dnd or offline; None: no presence known."""
        shown = {"status": status, "statusIcon": icon, "statusMessage": message, "statusClearAt": None}
        with self._state.lock:
            self._member.presence = shown if status else None

    def picture(self, body: bytes, kind: str = "image/png") -> None:
        """The member's own face. The version of his one-to-ones stays as it is."""
        with self._state.lock:
            self._member.picture = (body, kind)

    def may_use_talk(self, allowed: bool) -> None:
        """Whether the administrator lets this member use Talk."""
        with self._state.lock:
            self._member.talk_allowed = allowed

    def changes_password(self, password: str) -> None:
        """A new account password, set elsewhere: parks the app passwords until a login in the browser."""
        with self._state.lock:
            self._state.change_password(self._member, password)
