"""Sessions: what a cookie stands for."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator import randoms
from simulator.members import AppPassword

LIFETIME = 24 * 60
RECHECK = 5 * 60


@dataclass
class Session:
    """One browser's or one request's session."""

    id: str = field(default_factory=lambda: randoms.text(26, randoms.SESSION_ALPHABET))
    passphrase: str = field(default_factory=randoms.passphrase)
    request_token: str = field(default_factory=lambda: randoms.text(44))
    used_at: float = 0.0
    user_id: str | None = None
    login_name: str = ""
    app_password: AppPassword | None = None
    checked_at: float = 0.0
    flow_token: str | None = None
    flow_state: str | None = None

    def log_in(self, user_id: str, login_name: str, app_password: AppPassword | None, now: float) -> None:
        """From now on this session's cookie is the user. The id changes, as it should."""
        self.id = randoms.text(26, randoms.SESSION_ALPHABET)
        self.user_id = user_id
        self.login_name = login_name
        self.app_password = app_password
        self.checked_at = now

    def log_out(self) -> None:
        """Forget who this was."""
        self.user_id = self.app_password = None
        self.login_name = ""


class Sessions:
    """All living sessions. Not locked: the state's lock is held by the caller."""

    def __init__(self) -> None:
        self._by_id: dict[str, Session] = {}

    def find(self, session_id: str, passphrase: str, now: float) -> Session | None:
        """The session both cookies open, unless it has been idle for too long."""
        session = self._by_id.get(session_id)
        if session is None or session.passphrase != passphrase:
            return None
        if now - session.used_at > LIFETIME:
            del self._by_id[session_id]
            return None
        return session

    def keep(self, session: Session, known_as: str | None, now: float) -> None:
        """Store the session under its id of now, and under no other."""
        if known_as is not None and known_as != session.id:
            self._by_id.pop(known_as, None)
        session.used_at = now
        self._by_id[session.id] = session
        if len(self._by_id) > 20_000:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        self._by_id = {k: one for k, one in self._by_id.items() if now - one.used_at <= LIFETIME}
