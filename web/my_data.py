"""What a member does about his data by plain forms: ending one sign-in, the file of it all, and deleting it."""

from __future__ import annotations

import json

from flask import Blueprint, Flask, Response, redirect, render_template, request, session
from flask_login import logout_user
from flask_wtf.csrf import generate_csrf
from pydantic import SecretStr
from werkzeug.wrappers import Response as AnyResponse

from models.own_data import LastOperatorError
from services.my_data import KEPT, Kept
from services.passwords import TooManyTriesError, WrongPasswordError
from web.context import current_member, services, site
from web.language import gettext as _

blueprint = Blueprint("my_data", __name__, url_prefix="/preferences")


def init(server: Flask) -> None:
    """Adds the addresses; the gate lets only members in, and only their own forms."""
    server.register_blueprint(blueprint)


def in_words(kept: Kept) -> tuple[str, str, str]:
    """What is kept, where, and for how long, in the language of this request."""
    days = services().my_data.session_days
    return _(kept.what), _(kept.where), _(kept.how_long, days=days)


@blueprint.post("/end-sign-in")
def end_sign_in() -> AnyResponse:
    """Ends one of the member's sign-ins; that of this very browser too."""
    services().sign_ins.end_one(current_member().id, request.form.get("sign_in", ""))
    return redirect(site().prefix + "preferences", 303)


@blueprint.get("/my-data.json")
def download() -> Response:
    """Everything that is kept about the member, as a file; secrets are only said to be there."""
    kept = [dict(zip(("what", "where", "howLong"), in_words(one), strict=True)) for one in KEPT]
    content = {"stored": services().my_data.rows(current_member()), "kept": kept}
    answer = Response(json.dumps(content, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = "attachment; filename=talkboard.json"
    return answer


@blueprint.get("/delete")
def ask() -> str:
    """Asks whether everything shall be deleted."""
    return _question()


@blueprint.post("/delete")
def delete() -> str | tuple[str, int]:
    """Deletes the member and everything that is his."""
    given, member = services(), current_member()
    try:
        revoked = given.my_data.delete_all(member, SecretStr(request.form.get("proof", "")), request.remote_addr or "")
    except (WrongPasswordError, TooManyTriesError):
        wrong = _("The password is wrong, or there were too many tries.")
        return _question(wrong if given.my_data.has_password(member) else _("That is not your user name.")), 401
    except LastOperatorError:
        return _question(_("You are the last operator. First there must be another one.")), 409
    logout_user()
    session.clear()
    return render_template("message.html", title=_("Everything is deleted"), sentence=_farewell(revoked))


def _question(error: str | None = None) -> str:
    member = current_member()
    return render_template(
        "delete_all.html",
        csrf_token=generate_csrf(),
        name=member.name,
        connected=member.connection is not None,
        has_password=services().my_data.has_password(member),
        error=error,
    )


def _farewell(revoked: bool | None) -> str:
    if revoked is None:
        return _("Nothing of you is kept here any more.")
    if revoked:
        return _("Nothing of you is kept here any more. Nextcloud has confirmed that the access is revoked.")
    return _(
        "Nextcloud could not be reached. For a day it is tried again to revoke the access; only what that needs is "
        "kept. Please look at the devices in Nextcloud’s security settings tomorrow."
    )
