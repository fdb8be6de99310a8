"""The Flask application of one instance, and what happens around every request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from simulator import asking, control, gates, login_flow, login_pages, ocs, talk_pages, twists, visit, web, wire
from simulator.faults import Answered, Delayed, Dropped, Effect
from simulator.instance import Instance
from simulator.journal import API_PATH, Credentials, Entry, plain_headers, plain_path, without_secrets
from simulator.randoms import digest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Application(Flask):
    """Answers one request at a time, so that no two see the state half changed."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(__name__)
        self.instance = instance
        self.url_map.merge_slashes = False
        self.register_blueprint(control.blueprint(instance))
        self.register_blueprint(ocs.blueprint(instance))
        self.register_blueprint(login_flow.blueprint(instance))
        self.register_blueprint(login_pages.blueprint(instance))
        self.register_blueprint(talk_pages.blueprint(instance))
        self.before_request(self._begin)
        self.after_request(self._finish)
        self.register_error_handler(404, lambda _error: web.missing_page(instance.state))
        self.register_error_handler(405, lambda _error: _wrong_method())

    def full_dispatch_request(self) -> Response:
        """Note the request, let the faults that are on have their way, then answer under the lock."""
        if control.concerns(request.path):
            return super().full_dispatch_request()
        entry = _entry(self.instance)
        g.entry = entry
        self.instance.journal.add(entry)
        faults = self.instance.faults
        effects = faults.met_by(request.environ["simulator.path"])
        with self.instance.state.lock:
            g.asked = asking.asked(self.instance.state)
            g.troubles = faults.meet(g.asked)
        instead = self._suffer(effects) or wire.suffer(self.instance, g.troubles)
        if instead is not None:
            entry.status = instead.status_code
            return instead
        with self.instance.state.lock:
            response = super().full_dispatch_request()
            twists.twist(self.instance, g.asked, response)
        if Dropped(after=True) in effects:
            wire.hang_up()
        entry.status = response.status_code
        return response

    def handle_exception(self, e: Exception) -> Response:
        """A connection that was dropped on purpose has no answer; any other error is one."""
        if isinstance(e, ConnectionError):
            raise e
        return super().handle_exception(e)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Take the web root and `/index.php` off the path, as the real routing does."""
        _localise(environ, self.instance)
        return super().wsgi_app(environ, start_response)

    def _suffer(self, effects: list[Effect]) -> Response | None:
        for effect in effects:
            if isinstance(effect, Delayed):
                self.instance.stopping.wait(effect.seconds)
            elif isinstance(effect, Answered):
                return Response(effect.body, effect.status, headers=dict(effect.headers))
            elif not effect.after:
                wire.hang_up()
        return None

    def _begin(self) -> Response | None:
        if control.concerns(request.path):
            return None
        visit.begin(self.instance.state, g.troubles)
        return gates.refusal(self.instance, g.troubles)

    def _finish(self, response: Response) -> Response:
        if control.concerns(request.path):
            return response
        state = self.instance.state
        if request.path == "/status.php":
            visit.set_same_site_cookies(state, response)
        else:
            visit.set_cookies(state, response)
        member = visit.current().member
        g.entry.user_id = member.user_id if member else ""
        return response


def _localise(environ: WSGIEnvironment, instance: Instance) -> None:
    path = environ.get("PATH_INFO", "/")
    environ["simulator.path"] = path
    if control.concerns(path):
        return
    root = instance.state.web_root
    inside = path == root or path.startswith(f"{root}/")
    rest = path[len(root) :] or "/" if inside else "/outside-of-the-web-root"
    if rest.startswith("/index.php/"):
        rest = rest.removeprefix("/index.php")
    elif not instance.state.pretty_urls and not rest.startswith(("/ocs/", "/status.php")):
        rest = "/not-rewritten" if rest != "/" else rest
    if rest.startswith(("/ocs/", "//ocs/")):
        rest = re.sub(r"/{2,}", "/", rest)
    environ["PATH_INFO"] = rest


def _entry(instance: Instance) -> Entry:
    given = Credentials.of(request.headers.get("Authorization"))
    cookies = list(request.cookies)
    fields = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    path: str = request.environ["simulator.path"]
    local = path.removeprefix(instance.state.web_root)
    return Entry(
        method=request.method,
        path=plain_path(path),
        query=without_secrets(request.args.to_dict()),
        headers=plain_headers(request.headers.items(), given, cookies),
        form=without_secrets(fields if isinstance(fields, dict) else {}),
        at=instance.state.now(),
        auth_scheme=given.scheme,
        auth_login=given.login,
        auth_digest=digest(given.secret) if given.secret else "",
        cookies=cookies,
        api=bool(API_PATH.match(local)),
    )


def _wrong_method() -> Response:
    return Response("", 405, content_type="text/html; charset=UTF-8")
