"""Invitations in the browser: the link, whom it is for, and the first password.

The token stands behind the # of the link, which a browser sends nowhere: not to a proxy's log, not as a referrer,
and whatever looks at links in a messenger never has it. A script moves it into a form.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Flask, redirect, render_template, request
from flask_wtf.csrf import CSRFError, generate_csrf
from pydantic import SecretStr
from werkzeug.wrappers import Response

from models.invitation_store import KeptInvitation
from services.invitations import (
    InvitationExpiredError,
    Invitations,
    InvitationUsedError,
    InvitationWithdrawnError,
    NoInvitationError,
)
from services.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, PasswordTooWeakError, TooManyTriesError
from web.context import services, signed_in, site
from web.csrf import csrf
from web.language import gettext as _
from web.sign_in import open_session

PATH = "invite"
"""Where invitations are taken, below the prefix."""

_REFUSED = (
    NoInvitationError, InvitationExpiredError, InvitationUsedError, InvitationWithdrawnError, TooManyTriesError,
)  # fmt: skip

blueprint = Blueprint("invite", __name__)
log = structlog.get_logger()


def init(server: Flask) -> None:
    """Adds the address of the invitations."""
    server.register_blueprint(blueprint)


@blueprint.get(f"/{PATH}")
def page() -> str:
    """Where the link leads: a field for the token, which the script fills in and sends off."""
    return _code_page()


@blueprint.post(f"/{PATH}")
def answer() -> str | Response | tuple[str, int]:
    """Whom a token is for; with a password beside it: sets it, and signs its member in."""
    token = SecretStr(request.form.get("token", "").strip().rpartition("#")[2])
    try:
        csrf.protect()
    except CSRFError:
        return _code_page(_("The page was open for too long. Please open the link again.")), 400
    try:
        if "password" not in request.form:
            return _password_page(_look(token), token)
        return _set_password(token)
    except _REFUSED as error:
        return _refused(error)


def _set_password(token: SecretStr) -> Response | tuple[str, int]:
    given = services()
    password = SecretStr(request.form.get("password", ""))
    if password != SecretStr(request.form.get("repeated", "")):
        return _password_page(_look(token), token, _("The two passwords are not the same.")), 422
    try:
        proved = given.invitations.redeem(token, password, _address())
    except PasswordTooWeakError:
        return _password_page(_look(token), token, _("The password is too short or too long.")), 422
    before = signed_in()
    if before:  # whoever was signed in here makes room
        given.sign_ins.end(before.sign_in_id, before.member.id)
    open_session(given.sign_ins.open(proved, request.headers.get("User-Agent", "")))
    return redirect(site().prefix, 303)


def _look(token: SecretStr) -> KeptInvitation:
    invitations: Invitations = services().invitations
    return invitations.look(token, _address())


def _code_page(error: str | None = None) -> str:
    return render_template("invite.html", csrf_token=generate_csrf(), error=error)


def _password_page(invited: KeptInvitation, token: SecretStr, error: str | None = None) -> str:
    return render_template(
        "invite_password.html",
        csrf_token=generate_csrf(),
        token=token.get_secret_value(),
        invited=invited,
        least=MINIMUM_LENGTH,
        most=MAXIMUM_LENGTH,
        error=error,
    )


def _refused(error: Exception) -> tuple[str, int]:
    log.info("invitation.refused", reason=type(error).__name__)
    status, sentence = _sentence(error)
    return render_template("message.html", title=_("Invitation"), sentence=sentence), status


def _sentence(error: Exception) -> tuple[int, str]:
    match error:
        case InvitationExpiredError():
            return 410, _("This invitation has expired: it was good for seven days. Please ask for a new one.")
        case InvitationUsedError():
            return 410, _("This invitation has been used already. Please log in with the password that you set.")
        case InvitationWithdrawnError():
            return 410, _("This invitation does not count any more. Perhaps there is a newer one; else ask for one.")
        case TooManyTriesError():
            return 429, _("Too many tries. Please try again in a few minutes.")
    return 404, _("There is no such invitation. Is the link whole? Else please ask for a new one.")


def _address() -> str:
    return request.remote_addr or ""
