"""nginx and Caddy before the app, with the very configuration that docs/operating.md prints."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509

from simulator import Simulator
from tests.browser.served import Served, free_port
from tests.http.certificates import Authority
from tests.http.running import running

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
HOST = "talk.example.org"
APP = "127.0.0.1:8050"
START_SECONDS = 30


@dataclass(frozen=True)
class Ports:
    """Where the proxy listens, and where the app does."""

    https: int
    http: int
    app: int


class Behind:
    """The app as it is reached through a proxy: `url` is the start page, `trust` believes its certificate."""

    def __init__(self, app: Served, authority: Path, url: str, http: int) -> None:
        self.app = app
        self.url = url
        self.http = http
        self.trust = ssl.create_default_context(cafile=authority)
        self._opened: list[httpx.Client] = []

    def visitor(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """A browser at `address`, one of this machine."""
        transport = httpx.HTTPTransport(verify=self.trust, local_address=address)
        self._opened.append(httpx.Client(base_url=self.url, transport=transport, headers=headers, timeout=20))
        return self._opened[-1]

    def close(self) -> None:
        for client in self._opened:
            client.close()


def printed(language: str) -> list[str]:
    """The blocks of the chapter about proxies that are written in `language`."""
    chapter = OPERATING.read_text(encoding="utf-8").split("\n## A proxy in front\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)


def nginx(folder: Path, server: str, certificate: Path, ports: Ports) -> list[str]:
    """The command that starts nginx with `server`, and nothing of the machine's own configuration."""
    changes = {
        "listen 80;": f"listen 127.0.0.1:{ports.http};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports.https} ssl;",
        f"server_name {HOST};": "server_name localhost;",
        "/etc/ssl/talk.example.org.pem": str(certificate),
        "/etc/ssl/talk.example.org.key": str(certificate),
        APP: f"127.0.0.1:{ports.app}",
    }
    kept = "".join(
        f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'proxy.log'};\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{kept}{changed(server, changes)}}}\n"
    )
    return [program("nginx"), "-p", str(folder), "-e", str(folder / "proxy.log"), "-c", str(file)]


def caddy(folder: Path, site: str, certificate: Path, ports: Ports) -> list[str]:
    """The command that starts Caddy with `site`. Only the certificate is the test's own: nobody here gives one out."""
    own = f"https://localhost:{ports.https} {{\n    tls {certificate} {certificate}\n"
    file = folder / "Caddyfile"
    options = f"admin off\n    default_bind 127.0.0.1\n    http_port {ports.http}\n    https_port {ports.https}\n"
    text = changed(site, {f"{HOST} {{\n": own, APP: f"127.0.0.1:{ports.app}"})
    file.write_text(f"{{\n    {options}}}\n{text}")
    return [program("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"]


PROXIES: dict[str, Callable[[Path, str, Path, Ports], list[str]]] = {"nginx": nginx, "caddy": caddy}


def changed(text: str, changes: dict[str, str]) -> str:
    """`text` with each key of `changes`, all of which must occur in it, replaced."""
    for old, new in changes.items():
        assert old in text, f"docs/operating.md does not print {old!r} any more"
        text = text.replace(old, new)
    return text


def program(name: str) -> str:
    """Where it is installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed: scripts/install-proxies says how"
    return found


@contextmanager
def behind(
    proxy: str, folder: Path, simulator: Simulator, below: Callable[[str], str] = str, **settings: str
) -> Iterator[Behind]:
    """The app behind `proxy`, whose printed configuration `below` may have changed."""
    ports = Ports(free_port(), free_port(), 0)
    authority = Authority(folder)
    certificate = authority.certifies(x509.DNSName("localhost"))
    own = {"PUBLIC_URL": f"https://localhost:{ports.https}", "TRUSTED_PROXIES": "1"}
    with running(folder, simulator, **own, NEXTCLOUD_CA_FILE=str(authority.file), **settings) as app:
        block = below("\n".join(printed(proxy)))
        command = PROXIES[proxy](folder, block, certificate, Ports(ports.https, ports.http, app.port))
        with (folder / "proxy.out").open("wb") as out:
            environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        reached = Behind(app, authority.file, own["PUBLIC_URL"] + settings.get("URL_PREFIX", "/"), ports.http)
        try:
            _wait_until_up(process, ports.https, folder / "proxy.out")
            yield reached
        finally:
            reached.close()
            process.terminate()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int, out: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < until, out.read_text()
            time.sleep(0.05)
        else:
            return
