"""The shapes of the REST answers and requests, as they are validated and described."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

T = TypeVar("T")


class Shape(BaseModel):
    """Names are camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Success(Shape, Generic[T]):
    """Every good answer."""

    success: Literal[True] = True
    data: T


class Problem(Shape):
    """What went wrong: a stable code, and a sentence in the caller's language."""

    code: str
    message: str


class Failure(Shape):
    """Every other answer."""

    success: Literal[False] = False
    error: Problem


class Credentials(Shape):
    """Name and password of a member."""

    username: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(max_length=1000)


class AccessToken(Shape):
    """A bearer token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a name, not a secret
    expires_in: int


class RoomsQuery(Shape):
    """How many conversations are wanted."""

    limit: int = Field(3, ge=3, le=10)


class LastMessage(Shape):
    """`text` is the plain line without its author; `author` the full display name, "" for system messages."""

    text: str
    author: str
    timestamp: int


class Room(Shape):
    """One conversation. Times are Unix seconds, `url` is absolute."""

    token: str
    display_name: str
    unread_messages: int
    last_activity: int
    last_message: LastMessage | None
    type: int
    url: str


class Rooms(Shape):
    """The newest conversations. `stale` is true while a renewal is still running.

    The three numbers count all conversations, but „Talk updates“ and archived ones: unread messages, conversations
    that hold any, and those of them in which the member is mentioned."""

    total_unread: int
    unread_conversations: int
    unread_mentions: int
    conversations: list[Room]
    fetched_at: int
    stale: bool


class PollAddress(Shape):
    """Where and with which handle the caller asks whether the flow was granted: here, not at Nextcloud."""

    endpoint: str
    token: str


class StartedConnection(Shape):
    """A login flow: `login_url` is for the member's browser, `expires_at` in Unix seconds."""

    login_url: str
    poll: PollAddress
    expires_at: int


class PollQuestion(Shape):
    """Which flow; without a token the member's newest."""

    token: str | None = Field(None, max_length=200)


class PollResult(Shape):
    """How the flow stands."""

    status: Literal["pending", "connected", "expired"]
    nextcloud_username: str | None = None


class Disconnected(Shape):
    """Whether Nextcloud confirmed that the app password is gone."""

    revoked: bool
