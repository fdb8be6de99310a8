"""How the server does: for operators alone."""

from __future__ import annotations

from dash import html, register_page

from components import operator
from web.context import current_member
from web.theme import chosen_theme

register_page(__name__, path="/operator", title="Talkboard")


def layout(**_query: str) -> html.Div:
    """Called for each visit. Empty for whom it does not concern: Dash asks for pages by name, past their address."""
    return operator.page(chosen_theme()) if current_member().operator else html.Div()
