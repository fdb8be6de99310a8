"""What the request at hand is for and whose it is, before anybody has looked at its credentials."""

from __future__ import annotations

import re

from flask import request

from simulator import visit
from simulator.active import Asked
from simulator.journal import Credentials
from simulator.members import AppPassword
from simulator.state import State
from simulator.troubles import AVATAR, CAPABILITIES, INIT, OCS, PAGE, POLL, STATUS, TALK, USER, WIPE

AVATAR_PATH = re.compile(r"/ocs/v[12]\.php/apps/spreed/api/v1/room/[^/]+/avatar(/dark)?")
KINDS = {"/status.php": STATUS, "/login/v2": INIT, "/login/v2/poll": POLL}
STARTS = {"/core/wipe/": WIPE}
API_STARTS = {"apps/spreed/": TALK, "cloud/user": USER, "cloud/capabilities": CAPABILITIES, "": OCS}


def asked(state: State) -> Asked:
    """The request's kind and its account, as far as it tells. The state's lock is held by the caller."""
    kind = _kind(request.path)
    return Asked(kind, _account(state, kind))


def _kind(path: str) -> str:
    if path in KINDS:
        return KINDS[path]
    if AVATAR_PATH.fullmatch(path):
        return AVATAR
    starts = dict(STARTS)
    for version in ("v1", "v2"):
        starts |= {f"/ocs/{version}.php/{rest}": kind for rest, kind in API_STARTS.items()}
    return next((kind for start, kind in starts.items() if path.startswith(start)), PAGE)


def _account(state: State, kind: str) -> str:
    session = visit.session_of_cookies(state)
    if session is not None and session.user_id:
        return session.user_id
    if kind == POLL:
        flow = state.flows.granted(request.values.get("token", ""))
        return _owner(flow.app_password if flow else None)
    if kind == WIPE:
        return _owner(state.members.find_app_password(request.values.get("token", "")))
    given = Credentials.of(request.headers.get("Authorization"))
    found = state.members.find_app_password(given.secret) if given.secret else None
    login = given.login or (request.form.get("user", "") if kind == PAGE else "")
    member = state.members.by_login_name(login) if login else None
    return _owner(found) or (member.user_id if member else "")


def _owner(app_password: AppPassword | None) -> str:
    return app_password.user_id if app_password else ""
