"""The pictures of conversations: Talk's own icons, an emoji, what a moderator has chosen, a partner's face."""

from __future__ import annotations

import colorsys
import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache

from flask import Response

from simulator.conversations import FORMER, NOTE_TO_SELF, ONE_TO_ONE
from simulator.envelope import API_POLICY
from simulator.members import Member
from simulator.state import State

PNG, SVG = "image/png", "image/svg+xml"
SIZE = 512
KEPT_SECONDS = 86_400
SIGNATURE = b"\x89PNG\r\n\x1a\n"

_FIRST_EMOJI = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 16 16">'
    '<rect width="16" height="16" fill="{ground}"/><g fill="{ink}"><circle cx="5.6" cy="6.2" r="1.7"/>'
    '<circle cx="10.4" cy="6.2" r="1.7"/><path d="M2.6 12c0-2 1.3-3.2 3-3.2S8.6 10 8.6 12z"/>'
    '<path d="M9.2 12c0-1.2-.3-2.1-.8-2.8.5-.3 1.1-.4 2-.4 1.7 0 3 1.2 3 3.2z"/></g></svg>'
)
_EMOJI = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    '<svg width="512" height="512" viewBox="0 0 512 512" xmlns="http://www.w3.org/2000/svg">'
    '<rect width="100%" height="100%" fill="{ground}"></rect><text x="50%" y="330" text-anchor="middle" '
    "style=\"font-weight:normal;font-size:240px;font-family:'Noto Color Emoji',sans-serif;\">{emoji}</text></svg>"
)
_GROUNDS = {False: ("#6b6b6b", "#fff"), True: ("#3b3b3b", "#ddd")}
"""Of Talk's own icons, by whether they are for a dark page: what is behind, and what is drawn on it."""


@dataclass(frozen=True)
class Picture:
    """A picture as it goes out. Only what is `stored` somewhere has an ETag."""

    body: bytes
    kind: str
    stored: bool = True
    file_name: str = ""

    @property
    def etag(self) -> str:
        """Its ETag, with quotation marks; "" where it has none."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"' if self.stored else ""

    def response(self, now: float, token: str) -> Response:
        """The answer that carries it."""
        response = Response(self.body, 200, content_type=self.kind)
        response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}, immutable"
        response.headers["Content-Security-Policy"] = API_POLICY
        response.headers["Last-Modified"] = formatdate(now, usegmt=True)
        response.headers["Expires"] = formatdate(now + KEPT_SECONDS, usegmt=True)
        response.headers["Content-Disposition"] = f'inline; filename="{self.file_name or token}"'
        if self.stored:
            response.headers["ETag"] = self.etag
        return response


def picture(state: State, member: Member, token: str, *, dark: bool = False) -> Picture | None:
    """The picture of one of the member's conversations; None of any other."""
    if member.recorded_rooms is not None:
        row = next((row for row in member.recorded_rooms if row.get("token") == token), None)
        name = str(row.get("name", "")) if row else ""
        shown = str(row.get("displayName", "")) if row else ""
        return _of(state, int(row.get("type", 2)), name, shown, dark) if row else None
    one = state.talk.get(token)
    if one is None or member.user_id not in one.attendances:
        return None
    if one.picture is not None:
        return Picture(*one.picture)
    partner = one.partner_of(member.user_id)
    return _of(state, one.kind, partner, one.name, dark)


def emoji_picture(emoji: str, *, stored: bool, dark: bool = False) -> Picture:
    """An emoji on a plain ground."""
    ground = "#3b3b3b" if dark else "#d9d9d9"
    return Picture(_EMOJI.format(ground=ground, emoji=emoji).encode(), SVG, stored)


@cache
def portrait(seed: str) -> bytes:
    """A PNG of head and shoulders, in colours that belong to `seed`."""
    hue = zlib.crc32(seed.encode()) % 360 / 360
    back, front = _rgb(hue, 0.45), _rgb(hue, 0.8)
    rows = bytearray()
    for y in range(SIZE):
        half = int(_half_width(y))
        side = back * (SIZE // 2 - half)
        rows += b"\0" + side + front * (2 * half) + side
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + _chunk(b"IEND", b"")


def _of(state: State, kind: int, name: str, shown: str, dark: bool) -> Picture:
    if kind == ONE_TO_ONE:
        partner = state.members.get(name)
        own = partner.picture if partner else None
        return Picture(*(own or (portrait(name), PNG)), file_name=f"avatar.{SIZE}.png")
    if kind == NOTE_TO_SELF:
        return emoji_picture("📝", stored=True, dark=dark)
    emoji = _FIRST_EMOJI.match(shown) if kind != FORMER else None
    if emoji:
        return emoji_picture(emoji[0], stored=False, dark=dark)
    ground, ink = _GROUNDS[dark]
    return Picture(_ICON.format(ground=ground, ink=ink).encode(), SVG, stored=False)


def _half_width(y: int) -> float:
    """Half of how much of a line is drawn on: a head above, shoulders below."""
    head, shoulders = 100**2 - (y - 200) ** 2, 1 - ((y - 520) / 190) ** 2
    return float(head**0.5) if head > 0 else float(180 * shoulders**0.5) if shoulders > 0 else 0.0


def _rgb(hue: float, lightness: float) -> bytes:
    return bytes(round(255 * part) for part in colorsys.hls_to_rgb(hue, lightness, 0.5))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
