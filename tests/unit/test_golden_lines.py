"""The line of every recorded conversation, as `golden/lines.de.txt` and `golden/lines.en.txt` show it.

`RENEW_GOLDEN=1 .venv/bin/python -m pytest tests/unit/test_golden_lines.py` writes them anew; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.conversation_line import conversation_name
from tests.unit.lines import RECORDED, decoded, line_of, words, written

GOLDEN = Path(__file__).parent / "golden"
RECORDED_AT = max(one["lastActivity"] for one in RECORDED)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_recorded_conversation_reads_as_it_did(language: str) -> None:
    lines = [
        f"{conversation_name(decoded(one), words(language))} | {written(line_of(one, language, RECORDED_AT))}"
        for one in RECORDED
    ]
    golden = GOLDEN / f"lines.{language}.txt"
    if "RENEW_GOLDEN" in os.environ:
        golden.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert lines == golden.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 40
