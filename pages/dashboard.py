"""The dashboard: the member's cards in a grid."""

from __future__ import annotations

import random

import dash_bootstrap_components as dbc
from dash import html, register_page

from components import talk_card
from web.context import current_member, site
from web.language import gettext as _

register_page(__name__, path="/", title="Talkboard")

_JITTER_MS = (500, 2500)
"""Later than the server's own pace, so that a tick always finds the conversations due."""


def layout(**_query: str) -> html.Div:
    """Called for each visit, so nothing of a member stays in the module."""
    jitter_ms = random.randint(*_JITTER_MS)  # noqa: S311 - spreads load only
    card = talk_card.card(site().refresh_seconds, jitter_ms, current_member().choices)
    title = html.H1(_("Overview"), className="visually-hidden")
    return html.Div([title, dbc.Row(dbc.Col(card, xs=12, md=6, lg=4))])
