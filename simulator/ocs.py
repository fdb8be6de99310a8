"""The OCS API: finding the route, refusing, answering in the envelope."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from simulator import envelope, visit
from simulator.authentication import Caller, Refusal, identify
from simulator.avatars import Picture, picture
from simulator.capabilities import capabilities, talk_hash
from simulator.envelope import Answer
from simulator.instance import Instance
from simulator.journal import Credentials
from simulator.members import Member
from simulator.rooms import Wish, room_list
from simulator.state import State
from simulator.web import accepts_gzip_of, base_url, error_page, framework

NETWORKS = ("twitter", "bluesky", "fediverse")
LOCAL = (*NETWORKS, "phone", "address", "website", "organisation", "role", "headline", "biography")
NOT_FOUND = Answer(code=404, message="")
_TOKEN = re.compile(r"[a-z0-9]{4,30}")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


@dataclass(frozen=True)
class Route:
    """One API route and what it asks of the caller."""

    path: str
    method: str
    handle: Callable[[Instance, Caller], Answer | Picture]
    public: bool = False
    csrf: bool = True

    def matches(self, path: str) -> bool:
        """Whether the path is this route's, `*` standing for one part."""
        parts, own = path.split("/"), self.path.split("/")
        return len(parts) == len(own) and all(o in ("*", p) and p for p, o in zip(parts, own, strict=True))

    @property
    def of_talk(self) -> bool:
        """Whether the route is there only with Talk."""
        return self.path.startswith("apps/spreed/")


def blueprint(instance: Instance) -> Blueprint:
    """`/ocs/v1.php/…` and `/ocs/v2.php/…`."""
    routes = Blueprint("ocs", __name__)

    @routes.route("/ocs/v<int(min=1, max=2):version>.php/<path:path>", methods=METHODS)
    def ocs(version: int, path: str) -> Response:
        return _respond(instance, version, path)

    return routes


def _respond(instance: Instance, version: int, path: str) -> Response:
    state, this = instance.state, visit.current()
    if visit.lacks_strict_cookies(state):
        return envelope.json_response({"error": "Strict Cookie has not been found in request"}, 412)
    caller = identify(state, this.session, _given(), request.remote_addr or "", this.troubles)
    if isinstance(caller, Refusal):
        refused = envelope.THROTTLED if caller is Refusal.THROTTLED else envelope.UNAUTHORISED
        return early(refused, version)
    if visit.meets("other_user") and caller.member is not None:
        caller = Caller(_somebody_else(state, caller.member), caller.app_password)
    this.member = caller.member
    this.cookie_test = caller.by_account_password
    return _dispatch(instance, caller, version, path)


def _given() -> Credentials:
    """The credentials that get through to the instance."""
    given = Credentials.of(request.headers.get("Authorization"))
    lost = visit.meets("authorization_lost") or (given.scheme == "bearer" and visit.meets("bearer_lost"))
    return Credentials() if lost else given


def _somebody_else(state: State, member: Member) -> Member:
    others = [one for one in state.members if one is not member]
    return others[0] if others else state.members.ensure("somebody-else")


def _dispatch(instance: Instance, caller: Caller, version: int, path: str) -> Response:
    found = [route for route in ROUTES if route.matches(path)]
    found = [route for route in found if not (route.of_talk and visit.meets("talk_missing"))]
    if not found:
        return framework(early(envelope.INVALID_QUERY, version))
    method = "GET" if request.method == "HEAD" else request.method
    route = next((one for one in found if one.method == method), None)
    if route is None:
        return envelope.with_api_headers(Response("", 405, content_type=envelope.JSON_TYPE))
    if caller.member is not None and visit.meets("guest"):
        return error_page(instance.state, 403, "Access refused", "Guests may not use this.")
    if caller.member is None and not route.public:
        return _finish(envelope.ANONYMOUS, version, instance.state.now())
    if route.csrf and not request.headers.get("OCS-APIRequest"):
        return framework(envelope.json_response({"message": "CSRF check failed"}, 412))
    return _finish(route.handle(instance, caller), version, instance.state.now())


def _finish(answer: Answer | Picture, version: int, now: float) -> Response:
    if isinstance(answer, Picture):
        return _unless_known(framework(answer.response(now, request.path.split("/room/")[1].split("/")[0])))
    form = _form()
    return accepts_gzip_of(_unless_known(framework(envelope.envelope(answer, version, form))))


