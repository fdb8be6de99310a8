"""The face of a conversation: its initials at once, and its picture over them as soon as it is there."""

from __future__ import annotations

import zlib

import regex
from dash import html
from dash.development.base_component import Component

from components.marks import marks
from services.conversation_line import ConversationLine
from web import frames
from web.avatars import avatar_url
from web.language import gettext as _

COLOURS = 10
"""The colours of `assets/talk_face.css`, from `face-0` on."""

_EMOJI = regex.compile(
    r"(?=\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|.\uFE0F?\u20E3)\X"
)
_WORD = regex.compile(r"[\p{L}\p{N}]\X*?(?=\s|$)")
_GRAPHEME = regex.compile(r"\X")


def face(line: ConversationLine) -> html.Span:
    """Only for the eye: whoever hears the row hears the name and needs no picture of it."""
    colour = zlib.crc32(line.token.encode()) % COLOURS
    shown: list[Component | str] = [initials(line.name), *_picture(line), *_presence(line)]
    return html.Span(shown, className=f"talk-face face-{colour}", **marks(aria_hidden="true"))


def initials(name: str) -> str:
    """One or two letters of `name`: of its first word and its last. Of a name that begins with an emoji, that."""
    emoji = _EMOJI.match(name)
    if emoji:
        return emoji.group()
    words = [match.group() for match in _WORD.finditer(name)]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(_capital(_GRAPHEME.findall(word)[0]) for word in chosen) or "".join(_GRAPHEME.findall(name)[:1])


def _capital(letter: str) -> str:
    """„ß“ would become two letters."""
    capital = letter.upper()
    return capital if len(capital) == len(letter) else letter


def _picture(line: ConversationLine) -> list[Component]:
    url = avatar_url(line.token, line.avatar_version) if line.avatar_version else None
    if url is None:
        return []
    if frames.by_ticket():  # a picture's request would not say for whom it is: the frame's script fetches it
        return [html.Img(alt="", **marks(data_face="", data_face_src=url))]
    return [html.Img(src=url, alt="", **marks(data_face=""))]


def presence_words(line: ConversationLine) -> str:
    """The words for a presence that is worth a dot: who is away says so by having none."""
    known = {
        "online": _("online"),
        "away": _("away"),
        "busy": _("busy"),
        "dnd": _("do not disturb"),
    }
    return known.get(line.presence, "")


def _presence(line: ConversationLine) -> list[Component]:
    words = presence_words(line)
    if not words:
        return []
    return [html.Span(title=words, className=f"talk-presence presence-{line.presence}")]
