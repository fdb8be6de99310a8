"""What is plotted on the operator's page: which numbers, under which words, in which colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import to_user_timezone

from models.failure_budget import SLOTS
from models.observation_store import OTHER, Series
from nextcloud.routes import OK
from services.causes import CAUSES, N_
from services.history import History
from services.observations import Kind
from services.operations import Budget, Level
from web.language import current_language
from web.language import gettext as _

LEVELS = {
    Level.CONNECTED: N_("connected"),
    Level.REFUSED: N_("refused by Nextcloud"),
    Level.ELSEWHERE: N_("at another address"),
    Level.NOT_CONNECTED: N_("not connected"),
    Level.LEFT_BEHIND: N_("devices left behind"),
    Level.REVOCATIONS: N_("still to be revoked"),
    Level.FLOWS: N_("just connecting"),
}
_PURPOSES = {
    "page": N_("pages"),
    "callback": N_("cards and buttons"),
    "rest": N_("REST"),
    "file": N_("files"),
    "monitor": N_("monitoring"),
}
_WAYS = {"password": N_("form"), "token": N_("REST"), "oidc": N_("OpenID Connect")}
_MINUTE = 60

HEIGHT = 280
"""Pixels of a plot."""


@dataclass(frozen=True)
class Look:
    """The colours of one theme: every one of `colours` can be seen on a card."""

    words: str
    lines: str
    surface: str
    colours: tuple[str, ...]


LIGHT = Look(
    "#1c2024",
    "#dcdfe3",
    "#ffffff",
    ("#0b5cad", "#b45309", "#2e7d32", "#7b3fa0", "#c62828", "#5f6670", "#00727a", "#ad1457"),
)
DARK = Look(
    "#e3e6e9",
    "#33383f",
    "#1a1d21",
    ("#6ab0ff", "#ffb74d", "#81c784", "#ce93d8", "#ff8a80", "#b0b7bf", "#4dd0e1", "#f48fb1"),
)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Curves differ in more than colour."""

Values = Sequence[float | None]
Curves = Callable[[History], dict[str, Values]]


@dataclass(frozen=True)
class Plot:
    """One plot: `curves` are its values by name; `bars` stand on one another, lines go their own way."""

    name: str
    title: str
    curves: Curves
    unit: str = ""
    bars: bool = False

    @property
    def graph(self) -> str:
        """Id of the picture."""
        return f"operator-plot-{self.name}"

    @property
    def numbers(self) -> str:
        """Id of the place for the table."""
        return f"operator-numbers-{self.name}"


def _connections(history: History) -> dict[str, Values]:
    levels = history.levels(Kind.CONNECTIONS)
    return {
        _(word): levels[level]
        for level, word in LEVELS.items()
        if level in levels and (level is Level.CONNECTED or any(levels[level]))
    }


def _latencies(history: History) -> dict[str, Values]:
    return {_("half of the answers"): history.latencies(0.5), _("95 of 100"): history.latencies(0.95)}


def _requests(history: History) -> dict[str, Values]:
    counts = history.counts(Kind.WEB, lambda series: _(_PURPOSES.get(series.route, OTHER)))
    counts |= history.counts(Kind.UPSTREAM, lambda _series: _("to Nextcloud"))
    return {name: [value * _MINUTE / history.step for value in values] for name, values in counts.items()}


def _errors(history: History) -> dict[str, Values]:
    def upstream(series: Series) -> str | None:
        return None if series.outcome == OK else cause_words(series.outcome)

    found = history.counts(Kind.UPSTREAM, upstream)
    found |= history.counts(Kind.WEB, lambda one: _("an error of this server") if one.outcome == "5xx" else None)
    return dict(found)


def _sign_ins(history: History) -> dict[str, Values]:
    def words(series: Series) -> str:
        way = _(_WAYS.get(series.route, OTHER))
        return _("%(way)s, succeeded", way=way) if series.outcome == OK else _("%(way)s, refused", way=way)

    return dict(history.counts(Kind.SIGN_IN, words))


