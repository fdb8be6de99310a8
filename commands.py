"""The commands: members, keys, tidying. `flask --app app …` finds them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import AppGroup
from pydantic import SecretStr

from models.database import DatabaseAwayError
from models.member_store import NameTakenError, UnknownMemberError
from services.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, PasswordTooWeakError
from services.roster import NameInvalidError, Roster
from settings import SettingsError, load_settings_for_commands
from web import logs
from wiring import Wired, wire

DEMO_MEMBERS = {"max": "Max Mustermann", "anna": "Anna Schmidt", "peter": "Peter Weber"}

members = AppGroup("members", help="Who may sign in.")
keys = AppGroup("keys", help="The keys that encrypt what is stored.")

_SENTENCES: dict[type[Exception], str] = {
    NameTakenError: "There is a member of this name already.",
    UnknownMemberError: "There is no member of this name.",
    NameInvalidError: "A name has 1 to 80 characters and no blanks.",
    PasswordTooWeakError: f"A password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters.",
    DatabaseAwayError: "The database does not answer.",
}


def host() -> Flask:
    """A Flask app that has the commands and nothing else: none of them needs pages."""
    app = Flask("talkboard")
    app.cli.add_command(members)
    app.cli.add_command(keys)
    app.cli.add_command(tidy)
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
            click.echo(f"{member.name}\t{member.display_name}\t{', '.join(marks)}".rstrip())


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


def _new_password() -> SecretStr:
    if not sys.stdin.isatty():
        return SecretStr(sys.stdin.readline().rstrip("\r\n"))
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise click.ClickException("The two are not the same.")
    return SecretStr(first)
