"""What a member decides for himself."""

from __future__ import annotations

from dash import html, register_page
from flask_wtf.csrf import generate_csrf

from components import preferences
from services.my_data import KEPT
from web.context import services, signed_in, site
from web.my_data import in_words

register_page(__name__, path="/preferences", title="Talkboard")


def layout(**_query: str) -> html.Div:
    """Called for each visit, so nothing of a member stays in the module."""
    browser = signed_in()
    if browser is None:
        return html.Div()
    member = browser.member
    sign_ins = services().sign_ins.shown(member.id, browser.sign_in_id)
    return preferences.preferences(member, sign_ins, [in_words(one) for one in KEPT], site().prefix, generate_csrf())
