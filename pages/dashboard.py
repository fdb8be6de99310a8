"""The dashboard: the member's cards in a grid."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html, register_page

from components import talk_card
from web.language import gettext as _

register_page(__name__, path="/", title="Talkboard")


def layout(**_query: str) -> html.Div:
    """Called for each visit, so nothing of a member stays in the module."""
    title = html.H1(_("Overview"), className="visually-hidden")
    return html.Div([title, dbc.Row(dbc.Col(talk_card.members_card(), xs=12, md=6, lg=4))])
