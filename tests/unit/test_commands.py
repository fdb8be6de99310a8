"""The commands, as an operator types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.fernet import Fernet

from commands import host
from settings import Settings
from tests.conftest import WRITTEN, collect_logs
from tests.world import PASSWORD, REVOKE, ROOMS, TOKEN, World, code, submit_sign_in
from tests.world import private as secret

ROOT = Path(__file__).parent.parent.parent
NEW_PASSWORD = secret("ein-ganz-neues-passwort")

Command = Callable[..., Result]


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command against the database of `world`."""
    monkeypatch.chdir(world.folder)
    set_environment(monkeypatch, world)

    def run(*words: str, typed: str = "") -> Result:
        result = host().test_cli_runner().invoke(args=list(words), input=typed)
        collect_logs()
        WRITTEN.write(result.output)
        return result

    return run


def set_environment(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", world.settings.database_url)
    monkeypatch.setenv("SECRET_KEY", world.settings.secret_key.get_secret_value())
    monkeypatch.setenv("CREDENTIAL_KEYS", world.key)
    monkeypatch.setenv("NEXTCLOUD_URL", world.simulator.url)
    monkeypatch.setenv("NEXTCLOUD_ALLOW_HTTP", "1")


def flask(folder: Path, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """`flask --app app …` as a process of its own, with no settings but these."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        env=clean, cwd=folder, input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    WRITTEN.write(done.stderr)
    return done


def test_a_member_who_was_added_can_sign_in(world: World, command: Command) -> None:
    result = command("members", "add", "Max", "--display-name", "Max Mustermann", typed=f"{PASSWORD}\n")

    assert (result.exit_code, result.output) == (0, "Max can sign in now.\n")
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


def test_members_are_listed_with_what_an_operator_wants_to_know(world: World, command: Command) -> None:
    world.connected("max")
    world.member("anna", operator=True)
    world.member("peter")
    world.wired.roster.disable("peter")

    result = command("members", "list")

    assert result.output.splitlines() == [
        "anna\tAnna Schmidt\toperator",
        "max\tMax Mustermann\tconnected",
        "peter\tPeter Weber\tdisabled",
    ]


def test_O5_the_list_says_whose_app_password_no_key_reads(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.connected("max")
    new = secret(Fernet.generate_key().decode())
    world.key = f"{new},{world.key}"
    world.restart()
    world.connected("anna")
    monkeypatch.setenv("CREDENTIAL_KEYS", new)

    result = command("members", "list")

    assert result.output.splitlines() == [
        "anna\tAnna Schmidt\tconnected",
        "max\tMax Mustermann\tmust connect again",
    ]


def test_a_list_of_nobody_is_empty(command: Command) -> None:
    assert command("members", "list").output == ""


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("add", "max"), f"{PASSWORD}\n", "There is a member of this name already."),
        (("add", "MAX"), f"{PASSWORD}\n", "There is a member of this name already."),
        (("add", "zwei worte"), f"{PASSWORD}\n", "A name has 1 to 80 characters and no blanks."),
        (("add", ""), f"{PASSWORD}\n", "A name has 1 to 80 characters and no blanks."),
        (("add", "x" * 81), f"{PASSWORD}\n", "A name has 1 to 80 characters and no blanks."),
        (("add", "anna"), "kurz\n", "A password has 10 to 200 characters."),
        (("add", "anna"), "", "A password has 10 to 200 characters."),
        (("disable", "niemand"), "", "There is no member of this name."),
        (("enable", "niemand"), "", "There is no member of this name."),
        (("operator", "niemand"), "", "There is no member of this name."),
        (("remove", "niemand", "--yes"), "", "There is no member of this name."),
        (("passwd", "niemand"), f"{PASSWORD}\n", "There is no member of this name."),
        (("passwd", "max"), "kurz\n", "A password has 10 to 200 characters."),
    ],
)
def test_what_is_wrong_is_one_sentence(
    world: World, command: Command, words: tuple[str, ...], typed: str, sentence: str
) -> None:
    world.member("max")

    result = command("members", *words, typed=typed)

    assert result.exit_code == 1
    assert result.output.strip() == f"Error: {sentence}"


def test_O6_a_disabled_member_is_out_within_ten_seconds_and_his_app_password_is_revoked(
    world: World, command: Command
) -> None:
    max_, program = world.connected("max"), world.bearer("max")

    assert command("members", "disable", "max").exit_code == 0
    world.clock.advance(30)
    world.housekeeping()

    assert max_.get("/").status_code == 303
    assert code(program.get(ROOMS)) == (403, "unknown_member")
    assert world.simulator.app_passwords("max") == []


def test_an_enabled_member_signs_in_and_connects_anew(world: World, command: Command) -> None:
    world.connected("max")
    command("members", "disable", "max")

    assert command("members", "enable", "max").exit_code == 0
    world.clock.advance(11)

    assert code(world.bearer("max").get(ROOMS)) == (401, "nextcloud_not_connected")


def test_a_member_becomes_an_operator_and_none_again_within_ten_seconds(world: World, command: Command) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")
    assert max_.get("/operator").status_code == 404

    assert command("members", "operator", "Max").exit_code == 0
    world.clock.advance(10)
    assert [bool(world.row(name)["operator"]) for name in ("max", "anna")] == [True, False]
    assert [caller.get("/operator").status_code for caller in (max_, anna)] == [200, 404]

    assert command("members", "operator", "max", "--off").exit_code == 0
    world.clock.advance(10)
    assert max_.get("/operator").status_code == 404
    assert command("members", "list").output.splitlines()[1] == "max\tMax Mustermann"


def test_where_a_group_at_the_provider_makes_operators_the_command_says_so(
    command: Command, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.member("max")
    said = "OIDC_OPERATOR_GROUP is set: whoever signs in at the provider is what that group says."
    assert said not in command("members", "operator", "max").output
    provider = {"ISSUER": "https://auth.example.org", "CLIENT_ID": "talkboard", "CLIENT_SECRET": secret("g" * 32)}
    for name, value in (provider | {"OPERATOR_GROUP": "kommando"}).items():
        monkeypatch.setenv(f"OIDC_{name}", value)

    result = command("members", "operator", "max", "--off")

    assert result.exit_code == 0
    assert said in result.output
    assert not world.row("max")["operator"]


def test_O6_removing_asks_first(world: World, command: Command) -> None:
    world.member("max")

    refused = command("members", "remove", "max", typed="n\n")
    kept = len(world.rows("users"))
    done = command("members", "remove", "max", typed="y\n")

    assert (refused.exit_code, kept) == (1, 1)
    assert (done.exit_code, world.rows("users")) == (0, [])


def test_a_new_password_signs_out_everywhere(world: World, command: Command) -> None:
    max_ = world.sign_in("max")

    assert command("members", "passwd", "max", typed=f"{NEW_PASSWORD}\n").exit_code == 0
    world.clock.advance(10)

    assert max_.get("/").status_code == 303
    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": NEW_PASSWORD})
    assert answer.status_code == 200


def test_tidying_does_once_what_the_server_does_by_itself(world: World, command: Command) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1)
    max_.delete("/api/nextcloud/connect")
    with world.wired.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revocations SET next_try_at = 0")

    result = command("tidy")

    assert (result.exit_code, result.output) == (0, "Done.\n")
    assert world.simulator.app_passwords("max") == []


def test_reencrypting_says_how_much_was_done(world: World, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    world.connected("max")
    new = secret(Fernet.generate_key().decode())
    monkeypatch.setenv("CREDENTIAL_KEYS", f"{new},{world.key}")

    result = command("keys", "reencrypt")

    assert (result.exit_code, result.output) == (0, "1 secrets now carry the first key.\n")


def test_reencrypting_fails_where_something_is_unreadable(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.connected("max")
    monkeypatch.setenv("CREDENTIAL_KEYS", secret(Fernet.generate_key().decode()))

    result = command("keys", "reencrypt")

    assert result.exit_code == 1
    assert "1 secrets can not be read" in result.output
    assert "Must connect again: max." in result.output


def test_no_command_shows_a_secret(world: World, command: Command) -> None:
    world.connected("max")
    (app_password,) = world.simulator.app_passwords("max")

    shown = "".join(command(*words).output for words in (("members", "list"), ("keys", "reencrypt"), ("tidy",)))

    assert app_password.secret not in shown
    assert world.key not in shown
    assert json.dumps(world.row("max")["password_hash"]) not in shown


def test_a_command_without_settings_says_which_are_missing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")

    result = command("members", "list")

    assert result.exit_code == 1
    assert result.output.startswith("Error: SECRET_KEY is missing: ")


@pytest.mark.parametrize(
    "words",
    [("--help",), ("members", "--help"), ("members", "add", "--help"), ("keys", "--help"), ("tidy", "--help"),
     ("doctor", "--help")],
)  # fmt: skip
def test_help_needs_no_setting(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = flask(tmp_path, *words)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage:" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_needs_no_setting_and_is_a_key(tmp_path: Path) -> None:
    first, second = (flask(tmp_path, "keys", "new").stdout.strip() for _turn in range(2))

    Fernet(first)
    assert first != second
    assert list(tmp_path.iterdir()) == []


def test_as_a_process_of_its_own_a_command_reads_the_password_from_standard_input(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "k" * 44, "CREDENTIAL_KEYS": Fernet.generate_key().decode()}

    added = flask(tmp_path, "members", "add", "max", typed=f"{PASSWORD}\n", **keys)
    listed = flask(tmp_path, "members", "list", **keys)

    assert (added.returncode, added.stdout) == (0, "max can sign in now.\n"), added.stderr
    assert listed.stdout == "max\tmax\n"
