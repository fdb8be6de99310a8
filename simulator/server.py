"""A running instance on a loopback port."""

from __future__ import annotations

import threading
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from simulator.application import Application
from simulator.clock import Clock
from simulator.control import is_loopback
from simulator.faults import Faults
from simulator.handles import MemberHandle
from simulator.instance import Instance
from simulator.journal import Journal
from simulator.members import AppPassword, Member
from simulator.state import State

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """No access log, and no word about what serves."""

    server_version = "simulator"
    sys_version = ""

    def version_string(self) -> str:
        """The `Server` header."""
        return self.server_version

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        """Say nothing: request lines may hold tokens."""


class Simulator:
    """A Nextcloud with Talk, as far as this project needs one.

    A context manager: serves from entering to leaving, in threads of its own.
    """

    def __init__(self, web_root: str = "", pretty_urls: bool = True, *, port: int = 0, host: str = HOST) -> None:
        if not is_loopback(f"[{host}]" if ":" in host else host):
            raise ValueError(f"{host} is not a loopback address; the simulator serves nobody else")
        self.instance = Instance(State(web_root, pretty_urls))
        self._server = make_server(host, port, Application(self.instance), threaded=True, request_handler=QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._host = f"[{host}]" if ":" in host else host

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the port back. Requests that are being delayed end at once."""
        self.instance.stopping.set()
        self.faults.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{self._host}:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The instance's address, with its web root."""
        return self.origin + self.state.web_root

    @property
    def state(self) -> State:
        """What the instance knows."""
        return self.instance.state

    @property
    def clock(self) -> Clock:
        """The instance's time."""
        return self.state.clock

    @property
    def journal(self) -> Journal:
        """The requests that came in."""
        return self.instance.journal

    @property
    def faults(self) -> Faults:
        """What is wrong with the instance."""
        return self.instance.faults

    def member(
        self, user_id: str, display_name: str = "", password: str = "", *, email: str = "", language: str = ""
    ) -> MemberHandle:
        """The member with this user id, created if there is none."""
        with self.state.lock:
            member = self.state.members.ensure(user_id, display_name, password)
            member.email = email or member.email
            member.language = language or member.language
            return MemberHandle(self.state, member)

    def app_password(self, user_id: str, name: str = "Talkboard", login_name: str = "") -> str:
        """A ready-made app password, as if granted."""
        with self.state.lock:
            member = self.state.members.ensure(user_id)
            made = self.state.members.add_app_password(member, name, login_name or user_id, self.state.now())
            return made.secret

    def app_passwords(self, user_id: str) -> list[AppPassword]:
        """The member's active app passwords, oldest first."""
        with self.state.lock:
            return self._known(user_id).active_app_passwords

    def revoke_all(self, user_id: str) -> None:
        """Revoke all app passwords of the member."""
        with self.state.lock:
            for app_password in self._known(user_id).active_app_passwords:
                app_password.revoked = True

    def wipe_all(self, user_id: str) -> None:
        """Mark all devices of the member as to be wiped."""
        with self.state.lock:
            for app_password in self._known(user_id).active_app_passwords:
                app_password.trouble = "wipe"

    def disable(self, user_id: str) -> None:
        """Disable the account."""
        with self.state.lock:
            self._known(user_id).enabled = False

    def enable(self, user_id: str) -> None:
        """Enable the account again."""
        with self.state.lock:
            self._known(user_id).enabled = True

    def delete(self, user_id: str) -> None:
        """Delete the account."""
        with self.state.lock:
            self.state.talk.forget(self._known(user_id))
            self.state.members.remove(user_id)

    def grant(self, login_url: str, user_id: str, login_name: str = "") -> None:
        """What a person does in the browser: open the link, log in as the member, grant."""
        with self.state.lock:
            member = self.state.members.ensure(user_id)
            self.state.grant_url(login_url, member, login_name or user_id)

    def failures(self) -> int:
        """Counted failed logins of the last 30 minutes."""
        with self.state.lock:
            return self.state.failures.count(HOST, self.state.now())

    def change_talk_settings(self) -> None:
        """An administrator changed something: `X-Nextcloud-Talk-Hash` is another from now on."""
        with self.state.lock:
            self.state.talk.generation += 1

    def add_talk_feature(self, name: str) -> None:
        """A newer Talk is installed: it has this feature too, and another `X-Nextcloud-Talk-Hash`."""
        with self.state.lock:
            self.state.talk.features.append(name)
            self.state.talk.generation += 1

    def rewrite_urls(self, pretty: bool) -> None:
        """Whether the web server can do without `/index.php` from now on."""
        with self.state.lock:
            self.state.pretty_urls = pretty

    def _known(self, user_id: str) -> Member:
        member = self.state.members.get(user_id)
        if member is None:
            raise LookupError(f"there is no member {user_id}")
        return member
