"""Talkboard and a host's page without either's server: plain pages on two sites, and answers that a test chooses."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parents[2] / "web" / "static"

HELD_SECONDS = 20
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'
_RECORDER = """<script>
  window.said = [];
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (...given) { said.push(given[0]); return post.apply(this, given); };
  window.got = [];
  window.ports = [];
  addEventListener('message', event => {
    said.push(event.data);
    got.push({data: event.data, origin: event.origin});
    for (const port of event.ports) {
      ports.push(port);
      port.addEventListener('message', event => got.push({data: event.data}));
    }
  });
</script>"""
_FRAME = """<!doctype html><html lang="en"><head>
<script src="/frame.js" data-prefix="/frame/" data-origins="%(host)s" data-site="cross-site"></script>%(recorder)s
<meta name="color-scheme" content="light dark"><style id="dark-theme" media="not all"></style></head>
<body><div id="react-entry-point"><div id="talk-card"><section data-state="loading"></section></div></div>
<div id="frame-out" hidden><p data-out="signed-out" hidden>out</p><p data-out="unreachable" hidden>away</p></div>
</body></html>"""
KNOWN_N = "7-7-7-7"
_KNOWN = "<script>crypto.getRandomValues = numbers => numbers.fill(7)</script>"
_EMPTY = "<!doctype html><html><head>%(recorder)s</head><body></body></html>"
_PAGES = {
    "/frame/embed/talk": _FRAME,
    "/known/embed/talk": _FRAME.replace("<head>", f"<head>{_KNOWN}"),
    "/around": '<!doctype html><html><head>%(recorder)s</head><body><iframe src="%(app)s/known/embed/talk"></iframe>'
    "</body></html>",
    "/puppet/embed/talk": _EMPTY,
    "/host": '<!doctype html><html><head>%(recorder)s<script src="%(app)s/embed.js"></script></head>'
    "<body></body></html>",
    "/empty": _EMPTY,
    "/react": '<!doctype html><html><head>%(recorder)s<script src="%(app)s/embed.js" async></script></head>'
    '<body><script src="/react.js"></script></body></html>',
    "/bare": '<!doctype html><html><head>%(recorder)s</head><body><iframe src="%(app)s/frame/embed/talk"></iframe>'
    '<iframe src="%(app)s/puppet/embed/talk"></iframe><iframe src="/puppet/embed/talk"></iframe></body></html>',
}


class StandIn:
    """Serves everything on both sites: `app` is Talkboard's, `host` that of the page around it, `stranger` a third one.

    `answers` is what is said to a POST, by the end of its path; `asked` what was asked, with the Authorization. An
    answer to an address whose end is in `held` arrives only when that is set; one with a `location` leads there.
    Whoever comes with a ticket is `who`, for `seconds`. `/react` needs the script of a host in React."""

    def __init__(self, port: int = 0, react: bytes = b"") -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.app = f"http://localhost:{self._server.server_port}"
        self.host = f"http://127.0.0.1:{self._server.server_port}"
        self.stranger = f"http://stranger.localhost:{self._server.server_port}"
        self.asked: list[tuple[str, str | None]] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.held: dict[str, threading.Event] = {}
        self.who = "max"
        self.seconds = 300
        self.tokens = 0
        self.react = react
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, end: str) -> int:
        """How often an address with this end was asked."""
        return sum(path.endswith(end) for path, _ in self.asked)

    def answer(self, path: str, bearer: str | None) -> tuple[int, dict[str, Any]]:
        name = path.rsplit("/", 1)[-1]
        if name in self.answers:
            return self.answers[name]
        if name == "session":
            return 200, {"claim": "c"} if not self.tokens else self._token()
        if name == "selftest":
            return 200, self._token()
        right = bearer == f"Bearer token-{self.tokens}"
        return (200, {"for": self.who}) if right else (401, {"error": "unauthenticated"})

    def _token(self) -> dict[str, Any]:
        self.tokens += 1
        return {"mode": "bearer", "token": f"token-{self.tokens}", "who": self.who, "expiresIn": self.seconds}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path in _PAGES:
                    page = _PAGES[path] % {"app": here.app, "host": here.host, "recorder": _RECORDER}
                    return self._send(200, page.encode(), "text/html")
                if path in ("/embed.js", "/frame.js"):
                    return self._send(200, (STATIC / path[1:]).read_bytes(), "text/javascript")
                if path == "/react.js":
                    return self._send(200, here.react, "text/javascript")
                if path == "/favicon.ico":
                    return self._send(204, b"", "image/x-icon")
                if path.startswith("/frame/avatar/"):
                    here.asked.append((path, self.headers.get("Authorization")))
                    return self._send(200, PICTURE, "image/svg+xml")
                return self._json(path)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._json(self.path)

            def _json(self, path: str) -> None:
                bearer = self.headers.get("Authorization")
                here.asked.append((path, bearer))
                status, said = here.answer(path, bearer)
                if held := here.held.get(path.rsplit("/", 1)[-1]):
                    held.wait(HELD_SECONDS)
                self._send(status, json.dumps(said).encode(), "application/json", said.get("location"))

            def _send(self, status: int, body: bytes, kind: str, location: str | None = None) -> None:
                with suppress(ConnectionError):  # who has asked may be gone by now
                    self.send_response(status)
                    if location:
                        self.send_header("Location", location)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Nothing: the test says what matters."""

        return Handler
