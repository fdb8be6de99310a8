"""Signing in at an OpenID provider: out by a link, back by its answer, and ended from there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import SecretStr
from werkzeug.wrappers import Response as AnyResponse

from services.oidc import ATTEMPT_SECONDS, Attempt, Oidc, SignInRefusedError
from services.oidc_provider import ProviderAwayError
from services.oidc_tokens import TokenRefusedError
from services.passwords import WrongPasswordError
from web.context import services, signed_in, site
from web.language import gettext as _
from web.sign_in import local, open_session, sign_in_page, user_agent

AT_ONCE = 5
"""Sign-ins that one browser may have under way, each in a tab of its own."""

_COOKIE = "talkboard-oidc-"
_STATE_IN_NAME = 12
_TARGET_LENGTH = 500
"""A longer address to go on to is forgotten: cookies are small."""

blueprint = Blueprint("oidc", __name__, url_prefix="/oidc")
log = structlog.get_logger()


def init(server: Flask) -> None:
    """Adds the addresses that the provider and the button at sign-in lead to."""
    server.register_blueprint(blueprint)


@blueprint.get("/login")
def begin() -> AnyResponse | tuple[str, int]:
    """Sends the browser to the provider. A link, no form: the policy of our pages lets no form lead elsewhere."""
    target = local(request.args.get("next", ""))
    if signed_in():
        return redirect(target, 303)
    try:
        url, attempt = _oidc().begin(target if len(target) <= _TARGET_LENGTH else site().prefix)
    except ProviderAwayError as error:
        return _away(error, target)
    answer = redirect(url, 303)
    for name in _under_way()[AT_ONCE - 1 :]:
        _forget(answer, name)
    _set(answer, _name(attempt.state), _serializer().dumps(asdict(attempt)), ATTEMPT_SECONDS)
    return answer


@blueprint.get("/callback")
def finish() -> AnyResponse | tuple[str, int]:
    """Where the provider sends the browser back to. Each attempt counts once, in the browser that began it."""
    state = request.args.get("state", "")
    attempt = _attempt(state)
    browser = signed_in()
    if attempt is None:
        return redirect(site().prefix, 303) if browser else _refused(SignInRefusedError("not_completed", "no attempt"))
    answer: AnyResponse | tuple[str, int]
    try:
        sign_in_id = _oidc().finish(attempt, request.args, user_agent())
        if browser:
            services().sign_ins.end(browser.sign_in_id, browser.member.id)
        open_session(sign_in_id)
        answer = redirect(attempt.target, 303)
    except ProviderAwayError as error:
        answer = _away(error, attempt.target)
    except SignInRefusedError as error:
        answer = _refused(error, attempt.target)
    except WrongPasswordError:
        answer = _refused(SignInRefusedError("not_completed", "ended again meanwhile"), attempt.target)
    made: AnyResponse = current_app.make_response(answer)
    _forget(made, _name(state))
    return made


@blueprint.post("/backchannel-logout")
def ended_there() -> Response:
    """What the provider says to us directly when a session has ended there. 400 for whom is not to be believed."""
    try:
        _oidc().ended_there(SecretStr(request.form.get("logout_token", "")))
    except TokenRefusedError as error:
        log.warning("oidc.logout_refused", detail=str(error))
        return Response("this logout token is not to be believed\n", 400, mimetype="text/plain")
    except ProviderAwayError as error:
        _oidc().note_away(error)
        return Response("the keys of the provider can not be had\n", 503, mimetype="text/plain")
    return Response(status=200, mimetype="text/plain")


def _oidc() -> Oidc:
    oidc = services().oidc
    if oidc is None:
        raise LookupError("no provider")
    return oidc


def _away(error: ProviderAwayError, target: str) -> tuple[str, int]:
    _oidc().note_away(error)
    sentence = _(
        "%(host)s cannot sign you in just now. Please try again in a moment; if that does not help, please tell the "
        "administrator.",
        host=_oidc().host,
    )
    return sign_in_page(target, error=sentence), 502


def _refused(error: SignInRefusedError, target: str = "") -> tuple[str, int]:
    log.info("oidc.refused", reason=error.reason, detail=str(error))
    status, sentence = {
        "cancelled": (401, _("You have cancelled signing in at %(host)s.", host=_oidc().host)),
        "disabled": (403, _("You are shut out here. Please ask the administrator.")),
        "unknown": (403, _("You are not a member here yet. Please ask the administrator.")),
        "name_taken": (403, _("Somebody here has your name already. Please ask the administrator.")),
        "name_unusable": (403, _("Your user name cannot be used here. Please ask the administrator.")),
    }.get(error.reason, (400, _("Signing in was not completed. Please try again.")))
    return sign_in_page(target, error=sentence), status


def _attempt(state: str) -> Attempt | None:
    """What this browser began under `state`."""
    try:
        kept: Any = _serializer().loads(request.cookies.get(_name(state), ""))
    except BadSignature:
        return None
    attempt = Attempt(**kept)
    return attempt if attempt.state == state else None


def _under_way() -> list[str]:
    """The cookies of earlier attempts, the youngest first."""
    found = []
    for name, value in request.cookies.items():
        if name.startswith(_name("")):
            try:
                found.append((_serializer().loads(value)["started_at"], name))
            except BadSignature:
                found.append((0, name))
    return [name for _at, name in sorted(found, reverse=True)]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="oidc attempt")


def _name(state: str) -> str:
    prefix = "__Host-" if site().https else ""
    return f"{prefix}{_COOKIE}{state[:_STATE_IN_NAME]}"


def _set(answer: AnyResponse, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=site().https, httponly=True, samesite="Lax")


def _forget(answer: AnyResponse, name: str) -> None:
    _set(answer, name, "", 0)
