"""The REST endpoints: thin, and over the same services as the card."""

from __future__ import annotations

from flask import Response, g, jsonify, request
from flask_openapi import APIBlueprint, OpenAPI

from models.card_choices import DEFAULT_CHOICES
from models.member_store import UnknownMemberError
from nextcloud.message import Message
from nextcloud.talk import Conversation
from services.authors import full_name
from services.causes import CauseError
from services.connecting import FlowStatus, FlowView
from services.conversation_line import conversation_name
from services.embedding import TICKET_SECONDS, OriginRefusedError
from services.links import Links
from services.message_text import message_text
from services.preview import living_message
from services.rooms import Snapshot
from services.roster import NameInvalidError
from services.selection import ordered
from web import api_docs, api_document, rest_errors
from web.api_document import AUTH, EMBED, NEXTCLOUD, OF_HOSTS, TO_CHANGE, TO_READ
from web.context import current_member, services, site
from web.rest_answers import OF_A_CALLER, OF_A_CHANGE, OF_EVERY_CALL, OF_NEXTCLOUD, failures
from web.rest_caller import identify, identify_host
from web.rest_models import (
    AccessToken,
    Credentials,
    Disconnected,
    HandedOver,
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
    Ticket,
)
from web.words import words

auth = APIBlueprint("auth", __name__, url_prefix="/api/auth", abp_tags=[AUTH])
embed = APIBlueprint("tickets", __name__, url_prefix="/api/embed", abp_tags=[EMBED])
nextcloud = APIBlueprint("nextcloud", __name__, url_prefix="/api/nextcloud", abp_tags=[NEXTCLOUD])
nextcloud.before_request(identify)
embed.before_request(identify_host)


def init(server: OpenAPI) -> None:
    """Adds the endpoints to `server`."""
    rest_errors.init(server)
    api_document.init(server)
    for blueprint in (auth, nextcloud, embed, api_docs.blueprint):
        server.register_api(blueprint)


@auth.post(
    "/token",
    operation_id="createToken",
    description="Five failures for a name from one address, or thirty from one address, are allowed in ten minutes.",
    responses={200: Success[AccessToken]} | failures(*OF_EVERY_CALL, "invalid_credentials", "rate_limited"),
)
def token(body: Credentials) -> Response:
    """Exchange a member's name and password for a bearer token."""
    given = services()
    tokens, issued_at = given.tokens, given.tokens.now()
    proved = given.passwords.check(body.username, body.password, request.remote_addr or "")
    issued = tokens.issue(proved.member_id, issued_at)
    return _success(AccessToken(access_token=issued, token_type="Bearer", expires_in=tokens.seconds))  # noqa: S106


@embed.post(
    "/tickets",
    operation_id="createTicket",
    description="For the server of a host dashboard, with its embed key. `invalid_request` too for an origin that the "
    "key may not speak for, and for a name that can be no member's.",
    security=OF_HOSTS,
    responses={200: Success[Ticket]} | failures(*OF_EVERY_CALL, "unauthenticated", "unknown_member"),
)
def ticket(body: HandedOver) -> Response:
    """Get a ticket with which a frame shows the card of one of the host's members."""
    try:
        made = services().embedding.ticket(g.embed_host, body.subject, body.display_name, body.origin)
    except UnknownMemberError:
        raise CauseError("unknown_member") from None
    except (OriginRefusedError, NameInvalidError):
        raise CauseError("invalid_request") from None
    return _success(Ticket(ticket=made, expires_in=TICKET_SECONDS))


@nextcloud.get(
    "/talk/rooms",
    operation_id="listRooms",
    description="However often it is called, Nextcloud is asked once in a period. After a failed renewal the call "
    "answers with the failure; only the card shows old rows.",
    security=TO_READ,
    responses={200: Success[Rooms]}
    | failures(*OF_A_CALLER, *OF_NEXTCLOUD, "rate_limited", "nextcloud_not_connected", "nextcloud_revoked"),
)
def rooms(query: RoomsQuery) -> Response:
    """The newest conversations of the caller, and the number of unread messages in all of them."""
    connection, snapshot = services().card.conversations(current_member())
    return _success(_rooms(snapshot, connection.base_url, query.limit))


@nextcloud.post(
    "/connect",
    operation_id="startConnection",
    description="Opens a login flow; any other of the caller's ends. Ten are allowed in ten minutes.",
    security=TO_CHANGE,
    responses={200: Success[StartedConnection]}
    | failures(
        *OF_A_CHANGE,
        "rate_limited",
        "nextcloud_unreachable",
        "nextcloud_misconfigured",
        "nextcloud_maintenance",
        "nextcloud_updating",
    ),
)
def connect() -> Response:
    """Start connecting the caller's Nextcloud account."""
    opened = services().connecting.start(current_member())
    poll_address = PollAddress(endpoint=site().address + "api/nextcloud/poll", token=opened.handle)
    return _success(StartedConnection(login_url=opened.login_url, poll=poll_address, expires_at=opened.expires_at))


@nextcloud.post(
    "/poll",
    operation_id="pollConnection",
    description="Every two to three seconds; more is allowed and changes nothing. Without a token, or without a body, "
    "it asks about the newest flow. A flow that has failed says why.",
    security=TO_CHANGE,
    request_body={
        "required": False,
        "content": {"application/json": {"schema": PollQuestion.model_json_schema()}},
    },
    responses={200: Success[PollResult]} | failures(*OF_A_CHANGE, *OF_NEXTCLOUD, "flow_not_found", "connect_failed"),
)
def poll() -> Response:
    """Ask whether the caller has granted the access in Nextcloud."""
    question = _optional_body()
    view = services().connecting.poll(current_member(), question.token)
    return _success(_poll_result(view), leave_out_none=True)


@nextcloud.delete(
    "/connect",
    operation_id="endConnection",
    security=TO_CHANGE,
    responses={200: Success[Disconnected]} | failures(*OF_A_CHANGE, "nextcloud_not_connected"),
)
def disconnect() -> Response:
    """Revoke the app password and forget the account; also cancels a connection under way."""
    member, given = current_member(), services()
    cancelled = given.connecting.cancel(member)
    revoked = given.ending.disconnect(member)
    if revoked is None and not cancelled:
        raise CauseError("nextcloud_not_connected")
    return _success(Disconnected(revoked=bool(revoked)))


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
        display_name=conversation_name(conversation, words()),
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
