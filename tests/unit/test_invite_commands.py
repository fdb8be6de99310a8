"""`members invite` and `members import`, as an operator types them. What they write is a secret, and meant to be."""

import csv
import io
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from pydantic import SecretStr

from commands import host
from services.invitations import InvitationWithdrawnError
from tests.conftest import collect_logs
from tests.unit.test_commands import ROOT, set_environment
from tests.world import PASSWORD, World, submit_sign_in

LINK = re.compile(r"https://talk\.example\.org/brett/invite#([\w-]{43,})")
WEEK = 7 * 86400

Command = Callable[..., Result]


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command against the database of `world`, with the address that members use."""
    monkeypatch.chdir(world.folder)
    set_environment(monkeypatch, world)
    monkeypatch.setenv("PUBLIC_URL", "https://talk.example.org")
    monkeypatch.setenv("URL_PREFIX", "/brett")

    def run(*words: str) -> Result:
        result = host().test_cli_runner().invoke(args=["members", *words])
        collect_logs()
        return result

    return run


def link(result: Result) -> str:
    """The token in what a command wrote."""
    found = LINK.findall(result.output)
    assert (result.exit_code, len(found)) == (0, 1), result.output
    return str(found[0])


def invited(world: World, token: str) -> str:
    """For whom a token is good."""
    return world.wired.services.invitations.look(SecretStr(token), "127.0.0.1").name


def test_inviting_somebody_new_makes_a_member_and_a_link_for_a_week(world: World, command: Command) -> None:
    result = command("invite", "Lena", "--display-name", "Lena Köhler", "--operator")

    assert invited(world, link(result)) == "lena"
    assert result.output.startswith("Lena is a member now. Good once, for 7 days:")
    (row,) = world.rows("invitations")
    assert row["expires_at"] - row["created_at"] == WEEK
    lena = world.row("lena")
    assert (lena["display_name"], bool(lena["operator"]), lena["password_hash"]) == ("Lena Köhler", True, None)


def test_inviting_who_has_no_password_yet_makes_nothing_but_a_link(world: World, command: Command) -> None:
    first = link(command("invite", "lena"))
    before = world.rows("users")

    second = command("invite", "LENA", "--display-name", "Jemand anderes", "--operator")

    assert invited(world, link(second)) == "lena"
    assert "is a member now" not in second.output
    assert world.rows("users") == before
    with pytest.raises(InvitationWithdrawnError):
        invited(world, first)


def test_who_has_a_password_is_invited_only_where_that_is_meant(world: World, command: Command) -> None:
    world.member("max")

    refused, done = command("invite", "max"), command("invite", "max", "--again")

    assert (refused.exit_code, refused.output.startswith("Error: This member has a password already.")) == (1, True)
    assert invited(world, link(done)) == "max"
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


def test_who_is_disabled_is_not_invited(world: World, command: Command) -> None:
    world.member("max")
    world.wired.roster.disable("max")

    result = command("invite", "max", "--again")

    assert result.exit_code == 1
    assert result.output == "Error: This member is disabled: `members enable` lets him in again.\n"


def test_a_name_that_is_none_is_not_invited(world: World, command: Command) -> None:
    result = command("invite", "zwei worte")

    assert (result.exit_code, result.output) == (1, "Error: A name has 1 to 80 characters and no blanks.\n")
    assert world.rows("users") == []


def test_the_list_shows_who_has_an_open_invitation(world: World, command: Command) -> None:
    token = link(command("invite", "lena"))
    day = command("list").output

    world.wired.services.invitations.redeem(SecretStr(token), SecretStr(PASSWORD), "127.0.0.1")

    assert re.fullmatch(r"lena\tlena\tinvited until \d{4}-\d\d-\d\d\n", day)
    assert command("list").output == "lena\tlena\n"


def test_a_link_for_this_machine_alone_says_so(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = command("invite", "lena")
    monkeypatch.delenv("PUBLIC_URL")

    assert "this machine alone" not in quiet.stderr
    assert "this machine alone" in command("invite", "lena").stderr


def test_the_qr_code_is_written_for_this_user_alone_and_over_nothing(world: World, command: Command) -> None:
    first = command("invite", "lena", "--qr", "lena.svg")
    image = world.folder / "lena.svg"
    before = world.rows("invitations")

    again = command("invite", "lena", "--qr", "lena.svg")

    assert first.exit_code == 0
    assert stat.S_IMODE(image.stat().st_mode) == 0o600
    assert image.read_bytes().startswith(b"<?xml")
    assert b"<svg" in image.read_bytes()
    assert (again.exit_code, again.output) == (1, "Error: lena.svg is there already; it is not overwritten.\n")
    assert world.rows("invitations") == before


def test_where_nobody_is_invited_no_file_stays_behind(world: World, command: Command) -> None:
    world.member("max")

    assert command("invite", "max", "--qr", "max.svg").exit_code == 1
    assert not (world.folder / "max.svg").exists()


def test_in_a_terminal_there_is_a_qr_code_and_in_a_pipe_none(world: World, command: Command) -> None:
    piped = command("invite", "lena")
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", str(ROOT / "app"), "members", "invite", "lena"],
        stdout=theirs, stderr=subprocess.PIPE, cwd=world.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # its end, as a terminal says it
        pass
    finally:
        os.close(ours)

    assert done.wait() == 0, done.communicate()
    done.communicate()
    assert "█" not in piped.output
    lines = [line for line in shown.decode().split("\r\n") if "█" in line]
    assert len(lines) > 15
    assert max(len(line) for line in lines) < 80
    assert LINK.search(shown.decode())


LIST = "name;Anzeigename;Operator\r\nlena;Lena Köhler;ja\r\njonas;;\r\n"
FORMS = {
    "as Excel writes it in German": "\ufeff" + LIST,
    "with commas": LIST.replace(";", ",").replace("\r\n", "\n"),
    "with tabs": LIST.replace(";", "\t"),
    "other titles and columns": "E-Mail;display_name;NAME;Betreiber\nl@x.at;Lena Köhler;Lena;X\nj@x.at;;Jonas;nein\n",
    "empty lines, quotes, blanks": '\n name ; display name ;operator\n\n"lena";"Lena Köhler";"1"\n jonas ;;\n;;\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_a_list_is_read_in_every_form_that_it_comes_in(world: World, command: Command, form: str) -> None:
    (world.folder / "liste.csv").write_bytes(FORMS[form].encode())

    result = command("import", "liste.csv")

    assert (result.exit_code, result.output[:16]) == (0, "2 members added."), result.output
    rows = [
        (row["name"], row["display_name"], bool(row["operator"]), row["password_hash"]) for row in world.rows("users")
    ]
    assert rows == [("lena", "Lena Köhler", True, None), (rows[1][0], rows[1][1], False, None)]
    assert rows[1][:2] in (("jonas", "jonas"), ("jonas", "Jonas"))
    assert world.rows("invitations") == []


def test_columns_that_nobody_reads_are_named(world: World, command: Command) -> None:
    (world.folder / "liste.csv").write_text(FORMS["other titles and columns"])

    assert command("import", "liste.csv").output == "2 members added. Columns that nobody reads: E-Mail.\n"


def test_everything_that_is_wrong_is_said_with_its_line_and_nobody_is_added(world: World, command: Command) -> None:
    world.member("max")
    lines = ["name;display name;operator", "lena;Lena;", "zwei worte;;", ";Ohne Namen;", "", "LENA;;"]
    lines += ["jonas;;vielleicht", '"k\nk";;', "eva;" + "x" * 121 + ";"]
    (world.folder / "liste.csv").write_text("\n".join(lines))

    result = command("import", "liste.csv")

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Error: Nobody was added.",
        "line 3: “zwei worte” is no name: it has 1 to 80 characters and no blanks",
        "line 4: “” is no name: it has 1 to 80 characters and no blanks",
        "line 6: lena is in line 2 already",
        "line 7: operator is “vielleicht”; write yes or no",
        "line 8: “k",
        "k” is no name: it has 1 to 80 characters and no blanks",
        "line 10: the display name has more than 120 characters or more than one line",
    ]
    assert [row["name"] for row in world.rows("users")] == ["max"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"name\n", "there is nobody in it"),
        (b"vorname;nachname\nlena;k\n", "line 1: a column “name” is missing; the first line holds the titles"),
        (b"name;Name\nlena;k\n", "line 1: the column “Name” is there twice"),
        ("name\nlena\nköhler\n".encode("cp1252"), "line 3: this is not UTF-8; save it as “CSV UTF-8”"),
        (b'name\n"lena\n', "this is no CSV: unexpected end of data"),
        (b"name\n\x00\n", "line 2: “\x00” is no name: it has 1 to 80 characters and no blanks"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence(world: World, command: Command, raw: bytes, sentence: str) -> None:
    (world.folder / "liste.csv").write_bytes(raw)

    result = command("import", "liste.csv")

    assert (result.exit_code, result.output.splitlines()) == (1, ["Error: Nobody was added.", sentence])
    assert world.rows("users") == []


def test_who_is_there_already_stops_the_import_or_is_left_out(world: World, command: Command) -> None:
    world.member("max")
    (world.folder / "liste.csv").write_text("name\nlena\nMAX\n")

    refused = command("import", "liste.csv")
    between = len(world.rows("users"))
    done = command("import", "liste.csv", "--skip-existing", "--invite", "links.csv")

    assert (refused.exit_code, between) == (1, 1)
    assert "line 3: there is a member max already" in refused.output
    assert done.output == "1 members added. Left out, because they are there: max.\n"
    assert len((world.folder / "links.csv").read_text().splitlines()) == 2
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303


def test_the_links_of_all_lie_in_a_file_that_nobody_else_reads(world: World, command: Command) -> None:
    (world.folder / "liste.csv").write_text("name;display name\nlena;Lena Köhler\n=cmd;@SUM(1)\n")

    result = command("import", "liste.csv", "--invite", "links.csv")

    file = world.folder / "links.csv"
    assert (result.exit_code, result.output) == (0, "2 members added.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    titles, lena, formula = csv.reader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";")
    assert (titles, lena[:2]) == (["name", "display name", "link"], ["lena", "Lena Köhler"])
    assert formula[:2] == ["'=cmd", "'@SUM(1)"]
    found = LINK.fullmatch(lena[2])
    assert found
    assert invited(world, found[1]) == "lena"


def test_a_file_of_links_is_never_written_over_and_none_stays_of_what_failed(world: World, command: Command) -> None:
    (world.folder / "liste.csv").write_text("name\nlena\n")
    (world.folder / "links.csv").write_text("von gestern")

    taken = command("import", "liste.csv", "--invite", "links.csv")
    nowhere = command("import", "liste.csv", "--invite", "gibt/es/nicht.csv")
    (world.folder / "liste.csv").write_text("name\nzwei worte\n")
    wrong = command("import", "liste.csv", "--invite", "neue.csv")

    assert [one.exit_code for one in (taken, nowhere, wrong)] == [1, 1, 1]
    assert taken.output == "Error: links.csv is there already; it is not overwritten.\n"
    assert nowhere.output == "Error: gibt/es/nicht.csv can not be written: No such file or directory.\n"
    assert (world.folder / "links.csv").read_text() == "von gestern"
    assert sorted(path.name for path in Path(world.folder).glob("*.csv")) == ["links.csv", "liste.csv"]
    assert world.rows("users") == []


def test_a_full_disk_is_one_sentence_and_nobody_is_added(world: World, command: Command) -> None:
    (world.folder / "liste.csv").write_text("name\nlena\n")
    soft = "ulimit -f 0; trap '' XFSZ; "
    words = f"{sys.executable} -m flask --app {ROOT / 'app'} members import liste.csv --invite links.csv"

    done = subprocess.run(
        ["bash", "-c", soft + "exec " + words], cwd=world.folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "Error: links.csv can not be written: File too large.\n"
    assert not (world.folder / "links.csv").exists()
    assert world.rows("users") == []


def test_inviting_writes_the_token_nowhere_but_in_the_link(world: World, command: Command) -> None:
    token = link(command("invite", "lena"))

    assert token not in repr([world.rows(table) for table in ("users", "invitations")])
