"""Members and their sign-ins in the database, read the short way: each request needs one of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlmodel import Session, col

from models.card_choices import LEAST_ROWS, MOST_ROWS, CardChoices
from models.credential_store import Retired, retire_credentials
from models.database import Database
from models.embed_ticket import EmbedTicket, withdraw_tickets
from models.invitation import withdraw_invitations
from models.member import Member
from models.pending_flow import FlowState, PendingFlow
from models.revocation import Revocation
from models.sign_in import SignIn


class NameTakenError(Exception):
    """There is a member of this name already."""


class MemberDisabledError(Exception):
    """The member is shut out here, whoever speaks for him."""


class UnknownMemberError(Exception):
    """There is no member of this name."""


class PasswordChangedError(Exception):
    """The password that was proved is no longer that of the member, or he is removed or disabled."""


@dataclass(frozen=True)
class Connection:
    """A connected Nextcloud account. `app_password` is a Fernet token; `refused_at` is in Unix seconds."""

    connection_id: str
    base_url: str
    login_name: str
    app_password: str = field(repr=False)
    user_id: str
    display_name: str
    refused_at: int | None


@dataclass(frozen=True)
class CurrentMember:
    """A member who may act now: neither removed nor disabled. `has_flow` says that a flow is worth a look."""

    id: int
    name: str
    display_name: str
    operator: bool
    locale: str | None
    theme: str | None
    choices: CardChoices
    signed_out_at: int
    connection: Connection | None
    left_behind: bool
    has_flow: bool
    giving_back: bool
    """An earlier app password could not be revoked yet."""

    def has_signed_out_since(self, issued_at: int) -> bool:
        """Whether he has signed out everywhere after a token was issued (Unix seconds)."""
        return bool(self.signed_out_at) and issued_at <= self.signed_out_at


@dataclass(frozen=True)
class LiveSignIn:
    """A sign-in that has not ended, with its member. Times are Unix seconds."""

    member: CurrentMember
    seen_at: int
    expires_at: int
    frame: str | None


@dataclass(frozen=True)
class PasswordRecord:
    """What a sign-in is checked against."""

    member_id: int
    password_hash: str | None = field(repr=False)
    disabled: bool


SIGN_INS_AT_MOST = 50
"""Sign-ins of one member at once in browsers, and as many in frames."""

_USERS = Member.__table__.c  # type: ignore[attr-defined]
_FLOWS = PendingFlow.__table__.c  # type: ignore[attr-defined]
_HAS_FLOW = (
    select(func.count())
    .where(
        _FLOWS.member_id == _USERS.id,
        # Why a flow failed is shown only where there is nothing else to show.
        (_FLOWS.state == FlowState.OPEN)
        | ((_FLOWS.state == FlowState.FAILED) & _USERS.nextcloud_connection_id.is_(None)),
    )
    .scalar_subquery()
    .label("flows")
)
_REVOCATIONS = Revocation.__table__.c  # type: ignore[attr-defined]
_GIVING_BACK = (
    select(func.count())
    .where(
        _REVOCATIONS.member_id == _USERS.id,
        _REVOCATIONS.tries > 0,
        _REVOCATIONS.wiped.is_(False),
    )
    .scalar_subquery()
    .label("revocations")
)
_MEMBER: Select[Any] = select(
    _USERS.id,
    _USERS.name,
    _USERS.display_name,
    _USERS.operator,
    _USERS.locale,
    _USERS.theme,
    _USERS.card_rows,
    _USERS.card_compact,
    _USERS.card_favorites_first,
    _USERS.card_mentions_first,
    _USERS.card_concerning_only,
    _USERS.signed_out_at,
    _USERS.nextcloud_connection_id,
    _USERS.nextcloud_base_url,
    _USERS.nextcloud_username,
    _USERS.nextcloud_app_password,
    _USERS.nextcloud_user_id,
    _USERS.nextcloud_display_name,
    _USERS.nextcloud_refused_at,
    _USERS.device_left_behind,
    _HAS_FLOW,
    _GIVING_BACK,
)


class MemberStore:
    """Reads and changes members and sign-ins. Every method raises DatabaseAwayError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, member_id: int) -> CurrentMember | None:
        """The member, or None where there is none or he is disabled."""
        query = _MEMBER.where(_USERS.id == member_id, _USERS.disabled.is_(False))
        with self._database.read() as session:
            row = session.execute(query).first()
        return _current(row) if row else None

    def by_name(self, name: str) -> CurrentMember | None:
        """The same by his name, in the form in which names are kept."""
        query = _MEMBER.where(_USERS.name == name, _USERS.disabled.is_(False))
        with self._database.read() as session:
            row = session.execute(query).first()
        return _current(row) if row else None

    def by_sign_in(self, id_hash: str, now: int) -> LiveSignIn | None:
        """The sign-in and its member, or None where it has ended or its member is disabled."""
        sign_ins = SignIn.__table__.c  # type: ignore[attr-defined]
        query = _MEMBER.add_columns(sign_ins.seen_at, sign_ins.expires_at, sign_ins.frame).where(
            sign_ins.member_id == _USERS.id,
            sign_ins.id_hash == id_hash,
            sign_ins.expires_at > now,
            _USERS.disabled.is_(False),
        )
        with self._database.read() as session:
            row = session.execute(query).first()
        return LiveSignIn(_current(row), row.seen_at, row.expires_at, row.frame) if row else None

    def password(self, name: str) -> PasswordRecord | None:
        """What `name` must prove at sign-in; None for an unknown name."""
        with self._database.read() as session:
            row = session.execute(
                select(_USERS.id, _USERS.password_hash, _USERS.disabled).where(_USERS.name == name)
            ).first()
        return PasswordRecord(row.id, row.password_hash, row.disabled) if row else None

    def start_sign_in(self, sign_in: SignIn, proved: str | None) -> bool:
        """Keeps a new sign-in of a member whose password still has the hash `proved`, or for whom the OpenID provider
        or a host dashboard speaks; of too many in browsers, or in frames, the longest unused end. Whether any did.
        Raises PasswordChangedError."""
        alike = col(SignIn.frame).is_not(None) if sign_in.frame else col(SignIn.frame).is_(None)
        mine = (col(SignIn.member_id) == sign_in.member_id) & alike
        still = select(_USERS.id).where(_USERS.id == sign_in.member_id, _USERS.disabled.is_(False))
        if not (sign_in.by_provider or sign_in.frame):
            still = still.where(_USERS.password_hash == proved)
        with self._database.write() as session:
            if session.execute(still.with_for_update()).first() is None:
                raise PasswordChangedError
            newest = (
                select(col(SignIn.id_hash)).where(mine).order_by(col(SignIn.seen_at).desc()).limit(SIGN_INS_AT_MOST - 1)
            )
            ended = session.execute(delete(SignIn).where(mine, col(SignIn.id_hash).not_in(newest)))
            session.add(sign_in)
            return bool(ended.rowcount)  # type: ignore[attr-defined]

    def renew_sign_in(self, id_hash: str, now: int, expires_at: int) -> None:
        """Moves the end of a sign-in that is being used."""
        with self._database.write() as session:
            session.execute(
                update(SignIn).where(col(SignIn.id_hash) == id_hash).values(seen_at=now, expires_at=expires_at)
            )

    def end_sign_in(self, id_hash: str) -> None:
        """Ends one sign-in; ending it twice is no error."""
        with self._database.write() as session:
            session.execute(delete(SignIn).where(col(SignIn.id_hash) == id_hash))

    def end_sign_ins(self, member_id: int, now: int, but: str | None = None) -> None:
        """Ends all sign-ins of a member, except that with the hash `but`, and all bearer tokens issued so far."""
        with self._database.write() as session:
            session.execute(
                delete(SignIn).where(col(SignIn.member_id) == member_id, col(SignIn.id_hash) != (but or ""))
            )
            member = session.get(Member, member_id)
            if member is not None:
                withdraw_tickets(session, member.name)
                member.signed_out_at = now

    def sign_ins(self, member_id: int, now: int) -> list[SignIn]:
        """The sign-ins of a member in browsers that have not ended, the last used first."""
        mine = (col(SignIn.member_id) == member_id) & col(SignIn.frame).is_(None)
        query = select(SignIn).where(mine, col(SignIn.expires_at) > now)
        with self._database.read() as session:
            return list(session.scalars(query.order_by(col(SignIn.seen_at).desc())))

    def add(self, member: Member) -> None:
        """Keeps a new member. Raises NameTakenError."""
        with self._database.write() as session:
            if _named(session, member.name):
                raise NameTakenError(member.name)
            session.add(member)

    def all(self) -> list[Member]:
        """Every member, by name."""
        with self._database.read() as session:
            return list(session.scalars(select(Member).order_by(col(Member.name))))

    def replace_password(self, member_id: int, proved: str | None, password_hash: str) -> bool:
        """Replaces the hash of a member's password where it still is `proved`; whether it was."""
        still = (col(Member.id) == member_id, col(Member.password_hash) == proved)
        with self._database.write() as session:
            done = session.execute(update(Member).where(*still).values(password_hash=password_hash))
            return bool(done.rowcount)  # type: ignore[attr-defined]

    def change_password(self, member_id: int, proved: str | None, password_hash: str) -> bool:
        """The same by the member's own wish: an invitation to set another one counts no longer."""
        still = (col(Member.id) == member_id, col(Member.password_hash) == proved)
        with self._database.write() as session:
            done = session.execute(update(Member).where(*still).values(password_hash=password_hash))
            changed = bool(done.rowcount)  # type: ignore[attr-defined]
            if changed:
                withdraw_invitations(session, member_id)
            return changed

    def reset_password(self, name: str, password_hash: str, now: int) -> int:
        """Replaces the hash of a password and ends all sign-ins and tokens; returns the member's id.

        Raises UnknownMemberError."""
        with self._database.write() as session:
            member = _must_exist(session, name)
            member.password_hash, member.signed_out_at = password_hash, now
            session.execute(delete(SignIn).where(col(SignIn.member_id) == member.id))
            withdraw_invitations(session, member.id)
            withdraw_tickets(session, member.name)
            session.add(member)
            return member.id or 0

    def set_locale(self, member_id: int, locale: str | None) -> None:
        """Keeps the language that a member has chosen; None: the browser's."""
        with self._database.write() as session:
            session.execute(update(Member).where(col(Member.id) == member_id).values(locale=locale))

    def set_theme(self, member_id: int, theme: str | None) -> None:
        """Keeps the theme that a member has chosen; None: the system's."""
        with self._database.write() as session:
            session.execute(update(Member).where(col(Member.id) == member_id).values(theme=theme))

    def set_choices(self, member_id: int, choices: CardChoices) -> None:
        """Keeps what a member has chosen for his card."""
        columns = {f"card_{name}": value for name, value in asdict(choices).items()}
        with self._database.write() as session:
            session.execute(update(Member).where(col(Member.id) == member_id).values(**columns))

    def set_disabled(self, name: str, disabled: bool, now: int) -> int:
        """Shuts a member out, or lets him in again; returns his id. Shut out, his sign-ins end and his app
        password is to be revoked. Raises UnknownMemberError."""
        with self._database.write() as session:
            member = _must_exist(session, name)
            member.disabled = disabled
            if disabled:
                let_go(session, member, now)
            session.add(member)
            return member.id or 0

    def set_operator(self, name: str, operator: bool) -> int:
        """Makes a member an operator, or no longer; returns his id. Raises UnknownMemberError."""
        with self._database.write() as session:
            member = _must_exist(session, name)
            member.operator = operator
            session.add(member)
            return member.id or 0

    def remove(self, name: str, now: int) -> int:
        """Deletes a member with everything that is his; returns the id he had. The app password is to be revoked.

        Raises UnknownMemberError."""
        with self._database.write() as session:
            member = _must_exist(session, name)
            let_go(session, member, now)
            session.delete(member)
            return member.id or 0

    def forget_ended_sign_ins(self, now: int) -> int:
        """Deletes the sign-ins that have ended, and tickets that nobody used; returns how many sign-ins."""
        with self._database.write() as session:
            session.execute(delete(EmbedTicket).where(col(EmbedTicket.expires_at) <= now))
            return int(session.execute(delete(SignIn).where(col(SignIn.expires_at) <= now)).rowcount)  # type: ignore[attr-defined]


