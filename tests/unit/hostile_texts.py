"""Texts that somebody wrote to break a line, by kind; each as long as a message may be."""

from __future__ import annotations

LONGEST = 32_000

_PIECES = {
    "brackets": "[",
    "images": "![",
    "links": "[x](",
    "nested images": "![a](b ",
    "empty links": "[]()",
    "emphasis": "*a **",
    "underscores": "__a _",
    "strikes": "~~a ~",
    "asterisks": "*",
    "backticks": "`a``",
    "angles": "<",
    "tags": "<script>alert(1)</script>",
    "addresses": "https://a.example/_*~`",
    "entities": "&amp;&#8238;&#x0;",
    "braces": "{{mention-user1}",
    "placeholders": "{mention-user1}",
    "unknown placeholders": "{a_b*c}",
    "nested quotes": "> ",
    "nested lists": "- ",
    "numbered lists": "1) a\n",
    "tasks": "- [x] \n",
    "tables": "|a|b|\n|-|-|\n",
    "fences": "```\n~~~\n",
    "headings": "# a\n===\n",
    "rules": "---\n***\n",
    "definitions": "[a]: b 'c\n",
    "escapes": "\\",
    "stand-ins": "\U00100000\U0010ffff",
    "combining marks": "Z\u0301\u0316\u0489",
    "heaps of marks": "Z" + "\u0301\u0316" * 9,
    "joiners": "\U0001f468\u200d",
    "jamo": "\u1100",
    "conjuncts": "\u0915\u094d",
    "flags": "\U0001f1e6\U0001f1f9\U0001f1e6",
    "tag characters": "\U0001f3f4\U000e0067\U000e0062",
    "selectors": "a\ufe0f\U000e0101",
    "overrides": "\u202ea\u2067b",
    "isolates": "\u2066\u2068\u061c\u200f",
    "zero width": "\u200b\u2060\ufeff\u00ad",
    "prepended": "\u0600",
    "controls": "\x00\x1b[31m\x7f\x85",
    "blanks": "\u2028\u3000\u2800\t\r\n",
    "noncharacters": "\ufffe\U0001ffff\ufdd0",
    "private use": "\ue000\U000f0000",
    "from right to left": "שלום مرحبا ",
}

HOSTILE = {kind: (piece * (LONGEST // len(piece) + 1))[:LONGEST] for kind, piece in _PIECES.items()} | {
    "one of each": "".join(_PIECES.values()),
    "each after the other": "".join(piece * 13 for piece in _PIECES.values()),
    "deep emphasis": "*a " * 100 + "b* " * 100,
    "deep images": "![" * 150 + "a" + "](b)" * 150,
    "deep links": "[" * 150 + "a" + "](b)" * 150,
}
PIECES = tuple(_PIECES.values())
NORMAL = "Hallo {mention-user1}, Übung am **Samstag** um 19 Uhr, siehe [Plan](https://example.org/plan) 🚒"
