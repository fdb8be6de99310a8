"""One conversation of the card: a link with a name, marks, an unread badge, a time and a preview."""

from __future__ import annotations

from datetime import UTC, datetime

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.face import face, presence_words
from components.marks import marks
from components.message_icon import message_icon
from services.conversation_line import Badge, ConversationLine, Mark
from services.preview import Preview
from web.language import gettext as _
from web.language import ngettext

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
    link = html.A(
        [face(line), html.Span(content, className="talk-row-text")],
        href=line.url,
        target="_blank",
        rel="noopener noreferrer",
        className=" ".join(["talk-row", "list-group-item", "list-group-item-action", *_looks(line)]),
    )
    return html.Li(link, key=line.token)


def unread_badge(number: int, words: str, class_name: str) -> list[Component]:
    """The number on a badge for the eye, the same in `words` for the ear; nothing at zero."""
    if number <= 0:
        return []
    short = str(number) if number <= HIGHEST_SHOWN else f"{HIGHEST_SHOWN}+"
    return [dbc.Badge([html.Span(short, **marks(aria_hidden="true")), _heard(words)], pill=True, class_name=class_name)]


def iso_time(unix_seconds: int) -> str:
    """The moment as the `datetime` attribute of a time element wants it, in UTC."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _looks(line: ConversationLine) -> list[str]:
    return [
        *(["talk-row-unread"] if line.unread else []),
        *(["talk-row-muted"] if line.muted else []),
    ]


def _name(line: ConversationLine) -> html.Span:
    presence = presence_words(line)
    return html.Span([html.Bdi(line.name), *([_heard(presence)] if presence else [])], className="talk-row-name")


def _marks(line: ConversationLine) -> list[Component]:
    if not line.marks:
        return []
    icons = [_icon(mark) for mark in line.marks[:SHOWN_MARKS]]
    return [html.Span([*icons, _heard(", ".join(_mark_words(mark) for mark in line.marks))], className="talk-marks")]


def _icon(mark: Mark) -> html.Span:
    icon = f"talk-icon icon-{ICONS[mark]} mark-{mark.value}"
    return html.Span(className=icon, title=_mark_words(mark), **marks(aria_hidden="true"))


def _mark_words(mark: Mark) -> str:
    return {
        Mark.CALL: _("call in progress"),
        Mark.QUIET_CALL: _("call in progress"),
        Mark.IMPORTANT: _("important"),
        Mark.FAVORITE: _("favourite"),
        Mark.MUTED: _("muted"),
        Mark.LOBBY: _("lobby"),
        Mark.READ_ONLY: _("read-only"),
        Mark.CLASSIFIED: _("classified"),
        Mark.SENSITIVE: _("sensitive"),
        Mark.ANNOUNCEMENT: _("announcements"),
        Mark.CHANNEL: _("channel"),
        Mark.EVENT: _("event"),
        Mark.REMOTE: _("on another server"),
        Mark.PUBLIC: _("public"),
    }[mark]


def _badge(line: ConversationLine) -> list[Component]:
    words = ngettext("%(num)s unread message", "%(num)s unread messages", line.unread)
    if line.badge is Badge.DIRECT and Mark.MUTED not in line.marks:
        words = _("%(unread)s, for you", unread=words)
    elif line.badge is Badge.GROUP:
        words = _("%(unread)s, you are mentioned", unread=words)
    return unread_badge(line.unread, words, f"talk-unread badge-{line.badge.value}")


def _preview(line: ConversationLine) -> html.Span:
    return html.Span([*_opening(line), *_said(line.preview)], className=_preview_looks(line.preview))


def _preview_looks(preview: Preview) -> str:
    return "talk-row-preview talk-row-silent" if preview.quiet else "talk-row-preview"


def _said(preview: Preview) -> list[Component | str]:
    author: list[Component | str] = [html.Bdi(preview.author), ": "] if preview.author else []
    return [*author, *message_icon(preview), html.Bdi(preview.text)]


def _opening(line: ConversationLine) -> list[Component | str]:
    """When a lobby opens or an event begins, as long as nobody has said anything that matters more."""
    if line.opens_at is None or not line.preview.quiet:
        return []
    moment = html.Time(dateTime=iso_time(line.opens_at), **marks(data_moment=""))
    return [_("from"), " ", moment, " · "]


def _time(at: int | None) -> list[Component]:
    """Without children: the browser writes the words, and React must not know of them."""
    if at is None:
        return []
    return [html.Time(dateTime=iso_time(at), className="talk-row-time", **marks(data_relative=""))]


def _heard(words: str) -> html.Span:
    """Words for screen readers alone, set off from what stands beside them."""
    return html.Span(f", {words}, ", className="visually-hidden")
