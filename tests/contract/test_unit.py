"""The systemd unit of docs/operating.md: systemd understands every line of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.tree import ROOT

INTERPRETER = "/opt/talkboard/.venv/bin/gunicorn"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    (unit,) = re.findall(r"^```ini\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert INTERPRETER in unit
    assert "WantedBy=" in unit
    file = tmp_path / "talkboard.service"
    file.write_text(unit.replace(INTERPRETER, "/bin/true"), encoding="utf-8")

    said = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)

    assert (said.returncode, said.stderr) == (0, "")
