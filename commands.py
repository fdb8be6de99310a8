"""The commands: members, keys, tidying, the doctor. `flask --app app …` finds them."""

from __future__ import annotations

import getpass
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import click
import segno
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import AppGroup
from pydantic import SecretStr

from models.database import DatabaseAwayError
from models.invitation_store import HasPasswordError
from models.member_store import MemberDisabledError, NameTakenError, UnknownMemberError
from services import member_list
from services.findings import Finding, exit_status, ok, problem
from services.importing import Import
from services.invitations import INVITED_DAYS, Invitations
from services.member_list import ListUnreadableError
from services.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, PasswordTooWeakError
from services.roster import NameInvalidError, Roster
from settings import Settings, SettingsError, is_loopback, load_settings, load_settings_for_commands
from web import logs
from wiring import Wired, doctor, wire

DEMO_MEMBERS = {"max": "Max Mustermann", "anna": "Anna Schmidt", "peter": "Peter Weber"}

members = AppGroup("members", help="Who may sign in.")
keys = AppGroup("keys", help="The keys that encrypt what is stored.")

_SENTENCES: dict[type[Exception], str] = {
    NameTakenError: "There is a member of this name already.",
    UnknownMemberError: "There is no member of this name.",
    NameInvalidError: "A name has 1 to 80 characters and no blanks.",
    PasswordTooWeakError: f"A password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters.",
    MemberDisabledError: "This member is disabled: `members enable` lets him in again.",
    HasPasswordError: "This member has a password already. --again invites him to set another; he keeps it until then.",
    DatabaseAwayError: "The database does not answer.",
}


def host() -> Flask:
    """A Flask app that has the commands and nothing else: none of them needs pages."""
    app = Flask("talkboard")
    app.cli.add_command(members)
    app.cli.add_command(keys)
    app.cli.add_command(tidy)
    app.cli.add_command(examine)
    app.register_error_handler(404, lambda _error: ("Serve app:server with gunicorn, or use make run.\n", 404))
    return app


def add_demo_members(roster: Roster) -> None:
    """The members of the demo, with the passwords that `make run` made and put into the environment."""
    for name, display_name in DEMO_MEMBERS.items():
        password = os.environ.get(f"{name.upper()}_PASSWORD")
        if password:
            roster.add_demo(name, SecretStr(password), display_name)


@members.command("add")
@click.argument("name")
@click.option("--display-name", default="", help="The name that others see; default: NAME.")
@click.option("--operator", is_flag=True, help="May see the operator's pages.")
def add(name: str, display_name: str, operator: bool) -> None:
    """Add a member. The password is asked for, or read from standard input."""
    with _wired() as wired:
        wired.roster.add(name, _new_password(), display_name, operator)
    click.echo(f"{name} can sign in now.")


@members.command("list")
def list_members() -> None:
    """List the members."""
    with _wired() as wired:
        unreadable = wired.keys.unreadable_members()
        for member in wired.roster.list():
            marks = [
                word
                for word, applies in (
                    ("operator", member.operator),
                    ("disabled", member.disabled),
                    ("connected", member.connected and member.name not in unreadable),
                    ("must connect again", member.name in unreadable),
                )
                if applies
            ]
            if member.invited_until:
                marks.append(f"invited until {datetime.fromtimestamp(member.invited_until, UTC):%Y-%m-%d}")
            if member.shares_with:
                marks.append(f"same account as {' and '.join(member.shares_with)}")
            click.echo(f"{member.name}\t{member.display_name}\t{', '.join(marks)}".rstrip())


@members.command("invite")
@click.argument("name")
@click.option("--display-name", default="", help="The name that others see, of a member who is new; default: NAME.")
@click.option("--operator", is_flag=True, help="May see the operator's pages, if he is new.")
@click.option("--again", is_flag=True, help="Also where there is a password already: the link replaces it.")
@click.option("--qr", type=click.Path(path_type=Path), help="Write the QR code into this file too, as SVG.")
def invite(name: str, display_name: str, operator: bool, again: bool, qr: Path | None) -> None:
    """Print a link by which NAME sets his password himself, once, within 7 days. Who is not a member yet becomes one.

    A link before it counts no longer."""
    with _wired() as wired, _private_file(qr) as save:
        token, new = _invited(wired.services.invitations, name, display_name, operator, again)
        _warn_of_loopback(wired.settings)
        link = _link(wired.settings, token)
        code = segno.make(link, micro=False)
        if qr:
            image = io.BytesIO()
            code.save(image, kind="svg", scale=8, light="white")
            save(image.getvalue())
    who = f"{name} is a member now. " if new else ""
    click.echo(f"{who}Good once, for {INVITED_DAYS} days:\n\n{link}\n")
    if sys.stdout.isatty():
        picture = io.StringIO()
        code.terminal(picture, compact=True)
        click.echo(picture.getvalue())


@members.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--skip-existing", is_flag=True, help="Leave those out who are members already.")
@click.option("--invite", "links", type=click.Path(path_type=Path), help="Invite them, and write the links here.")
def import_members(file: Path, skip_existing: bool, links: Path | None) -> None:
    """Add everybody who is in FILE, or nobody: CSV with the columns name, display name and operator.

    Without --invite nobody of them can sign in before `members invite` or `members passwd`."""
    try:
        with _wired() as wired, _private_file(links) as save:
            planned = wired.importing.plan(file.read_bytes(), skip_existing=skip_existing, invite=links is not None)
            if links:
                save(_links(wired.settings, planned))
            wired.importing.carry_out(planned)
    except ListUnreadableError as error:
        raise click.ClickException("\n".join(("Nobody was added.", *error.troubles))) from None
    skipped = f" Left out, because they are there: {', '.join(planned.skipped)}." if planned.skipped else ""
    unread = f" Columns that nobody reads: {', '.join(planned.listed.unread)}." if planned.listed.unread else ""
    click.echo(f"{len(planned.members)} members added.{skipped}{unread}")


