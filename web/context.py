"""What a request needs to find: the services of this app and the member who makes the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app, g
from flask_login import UserMixin, current_user

from models.member_store import CurrentMember
from services.avatars import Avatars
from services.brand import Brand
from services.card import Card
from services.connecting import Connecting
from services.embedding import Embedding
from services.ending import Ending
from services.invitations import Invitations
from services.members import Members
from services.my_data import MyData
from services.observations import Observations
from services.oidc import Oidc
from services.operations import Operations
from services.passwords import Passwords
from services.readiness import Readiness
from services.sign_ins import SignIns
from web.host_tokens import HostTokens
from web.tokens import Tokens

_EXTENSION = "talkboard"


@dataclass(frozen=True)
class Services:
    """Everything a page, a callback or an endpoint may call, made once by `wiring.py`."""

    members: Members
    passwords: Passwords
    sign_ins: SignIns
    invitations: Invitations
    my_data: MyData
    oidc: Oidc | None
    tokens: Tokens
    host_tokens: HostTokens | None
    connecting: Connecting
    ending: Ending
    embedding: Embedding
    card: Card
    avatars: Avatars
    readiness: Readiness
    observations: Observations
    operations: Operations


@dataclass(frozen=True)
class Site:
    """Where and how this app is reached, and what its operator decided about its pages.

    `prefix` is the path below which it is mounted, `address` the absolute address of the start page; both end
    with a slash. `refresh_seconds` is the pace of the card; `avatars` says that conversations have their pictures,
    `demo` that nothing here is anybody's. Pages of `embed_origins` may frame the card, and members may connect and
    disconnect in such a frame if `embed_connect`.
    """

    prefix: str
    address: str
    https: bool
    refresh_seconds: int
    default_locale: str
    imprint_url: str | None
    privacy_url: str | None
    brand: Brand
    avatars: bool
    demo: bool
    embed_origins: tuple[str, ...]
    embed_connect: bool
    asset_url: Callable[[str], str]


class Browser(UserMixin):  # type: ignore[misc]
    """Who flask-login says is signed in. `get_id` is the id of the sign-in, not of the member."""

    def __init__(self, member: CurrentMember, sign_in_id: str) -> None:
        self.member = member
        self.sign_in_id = sign_in_id

    def get_id(self) -> str:
        """The id that stands in the cookie."""
        return self.sign_in_id


def install(server: object, services: Services, site: Site) -> None:
    """Hangs services and site on the Flask app."""
    server.extensions[_EXTENSION] = (services, site)  # type: ignore[attr-defined]


def services() -> Services:
    """The services of the app that answers this request."""
    return cast("tuple[Services, Site]", current_app.extensions[_EXTENSION])[0]


def site() -> Site:
    """How the app that answers this request is reached."""
    return cast("tuple[Services, Site]", current_app.extensions[_EXTENSION])[1]


def signed_in() -> Browser | None:
    """The browser that makes this request, where a member is signed in with it."""
    user = current_user._get_current_object()
    return user if isinstance(user, Browser) else None


def current_member() -> CurrentMember:
    """The member who makes this request: by a bearer token or signed in with this browser.

    Only behind the gate; raises LookupError elsewhere.
    """
    member = known_member()
    if member is None:
        raise LookupError("no member in this request")
    return member


def known_member() -> CurrentMember | None:
    """The member who makes this request, or None for a stranger."""
    bearer_member = g.get("bearer_member")
    if bearer_member is not None:
        return cast("CurrentMember", bearer_member)
    browser = signed_in()
    return browser.member if browser else None
