"""What the settings of a member do."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, no_update
from flask import request
from flask_wtf.csrf import generate_csrf
from pydantic import SecretStr

from components import my_data, preferences
from models.card_choices import LEAST_ROWS, MOST_ROWS, CardChoices
from services.passwords import PasswordTooWeakError, TooManyTriesError, WrongPasswordError
from web.context import Browser, services, signed_in, site
from web.gate import LEAVE
from web.language import LOCALES
from web.language import gettext as _
from web.theme import THEMES

SAVED_MILLISECONDS = 4000


def register(app: Dash) -> None:
    """Wires the settings page of `app`."""
    _appearance(app)
    _card(app)
    _sign_ins(app)


def _appearance(app: Dash) -> None:
    @app.callback(Output(LEAVE, "href"), Input(preferences.LANGUAGE, "value"), prevent_initial_call=True)
    def choose_language(chosen: str | None) -> Any:
        browser = _browser()
        locale = chosen if chosen in LOCALES else None
        if locale == browser.member.locale:
            return no_update
        services().members.choose_locale(browser.member.id, locale)
        return site().prefix + "preferences"

    @app.callback(
        Output(LEAVE, "href", allow_duplicate=True),
        Input(preferences.THEME, "value"),
        prevent_initial_call=True,
    )
    def choose_theme(chosen: str | None) -> Any:
        member = _browser().member
        theme = chosen if chosen in THEMES else None
        if theme == member.theme:
            return no_update
        services().members.choose_theme(member.id, theme)
        return site().prefix + "preferences"


def _card(app: Dash) -> None:
    @app.callback(
        Output(preferences.CARD_RESULT, "children"),
        Input(preferences.CARD_ROWS, "value"),
        Input(preferences.CARD_SWITCHES, "value"),
        Input(preferences.CARD_NUMBER, "value"),
        prevent_initial_call=True,
    )
    def choose_card(rows: str | None, switches: list[str] | None, number: str | None) -> Any:
        choices = _choices(rows, switches or [], number)
        member = _browser().member
        if choices == member.choices:
            return no_update
        services().members.choose_card(member.id, choices)
        return dbc.Alert(_("Saved."), color="success", duration=SAVED_MILLISECONDS)


def _sign_ins(app: Dash) -> None:
    @app.callback(
        Output(preferences.PASSWORD_RESULT, "children"),
        Output(preferences.OLD_PASSWORD, "value"),
        Output(preferences.NEW_PASSWORD, "value"),
        Input(preferences.CHANGE_PASSWORD, "n_clicks"),
        State(preferences.OLD_PASSWORD, "value"),
        State(preferences.NEW_PASSWORD, "value"),
        prevent_initial_call=True,
    )
    def change_password(clicks: int | None, old: str | None, new: str | None) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        return _change_password(SecretStr(old or ""), SecretStr(new or ""))

    @app.callback(
        Output(preferences.SIGN_INS, "children"),
        Input(preferences.SIGN_OUT_OTHERS, "n_clicks"),
        prevent_initial_call=True,
    )
    def sign_out_others(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        browser = _browser()
        services().sign_ins.end_all(browser.member.id, but=browser.sign_in_id)
        left = services().sign_ins.shown(browser.member.id, browser.sign_in_id)
        return my_data.sign_in_list(left, site().prefix, generate_csrf())

    @app.callback(
        Output(LEAVE, "href", allow_duplicate=True),
        Input(preferences.SIGN_OUT_EVERYWHERE, "n_clicks"),
        prevent_initial_call=True,
    )
    def sign_out_everywhere(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        services().sign_ins.end_all(_browser().member.id)
        return site().prefix + "login"


def _choices(rows: str | None, switches: list[str], number: str | None) -> CardChoices:
    """What the form says; what it can not say counts as the default."""
    wanted = int(rows) if rows and rows.isascii() and rows.isdigit() and len(rows) < 3 else LEAST_ROWS
    return CardChoices(
        rows=min(max(wanted, LEAST_ROWS), MOST_ROWS),
        compact="compact" in switches,
        favorites_first="favorites_first" in switches,
        mentions_first="mentions_first" in switches,
        concerning_only=number == preferences.CONCERNING,
    )


def _change_password(old: SecretStr, new: SecretStr) -> tuple[dbc.Alert, str, str]:
    browser = _browser()
    try:
        services().sign_ins.change_password(browser.member, old, new, request.remote_addr or "", browser.sign_in_id)
    except (WrongPasswordError, TooManyTriesError):
        text, color = _("The present password is wrong, or there were too many tries."), "danger"
    except PasswordTooWeakError:
        text, color = _("The new password is too short or too long."), "danger"
    else:
        text, color = _("The password is changed. Everywhere else you are signed out."), "success"
    return dbc.Alert(text, color=color), "", ""


def _browser() -> Browser:
    browser = signed_in()
    if browser is None:
        raise LookupError("no browser is signed in")
    return browser
