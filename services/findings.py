"""What an examination finds: one line for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. SKIPPED: it could not be looked at, because of another finding or of nothing to look at."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    PROBLEM = "problem"


EXIT_STATUS = {Level.OK: 0, Level.SKIPPED: 0, Level.WARNING: 1, Level.PROBLEM: 2}


@dataclass(frozen=True)
class Finding:
    """`about` names what was looked at, `words` say how it is, `advice` what to change. Neither holds a secret."""

    about: str
    level: Level
    words: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f" → {self.advice}" if self.advice else ""
        return f"{self.level:<8} {self.about:<14} {self.words}{advice}"


def ok(about: str, words: str, advice: str = "") -> Finding:
    """Nothing has to be done; `advice` would make it better."""
    return Finding(about, Level.OK, words, advice)


def skipped(about: str, words: str) -> Finding:
    """It could not be looked at."""
    return Finding(about, Level.SKIPPED, words)


def warning(about: str, words: str, advice: str = "") -> Finding:
    """Members can use Talkboard, but not as well or as safely as they might."""
    return Finding(about, Level.WARNING, words, advice)


def problem(about: str, words: str, advice: str = "") -> Finding:
    """Members can not use Talkboard."""
    return Finding(about, Level.PROBLEM, words, advice)


def exit_status(findings: Iterable[Finding]) -> int:
    """0 where all is well, 1 with warnings, 2 with problems."""
    return max((EXIT_STATUS[one.level] for one in findings), default=0)
