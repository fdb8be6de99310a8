"""The app runs on what production installs, and on nothing more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.contract.tree import BIN, ROOT

ENVIRONMENT = ROOT / "var" / "production"
"""Kept from run to run; brought up to date by each."""

ONE_REQUEST = """
import sys
from importlib.util import find_spec
assert not [name for name in ("pytest", "selenium", "mypy", "uv") if find_spec(name)]
from cryptography.fernet import Fernet
import app
from settings import Settings
server = app.create_app(Settings(
    _env_file=None,
    nextcloud_url="https://cloud.example.org",
    database_url=f"sqlite:///{sys.argv[1]}",
    secret_key="s" * 40,
    credential_keys=Fernet.generate_key().decode(),
))
answer = server.test_client().get("/login")
print(answer.status_code, "csrf_token" in answer.get_data(as_text=True))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment of the production lock alone."""
    made = ENVIRONMENT / "bin" / "python"
    if not made.exists():
        subprocess.run([BIN / "python", "-m", "venv", "--without-pip", ENVIRONMENT], check=True)
    sync = [BIN / "uv", "pip", "sync", "-q", "--require-hashes", "--python", made, ROOT / "requirements.txt"]
    subprocess.run(sync, check=True)
    return made


def test_one_request(python: Path, tmp_path: Path) -> None:
    command = [python, "-c", ONE_REQUEST, tmp_path / "talkboard.db"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout.endswith("200 True\n"), answer.stderr


def test_gunicorn_takes_its_configuration(python: Path, tmp_path: Path) -> None:
    environment = {
        "NEXTCLOUD_URL": "https://cloud.example.org",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'talkboard.db'}",
        "SECRET_KEY": "s" * 40,
        "CREDENTIAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY" + "=",
    }
    command = [python, "-m", "gunicorn", "--check-config", "app:server"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