def _unless_known(response: Response) -> Response:
    if "ETag" in response.headers and response.headers["ETag"] == request.headers.get("If-None-Match"):
        response.status_code = 304
        response.set_data(b"")
    return response


def early(answer: Answer, version: int) -> Response:
    """An answer given before any route is found; it never breaks on an odd `Accept`."""
    return framework(envelope.envelope(answer, version, "json" if _form() == "json" else "xml"))


def _form() -> str:
    if visit.meets("xml"):
        return "xml"
    return envelope.wanted_format(request.headers.get("Accept", ""), request.args.get("format", ""))


def _user(instance: Instance, caller: Caller) -> Answer:
    member = _present(caller)
    local = dict.fromkeys(LOCAL, "") | {f"{name}Scope": "v2-local" for name in LOCAL}
    federated = ("avatar", "email", "displayname", "pronouns")
    return Answer(
        {
            "enabled": member.enabled,
            "id": member.user_id,
            "firstLoginTimestamp": int(member.first_login),
            "lastLoginTimestamp": int(member.last_login),
            "lastLogin": int(member.last_login) * 1000,
            "backend": "Database",
            "subadmin": [],
            "quota": {"free": -3, "used": 20_000_000, "total": -3, "relative": 0, "quota": -3},
            "manager": "",
            "email": member.email,
            "additional_mail": [],
            "additional_mailScope": [],
            "displayname": member.display_name,
            "display-name": member.display_name,
            **local,
            **{f"{name}Scope": "v2-federated" for name in federated},
            "pronouns": "",
            "profile_enabled": "1",
            "profile_enabledScope": "v2-local",
            "groups": [],
            "language": member.language or "en",
            "locale": "",
            "timezone": "Europe/Vienna",
            "notify_email": None,
            "backendCapabilities": {"setDisplayName": True, "setPassword": True},
        }
    )


def _capabilities(instance: Instance, caller: Caller) -> Answer:
    data = capabilities(
        instance.state,
        caller.member,
        base=base_url(instance.state),
        address=request.remote_addr or "",
        talk=not visit.meets("talk_missing") and not visit.meets("talk_not_allowed"),
        locked=visit.meets("locked"),
    )
    text = envelope.to_json(data)
    tag = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return Answer(data, headers={"ETag": f'"{tag}"'})


def _rooms(instance: Instance, caller: Caller) -> Answer:
    state, member = instance.state, _present(caller)
    if not member.talk_allowed or visit.meets("talk_not_allowed"):
        return Answer(code=403, message="Can not use Talk")
    before = int(state.now())
    rows = room_list(state, member, Wish.of(request.args, visit.current().language))
    headers = {
        "X-Nextcloud-Talk-Hash": talk_hash(state),
        "X-Nextcloud-Talk-Modified-Before": str(before),
    }
    return Answer(rows, headers=headers)


def _avatar(instance: Instance, caller: Caller) -> Answer | Picture:
    """Whoever is not in it, and whoever is nobody, learns nothing: 404."""
    member, token = caller.member, request.path.split("/room/")[1].split("/")[0]
    if not _TOKEN.fullmatch(token):
        return envelope.INVALID_QUERY
    if member is None or visit.meets("talk_not_allowed") or not member.talk_allowed:
        return NOT_FOUND
    return picture(instance.state, member, token, dark=request.path.endswith("/dark")) or NOT_FOUND


def _revoke(_instance: Instance, caller: Caller) -> Answer:
    if caller.app_password is None:
        return Answer(code=403, message="no app password in use")
    caller.app_password.revoked = True
    visit.current().session.log_out()
    return Answer()


def _present(caller: Caller) -> Member:
    if caller.member is None:
        raise AssertionError("this route is not public")
    return caller.member


ROUTES = (
    Route("cloud/user", "GET", _user),
    Route("cloud/capabilities", "GET", _capabilities, public=True),
    Route("apps/spreed/api/v4/room", "GET", _rooms),
    Route("apps/spreed/api/v1/room/*/avatar", "GET", _avatar, public=True, csrf=False),
    Route("apps/spreed/api/v1/room/*/avatar/dark", "GET", _avatar, public=True, csrf=False),
    Route("core/apppassword", "DELETE", _revoke),
)
