"""One conversation of the card: a link with a name, a preview, an unread badge and a time."""

from __future__ import annotations

from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.marks import marks
from services.conversation_line import ConversationLine
from web.language import ngettext

HIGHEST_SHOWN = 99


def conversation_row(line: ConversationLine) -> html.A:
    """One conversation as one link into a new tab. The badge is left out at zero."""
    unread = " talk-row-unread" if line.unread else ""
    return html.A(
        [
            html.Span([_name(line), *unread_badge(line.unread), *_time(line.at)], className="talk-row-head"),
            _preview(line),
        ],
        href=line.url,
        target="_blank",
        rel="noopener noreferrer",
        className=f"talk-row list-group-item list-group-item-action{unread}",
        key=line.token,
    )


def unread_badge(unread: int, class_name: str = "talk-unread") -> list[Component]:
    """The number on a badge and the same in words for screen readers; nothing at zero."""
    if unread <= 0:
        return []
    number = str(unread) if unread <= HIGHEST_SHOWN else f"{HIGHEST_SHOWN}+"
    words = ngettext("%(num)s unread message", "%(num)s unread messages", unread)
    return [
        dbc.Badge(
            [html.Span(number, **marks(aria_hidden="true")), html.Span(words, className="visually-hidden")],
            pill=True,
            class_name=class_name,
        )
    ]


def iso_time(unix_seconds: int) -> str:
    """The moment as the `datetime` attribute of a time element wants it, in UTC."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(line: ConversationLine) -> html.Span:
    return html.Span(html.Bdi(line.name), className="talk-row-name")


def _preview(line: ConversationLine) -> html.Span:
    preview = line.preview
    author: list[Component | str] = [html.Bdi(preview.author), ": "] if preview.author else []
    quiet = " talk-row-silent" if preview.quiet else ""
    return html.Span([*author, html.Bdi(preview.text)], className=f"talk-row-preview{quiet}")


def _time(at: int | None) -> list[Component]:
    """Without children: the browser writes the words, and React must not know of them."""
    if at is None:
        return []
    return [html.Time(dateTime=iso_time(at), className="talk-row-time", **marks(data_relative=""))]
