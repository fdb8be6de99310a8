"""Talk in the browser, as small as it can be: the list, and a conversation one can write in."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from simulator import visit
from simulator.conversations import Conversation, Message
from simulator.instance import Instance
from simulator.login_pages import to_login
from simulator.members import Member
from simulator.rooms import Wish, room_list, room_row
from simulator.texts import system_sentence
from simulator.web import csrf_ok, missing_page, moment, page, see_other

PLACEHOLDER = re.compile(r"\{([a-zA-Z0-9_-]+)\}")
SHOWN = 60
LONGEST = 32_000


def blueprint(instance: Instance) -> Blueprint:
    """The pages, bound to one instance."""
    routes = Blueprint("talk_pages", __name__)
    state = instance.state
    routes.get("/", endpoint="home")(lambda: see_other(state, "/apps/spreed/"))
    routes.get("/apps/spreed/", endpoint="list", strict_slashes=False)(lambda: _list(instance))
    routes.get("/call/<token>", endpoint="call")(lambda token: _call(instance, token))
    routes.post("/call/<token>", endpoint="write")(lambda token: _write(instance, token))
    return routes


def _list(instance: Instance) -> Response:
    state = instance.state
    member = visit.browser_member(state)
    if member is None:
        return to_login(state, "/apps/spreed/")
    if not _has_talk(member):
        return missing_page(state)
    rows = room_list(state, member, Wish(language=visit.current().language))
    rows = sorted(rows, key=lambda row: (row["isArchived"], -row["lastActivity"]))
    lines = [row | {"preview": _preview(row), "time": moment(row["lastActivity"])} for row in rows]
    return page(state, "conversations.html", rows=lines, wide=True)


def _call(instance: Instance, token: str) -> Response:
    state = instance.state
    member = visit.browser_member(state)
    if member is None:
        return to_login(state, f"/call/{token}")
    one = _attended(instance, member, token)
    if one is None:
        return see_other(state, "/apps/spreed/") if _has_talk(member) else missing_page(state)
    state.talk.read(one, member.user_id)
    row = room_row(state, one, member, Wish(language=visit.current().language))
    messages = [_line(message, member) for message in one.visible(state.now())[-SHOWN:]]
    return page(state, "call.html", row=row, messages=messages, wide=True)


def _write(instance: Instance, token: str) -> Response:
    state = instance.state
    member = visit.browser_member(state)
    if member is None:
        return to_login(state, f"/call/{token}")
    one = _attended(instance, member, token)
    text = request.form.get("text", "").strip()[:LONGEST]
    if one is not None and text and csrf_ok() and not one.fields.get("readOnly"):
        state.talk.post(one, member.user_id, text)
    return see_other(state, f"/call/{token}")


def _attended(instance: Instance, member: Member, token: str) -> Conversation | None:
    if not _has_talk(member):
        return None
    one = instance.state.talk.get(token)
    return one if one and member.user_id in one.attendances else None


def _has_talk(member: Member) -> bool:
    return member.talk_allowed and not visit.meets("talk_missing") and not visit.meets("talk_not_allowed")


def _line(message: Message, member: Member) -> dict[str, Any]:
    text = message.text or system_sentence(message, member.user_id, visit.current().language)
    return {
        "id": message.id,
        "own": message.actor.kind == "users" and message.actor.id == member.user_id,
        "system": bool(message.system),
        "author": message.actor.name,
        "text": _filled(text, message.parameters),
        "time": moment(message.timestamp),
    }


def _preview(row: dict[str, Any]) -> str:
    last = row.get("lastMessage")
    if not isinstance(last, dict):
        return ""
    text = _filled(last["message"], last["messageParameters"] or {})
    author = "" if last["systemMessage"] or row["type"] == 1 else last["actorDisplayName"].split(" ")[0]
    return f"{author}: {text}" if author else text


def _filled(text: str, parameters: dict[str, Any]) -> str:
    """The text with names in place of its placeholders."""

    def name(found: re.Match[str]) -> str:
        return str(parameters[found[1]]["name"]) if found[1] in parameters else found[0]

    return PLACEHOLDER.sub(name, text)