def _budget(history: History) -> dict[str, Values]:
    taken = history.levels(Kind.BUDGET).get(Budget.TAKEN, [None] * len(history.times))
    return {_("taken"): taken, _("there are"): [SLOTS] * len(history.times)}


PLOTS = (
    Plot("connections", N_("Connections over time"), _connections),
    Plot("latency", N_("Time until Nextcloud answers"), _latencies, unit="s"),
    Plot("errors", N_("Failures by cause"), _errors, bars=True),
    Plot("requests", N_("Requests a minute"), _requests),
    Plot("sign-ins", N_("Sign-ins"), _sign_ins, bars=True),
    Plot("budget", N_("Slots of the sign-in budget"), _budget),
)


def cause_words(name: str) -> str:
    """A cause in words; its name stands beside them where several share the words."""
    cause = CAUSES.get(name)
    if cause is None:
        return name
    words = _(cause.sentence)
    return f"{words} ({cause.name})" if cause.name else words


def figure(plot: Plot, history: History, look: Look) -> dict[str, Any]:
    """The plot of `history`, for Plotly."""
    moments = [local(at).strftime("%Y-%m-%dT%H:%M:%S") for at in history.times]
    traces = [
        _bars(name, moments, values) if plot.bars else _line(name, moments, values, number)
        for number, (name, values) in enumerate(plot.curves(history).items())
    ]
    return {"data": traces, "layout": _layout(plot, moments, look, empty=not traces)}


def empty_figure() -> dict[str, Any]:
    """What is there before the first numbers are."""
    hidden = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return {
        "data": [],
        "layout": {"xaxis": hidden, "yaxis": hidden, "paper_bgcolor": clear, "plot_bgcolor": clear},
    }


def local(at: int) -> datetime:
    """The time in the zone of the page."""
    moment: datetime = to_user_timezone(datetime.fromtimestamp(at, UTC))
    return moment.replace(tzinfo=None)


def _line(name: str, moments: list[str], values: Values, number: int) -> dict[str, Any]:
    dash = _DASHES[number % len(_DASHES)]
    look = {"line": {"dash": dash, "width": 2}, "marker": {"size": 4}, "mode": "lines+markers"}
    return {"type": "scatter", "name": name, "x": moments, "y": list(values), **look}


def _bars(name: str, moments: list[str], values: Values) -> dict[str, Any]:
    return {"type": "bar", "name": name, "x": moments, "y": list(values)}


def _layout(plot: Plot, moments: list[str], look: Look, *, empty: bool) -> dict[str, Any]:
    german = current_language() == "de"
    day, month = ("%H:%M", "%d.%m.") if german else ("%H:%M", "%d %b")
    axis = {"gridcolor": look.lines, "linecolor": look.lines, "zerolinecolor": look.lines, "automargin": True}
    nothing = {"text": _("Nothing of the kind was seen."), "showarrow": False, "xref": "paper", "yref": "paper"}
    return {
        "template": {"layout": _template(look)},
        "barmode": "stack",
        "height": HEIGHT,
        "margin": {"l": 40, "r": 10, "t": 10, "b": 70},
        "showlegend": not empty,
        "separators": ",." if german else ".,",
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "xaxis": {
            **axis,
            "type": "date",
            "range": [moments[0], moments[-1]],
            "hoverformat": f"{month} {day}",
            "tickformatstops": [
                {"dtickrange": [None, 86_399_999], "value": day},
                {"dtickrange": [86_400_000, None], "value": month},
            ],
        },
        "yaxis": {**axis, "rangemode": "tozero", "ticksuffix": f" {plot.unit}" if plot.unit else ""},
        "annotations": [nothing] if empty else [],
        "uirevision": plot.name,
    }


def _template(look: Look) -> dict[str, Any]:
    """The theme, as Plotly calls it."""
    return {
        "colorway": list(look.colours),
        "font": {"color": look.words, "family": "system-ui, Roboto, Noto Sans, sans-serif", "size": 12},
        "paper_bgcolor": look.surface,
        "plot_bgcolor": look.surface,
        "hoverlabel": {"bgcolor": look.surface, "bordercolor": look.lines, "font": {"color": look.words}},
        "hovermode": "x unified",
    }
