"""Talkboard below a path, whether the proxy in front strips the path or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class PrefixMiddleware:
    """Moves the prefix from the path to where WSGI keeps it, so that routes never see it."""

    def __init__(self, wsgi: Wsgi, prefix: str) -> None:
        """`prefix` as in URL_PREFIX: it begins and ends with a slash."""
        self._wsgi = wsgi
        self._mount = prefix.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers one request."""
        path = environ.get("PATH_INFO", "")
        if self._mount and (path == self._mount or path.startswith(self._mount + "/")):
            environ["PATH_INFO"] = path[len(self._mount) :] or "/"
        environ["SCRIPT_NAME"] = self._mount  # whatever a caller wanted it to be
        return self._wsgi(environ, start_response)
