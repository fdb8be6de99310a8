"""The REST endpoints: thin, and over the same services as the card."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_openapi import APIBlueprint, OpenAPI

from models.card_choices import DEFAULT_CHOICES
from nextcloud.message import Message
from nextcloud.talk import Conversation
from services.authors import full_name
from services.causes import CauseError
from services.connecting import FlowStatus, FlowView
from services.links import Links
from services.message_text import message_text
from services.plain_text import one_line
from services.preview import living_message
from services.rooms import Snapshot
from services.selection import ordered
from web import rest_errors
from web.context import current_member, services, signed_in, site
from web.csrf import csrf
from web.rest_models import (
    AccessToken,
    Credentials,
    Disconnected,
    Failure,
    LastMessage,
    PollAddress,
    PollQuestion,
    PollResult,
    Room,
    Rooms,
    RoomsQuery,
    Shape,
    StartedConnection,
    Success,
)
from web.session import bearer_token
from web.tokens import TokenExpiredError, TokenInvalidError
from web.words import words

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FAILURES: dict[Any, Any] = dict.fromkeys((401, 403, 404, 422, 429, 502, 503), Failure)

auth = APIBlueprint("auth", __name__, url_prefix="/api/auth", abp_responses=_FAILURES)
nextcloud = APIBlueprint(
    "nextcloud", __name__, url_prefix="/api/nextcloud", abp_security=[{"bearer": []}], abp_responses=_FAILURES
)


def init(server: OpenAPI) -> None:
    """Adds the endpoints to `server`."""
    rest_errors.init(server)
    server.register_api(auth)
    server.register_api(nextcloud)


@auth.post("/token", responses={200: Success[AccessToken]})
def token(body: Credentials) -> Response:
    """Exchange a member's name and password for a bearer token."""
    given = services()
    tokens, issued_at = given.tokens, given.tokens.now()
    proved = given.passwords.check(body.username, body.password, request.remote_addr or "")
    issued = tokens.issue(proved.member_id, issued_at)
    return _success(AccessToken(access_token=issued, expires_in=tokens.seconds))


@nextcloud.get("/talk/rooms", responses={200: Success[Rooms]})
def rooms(query: RoomsQuery) -> Response:
    """The newest conversations of the caller, and the number of unread messages in all of them."""
    connection, snapshot = services().card.conversations(current_member())
    return _success(_rooms(snapshot, connection.base_url, query.limit))


@nextcloud.post("/connect", responses={200: Success[StartedConnection]})
def connect() -> Response:
    """Start connecting the caller's Nextcloud account."""
    opened = services().connecting.start(current_member())
    poll_address = PollAddress(endpoint=site().address + "api/nextcloud/poll", token=opened.handle)
    return _success(StartedConnection(login_url=opened.login_url, poll=poll_address, expires_at=opened.expires_at))


@nextcloud.post("/poll", responses={200: Success[PollResult]})
def poll() -> Response:
    """Ask whether the caller has granted the access in Nextcloud."""
    question = _optional_body()
    view = services().connecting.poll(current_member(), question.token)
    return _success(_poll_result(view), leave_out_none=True)


@nextcloud.delete("/connect", responses={200: Success[Disconnected]})
def disconnect() -> Response:
    """Revoke the app password and forget the account; also cancels a connection under way."""
    member, given = current_member(), services()
    cancelled = given.connecting.cancel(member)
    revoked = given.ending.disconnect(member)
    if revoked is None and not cancelled:
        raise CauseError("nextcloud_not_connected")
    return _success(Disconnected(revoked=bool(revoked)))


@nextcloud.before_request
def _identify() -> ResponseReturnValue | None:
    """Who calls: by bearer token, beside which a cookie counts for nothing, or by a browser's session."""
    bearer = bearer_token()
    if bearer is not None:
        _by_token(bearer)
    elif signed_in() is None:
        raise CauseError("unauthenticated")
    elif request.method not in _SAFE:
        csrf.protect()
    return None


def _by_token(token: str) -> None:
    try:
        member_id, issued_at = services().tokens.check(token)
    except TokenExpiredError:
        raise CauseError("token_expired") from None
    except TokenInvalidError:
        raise CauseError("unauthenticated") from None
    member = services().members.current(member_id)
    if member is None:
        raise CauseError("unknown_member")
    if issued_at <= member.signed_out_at:
        raise CauseError("unauthenticated")
    g.bearer_member = member


def _optional_body() -> PollQuestion:
    """The body of a poll, which may be missing altogether."""
    if not request.get_data():
        return PollQuestion()
    return PollQuestion.model_validate(request.get_json())


def _success(data: Shape, *, leave_out_none: bool = False) -> Response:
    wire = {"success": True, "data": data.model_dump(mode="json", by_alias=True, exclude_none=leave_out_none)}
    return jsonify(wire)


def _rooms(snapshot: Snapshot, base_url: str, limit: int) -> Rooms:
    shown = ordered(snapshot.conversations, DEFAULT_CHOICES)[:limit]
    links = Links(base_url, snapshot.capabilities.pretty_urls)
    return Rooms(
        total_unread=snapshot.counts.messages,
        unread_conversations=snapshot.counts.conversations,
        unread_mentions=snapshot.counts.mentions,
        conversations=[_room(conversation, links) for conversation in shown],
        fetched_at=snapshot.fetched_at or 0,
        stale=snapshot.renewing,
    )


def _room(conversation: Conversation, links: Links) -> Room:
    message = living_message(conversation, services().tokens.now())
    return Room(
        token=conversation.token,
        display_name=one_line(conversation.name, 200),
        unread_messages=conversation.unread,
        last_activity=conversation.last_activity,
        last_message=_last_message(message) if message else None,
        type=conversation.type,
        url=links.conversation(conversation.token),
    )


def _last_message(message: Message) -> LastMessage:
    spoken = words()
    return LastMessage(
        text=message_text(message, spoken), author=full_name(message, spoken), timestamp=message.timestamp
    )


def _poll_result(view: FlowView) -> PollResult:
    if view.status is FlowStatus.FAILED:
        raise CauseError(view.cause or "connect_failed")
    member = services().members.current(current_member().id)
    connection = member.connection if member and view.status is FlowStatus.CONNECTED else None
    return PollResult(status=view.status.value, nextcloud_username=connection.login_name if connection else None)
