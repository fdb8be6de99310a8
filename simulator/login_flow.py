"""Login Flow v2 as the client sees it: init and poll. And `status.php` and remote wipe."""

from __future__ import annotations

from flask import Blueprint, Response, request

from simulator import envelope, visit
from simulator.authentication import trouble_of
from simulator.instance import Instance
from simulator.members import AppPassword
from simulator.state import State
from simulator.web import absolute, accepts_gzip_of, error_page, framework, with_error_policy

WIPE_CHECKS = 10
WIPE_PERIOD = 300


def blueprint(instance: Instance) -> Blueprint:
    """The routes that need no account."""
    routes = Blueprint("login_flow", __name__)
    state = instance.state

    @routes.post("/login/v2")
    def init() -> Response:
        return _init(state)

    @routes.post("/login/v2/poll")
    def poll() -> Response:
        return _poll(state)

    @routes.get("/status.php")
    def status() -> Response:
        return _status()

    @routes.post("/core/wipe/check")
    def wipe_check() -> Response:
        return _wipe_check(state)

    @routes.post("/core/wipe/success")
    def wipe_success() -> Response:
        return _wipe_success(state)

    return routes


def _init(state: State) -> Response:
    flow = state.flows.start(request.headers.get("User-Agent", ""), state.now())
    poll = {"token": flow.poll_token, "endpoint": absolute(state, "/login/v2/poll")}
    login = absolute(state, f"/login/v2/flow/{flow.login_token}")
    return _answer({"poll": poll, "login": login})


def _poll(state: State) -> Response:
    token = _sent("token")
    if token is None:
        return error_page(state, 500, "Internal error", "The request could not be answered.")
    flow = state.flows.collect(token, state.now())
    if flow is None or flow.app_password is None:
        return _answer([], 404)
    made = flow.app_password
    return _answer({"server": flow.server, "loginName": made.login_name, "appPassword": made.secret})


def _status() -> Response:
    data = {
        "installed": True,
        "maintenance": visit.meets("maintenance"),
        "needsDbUpgrade": visit.meets("updating") or visit.meets("updating_cli"),
        "version": "32.0.1.2",
        "versionstring": "32.0.1",
        "edition": "",
        "productname": "Nextcloud",
        "extendedSupport": False,
    }
    response = Response(envelope.to_json(data), content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return with_error_policy(response)


def _wipe_check(state: State) -> Response:
    now = state.now()
    state.wipe_checks = [at for at in state.wipe_checks if now - at < WIPE_PERIOD]
    if len(state.wipe_checks) >= WIPE_CHECKS:
        return _answer([], 429)
    state.wipe_checks.append(now)
    return _answer({"wipe": True}) if _to_wipe(state) else _answer([], 404)


def _wipe_success(state: State) -> Response:
    app_password = _to_wipe(state)
    if app_password is None:
        return _answer([], 404)
    app_password.revoked = True
    return _answer([])


def _to_wipe(state: State) -> AppPassword | None:
    found = state.members.find_app_password(_sent("token") or "")
    return found if found and trouble_of(found, visit.current().troubles) == "wipe" else None


def _sent(name: str) -> str | None:
    """A parameter from the form, the JSON body or the query."""
    body = request.get_json(silent=True) if request.is_json else None
    if isinstance(body, dict) and name in body:
        return str(body[name])
    return request.values.get(name)


def _answer(data: object, status: int = 200) -> Response:
    return accepts_gzip_of(framework(envelope.json_response(data, status)))
