"""What fills the operator's page, again and again while somebody looks at it."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output
from werkzeug.exceptions import NotFound

from components import operator
from components.operator_plots import DARK, LIGHT, PLOTS, figure
from components.operator_tables import connections, numbers, tiles, traffic
from services.history import History
from services.operations import Period
from web.context import current_member, services

_SPANS_OF_A_ROW = {Period.DAY: 12, Period.MONTH: 24}
"""Tables have a row an hour, or a day: hundreds of rows tell nobody anything."""

_HOUR = 3600


def register(app: Dash) -> None:
    """Wires the operator's page of `app`."""
    app.clientside_callback(
        ClientsideFunction("talkboard_operator", "theme"),
        Output(operator.THEME, "data"),
        Input(operator.CHOSEN_THEME, "data"),
    )

    @app.callback(
        Output(operator.SUMMARY, "children"),
        Output(operator.CONNECTIONS, "children"),
        Output(operator.TRAFFIC, "children"),
        *(Output(plot.graph, "figure") for plot in PLOTS),
        *(Output(plot.numbers, "children") for plot in PLOTS),
        Input(operator.CLOCK, "n_intervals"),
        Input(operator.PERIOD, "value"),
        Input(operator.THEME, "data"),
    )
    def fill(_ticks: int | None, wanted: str | None, theme: str | None) -> tuple[Any, ...]:
        if not current_member().operator:
            raise NotFound
        period = Period.MONTH if wanted == Period.MONTH else Period.DAY
        return _filled(period, dark=theme == "dark")


def _filled(period: Period, *, dark: bool) -> tuple[Any, ...]:
    operations = services().operations
    now, history = operations.situation(), operations.history(period)
    by_row = history.coarser(_SPANS_OF_A_ROW[period])
    look = DARK if dark else LIGHT
    return (
        tiles(now, _last_hour(history)),
        connections(now),
        traffic(history.traffic()),
        *(figure(plot, history, look) for plot in PLOTS),
        *(numbers(plot, by_row) for plot in PLOTS),
    )


def _last_hour(history: History) -> History:
    """The newest spans that make an hour."""
    return history.since(history.times[-1] + history.step - _HOUR)
