"""Signing in and out by plain forms, which password managers understand and which need no script."""

from __future__ import annotations

from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, session
from flask_login import LoginManager, login_user, logout_user
from flask_wtf.csrf import CSRFError, generate_csrf
from pydantic import SecretStr
from werkzeug.wrappers import Response

from models.database import DatabaseAwayError
from services.embedding import BEARER, COOKIE
from services.passwords import TooManyTriesError, WrongPasswordError
from web import frames
from web.context import Browser, services, signed_in, site
from web.csrf import csrf
from web.language import gettext as _
from web.session import bearer_token

blueprint = Blueprint("sign_in", __name__)
_AWAY = "database_away"


def init(server: Flask) -> None:
    """Lets `server` know its members' browsers."""
    manager = LoginManager(server)
    # A phone changes its address; the sign-in is a row that can be ended instead.
    manager.session_protection = None
    manager.user_loader(_load)
    manager.request_loader(_by_token_of_frame)
    server.register_blueprint(blueprint)


def _load(sign_in_id: str) -> Browser | None:
    return _signed_in(sign_in_id, COOKIE if frames.by_ticket() else None)


def _by_token_of_frame(_request: object) -> Browser | None:
    token = bearer_token() if frames.by_ticket() else None
    return _signed_in(token, BEARER) if token else None


def _signed_in(sign_in_id: str, frame: str | None) -> Browser | None:
    if g.get(_AWAY):
        return None  # told once; the page that says so must not ask again who it is for
    try:
        member = services().sign_ins.member(sign_in_id, frame)
    except DatabaseAwayError:
        setattr(g, _AWAY, True)
        raise
    return Browser(member, sign_in_id) if member else None


@blueprint.get("/login")
def form() -> str | Response:
    """The sign-in page, or straight on for whom is signed in."""
    target = request.args.get("next", "")
    return redirect(local(target), 303) if signed_in() else sign_in_page(target)


@blueprint.post("/login")
def sign_in() -> Response | tuple[str, int]:
    """Signs a member in. 401 and one sentence whatever was wrong, so that nobody learns which names exist."""
    name, target = request.form.get("username", ""), request.form.get("next", "")
    try:
        csrf.protect()
    except CSRFError:
        return sign_in_page(target, name, _("The page was open for too long. Please try again.")), 400
    password = SecretStr(request.form.get("password", ""))
    try:
        open_session(services().sign_ins.start(name, password, request.remote_addr or "", user_agent()))
    except (WrongPasswordError, TooManyTriesError):
        sentence = _("Name or password is wrong, or there were too many tries. Please try again in a few minutes.")
        return sign_in_page(target, name, sentence), 401
    return redirect(local(target), 303)


@blueprint.post("/logout")
def sign_out() -> Response:
    """Signs this browser out, and at the OpenID provider where that signed it in. Without a session there is nothing to
    do but to show the sign-in page."""
    browser, elsewhere = signed_in(), None
    if browser:
        csrf.protect()
        oidc = services().oidc
        by_provider = oidc is not None and oidc.signed_in(browser.sign_in_id)
        services().sign_ins.end(browser.sign_in_id, browser.member.id)
        logout_user()
        session.clear()
        elsewhere = oidc.sign_out_url() if oidc and by_provider else None
    if elsewhere:  # no redirect: the policy of the page with the form lets it lead nowhere else
        return current_app.make_response(render_template("leaving.html", elsewhere=elsewhere))
    return redirect(site().prefix + "login", 303)


def open_session(sign_in_id: str) -> None:
    """Starts a fresh session: nothing that a stranger may have planted in the old one survives."""
    session.clear()
    member = services().sign_ins.member(sign_in_id)
    if member is None:  # ended again meanwhile, by a new password
        raise WrongPasswordError
    session.permanent = True
    login_user(Browser(member, sign_in_id))


def sign_in_page(target: str, username: str = "", error: str | None = None) -> str:
    """The sign-in page; who signs in there goes on to `target`."""
    oidc = services().oidc
    provider = {"host": oidc.host, "url": f"{site().prefix}oidc/login?{urlencode({'next': target})}"} if oidc else None
    fields = {"csrf_token": generate_csrf(), "next": target, "username": username[:80], "error": error}
    return render_template("login.html", provider=provider, by_password=bool(username), **fields)


def local(target: str) -> str:
    """`target` where it is a path of this very app, else the start page: no open redirect."""
    prefix = site().prefix
    try:
        parts = urlsplit(target)
    except ValueError:
        return prefix
    plain = target.isprintable() and "\\" not in target and not parts.scheme and not parts.netloc
    inside = target.startswith(prefix) and not target.startswith("//") and ".." not in unquote(parts.path).split("/")
    return target if plain and inside else prefix


def user_agent() -> str:
    """What this browser calls itself."""
    return request.headers.get("User-Agent", "")
