"""The shapes of the REST answers and requests, as they are validated and described, each with an example."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, SecretStr
from pydantic.alias_generators import to_camel

from services.causes import CAUSES

T = TypeVar("T")

CODES: list[JsonValue] = [*sorted({cause.code for cause in CAUSES.values()})]
"""Every code that a failed call may carry."""


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class Shape(BaseModel):
    """Names are camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Success(Shape, Generic[T]):
    """Every good answer."""

    success: Literal[True]
    data: T


class Problem(Shape):
    """What went wrong: a stable code, and a sentence in the caller's language."""

    code: str = Field(json_schema_extra={"enum": CODES})
    message: str = Field(description="For people, in the caller's language; rely on the code.")


class Failure(Shape):
    """Every other answer."""

    success: Literal[False]
    error: Problem


class Credentials(Shape):
    """Name and password of a member."""

    model_config = _example(username="max", password="feuer-und-flamme")  # noqa: S106 - an example

    username: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(max_length=1000)


class AccessToken(Shape):
    """A bearer token, for the header `Authorization`."""

    model_config = _example(accessToken="eyJhbGciOi…", tokenType="Bearer", expiresIn=900)

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds until it ends by itself.")


class HandedOver(Shape):
    """A member of the host's, by his name here, and the origin of the page that frames the card for him."""

    model_config = _example(subject="max", displayName="Max Weber", origin="https://intranet.example.org")

    subject: str = Field(min_length=1, max_length=80)
    display_name: str = Field("", max_length=120, description="For whom becomes a member with this.")
    origin: str = Field(min_length=1, max_length=300)


class Ticket(Shape):
    """What the frame gets from its host. It counts once."""

    model_config = _example(ticket="q7Zb1N…", expiresIn=60)

    ticket: str
    expires_in: int = Field(description="Seconds until it is good for nothing.")


def _digits(value: Any) -> Any:
    """Refuses what pydantic would read as a whole number too: `3.0`, `+3`, `1_0`."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("no whole number")
    return value


class RoomsQuery(Shape):
    """How many conversations are wanted."""

    limit: Annotated[int, BeforeValidator(_digits)] = Field(
        3, ge=3, le=10, description="How many conversations are wanted."
    )


class LastMessage(Shape):
    """The newest message of a conversation."""

    model_config = _example(text="Ich bringe die Puppen mit.", author="Lena Köhler", timestamp=1795517107)

    text: str = Field(description="The plain line, without its author.")
    author: str = Field(description="The full display name; empty for Nextcloud's own sentences.")
    timestamp: int = Field(description="Unix seconds.")


class Room(Shape):
    """One conversation."""

    token: str
    display_name: str
    unread_messages: int
    last_activity: int = Field(description="Unix seconds.")
    last_message: LastMessage | None = Field(description="Null where there is none or it must not be shown.")
    type: int = Field(description="As Talk says it: 1 one-to-one, 2 group, 3 public, …")
    url: str = Field(description="Opens the conversation in Nextcloud.")


class Rooms(Shape):
    """The newest conversations. The three numbers count all of them, but „Talk updates“ and archived ones."""

    model_config = _example(
        totalUnread=24,
        unreadConversations=6,
        unreadMentions=1,
        conversations=[
            {
                "token": "49a7jwni",
                "displayName": "Ausbildung",
                "unreadMessages": 9,
                "lastActivity": 1795517107,
                "lastMessage": {
                    "text": "Ich bringe die Puppen mit.",
                    "author": "Lena Köhler",
                    "timestamp": 1795517107,
                },
                "type": 2,
                "url": "https://cloud.example.org/call/49a7jwni",
            }
        ],
        fetchedAt=1795517122,
        stale=False,
    )

    total_unread: int = Field(description="Unread messages.")
    unread_conversations: int = Field(description="Conversations that hold any.")
    unread_mentions: int = Field(description="Those of them in which the member is mentioned.")
    conversations: list[Room] = Field(description="The newest first.")
    fetched_at: int = Field(description="When Nextcloud was asked, in Unix seconds.")
    stale: bool = Field(description="True while somebody is asking Nextcloud just now.")


class PollAddress(Shape):
    """Where and with which handle the caller asks whether the flow was granted: here, not at Nextcloud."""

    endpoint: str
    token: str


class StartedConnection(Shape):
    """A login flow."""

    model_config = _example(
        loginUrl="https://cloud.example.org/login/v2/flow/DWFQx6…",
        poll={"endpoint": "https://talk.example.org/api/nextcloud/poll", "token": "nz7dJ3…"},
        expiresAt=1795515695,
    )

    login_url: str = Field(description="For the member's browser.")
    poll: PollAddress
    expires_at: int = Field(description="Unix seconds.")


class PollQuestion(Shape):
    """Which flow; without a token, or without a body, the member's newest."""

    model_config = _example(token="nz7dJ3…")  # noqa: S106 - an example

    token: str | None = Field(None, max_length=200)


class PollResult(Shape):
    """How the flow stands."""

    model_config = _example(status="connected", nextcloudUsername="max")

    status: Literal["pending", "connected", "expired"]
    nextcloud_username: str | None = Field(None, description="Only once it is connected.")


class Disconnected(Shape):
    """What has become of the app password."""

    model_config = _example(revoked=True)

    revoked: bool = Field(
        description="Whether Nextcloud confirmed that it is gone. If not it is tried again, or there was only a flow."
    )