def let_go(session: Session, member: Member, now: int) -> Retired | None:
    """Ends all that a member has begun, within the caller's transaction: connection, sign-ins, flows, invitations.
    What he was connected by is to be revoked."""
    retired = retire_credentials(session, member, now)
    withdraw_invitations(session, member.id)
    withdraw_tickets(session, member.name)
    session.execute(delete(SignIn).where(col(SignIn.member_id) == member.id))
    session.execute(
        update(PendingFlow)
        .where(col(PendingFlow.member_id) == member.id, col(PendingFlow.state) == FlowState.OPEN)
        .values(state=FlowState.CANCELLED)
    )
    member.signed_out_at = now
    return retired


def _named(session: Session, name: str) -> Member | None:
    return session.scalars(select(Member).where(col(Member.name) == name)).first()


def _must_exist(session: Session, name: str) -> Member:
    member = _named(session, name)
    if member is None:
        raise UnknownMemberError(name)
    return member


def _current(row: Any) -> CurrentMember:
    connection = (
        Connection(
            connection_id=row.nextcloud_connection_id,
            base_url=row.nextcloud_base_url,
            login_name=row.nextcloud_username,
            app_password=row.nextcloud_app_password,
            user_id=row.nextcloud_user_id,
            display_name=row.nextcloud_display_name,
            refused_at=row.nextcloud_refused_at,
        )
        if row.nextcloud_connection_id
        else None
    )
    return CurrentMember(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        operator=row.operator,
        locale=row.locale,
        theme=row.theme,
        choices=CardChoices(
            rows=min(max(row.card_rows, LEAST_ROWS), MOST_ROWS),
            compact=row.card_compact,
            favorites_first=row.card_favorites_first,
            mentions_first=row.card_mentions_first,
            concerning_only=row.card_concerning_only,
        ),
        signed_out_at=row.signed_out_at,
        connection=connection,
        left_behind=row.device_left_behind,
        has_flow=row.flows > 0,
        giving_back=row.revocations > 0,
    )
