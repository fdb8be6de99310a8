"""What the app refuses to start with, in one sentence each."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

import app as talkboard
from settings import SettingsError
from tests.conftest import WRITTEN
from tests.world import PASSWORD, World
from tests.world import private as secret

NOT_TO_BE_TRIED_AGAIN = 4
"""What tells gunicorn that starting another worker is of no use."""

ROOT = Path(__file__).parent.parent.parent


def serve(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What gunicorn does first: it asks for `app:server`."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", "from app import server"],
        env=clean, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    WRITTEN.write(done.stderr)
    return done


def good() -> dict[str, str]:
    return {
        "NEXTCLOUD_URL": "https://cloud.example.org",
        "SECRET_KEY": secret("g" * 44),
        "CREDENTIAL_KEYS": secret(Fernet.generate_key().decode()),
    }


def test_with_its_three_settings_it_starts(tmp_path: Path) -> None:
    done = serve(tmp_path, **good())

    assert done.returncode == 0, done.stderr
    assert "members.none" in done.stderr


@pytest.mark.parametrize("missing", ["NEXTCLOUD_URL", "SECRET_KEY", "CREDENTIAL_KEYS"])
def test_without_one_of_them_it_says_which_and_nothing_else(tmp_path: Path, missing: str) -> None:
    done = serve(tmp_path, **{name: value for name, value in good().items() if name != missing})

    assert done.returncode == NOT_TO_BE_TRIED_AGAIN
    first, second = done.stderr.splitlines()
    assert first == "Talkboard can not start."
    assert second.startswith(f"{missing} is missing: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:////proc/nope/talkboard.db", "postgresql+fehlt://x/y", "sqlite:////dev/null/x.db"]
)
def test_a_database_that_can_not_be_had_is_one_sentence(tmp_path: Path, url: str) -> None:
    done = serve(tmp_path, **good(), DATABASE_URL=url)

    assert done.returncode == NOT_TO_BE_TRIED_AGAIN
    assert "Traceback" not in done.stderr
    assert url not in done.stderr


def test_a_database_of_the_demo_is_refused_for_a_real_nextcloud(world: World) -> None:
    world.wired.roster.add_demo("max", SecretStr(PASSWORD), "Max Mustermann")

    with pytest.raises(SettingsError, match="demo members"):
        talkboard.create_app(world.settings, world.clock)


def test_a_demo_keeps_its_members_and_passwords(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_PASSWORD", PASSWORD)

    world = make_world(demo=True)
    world.restart()

    assert [member.name for member in world.wired.roster.list()] == ["max"]
    assert world.sign_in("max").get("/").status_code == 200
