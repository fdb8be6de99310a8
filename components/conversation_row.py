"""One conversation of the card: a link with a name, marks, an unread badge, a time and a preview.

All that is for the eye; the ear gets one sentence (`components/row_sentence.py`).
"""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.face import face
from components.marks import marks
from components.message_icon import message_icon
from components.row_sentence import mark_words, row_sentence
from components.sentences import Words, filled, iso_time
from services.conversation_line import ConversationLine, Mark
from services.preview import Preview
from web.language import gettext as _

HIGHEST_SHOWN = 99

ICONS: dict[Mark, str] = {
    Mark.CALL: "telephone-fill",
    Mark.QUIET_CALL: "telephone-fill",
    Mark.IMPORTANT: "exclamation-circle-fill",
    Mark.FAVORITE: "star-fill",
    Mark.MUTED: "bell-slash-fill",
    Mark.LOBBY: "hourglass-split",
    Mark.READ_ONLY: "lock-fill",
    Mark.CLASSIFIED: "shield-lock-fill",
    Mark.SENSITIVE: "eye-slash-fill",
    Mark.ANNOUNCEMENT: "megaphone-fill",
    Mark.CHANNEL: "broadcast",
    Mark.EVENT: "calendar-event-fill",
    Mark.REMOTE: "cloud-fill",
    Mark.PUBLIC: "link-45deg",
}

SHOWN_MARKS = 3
"""Marks for the eye; the name needs the room. The ear hears them all."""


def conversation_row(line: ConversationLine, *, compact: bool = False) -> html.Li:
    """One conversation as one link into a new tab; without what was said where it is `compact`."""
    head = [_name(line), *_marks(line), *_badge(line), *(_time(line.at) if compact else [])]
    foot = html.Span([_preview(line), *_time(line.at)], className="talk-row-foot")
    content = [html.Span(head, className="talk-row-head"), *([] if compact else [foot])]
    seen = html.Span(content, className="talk-row-text", **marks(aria_hidden="true"))
    link = html.A(
        [face(line), seen, row_sentence(line, compact=compact)],
        href=line.url,
        target="_blank",
        rel="noopener noreferrer",
        className=" ".join(["talk-row", "list-group-item", "list-group-item-action", *_looks(line)]),
        **marks(data_row=line.token),
    )
    return html.Li(link, key=line.token)


def unread_badge(number: int, class_name: str) -> list[Component]:
    """The number on a badge, for the eye; nothing at zero."""
    if number <= 0:
        return []
    short = str(number) if number <= HIGHEST_SHOWN else f"{HIGHEST_SHOWN}+"
    return [dbc.Badge(html.Span(short, **marks(aria_hidden="true")), pill=True, class_name=class_name)]


def _looks(line: ConversationLine) -> list[str]:
    return [
        *(["talk-row-unread"] if line.unread else []),
        *(["talk-row-muted"] if line.muted else []),
    ]


def _name(line: ConversationLine) -> html.Span:
    return html.Span(html.Bdi(line.name), className="talk-row-name")


def _marks(line: ConversationLine) -> list[Component]:
    icons = [_icon(mark) for mark in line.marks[:SHOWN_MARKS]]
    return [html.Span(icons, className="talk-marks")] if icons else []


def _icon(mark: Mark) -> html.Span:
    return html.Span(className=f"talk-icon icon-{ICONS[mark]} mark-{mark.value}", title=mark_words(mark))


def _badge(line: ConversationLine) -> list[Component]:
    return unread_badge(line.unread, f"talk-unread badge-{line.badge.value}")


def _preview(line: ConversationLine) -> html.Span:
    return html.Span([*_opening(line), *_said(line.preview)], className=_preview_looks(line.preview))


def _preview_looks(preview: Preview) -> str:
    return "talk-row-preview talk-row-silent" if preview.quiet else "talk-row-preview"


def _said(preview: Preview) -> Words:
    author: Words = [html.Bdi(preview.author), ": "] if preview.author else []
    return [*author, *message_icon(preview), html.Bdi(preview.text)]


def _opening(line: ConversationLine) -> Words:
    """When a lobby opens or an event begins, as long as nobody has said anything that matters more."""
    if line.opens_at is None or not line.preview.quiet:
        return []
    moment = html.Time(dateTime=iso_time(line.opens_at), **marks(data_moment=""))
    return [*filled(_("from %(time)s"), time=[moment]), " · "]


def _time(at: int | None) -> list[Component]:
    """Without children: the browser writes the words, and React must not know of them."""
    if at is None:
        return []
    return [html.Time(dateTime=iso_time(at), className="talk-row-time", **marks(data_relative=""))]
