"""What a member decides for himself: card, language, theme, password, sign-ins."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import my_data
from components.section import section
from models.card_choices import LEAST_ROWS, MOST_ROWS, CardChoices
from models.member_store import CurrentMember
from services.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from services.sign_ins import ShownSignIn
from web.language import gettext as _

LANGUAGE = "preferences-language"
THEME = "preferences-theme"
OLD_PASSWORD = "preferences-old-password"  # noqa: S105 - an id
NEW_PASSWORD = "preferences-new-password"  # noqa: S105 - an id
CHANGE_PASSWORD = "preferences-change-password"  # noqa: S105 - an id
PASSWORD_RESULT = "preferences-password-result"  # noqa: S105 - an id
SIGN_INS = "preferences-sign-ins"
SIGN_OUT_OTHERS = "preferences-sign-out-others"
SIGN_OUT_EVERYWHERE = "preferences-sign-out-everywhere"

CARD_ROWS = "preferences-card-rows"
CARD_SWITCHES = "preferences-card-switches"
CARD_NUMBER = "preferences-card-number"
CARD_RESULT = "preferences-card-result"

BROWSER_LANGUAGE = "auto"
SYSTEM_THEME = "auto"
ALL_UNREAD, CONCERNING = "all", "concerning"


def preferences(
    member: CurrentMember,
    sign_ins: Sequence[ShownSignIn],
    kept: Sequence[tuple[str, str, str]],
    prefix: str,
    csrf_token: str,
) -> html.Div:
    """The page of `member`. `kept` says what is kept, where and for how long; `prefix` ends with a slash."""
    sections = [
        _card_choices(member.choices),
        _appearance(member),
        _password(member.name),
        _sign_ins(my_data.sign_in_list(sign_ins, prefix, csrf_token)),
        my_data.my_data(kept, prefix),
    ]
    return html.Div([html.H1(_("Settings"), className="page-title"), *sections], className="preferences")


def _appearance(member: CurrentMember) -> dbc.Card:
    languages = [
        {"label": _("as the browser says"), "value": BROWSER_LANGUAGE},
        {"label": "Deutsch", "value": "de"},
        {"label": "English", "value": "en"},
    ]
    themes = [
        {"label": _("as the system says"), "value": SYSTEM_THEME},
        {"label": _("light"), "value": "light"},
        {"label": _("dark"), "value": "dark"},
    ]
    return section(
        _("Appearance"),
        [
            dbc.Label(_("Language of Talkboard"), html_for=LANGUAGE),
            dbc.Select(id=LANGUAGE, options=languages, value=member.locale or BROWSER_LANGUAGE, class_name="mb-3"),
            dbc.Label(_("Colours"), html_for=THEME),
            dbc.Select(id=THEME, options=themes, value=member.theme or SYSTEM_THEME),
        ],
    )


def _card_choices(choices: CardChoices) -> dbc.Card:
    numbers = [{"label": str(number), "value": str(number)} for number in range(LEAST_ROWS, MOST_ROWS + 1)]
    switches = {
        "compact": _("Compact rows, without the last message"),
        "mentions_first": _("Mentions first"),
        "favorites_first": _("Favourites first"),
    }
    counted = [
        {"label": _("all unread messages"), "value": ALL_UNREAD},
        {"label": _("conversations that concern me"), "value": CONCERNING},
    ]
    concern = _("What concerns you: one-to-ones, mentions, and conversations of which you want to be told everything.")
    return section(
        _("Card"),
        [
            dbc.Label(_("Number of conversations"), html_for=CARD_ROWS),
            dbc.Select(id=CARD_ROWS, options=numbers, value=str(choices.rows), class_name="mb-3"),
            dbc.Checklist(
                id=CARD_SWITCHES,
                options=[{"label": label, "value": name} for name, label in switches.items()],
                value=[name for name in switches if getattr(choices, name)],
                switch=True,
                class_name="mb-3",
            ),
            dbc.Label(_("The number beside the title counts"), html_for=CARD_NUMBER),
            dbc.Select(id=CARD_NUMBER, options=counted, value=CONCERNING if choices.concerning_only else ALL_UNREAD),
            dbc.FormText(concern, class_name="d-block"),
            html.Div(id=CARD_RESULT, role="status", className="mt-3"),
        ],
    )


def _password(name: str) -> dbc.Card:
    # The name in the form lets password managers know whose password is being changed.
    username = html.Div(dcc.Input(type="text", value=name, autoComplete="username", readOnly=True), hidden=True)
    rule = _("%(least)s to %(most)s characters", least=MINIMUM_LENGTH, most=MAXIMUM_LENGTH)
    return section(
        _("Password"),
        [
            html.Form(
                [
                    username,
                    dbc.Label(_("Present password"), html_for=OLD_PASSWORD),
                    dbc.Input(id=OLD_PASSWORD, type="password", autocomplete="current-password", class_name="mb-3"),
                    dbc.Label(_("New password"), html_for=NEW_PASSWORD),
                    dbc.Input(id=NEW_PASSWORD, type="password", autocomplete="new-password"),
                    dbc.FormText(rule, class_name="d-block mb-3"),
                    html.Button(_("Change password"), id=CHANGE_PASSWORD, type="button", className="btn btn-primary"),
                ]
            ),
            html.Div(id=PASSWORD_RESULT, role="status", className="mt-3"),
        ],
    )


def _sign_ins(sign_ins: html.Form) -> dbc.Card:
    buttons = [
        _outline_button(_("Sign out everywhere else"), SIGN_OUT_OTHERS),
        _outline_button(_("Sign out everywhere"), SIGN_OUT_EVERYWHERE),
    ]
    return section(
        _("Where you are signed in"),
        [
            html.Div(sign_ins, id=SIGN_INS),
            html.Div(buttons, className="d-flex flex-wrap gap-2 mt-3"),
        ],
    )


def _outline_button(label: str, component_id: str) -> html.Button:
    return html.Button(label, id=component_id, type="button", className="btn btn-outline-primary")
