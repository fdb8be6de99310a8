"""What a message says, on one line: placeholders filled, Markdown taken off.

What a placeholder stands for is put aside while the Markdown is read, with a character of private use in its place:
a name is never taken for Markdown, nor is it searched for placeholders.
"""

from __future__ import annotations

import regex

from nextcloud.message import Message
from services.markdown_text import markdown_text
from services.plain_text import one_line
from services.shared_things import PLACEHOLDER, is_alone, name_alone, name_of, shared_thing
from services.words import Words

PREVIEW_LENGTH = 120
"""Graphemes of a line: what a reader takes for one character may be a dozen code points."""

NOTHING_VISIBLE = "…"

_FIRST_STAND_IN = 0x100000
_STAND_INS = regex.compile(r"[\U00100000-\U0010FFFF]")
# An address is not marked up, whatever stands in it; nor is the product of two numbers.
_KEPT = regex.compile(
    PLACEHOLDER.pattern + r"|(?<!<)https?://[^\s<>()\[\]{}`*~]*[^\s<>()\[\]{}`*~_.,;:!?\"']" + r"|(?<=\d)\*(?=\d)"
)


def message_text(message: Message, words: Words) -> str:
    """The text of `message` on one line without its author, never empty; plain text, never HTML."""
    thing = shared_thing(message)
    if thing and is_alone(message):
        text, more = name_alone(message, thing, words), False
    else:
        text, more = _read(message, words), message.cut
    return one_line(text, PREVIEW_LENGTH, more=more) or NOTHING_VISIBLE


def _read(message: Message, words: Words) -> str:
    kept: list[str] = []
    addressed = not message.system and not message.deleted

    def put_aside(match: regex.Match[str]) -> str:
        thing = message.objects.get(match[1]) if match[1] else None
        kept.append(name_of(thing, words, addressed=addressed) if thing else match[0])
        return chr(_FIRST_STAND_IN + len(kept) - 1)

    source = _KEPT.sub(put_aside, _STAND_INS.sub("", message.text.replace("\0", " ")))
    if message.markdown:
        source = markdown_text(source, words.things["image"], words.quotes, cut=message.cut)
    return _STAND_INS.sub(lambda stand_in: kept[ord(stand_in[0]) - _FIRST_STAND_IN], source)
