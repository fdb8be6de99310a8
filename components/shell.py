"""What stands around every page: the top bar, the member's menu and the sentence while offline."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components.marks import marks
from web.language import gettext as _

SHELL = "shell"
OFFLINE_BANNER = "offline-banner"
PRODUCT = "Talkboard"


def shell(
    member_name: str,
    prefix: str,
    csrf_token: str,
    children: Component | Sequence[Component],
    *,
    operator: bool = False,
    imprint_url: str | None = None,
    privacy_url: str | None = None,
) -> html.Div:
    """The page around `children`. `prefix` is where the application is mounted, with a slash at its end; an `operator`
    finds his page in the menu."""
    return html.Div(
        [
            html.Header([_brand(prefix), _member_menu(member_name, prefix, csrf_token, operator)], className="top-bar"),
            html.Div(_offline_banner(), role="status"),
            html.Main(children, className="page"),
            *_legal_links(imprint_url, privacy_url),
        ],
        id=SHELL,
        **marks(data_login_url=f"{prefix}login", data_just_now=_("just now")),
    )


def _brand(prefix: str) -> html.A:
    return html.A([html.Span(className="brand-mark"), PRODUCT], href=prefix, className="brand")


def _member_menu(member_name: str, prefix: str, csrf_token: str, operator: bool) -> dbc.DropdownMenu:
    own = [dbc.DropdownMenuItem(_("Operation"), href=f"{prefix}operator", external_link=True)] if operator else []
    return dbc.DropdownMenu(
        [
            dbc.DropdownMenuItem(_("Settings"), href=f"{prefix}preferences", external_link=True),
            *own,
            _logout(prefix, csrf_token),
        ],
        label=html.Span(html.Bdi(member_name), className="member-name"),
        align_end=True,
        color="link",
        class_name="member-menu",
    )


def _logout(prefix: str, csrf_token: str) -> html.Form:
    """A real form, so that logging out is a POST and works while the callbacks do not."""
    token = dcc.Input(type="hidden", name="csrf_token", value=csrf_token)
    return html.Form(
        [
            html.Div(token, hidden=True),
            html.Button(
                _("Log out"),
                type="submit",
                className="dropdown-item",
                disable_n_clicks=True,
                **marks(data_rr_ui_dropdown_item=""),
            ),
        ],
        method="post",
        action=f"{prefix}logout",
    )


def _offline_banner() -> html.Div:
    return html.Div(_("No connection – last known state"), id=OFFLINE_BANNER, hidden=True)


def _legal_links(imprint_url: str | None, privacy_url: str | None) -> list[html.Footer]:
    links = [(_("Imprint"), imprint_url), (_("Privacy"), privacy_url)]
    shown = [html.A(text, href=url) for text, url in links if url]
    return [html.Footer(shown, className="legal")] if shown else []
