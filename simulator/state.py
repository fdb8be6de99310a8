"""What the instance knows. One lock guards all of it."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

from simulator import randoms
from simulator.bruteforce import Failures
from simulator.clock import Clock
from simulator.flows import Flow, Flows
from simulator.members import AppPassword, Member, Members
from simulator.sessions import Sessions
from simulator.talk import Talk


class State:
    """Members, conversations, flows, sessions and failed logins of one instance."""

    def __init__(self, web_root: str = "", pretty_urls: bool = True) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.web_root = web_root.rstrip("/")
        self.pretty_urls = pretty_urls
        self.instance_id = "oc" + randoms.text(10, randoms.SESSION_ALPHABET)
        self.members = Members()
        self.talk = Talk(self.members, self.clock)
        self.flows = Flows()
        self.sessions = Sessions()
        self.failures = Failures()
        self.wipe_checks: list[float] = []

    def now(self) -> float:
        """Unix seconds by the simulator's clock."""
        return self.clock.now()

    def path(self, route: str) -> str:
        """The path of a route as the instance writes it, with `/index.php` unless URLs are pretty."""
        return self.web_root + ("" if self.pretty_urls else "/index.php") + route

    def grant(self, flow: Flow, member: Member, login_name: str, server: str) -> AppPassword:
        """Give the flow's client an app password of the member."""
        made = self.members.add_app_password(member, flow.client_name, login_name, self.now())
        flow.app_password = made
        flow.server = server
        return made

    def grant_url(self, login_url: str, member: Member, login_name: str) -> None:
        """Do what a person does who opens `login_url` and clicks through to the end."""
        parts = urlsplit(login_url)
        flow = self.flows.to_grant(parts.path.rsplit("/", 1)[-1], self.now())
        if flow is None:
            raise LookupError("this login link is unknown, expired or granted already")
        self.grant(flow, member, login_name, f"{parts.scheme}://{parts.netloc}{self.web_root}")

    def change_password(self, member: Member, password: str) -> None:
        """A new account password. It parks the app passwords until the member logs in with it."""
        member.password = password
        for app_password in member.active_app_passwords:
            app_password.trouble = app_password.trouble or "stale"

    def logged_in(self, member: Member) -> None:
        """Note the time of a login."""
        member.last_login = self.now()
        member.first_login = member.first_login or member.last_login

    def repair(self, member: Member) -> None:
        """Let parked app passwords work again, after a login in the browser."""
        for app_password in member.active_app_passwords:
            if app_password.trouble != "wipe":
                app_password.trouble = ""

    def overview(self) -> dict[str, Any]:
        """What the control page shows of the instance."""
        now = self.now()
        return {
            "now": now,
            "offset": self.clock.offset,
            "failures": self.failures.count("127.0.0.1", now),
            "members": [self._member_line(member) for member in self.members],
            "conversations": [
                {"token": one.token, "name": one.name, "type": one.kind, "messages": len(one.messages)}
                for one in self.talk.conversations
            ],
        }

    @staticmethod
    def _member_line(member: Member) -> dict[str, Any]:
        return {
            "user_id": member.user_id,
            "display_name": member.display_name,
            "enabled": member.enabled,
            "talk_allowed": member.talk_allowed,
            "app_passwords": [one.name for one in member.active_app_passwords],
        }
