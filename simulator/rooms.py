"""The room list: a member's conversations as the API shows them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.conversations import (
    CHANGELOG,
    FORMER,
    NOTE_TO_SELF,
    ONE_TO_ONE,
    Attendance,
    Conversation,
    Message,
)
from simulator.members import Member
from simulator.state import State
from simulator.texts import system_sentence

OWN_ROOM = (ONE_TO_ONE, FORMER, NOTE_TO_SELF)
NO_PRESENCE = {"status": "offline", "statusIcon": None, "statusMessage": None, "statusClearAt": None}
UNCHANGING: dict[str, Any] = {
    "objectType": "",
    "objectId": "",
    "participantFlags": 0,
    "readOnly": 0,
    "hasPassword": False,
    "hasCall": False,
    "callStartTime": 0,
    "callRecording": 0,
    "isFavorite": False,
    "lobbyState": 0,
    "lobbyTimer": 0,
    "lastPing": 0,
    "sessionId": "0",
    "sipEnabled": 0,
    "attendeePermissions": 0,
    "callPermissions": 0,
    "defaultPermissions": 0,
    "canEnableSIP": False,
    "attendeePin": "",
    "description": "",
    "listable": 0,
    "callFlag": 0,
    "messageExpiration": 0,
    "isCustomAvatar": False,
    "breakoutRoomMode": 0,
    "breakoutRoomStatus": 0,
    "recordingConsent": 0,
    "mentionPermissions": 0,
    "liveTranscriptionLanguageId": "",
    "isArchived": False,
    "isImportant": False,
    "isSensitive": False,
}


@dataclass(frozen=True)
class Wish:
    """What the request asked of the list."""

    modified_since: float = 0
    include_status: bool = False
    include_last_message: bool = True
    language: str = "en"

    @classmethod
    def of(cls, query: Mapping[str, str], language: str) -> Wish:
        """Read from the query string, as forgivingly as the server does."""
        since = query.get("modifiedSince", "")
        return cls(
            modified_since=int(since) if since.isascii() and since.isdigit() else 0,
            include_status=query.get("includeStatus", "false") not in ("false", "0", ""),
            include_last_message=query.get("includeLastMessage", "true") not in ("false", "0", ""),
            language=language,
        )


def room_list(state: State, member: Member, wish: Wish) -> list[dict[str, Any]]:
    """The conversations in database order; all of them, or those changed since the wish's time."""
    if member.recorded_rooms is not None:
        return member.recorded_rooms
    chosen = [one for one in state.talk.of(member.user_id) if _wanted(one, member, wish)]
    rows = [room_row(state, one, member, wish) for one in chosen]
    if wish.include_status:
        _add_presence(state, rows)
    return rows


def room_row(state: State, one: Conversation, member: Member, wish: Wish) -> dict[str, Any]:
    """One conversation, seen by one member."""
    now = state.now()
    attendance = one.attendances[member.user_id]
    unread = one.unread(attendance, now)
    row = {
        "id": one.id,
        "token": one.token,
        "type": one.kind,
        **_names(state, one, member),
        **UNCHANGING,
        "participantType": attendance.role,
        "canStartCall": one.kind != NOTE_TO_SELF,
        "lastActivity": one.last_activity,
        "lastReadMessage": attendance.last_read,
        "unreadMessages": unread,
        "unreadMention": unread > 0 and attendance.last_mention > attendance.last_read,
        "unreadMentionDirect": unread > 0 and attendance.last_direct_mention > attendance.last_read,
        "canLeaveConversation": one.kind != NOTE_TO_SELF,
        "canDeleteConversation": attendance.moderates and one.kind not in (ONE_TO_ONE, FORMER),
        "notificationLevel": 1 if one.kind in (ONE_TO_ONE, FORMER) else 2,
        "notificationCalls": 1,
        "actorType": "users",
        "actorId": member.user_id,
        "attendeeId": attendance.id,
        "permissions": 254 if attendance.moderates else 246,
        "lastCommonReadMessage": min(other.last_read for other in one.attendances.values()),
        "avatarVersion": avatar_version(one),
        **one.fields,
        **attendance.settings,
    }
    return _with_last_message(row, one, attendance, wish, now)


def avatar_version(one: Conversation) -> str:
    """Eight digits that stand for the picture: its kind's icon, or the emoji its name begins with."""
    picture = one.name[0] if one.name and ord(one.name[0]) > 0x2600 else f"kind-{one.kind}"
    return hashlib.sha256(picture.encode()).hexdigest()[:8]


def message_row(one: Conversation, message: Message, viewer: str, language: str) -> dict[str, Any]:
    """A message as `lastMessage` carries it."""
    text = message.text or system_sentence(message, viewer, language)
    return {
        "id": message.id,
        "token": one.token,
        "actorType": message.actor.kind,
        "actorId": message.actor.id,
        "actorDisplayName": message.actor.name,
        "timestamp": message.timestamp,
        "message": text,
        "messageParameters": message.parameters or [],
        "systemMessage": message.system,
        "messageType": message.kind,
        "isReplyable": message.kind not in ("system", "comment_deleted"),
        "referenceId": "",
        "reactions": {},
        "expirationTimestamp": message.expires_at,
        "markdown": not message.system,
        "threadId": message.id,
        **message.extra,
    }


def _names(state: State, one: Conversation, member: Member) -> dict[str, Any]:
    if one.kind == ONE_TO_ONE:
        partner = state.members.ensure(one.partner_of(member.user_id))
        return {"name": partner.user_id, "displayName": partner.display_name}
    if one.kind == CHANGELOG:
        return {"name": member.user_id, "displayName": one.name}
    return {"name": one.name, "displayName": one.name}


def _wanted(one: Conversation, member: Member, wish: Wish) -> bool:
    if not wish.modified_since:
        return True
    since = wish.modified_since
    return (
        (wish.include_status and one.kind == ONE_TO_ONE)
        or one.fields.get("callFlag", 0) != 0
        or one.last_activity >= since
        or one.attendances[member.user_id].changed_at >= since
    )


def _with_last_message(
    row: dict[str, Any], one: Conversation, attendance: Attendance, wish: Wish, now: float
) -> dict[str, Any]:
    if row["lobbyState"] and not attendance.moderates:
        shut = {"unreadMessages": 0, "unreadMention": False, "unreadMentionDirect": False}
        return row | shut | {"hasCall": False, "canStartCall": False}
    visible = one.visible(now)
    if visible and wish.include_last_message and not row["isSensitive"]:
        row["lastMessage"] = message_row(one, visible[-1], attendance.user_id, wish.language)
    return row


def _add_presence(state: State, rows: list[dict[str, Any]]) -> None:
    partners = {row["token"]: state.members.get(row["name"]) for row in rows if row["type"] == ONE_TO_ONE}
    if not any(partner and partner.presence for partner in partners.values()):
        return
    for row in rows:
        if row["token"] in partners:
            partner = partners[row["token"]]
            row.update(NO_PRESENCE | ((partner.presence if partner else None) or {}))
