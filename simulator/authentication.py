"""Who is asking: a session first, then Bearer, then Basic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from simulator.active import Met
from simulator.journal import Credentials
from simulator.members import AppPassword, Member
from simulator.sessions import RECHECK, Session
from simulator.state import State


class Refusal(Enum):
    """Why credentials were not even good for an anonymous answer."""

    UNAUTHORISED = auto()
    THROTTLED = auto()


@dataclass(frozen=True)
class Caller:
    """Whoever asks. Without a member: anonymous."""

    member: Member | None = None
    app_password: AppPassword | None = None
    by_account_password: bool = False


ANONYMOUS = Caller()
TROUBLED_DEVICES = {"wipe": "wipe", "revoked": "revoked", "password_parked": "parked"}


def identify(state: State, session: Session, given: Credentials, address: str, met: Met) -> Caller | Refusal:
    """The caller. A living session wins over any `Authorization` header."""
    caller = session_caller(state, session, met)
    if caller.member is not None:
        return caller
    if given.scheme == "bearer":
        return _bearer(state, session, given.secret, met)
    if given.scheme == "basic" and given.login and given.secret:
        return _basic(state, session, given, address, met)
    return ANONYMOUS


def trouble_of(app_password: AppPassword, met: Met) -> str:
    """What is wrong with an existing app password: what it carries itself, or a trouble that is on for it."""
    for name, kind in TROUBLED_DEVICES.items():
        if name in met and app_password.id <= met[name].devices:
            return kind
    return app_password.trouble


def session_caller(state: State, session: Session, met: Met) -> Caller:
    """Whose session this is. It dies with its app password and with its account."""
    member = state.members.get(session.user_id) if session.user_id else None
    if member is None:
        session.log_out()
        return ANONYMOUS
    app_password = session.app_password
    lost = app_password is not None and (app_password.revoked or trouble_of(app_password, met))
    enabled = member.enabled and "disabled" not in met
    overdue = state.now() - session.checked_at > RECHECK
    if app_password is not None and overdue and not enabled:
        app_password.revoked = True
    if lost or not enabled:
        session.log_out()
        return ANONYMOUS
    if overdue:
        session.checked_at = state.now()
    return Caller(member, app_password)


def account_login(state: State, login_name: str, password: str, address: str, met: Met) -> Member | Refusal:
    """Log in with an account password. A refusal counts, unless the account is only disabled."""
    if state.failures.locked(address, state.now(), planted="locked" in met):
        return Refusal.THROTTLED
    member = state.members.by_login_name(login_name)
    if member is None or member.password != password:
        state.failures.add(address, login_name, state.now())
        return Refusal.UNAUTHORISED
    if not member.enabled or "disabled" in met:
        return Refusal.UNAUTHORISED
    state.failures.forgive(address, member.user_id)
    state.logged_in(member)
    return member


def _bearer(state: State, session: Session, secret: str, met: Met) -> Caller:
    """Never counted and never told apart: whatever is wrong leaves the caller anonymous."""
    app_password = state.members.find_app_password(secret)
    member = state.members.get(app_password.user_id) if app_password else None
    if app_password is None or member is None or trouble_of(app_password, met):
        return ANONYMOUS
    if not member.enabled or "disabled" in met:
        return ANONYMOUS
    return _enter(state, session, member, app_password)


def _basic(state: State, session: Session, given: Credentials, address: str, met: Met) -> Caller | Refusal:
    if state.failures.locked(address, state.now(), planted="locked" in met):
        return Refusal.THROTTLED
    app_password = state.members.find_app_password(given.secret)
    if app_password and app_password.login_name.casefold() == given.login.casefold():
        return _by_app_password(state, session, app_password, address, met)
    member = account_login(state, given.login, given.secret, address, met)
    if isinstance(member, Refusal):
        return member
    session.log_in(member.user_id, given.login, None, state.now())
    return Caller(member, by_account_password=True)


def _by_app_password(
    state: State, session: Session, app_password: AppPassword, address: str, met: Met
) -> Caller | Refusal:
    member = state.members.get(app_password.user_id)
    trouble = trouble_of(app_password, met)
    if member is None or trouble in ("wipe", "revoked", "stale"):
        state.failures.add(address, app_password.login_name, state.now())
        app_password.trouble = "parked" if trouble == "stale" else app_password.trouble
        return Refusal.UNAUTHORISED
    if trouble == "parked" or not member.enabled or "disabled" in met:
        return Refusal.UNAUTHORISED
    state.failures.forgive(address, member.user_id)
    return _enter(state, session, member, app_password)


def _enter(state: State, session: Session, member: Member, app_password: AppPassword) -> Caller:
    session.log_in(member.user_id, app_password.login_name, app_password, state.now())
    state.logged_in(member)
    return Caller(member, app_password)
