"""The pages a person clicks through: log in, grant access, look at the connected devices."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from simulator import randoms, visit
from simulator.authentication import Refusal, account_login
from simulator.flows import Flow
from simulator.instance import Instance
from simulator.state import State
from simulator.web import base_url, csrf_ok, page, refused_page, see_other

UNUSABLE = "This link is unknown, has expired or was used already. Start again in the app."
FOREIGN = "This page belongs to another login. Start again in the app."
WRONG = "This name and password do not fit together."
LOCKED = "Too many attempts from your address. Please wait half an hour."


def blueprint(instance: Instance) -> Blueprint:
    """The pages, bound to one instance."""
    routes = Blueprint("login_pages", __name__)
    state = instance.state
    routes.get("/login", endpoint="form")(lambda: _login_form(state))
    routes.post("/login", endpoint="login")(lambda: _log_in(instance))
    routes.post("/logout", endpoint="logout")(lambda: _log_out(state))
    routes.get("/login/v2/flow/<token>", endpoint="landing")(lambda token: _landing(state, token))
    routes.get("/login/v2/flow", endpoint="picker")(lambda: _picker(state))
    routes.get("/login/v2/grant", endpoint="grant")(lambda: _grant_page(state))
    routes.post("/login/v2/grant", endpoint="granted")(lambda: _grant(state))
    routes.get("/settings/user/security", endpoint="devices")(lambda: _devices(state))
    routes.post("/settings/user/security", endpoint="revoke")(lambda: _revoke(state))
    return routes


def to_login(state: State, route: str) -> Response:
    """Send whoever is not logged in to the form, and back to `route` afterwards."""
    return see_other(state, f"/login?redirect_url={quote(state.path(route))}")


def _login_form(state: State, problem: str = "", status: int = 200) -> Response:
    visit.browser_member(state)
    user = request.values.get("user", "")
    target = _local(request.values.get("redirect_url", ""))
    return page(state, "login.html", status, problem=problem, user=user, redirect_url=target)


def _log_in(instance: Instance) -> Response:
    state, this = instance.state, visit.current()
    if not csrf_ok():
        return _login_form(state, FOREIGN, 412)
    name = request.form.get("user", "")
    member = account_login(state, name, request.form.get("password", ""), request.remote_addr or "", this.troubles)
    if member is Refusal.THROTTLED:
        return _login_form(state, LOCKED, 429)
    if isinstance(member, Refusal):
        return _login_form(state, WRONG)
    state.repair(member)
    instance.faults.spare("password_parked", member.user_id)
    this.session.log_in(member.user_id, name, None, state.now())
    this.cookie_test = True
    target = _local(request.form.get("redirect_url", ""))
    return see_other(state, _route_of(state, target) or "/apps/spreed/")


def _log_out(state: State) -> Response:
    if csrf_ok():
        visit.current().session.log_out()
    return see_other(state, "/login")


def _landing(state: State, token: str) -> Response:
    if state.flows.to_grant(token, state.now()) is None:
        return refused_page(state, UNUSABLE)
    session = visit.current().session
    session.flow_token = token
    session.flow_state = randoms.text(64)
    query = {"user": request.args.get("user", ""), "direct": request.args.get("direct", "0")}
    return see_other(state, f"/login/v2/flow?{urlencode(query)}")


def _picker(state: State) -> Response:
    visit.browser_member(state)
    flow = _flow_of_session(state)
    if flow is None:
        return refused_page(state, UNUSABLE)
    query = {"stateToken": visit.current().session.flow_state, "user": request.args.get("user", "")}
    grant = state.path(f"/login/v2/grant?{urlencode(query)}")
    return page(state, "picker.html", client=flow.client_name, grant=grant)


def _grant_page(state: State) -> Response:
    sent = request.args.get("stateToken", "")
    problem = _flow_problem(state, sent)
    if problem:
        return refused_page(state, problem)
    member = visit.browser_member(state)
    if member is None:
        back = state.path(f"/login/v2/grant?{urlencode({'stateToken': sent})}")
        query = {"redirect_url": back, "user": request.args.get("user", "")}
        return see_other(state, f"/login?{urlencode(query)}")
    flow = _flow_of_session(state)
    return page(state, "grant.html", client=flow.client_name if flow else "", state_token=sent)


def _grant(state: State) -> Response:
    member = visit.browser_member(state)
    if member is None:
        return to_login(state, "/apps/spreed/")
    if not csrf_ok():
        return page(state, "message.html", 412, title="Access refused", text=FOREIGN)
    problem = _flow_problem(state, request.form.get("stateToken", ""))
    flow = _flow_of_session(state)
    if problem or flow is None:
        return refused_page(state, problem or UNUSABLE)
    session = visit.current().session
    state.grant(flow, member, session.login_name or member.user_id, base_url(state))
    session.flow_token = session.flow_state = None
    text = "All done: you can close this window."
    return page(state, "message.html", title="Account connected", text=text, done=True)


def _devices(state: State) -> Response:
    member = visit.browser_member(state)
    if member is None:
        return to_login(state, "/settings/user/security")
    return page(state, "devices.html", app_passwords=member.active_app_passwords[::-1], wide=True)


def _revoke(state: State) -> Response:
    member = visit.browser_member(state)
    if member is not None and csrf_ok():
        for app_password in member.active_app_passwords:
            if str(app_password.id) == request.form.get("id"):
                app_password.revoked = True
    return see_other(state, "/settings/user/security")


def _flow_of_session(state: State) -> Flow | None:
    return state.flows.to_grant(visit.current().session.flow_token, state.now())


def _flow_problem(state: State, sent: str) -> str:
    """Why this session cannot grant anything, or nothing."""
    if sent != visit.current().session.flow_state or not sent:
        return FOREIGN
    return "" if _flow_of_session(state) else UNUSABLE


def _local(target: str) -> str:
    """The target if it stays on this instance, else nothing."""
    inside = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if inside else ""


def _route_of(state: State, target: str) -> str:
    """A path of the instance without web root and `/index.php`."""
    return target.removeprefix(state.web_root).removeprefix("/index.php")
