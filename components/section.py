"""A section of a page of settings."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html


def section(title: str, content: list[object]) -> dbc.Card:
    """`content` below its title."""
    return dbc.Card(dbc.CardBody([html.H2(title, className="h5 mb-3"), *content]), class_name="mb-4")
