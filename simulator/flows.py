"""Login Flow v2: the rows between "connect" and the app password."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator import randoms
from simulator.members import AppPassword

LIFETIME = 1200


@dataclass
class Flow:
    """One row: made at init, gone when collected or after 1200 seconds."""

    client_name: str
    created_at: float
    poll_token: str = field(default_factory=lambda: randoms.text(128))
    login_token: str = field(default_factory=lambda: randoms.text(128))
    server: str = ""
    app_password: AppPassword | None = None


class Flows:
    """All open flows. Not locked: the state's lock is held by the caller."""

    def __init__(self) -> None:
        self._rows: list[Flow] = []

    def start(self, client_name: str, now: float) -> Flow:
        """A new flow, with two unrelated tokens."""
        flow = Flow(client_name, now)
        self._rows.append(flow)
        return flow

    def to_grant(self, login_token: str | None, now: float) -> Flow | None:
        """The flow this login token opens: not expired and not granted before."""
        self._drop_expired(now)
        for flow in self._rows:
            if login_token and flow.login_token == login_token and flow.app_password is None:
                return flow
        return None

    def granted(self, poll_token: str) -> Flow | None:
        """The granted flow of this poll token, without touching it."""
        fitting = (flow for flow in self._rows if flow.poll_token == poll_token)
        return next((flow for flow in fitting if flow.app_password is not None), None)

    def collect(self, poll_token: str, now: float) -> Flow | None:
        """The granted flow of this poll token, exactly once: its row is gone before anyone is answered."""
        self._drop_expired(now)
        for flow in self._rows:
            if flow.poll_token == poll_token and flow.app_password is not None:
                self._rows.remove(flow)
                return flow
        return None

    def _drop_expired(self, now: float) -> None:
        self._rows = [flow for flow in self._rows if now - flow.created_at <= LIFETIME]