@members.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Shut a member out: sign-ins end, the app password is revoked."""
    _change(lambda roster: roster.disable(name))


@members.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a member in again."""
    _change(lambda roster: roster.enable(name))


@members.command("operator")
@click.argument("name")
@click.option("--off", is_flag=True, help="He is no operator any more.")
def operator(name: str, off: bool) -> None:
    """Let a member see the operator's pages, or no longer."""
    with _wired() as wired:
        wired.roster.set_operator(name, not off)
        group = wired.settings.oidc_operator_group
    click.echo("Done. A running server knows within 10 seconds.")
    if group:
        click.echo("OIDC_OPERATOR_GROUP is set: whoever signs in at the provider is what that group says.", err=True)


@members.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Delete a member and everything that is kept of him; the app password is revoked."""
    if not yes:
        click.confirm(f"Delete {name} and everything that is kept of him?", abort=True)
    _change(lambda roster: roster.remove(name))


@members.command("passwd")
@click.argument("name")
def passwd(name: str) -> None:
    """Give a member a new password and sign him out everywhere."""
    with _wired() as wired:
        wired.roster.set_password(name, _new_password())
    click.echo("Done.")


@keys.command("new")
def new_key() -> None:
    """Print a new key, for CREDENTIAL_KEYS or SECRET_KEY."""
    click.echo(Fernet.generate_key().decode())


@keys.command("reencrypt")
def reencrypt() -> None:
    """Encrypt everything stored with the first of CREDENTIAL_KEYS; afterwards the others may go."""
    with _wired() as wired:
        result, unreadable = wired.keys.reencrypt(), wired.keys.unreadable_members()
    click.echo(f"{result.done} secrets now carry the first key.")
    if result.unreadable:
        who = f" Must connect again: {', '.join(unreadable)}." if unreadable else ""
        raise click.ClickException(f"{result.unreadable} secrets can not be read with any of CREDENTIAL_KEYS.{who}")


@click.command("tidy")
def tidy() -> None:
    """Do what the server does in the background, once: for cron, or while the server is stopped."""
    with _wired() as wired:
        wired.housekeeping.once()
    click.echo("Done.")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def examine(as_json: bool) -> None:
    """Examine settings, database, proxy and Nextcloud, and say what to change.

    Ends with 0 where all is well, with 1 where something could be better, with 2 where members can not work.
    """
    found: list[Finding] = []
    for finding in _findings():
        found.append(finding)
        if not as_json:
            click.echo(finding)
    if as_json:
        click.echo(json.dumps({"status": exit_status(found), "findings": [asdict(one) for one in found]}, indent=2))
    sys.exit(exit_status(found))


def _findings() -> Iterator[Finding]:
    logs.init("critical")
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield problem("settings", line)
        return
    yield ok("settings", "complete")
    yield from doctor(settings).findings()


def _change(change: Callable[[Roster], None]) -> None:
    with _wired() as wired:
        change(wired.roster)
    click.echo("Done. A running server knows within 10 seconds, and revokes what is to be revoked.")


@contextmanager
def _wired() -> Iterator[Wired]:
    try:
        settings = load_settings_for_commands()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    logs.init("warning")
    try:
        wired = wire(settings)
        try:
            yield wired
        finally:
            wired.close()
    except tuple(_SENTENCES) as error:
        raise click.ClickException(_SENTENCES[type(error)]) from None


def _invited(
    invitations: Invitations, name: str, display_name: str, operator: bool, again: bool
) -> tuple[SecretStr, bool]:
    """The token of an invitation, and whether its member is new."""
    try:
        return invitations.invite(name, again=again), False
    except UnknownMemberError:
        return invitations.add(name, display_name, operator), True


def _link(settings: Settings, token: SecretStr) -> str:
    return f"{settings.address}invite#{token.get_secret_value()}"


def _links(settings: Settings, planned: Import) -> bytes:
    """The file with the invitations, for the program that wrote the list."""
    _warn_of_loopback(settings)
    rows = [
        (member.name, member.display_name, _link(settings, token))
        for (member, _kept), token in zip(planned.members, planned.tokens, strict=True)
        if token
    ]
    return member_list.written([("name", "display name", "link"), *rows], planned.listed.dialect)


def _warn_of_loopback(settings: Settings) -> None:
    if is_loopback(urlsplit(settings.origin).hostname or ""):
        click.echo("The link works on this machine alone: PUBLIC_URL is not set, or is a loopback address.", err=True)


@contextmanager
def _private_file(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Makes a file that is not there yet, for this user alone. It stays only if the block ends well."""
    if path is None:
        yield lambda _content: None
        return
    try:
        opened = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{path} is there already; it is not overwritten.") from None
    except OSError as error:
        raise click.ClickException(f"{path} can not be written: {error.strerror}.") from None
    try:
        with os.fdopen(opened, "wb") as file:
            yield lambda content: _save(file, content)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise click.ClickException(f"{path} can not be written: {error.strerror}.") from None
        raise


def _save(file: BinaryIO, content: bytes) -> None:
    """For certain: what is only here must not be lost once its counterpart is in the database."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _new_password() -> SecretStr:
    if not sys.stdin.isatty():
        return SecretStr(sys.stdin.readline().rstrip("\r\n"))
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise click.ClickException("The two are not the same.")
    return SecretStr(first)
