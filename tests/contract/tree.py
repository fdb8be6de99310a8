"""The files of the repository, as the contract tests look at them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PACKAGES = ("components", "models", "nextcloud", "pages", "services", "simulator", "web")
TEXT = {
    ".py",
    ".md",
    ".txt",
    ".in",
    ".toml",
    ".cfg",
    ".yml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".po",
    ".svg",
    ".mako",
    "",
}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is in git or would be with `git add .`, relative to the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for name in set(listed.split("\0")) if name and (ROOT / (path := Path(name))).is_file()))


def texts() -> list[tuple[Path, str]]:
    """Path and content of every file that people write."""
    return [(path, (ROOT / path).read_text(encoding="utf-8")) for path in tracked() if path.suffix in TEXT]


def modules() -> list[Path]:
    """The app's own modules and the simulator's, without tests and migrations."""
    here = [path for path in tracked() if path.suffix == ".py"]
    return [path for path in here if len(path.parts) == 1 or path.parts[0] in PACKAGES]


def copy_to(folder: Path) -> Path:
    """A copy of the repository's files, as a fresh clone has them."""
    for path in tracked():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder
