"""The operator's page: tiles, plots over time with the same numbers as tables, and every connection."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html
from flask_babel import get_timezone

from components.marks import marks
from components.operator_plots import HEIGHT, PLOTS, Plot, empty_figure
from services.operations import Period
from web.language import gettext as _

CLOCK = "operator-clock"
PERIOD = "operator-period"
THEME = "operator-theme"
CHOSEN_THEME = "operator-chosen-theme"
SUMMARY = "operator-summary"
CONNECTIONS = "operator-connections"
TRAFFIC = "operator-traffic"

REFRESH_MS = 30_000
SYSTEM_THEME = "auto"


def page(theme: str | None) -> html.Div:
    """The page without its numbers, which come by callback. `theme` is the member's choice, None the system's."""
    plots = [dbc.Col(_plot(plot), xs=12, xl=6) for plot in PLOTS]
    return html.Div(
        [
            html.H1(_("Operation"), className="page-title"),
            _period(),
            html.Div(id=SUMMARY, className="operator-tiles"),
            dbc.Row(plots),
            _section(_("Connections"), CONNECTIONS),
            _section(_("What was asked of Nextcloud"), TRAFFIC),
            dcc.Interval(id=CLOCK, interval=REFRESH_MS),
            dcc.Store(id=CHOSEN_THEME, data=theme or SYSTEM_THEME),
            dcc.Store(id=THEME),
        ],
        className="operator",
    )


def _period() -> html.Div:
    options = [
        {"label": _("the last 24 hours"), "value": Period.DAY.value},
        {"label": _("the last 30 days"), "value": Period.MONTH.value},
    ]
    zone = _("Times are those of %(zone)s.", zone=str(get_timezone()))
    return html.Div(
        [
            dbc.Label(_("Shown are"), html_for=PERIOD),
            dbc.Select(id=PERIOD, options=options, value=Period.DAY.value, class_name="operator-period"),
            dbc.FormText(zone),
        ],
        className="mb-4",
    )


def _plot(plot: Plot) -> dbc.Card:
    """The plot as a picture, and its numbers as a table for whom a picture tells nothing."""
    title = _(plot.title)
    picture = dcc.Graph(
        id=plot.graph,
        figure=empty_figure(),
        config={"displayModeBar": False, "responsive": True},
        responsive=True,
        className="operator-graph",
        style={"height": f"{HEIGHT}px"},
    )
    described = _("Plot: %(title)s. The same numbers are in the table below.", title=title)
    numbers = html.Details(
        [html.Summary(_("Numbers")), html.Div(id=plot.numbers)],
        className="operator-numbers",
    )
    return dbc.Card(
        dbc.CardBody(
            [
                html.H2(title, className="h5"),
                html.Div(picture, role="img", **marks(aria_label=described)),
                numbers,
            ]
        ),
        class_name="mb-4",
    )


def _section(title: str, component_id: str) -> dbc.Card:
    content = [html.H2(title, className="h5 mb-3"), html.Div(id=component_id)]
    return dbc.Card(dbc.CardBody(content), class_name="mb-4")
