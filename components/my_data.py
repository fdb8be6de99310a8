"""„My data“ in the settings, and the sign-ins, of which each can be ended."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html

from components.marks import marks
from components.section import section
from components.sentences import iso_time
from services.sign_ins import ShownSignIn
from web.language import gettext as _

MY_DATA = "my-data"


def my_data(kept: Sequence[tuple[str, str, str]], prefix: str) -> html.Div:
    """What is kept, where and for how long; a file of it all; the way to its end."""
    buttons = [
        html.A(_("Download everything (JSON)"), href=f"{prefix}preferences/my-data.json", className=_OUTLINE),
        html.A(_("Delete everything …"), href=f"{prefix}preferences/delete", className=_QUIET),
    ]
    words = _("This is kept about you, and for so long. The file holds all that is in the database, but no secrets.")
    rows = html.Ul([_kept(*one) for one in kept], className="list-group list-group-flush")
    buttons_row = html.Div(buttons, className="d-flex flex-wrap gap-2 mt-3")
    return html.Div(section(_("My data"), [html.P(words), rows, buttons_row]), id=MY_DATA)


def _kept(what: str, where: str, how_long: str) -> html.Li:
    place = html.Small(f"{where}: {how_long}", className="text-body-secondary d-block")
    return html.Li([html.Span(what), place], className="list-group-item px-0")


def sign_in_list(sign_ins: Sequence[ShownSignIn], prefix: str, csrf_token: str) -> html.Form:
    """The browsers in which a member is signed in. A real form: each button is the name of a sign-in."""
    token = html.Div(dcc.Input(type="hidden", name="csrf_token", value=csrf_token), hidden=True)
    rows = html.Ul([_sign_in(one) for one in sign_ins], className="list-group list-group-flush")
    return html.Form([token, rows], method="post", action=f"{prefix}preferences/end-sign-in")


def _sign_in(one: ShownSignIn) -> html.Li:
    mark = [" ", dbc.Badge(_("this browser"), color="secondary")] if one.is_this else []
    used = html.Time(dateTime=iso_time(one.seen_at), **marks(data_relative=""))
    since = html.Time(dateTime=iso_time(one.created_at), **marks(data_moment=""))
    times = html.Small(
        [_("last used"), " ", used, " · ", _("signed in since"), " ", since], className="text-body-secondary d-block"
    )
    return html.Li(
        [html.Div([html.Span([one.device, *mark]), times]), *([] if one.is_this else [_end(one)])],
        className="list-group-item d-flex flex-wrap justify-content-between align-items-center gap-2 px-0",
    )


def _end(one: ShownSignIn) -> html.Button:
    return html.Button(
        _("Sign out"),
        type="submit",
        name="sign_in",
        value=one.handle,
        className=_OUTLINE,
        disable_n_clicks=True,
        **marks(aria_label=_("Sign out: %(device)s", device=one.device)),
    )


_OUTLINE = "btn btn-outline-primary"
_QUIET = "btn btn-link talk-quiet"
