"""Tiles and tables of the operator's page."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component
from flask_babel import format_decimal

from components.marks import marks
from components.operator_plots import LEVELS, Plot, cause_words, local
from components.sentences import iso_time
from models.failure_budget import SLOTS
from models.observation_store import OTHER
from services.history import History, Traffic
from services.operations import ConnectionNow, Level, Situation
from web.language import current_language, ngettext
from web.language import gettext as _

MOST_ROWS = 200
"""Connections in the table; those that want something come first."""

NOTHING = "–"
_MEMBERS = (Level.CONNECTED, Level.REFUSED, Level.ELSEWHERE, Level.NOT_CONNECTED, Level.FLOWS)
_TO_GIVE_BACK = (Level.REVOCATIONS, Level.LEFT_BEHIND)

Cell = str | Component


def tiles(now: Situation, last_hour: History) -> list[html.Section]:
    """How it stands, in a few numbers."""
    return [
        _tile(_("Members"), [(_(LEVELS[level]), str(now.levels[level])) for level in _MEMBERS]),
        _tile(_("App passwords"), [(_(LEVELS[level]), str(now.levels[level])) for level in _TO_GIVE_BACK]),
        _tile(_("Sign-in budget"), _budget(now)),
        _tile(_("Nextcloud in the last hour"), _nextcloud(last_hour.traffic())),
        _tile(_("This server"), _server(now)),
    ]


def connections(now: Situation) -> Component:
    """Every connection, its age and its last success."""
    if not now.connections:
        return html.P(_("Nobody is connected."), className="mb-0")
    rows = sorted(now.connections, key=lambda one: (not _wants(one), one.display_name.casefold()))
    head = [_("Member"), _("Account"), _("State"), _("Connected since"), _("Last success")]
    shown: list[Component] = [table(_("Connections"), head, [_connection(one) for one in rows[:MOST_ROWS]])]
    left = len(rows) - MOST_ROWS
    if left > 0:
        shown.append(html.P(ngettext("and %(num)s more", "and %(num)s more", left)))
    return html.Div(shown)


def traffic(found: Sequence[Traffic]) -> Component:
    """What was asked of Nextcloud, by route."""
    if not found:
        return html.P(_("Nothing was asked."), className="mb-0")
    head = [_("Route"), _("Questions"), _("Failed"), _("half within"), _("95 of 100 within")]
    rows: list[list[Cell]] = [
        [
            _("other") if one.route == OTHER else html.Code(one.route),
            number(one.number),
            number(one.failed),
            seconds(one.median),
            seconds(one.slow),
        ]
        for one in found
    ]
    return table(_("What was asked of Nextcloud"), head, rows)


def numbers(plot: Plot, history: History) -> Component:
    """The numbers of a plot, the newest first."""
    curves = plot.curves(history)
    if not curves:
        return html.P(_("Nothing of the kind was seen."))
    pattern = "%d.%m. %H:%M" if current_language() == "de" else "%d %b %H:%M"
    rows: list[list[Cell]] = [
        [local(at).strftime(pattern), *(number(values[place]) for values in curves.values())]
        for place, at in enumerate(history.times)
    ]
    return table(_(plot.title), [_("From"), *_with_unit(plot, list(curves))], rows[::-1])


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> html.Div:
    """A table that scrolls to the side where the window is narrow; the first cell of a row names it."""
    heads = html.Thead(html.Tr([html.Th(title, scope="col") for title in head]))
    body = html.Tbody([html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in rows])
    return html.Div(
        html.Table([heads, body], className="table table-sm mb-0"),
        className="table-responsive",
        role="region",
        tabIndex="0",
        **marks(aria_label=caption),
    )


def number(value: float | None) -> str:
    """A number as people here write it."""
    return NOTHING if value is None else str(format_decimal(round(value, 2)))


def seconds(value: float | None) -> str:
    """A duration in seconds, in whole ones from ten on, or in milliseconds below one."""
    if value is None:
        return NOTHING
    if value < 1:
        return f"{round(value * 1000)} ms"
    return f"{number(value if value < 10 else round(value))} s"


def _with_unit(plot: Plot, titles: list[str]) -> list[str]:
    return [f"{title} ({plot.unit})" for title in titles] if plot.unit else titles


def _tile(title: str, values: Sequence[tuple[str, Cell]]) -> html.Section:
    pairs = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in values]
    return html.Section([html.H2(title, className="h6"), html.Dl(pairs)], className="operator-tile")


def _budget(now: Situation) -> list[tuple[str, Cell]]:
    budget = now.budget
    taken = _("%(taken)s of %(slots)s", taken=budget.taken, slots=SLOTS)
    return [
        (_("slots taken"), taken),
        (_("address locked"), _until(budget.locked_until, now.at)),
        (_("Bearer refused"), _until(budget.bearer_refused_until, now.at)),
    ]


def _until(end: float, now: float) -> str:
    if end <= now:
        return _("no")
    pattern = "%d.%m. %H:%M" if current_language() == "de" else "%d %b %H:%M"
    return _("until %(time)s", time=local(int(end)).strftime(pattern))


def _nextcloud(found: Sequence[Traffic]) -> list[tuple[str, Cell]]:
    lists = next((one for one in found if one.route.endswith("/room")), None)
    return [
        (_("Questions"), number(sum(one.number for one in found))),
        (_("Failed"), number(sum(one.failed for one in found))),
        (_("lists: half within"), seconds(lists.median if lists else None)),
        (_("lists: 95 of 100 within"), seconds(lists.slow if lists else None)),
    ]


def _server(now: Situation) -> list[tuple[str, Cell]]:
    return [
        (_("requests being answered"), str(now.busy)),
        (_("cards being looked at"), str(len(now.snapshot_ages))),
        (_("age of their lists"), seconds(now.typical_age)),
        (_("oldest of them"), seconds(max(now.snapshot_ages, default=None))),
    ]


def _wants(one: ConnectionNow) -> bool:
    return one.level is not Level.CONNECTED or one.cause is not None or one.shared


def _connection(one: ConnectionNow) -> list[Cell]:
    state = cause_words(one.cause) if one.cause and one.level is Level.CONNECTED else _(LEVELS[one.level])
    shared: list[Cell] = [" ", html.Em(_("also connected by another member"))] if one.shared else []
    return [
        html.Bdi(one.display_name),
        html.Span([html.Bdi(one.user_id), *shared]),
        state,
        _moment(one.connected_at),
        _moment(one.succeeded_at) if one.succeeded_at else _("not since the start"),
    ]


def _moment(at: int) -> html.Time:
    return html.Time(dateTime=iso_time(at), **marks(data_relative=""))
