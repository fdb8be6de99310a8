"""Markdown read as its words alone: what it looks like is lost, what it says stays."""

from __future__ import annotations

import regex
from markdown_it import MarkdownIt
from markdown_it.token import Token

BULLET, OPEN_TASK, DONE_TASK = "•", "☐", "☑"

# What Talk shows as Markdown, without HTML: a tag stays what was typed, and so does "&amp;". A line such as
# "[Info]: morgen" would vanish as the definition of a link.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable(["reference", "entity"])

_TASK = regex.compile(r"\[([ xX])\] ")
_SENTENCE_END = regex.compile(r"[\p{P}\p{S}]\Z")
# Where a text is cut, something may have begun that ends beyond the cut: a link, a name, emphasis.
_HALF_LINK = regex.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\Z|!?\[([^\[\]]*)\Z")
_HALF_PLACEHOLDER = regex.compile(r"\{[\w-]*\Z")
_LONE_MARK = regex.compile(r"(?<!\S)(?:[*_]{1,3}|~~|`{1,3})(?=\S)")


def markdown_text(source: str, picture: str, quotes: str, *, cut: bool = False) -> str:
    """The words of `source` on one line.

    `picture` stands for an image without words, `quotes` are an opening and a closing mark. `cut` says that the text
    went on: what its last words only began is taken off. A text of marks alone stays as it is.
    """
    line = _Line(picture, quotes, cut=cut)
    for token in _PARSER.parse(_without_halves(source) if cut else source):
        line.read(token)
    return line.text() if line.speaks else source


def _without_halves(source: str) -> str:
    return _HALF_PLACEHOLDER.sub("", _HALF_LINK.sub(lambda half: half[1] or half[2] or "", source))


class _Line:
    """One line that grows with each token. What separates two parts is written once the second is there."""

    def __init__(self, picture: str, quotes: str, *, cut: bool) -> None:
        self._picture, self._quotes, self._cut = picture, quotes, cut
        self._parts: list[str] = []
        self._gap = ""
        self._bullet = ""
        self.speaks = False

    def text(self) -> str:
        """All that was said."""
        return "".join(self._parts)

    def read(self, token: Token) -> None:
        """Says what a block says, or remembers what has to stand between it and the next."""
        match token.type:
            case "inline":
                self._say_inline(token)
            case "fence" | "code_block":
                self._say(token.content.strip())
            case "list_item_open":
                self._bullet = f"{token.info}{token.markup}" if token.info else BULLET
            case "blockquote_open":
                self._write(self._quotes[:1])
            case "blockquote_close":
                self._gap = ""
                self._write(self._quotes[1:])
            case "heading_close":
                self._separate(" " if self._parts and _SENTENCE_END.search(self._parts[-1]) else ": ")
            case "th_close" | "td_close":
                self._separate(", ")
            case "tr_close":
                self._gap = "; "
        if token.nesting < 0 or token.type in ("fence", "code_block", "hr"):
            self._separate(" ")

    def _separate(self, gap: str) -> None:
        if not self._gap.strip():  # a colon says more than a blank
            self._gap = gap

    def _say_inline(self, token: Token) -> None:
        words = self._inline(token.children or [])
        task = _TASK.match(words) if self._bullet else None
        if task:
            self._bullet = OPEN_TASK if task[1] == " " else DONE_TASK
            words = words[task.end() :]
        self._say(words)

    def _say(self, words: str) -> None:
        if words.strip():
            self._write(f"{self._bullet} {words}" if self._bullet else words)
            self._bullet = ""
            self.speaks = True

    def _write(self, words: str) -> None:
        self._parts += [self._gap if self._parts else "", words]
        self._gap = ""

    def _inline(self, tokens: list[Token]) -> str:
        return "".join(self._piece(token) for token in tokens)

    def _piece(self, token: Token) -> str:
        match token.type:
            case "text":
                return _LONE_MARK.sub("", token.content) if self._cut else token.content
            case "image":
                return self._inline(token.children or []).strip() or self._picture
            case "softbreak" | "hardbreak":
                return " "
        return token.content
