"""The commands and targets that people and scripts rely on are there, and work without any setting."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.contract.tree import BIN, ROOT

COMMANDS = {
    "": ["members", "keys", "tidy", "doctor"],
    "members": ["add", "invite", "import", "list", "disable", "enable", "operator", "remove", "passwd"],
    "keys": ["new", "reencrypt"],
}
TARGETS = ["run", "test", "lint", "help", "format", "lock", "translations", "test-postgresql"]


def flask(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with no setting but `environment`."""
    return subprocess.run(
        [BIN / "flask", "--app", ROOT / "app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], **environment},
    )


@pytest.mark.parametrize("group", COMMANDS)
def test_commands_exist(group: str) -> None:
    answer = flask(*filter(None, [group]), "--help")
    assert answer.returncode == 0, answer.stderr
    listed = re.findall(r"^  (\w+)", answer.stdout.split("Commands:")[1], re.MULTILINE)
    assert set(COMMANDS[group]) <= set(listed)


def test_members_add_knows_its_options() -> None:
    assert {"--display-name", "--operator"} <= set(re.findall(r"--[\w-]+", flask("members", "add", "--help").stdout))


def test_keys_new_needs_no_setting() -> None:
    answer = flask("keys", "new")
    assert answer.returncode == 0, answer.stderr
    Fernet(answer.stdout.strip())


def test_a_command_without_settings_says_what_is_missing(tmp_path: Path) -> None:
    command = [BIN / "flask", "--app", ROOT / "app", "members", "list"]
    environment = {"PATH": os.environ["PATH"]}
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "SECRET_KEY is missing" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_every_target_is_in_the_help_and_does_something() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(TARGETS) <= set(re.findall(r"^  make ([\w-]+)", shown, re.MULTILINE))
    for target in re.findall(r"^  make ([\w-]+)", shown, re.MULTILINE):
        command = ["make", "-n", "-o", ".venv/.synced", "-o", ".venv/.synced-dev", target]
        steps = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert steps.strip(), f"make {target} does nothing"
        assert "Nothing to be done" not in steps


def test_make_without_a_target_helps() -> None:
    answers = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for command in (["make"], ["make", "help"])
    ]
    assert answers[0] == answers[1]
