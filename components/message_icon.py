"""The small picture before the words of a message that carries something; what it is, the row's sentence says."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.marks import marks
from services.preview import Preview

ICONS = {
    "file": "file-earmark",
    "image": "image",
    "audio": "music-note-beamed",
    "video": "camera-video",
    "contact": "person-vcard",
    "microphone": "mic-fill",
    "poll": "bar-chart-fill",
    "location": "geo-alt-fill",
    "card": "card-checklist",
    "calendar": "calendar-event",
    "link": "link-45deg",
    "thread": "chat-square-text",
    "attachment": "paperclip",
}
"""The icon's class for each that a preview may name."""


def message_icon(preview: Preview) -> list[Component | str]:
    """Nothing for words alone."""
    if not preview.icon:
        return []
    return [html.Span(className=f"talk-icon icon-{ICONS[preview.icon]}", **marks(aria_hidden="true")), " "]
