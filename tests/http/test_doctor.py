"""`doctor`: each fault has its line and says what to change; examining costs nothing and changes nothing."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.fernet import Fernet
from sqlalchemy import make_url, text
from werkzeug.serving import WSGIRequestHandler, make_server

from commands import host
from models.database import Database
from services.findings import Finding, Level, exit_status
from services.installation_examined import same_site
from settings import Settings
from simulator import Simulator
from simulator.troubles import TROUBLES
from tests.browser.served import free_port
from tests.conftest import WRITTEN, collect_logs
from tests.databases import POSTGRESQL
from tests.http.certificates import DAY, Authority
from tests.world import SECRETS, World, private
from wiring import doctor

SLOW = {"slow", "drip"}
"""Only their deadlines would be tried, one after the other."""


class Quiet(WSGIRequestHandler):
    def log(self, *_arguments: Any, **_more: Any) -> None:
        """Nothing."""


@contextmanager
def serving(application: Any, port: int, context: ssl.SSLContext | None = None) -> Iterator[None]:
    """Whatever stands in front of the app, or the app itself."""
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=Quiet, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def changed(world: World, **changes: Any) -> Settings:
    return Settings(_env_file=None, **{**world.settings.model_dump(), **changes})


def examined(world: World, **changes: Any) -> dict[str, Finding]:
    """What the doctor finds, by what it is about. No finding holds a secret, and none costs a failed login."""
    found = list(doctor(changed(world, **changes), world.clock).findings())
    written = "\n".join(map(str, found))
    assert [secret for secret in SECRETS if secret in written] == []
    assert world.simulator.failures() == 0
    return {one.about: one for one in found}


def in_order(found: dict[str, Finding], *but: str) -> None:
    """Everything was looked at and is well, but for this."""
    assert {about: str(one) for about, one in found.items() if one.level is not Level.OK and about not in but} == {}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the checkout, whose files of secrets are looked at as well."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def public(make_world: Callable[..., World], authority: Authority) -> Iterator[World]:
    """An app behind a proxy with https, with a member who has connected."""
    port = free_port()
    world = make_world(public_url=f"https://127.0.0.1:{port}", trusted_proxies=1, nextcloud_ca_file=str(authority.file))
    world.simulator.member("max")
    world.member("max")
    bearer = world.bearer("max")
    world.connect(bearer)

    def proxy(environ: Any, start: Any) -> Any:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("Strict-Transport-Security", "max-age=31536000")], *more)

        return world.app({**environ, "HTTP_X_FORWARDED_PROTO": "https"}, started)

    with serving(proxy, port, authority.serves()):
        yield world


ALL = [
    "disk", "database", "schema", "keys", "members", "cookies", "proxies", "address", "framing", "embedding", "hsts",
    "transport", "nextcloud", "clock", "overwrite", "talk", "brute force", "bearer",
]  # fmt: skip


@pytest.mark.both_databases
def test_where_all_is_well_every_line_says_so_and_nothing_is_left_behind(public: World) -> None:
    before = {table: public.rows(table) for table in ("users", "login_flows", "revocations", "login_slots")}

    found = examined(public)

    assert list(found) == ALL
    in_order(found, "transport", "disk")
    assert found["transport"].level is Level.WARNING  # the simulator speaks no https
    assert found["talk"].words == "Talk 22.0.11"
    assert {table: public.rows(table) for table in before} == before


TROUBLED: dict[str, tuple[str, Level, str]] = {
    "unreachable": ("nextcloud", Level.PROBLEM, "is Nextcloud up"),
    "wrong_path": ("nextcloud", Level.PROBLEM, "with its path"),
    "sso_page": ("nextcloud", Level.PROBLEM, "answers 200 with no JSON"),
    "proxy_502": ("nextcloud", Level.PROBLEM, "answers 502 with no JSON"),
    "maintenance": ("nextcloud", Level.WARNING, "maintenance:mode --off"),
    "updating": ("nextcloud", Level.WARNING, "occ upgrade"),
    "untrusted_domain": ("nextcloud", Level.PROBLEM, "to trusted_domains in config.php"),
    "flow_http": ("overwrite", Level.WARNING, "overwriteprotocol=http"),
    "flow_other_host": ("overwrite", Level.PROBLEM, "overwritehost"),
    "flow_outside_root": ("overwrite", Level.PROBLEM, "overwritewebroot"),
    "talk_missing": ("talk", Level.PROBLEM, "installed and enabled"),
    "csrf_412": ("talk", Level.PROBLEM, "answers 412"),
    "locked": ("brute force", Level.PROBLEM, "allow list"),
    "bearer_lost": ("bearer", Level.WARNING, "CGIPassAuth"),
    "authorization_lost": ("bearer", Level.WARNING, "CGIPassAuth"),
}


@pytest.mark.parametrize("trouble", TROUBLED)
def test_each_trouble_of_nextcloud_has_its_line(world: World, trouble: str) -> None:
    world.connected("max")
    world.simulator.faults.trouble(trouble)

    found = {one.about: one for one in doctor(world.settings, world.clock).findings()}

    about, level, words = TROUBLED[trouble]
    assert found[about].level is level
    assert words in str(found[about])
    expected = {"transport", "cookies", "address", "disk", about, *({"bearer"} if trouble == "csrf_412" else ())}
    others = {one.about for one in found.values() if one.level in (Level.WARNING, Level.PROBLEM)}
    assert others <= expected


def test_whatever_nextcloud_does_the_examination_comes_to_its_end(world: World) -> None:
    world.connected("max")
    counted = world.simulator.failures()

    for trouble in sorted(TROUBLES.keys() - SLOW - {"locked"}):
        world.simulator.faults.trouble(trouble)
        examined(world)
        world.simulator.faults.clear()

    assert world.simulator.failures() == counted


def test_a_redirect_names_the_address_to_write(world: World) -> None:
    world.simulator.faults.trouble("redirect")

    to_https, to_login = examined(world)["nextcloud"], examined(world)["nextcloud"]

    assert to_https.advice == f"NEXTCLOUD_URL={world.simulator.url.replace('http:', 'https:')}"
    assert "asks for a login" in to_login.advice


def test_a_forgotten_web_root_is_found(make_world: Callable[..., World], simulator: Simulator) -> None:
    with Simulator(web_root="/nextcloud") as below:
        found = examined(make_world(), nextcloud_url=below.origin)

        assert found["nextcloud"].advice == f"NEXTCLOUD_URL={below.url}"


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, Level.OK), (120, Level.WARNING), (-120, Level.WARNING), (1000, Level.PROBLEM)]
)
def test_a_clock_that_is_wrong_is_noticed(world: World, ahead: float, level: Level) -> None:
    world.clock.advance(ahead)

    assert examined(world)["clock"].level is level


def test_a_revoked_app_password_costs_no_failed_login(world: World) -> None:
    world.connected("max")
    world.simulator.revoke_all("max")

    assert examined(world)["bearer"].level is Level.WARNING


CERTIFICATES: dict[str, tuple[Callable[[Authority], ssl.SSLContext], str]] = {
    "expired": (lambda authority: authority.serves(ends_in=timedelta(0) - DAY), "has expired"),
    "of another name": (lambda authority: authority.serves(x509.DNSName("elsewhere.example")), "another name"),
    "signed by itself": (lambda authority: authority.serves(own_signature=True), "NEXTCLOUD_CA_FILE"),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_certificate_that_is_wrong_is_told_in_words(world: World, authority: Authority, kind: str) -> None:
    port = free_port()
    make, words = CERTIFICATES[kind]

    with serving(world.app, port, make(authority)):
        found = examined(world, nextcloud_url=f"https://127.0.0.1:{port}", nextcloud_ca_file=str(authority.file))

    assert found["nextcloud"].level is Level.PROBLEM
    assert words in found["nextcloud"].advice


def test_lost_keys_are_told(public: World) -> None:
    other = private(Fernet.generate_key().decode())
    found = examined(public, credential_keys=other)

    assert found["keys"].level is Level.PROBLEM
    assert "1 of 1" in found["keys"].words


def test_without_members_the_first_one_is_suggested(world: World) -> None:
    assert "members add" in examined(world)["members"].advice


def test_members_of_the_demo_do_not_go_with_a_real_nextcloud(world: World) -> None:
    world.member("max", demo=True)

    assert examined(world)["members"].level is Level.PROBLEM
    assert examined(world, demo=True)["members"].level is Level.OK


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("version", "level"), [("0001", Level.WARNING), ("9999", Level.PROBLEM)], ids=["older", "newer"]
)
def test_a_schema_of_another_version_is_told_and_left_as_it_is(world: World, version: str, level: Level) -> None:
    with world.wired.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

    found = examined(world)

    assert (found["schema"].level, found["members"].level) == (level, Level.SKIPPED)
    assert world.wired.database.version() == version


def test_a_database_that_is_not_there_is_not_made(world: World, tmp_path: Path) -> None:
    file = tmp_path / "mistyped" / "talkboard.db"
    found = examined(world, database_url=f"sqlite:///{file}")

    assert (found["database"].level, found["schema"].level) == (Level.WARNING, Level.SKIPPED)
    assert not file.parent.exists()


@pytest.mark.parametrize("database_kind", [POSTGRESQL], indirect=True)
def test_a_database_that_only_reads_is_a_problem(world: World) -> None:
    from tests.postgresql import server

    server().sql(f"ALTER DATABASE {make_url(world.database_url).database} SET default_transaction_read_only = on")

    found = examined(world)

    assert found["database"].level is Level.PROBLEM
    assert "ReadOnlySqlTransaction" in found["database"].words


@pytest.mark.parametrize("url", ["nonsense", "postgresql+psycopg://nobody@127.0.0.1:1/nothing"])
def test_a_database_that_does_not_answer_is_a_problem(world: World, url: str) -> None:
    assert examined(world, database_url=url)["database"].level is Level.PROBLEM


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"public_url": "https://talk.example.org"}, "seem to have its address"),
        ({"public_url": "https://talk.example.org", "trusted_proxies": 1, "host": "0.0.0.0"}, "pretend any address"),
        ({"trusted_proxies": 1}, "plain http"),
    ],
)
def test_proxies_that_do_not_fit_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("wiring.CONTAINER", Path("/nowhere"))
    found = examined(world, **changes)

    assert found["proxies"].level is Level.WARNING
    assert words in found["proxies"].words


def test_a_proxy_that_leads_elsewhere_is_a_problem(world: World, simulator: Simulator) -> None:
    found = examined(world, public_url=simulator.origin)

    assert found["address"].level is Level.PROBLEM
    assert "somebody else answers" in found["address"].words


def test_a_second_policy_is_told(world: World) -> None:
    port = free_port()

    def proxy(environ: Any, start: Any) -> Any:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("Content-Security-Policy", "frame-ancestors *")], *more)

        return world.app(environ, started)

    with serving(proxy, port):
        found = examined(world, public_url=f"http://127.0.0.1:{port}")

    assert (found["address"].level, found["framing"].level) == (Level.OK, Level.WARNING)


@pytest.mark.parametrize(
    ("origin", "key", "level"),
    [
        ("http://127.0.0.1:3000", "", Level.OK),
        ("http://localhost:3000", "", Level.WARNING),
        ("http://localhost:3000", "k" * 40, Level.OK),
    ],
)
def test_who_may_frame_the_card_and_whether_anybody_says_who_looks_is_told(
    make_world: Callable[..., World], origin: str, key: str, level: Level
) -> None:
    world, port = make_world(embed_origins=origin, embed_keys=f"intranet:{key}@{origin}" if key else ""), free_port()

    with serving(world.app, port):
        found = examined(world, public_url=f"http://127.0.0.1:{port}")

    assert found["embedding"].level is level
    assert origin in found["embedding"].words


@pytest.mark.parametrize(
    ("page", "related"),
    [
        ("https://intranet.example.org", True),
        ("https://talk.example.org:8443", True),
        ("https://intranet.example.com", False),
        ("http://intranet.example.org", False),
        ("https://192.0.2.7", False),
    ],
)
def test_pages_of_the_same_site_get_the_cookie(page: str, related: bool) -> None:
    assert same_site(page, "https://talk.example.org/") is related
    assert not same_site("https://10.0.0.1", "https://192.168.0.1")


def test_a_proxy_that_forbids_the_frame_is_told(make_world: Callable[..., World]) -> None:
    world, port = make_world(embed_origins="https://intranet.example.org"), free_port()

    def proxy(environ: Any, start: Any) -> Any:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("X-Frame-Options", "SAMEORIGIN")], *more)

        return world.app(environ, started)

    with serving(proxy, port):
        found = examined(world, public_url=f"http://127.0.0.1:{port}")

    assert found["embedding"].level is Level.WARNING
    assert "refuse the frame" in found["embedding"].words


def test_a_server_that_is_not_ready_says_why(world: World) -> None:
    port = free_port()
    another = world.beside(credential_keys=private(Fernet.generate_key().decode()))
    world.connected("max")

    with serving(another.app, port):
        found = examined(world, public_url=f"http://127.0.0.1:{port}")

    assert found["address"].level is Level.PROBLEM
    assert found["address"].words.endswith("not ready: keys")


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `doctor` with the settings of `world` and others."""
    monkeypatch.chdir(world.folder)

    def run(*words: str, **changes: str) -> Result:
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        given = {
            "DATABASE_URL": world.database_url,
            "SECRET_KEY": world.settings.secret_key.get_secret_value(),
            "CREDENTIAL_KEYS": world.key,
            "NEXTCLOUD_URL": world.simulator.url,
            "NEXTCLOUD_ALLOW_HTTP": "1",
            **changes,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        result = host().test_cli_runner().invoke(args=["doctor", *words])
        collect_logs()
        WRITTEN.write(result.output)
        return result

    return run


def test_the_command_ends_with_2_where_members_can_not_work_else_with_1_for_warnings(
    world: World, command: Callable[..., Result]
) -> None:
    world.member("max")
    warned = command()
    world.simulator.faults.talk_installed = False
    broken = command()

    assert (warned.exit_code, broken.exit_code) == (1, 2)
    assert "warning  transport      app passwords travel readable → https in NEXTCLOUD_URL\n" in warned.output
    assert "problem  talk           Talk is missing → " in broken.output


def test_for_scripts_it_is_one_document(world: World, command: Callable[..., Result]) -> None:
    result = command("--json")

    document = json.loads(result.output)
    assert document["status"] == result.exit_code == 1
    assert {"about": "talk", "level": "ok", "words": "Talk 22.0.11", "advice": ""} in document["findings"]


def test_settings_that_are_wrong_are_findings_too(command: Callable[..., Result]) -> None:
    result = command(NEXTCLOUD_URL="", REFRESH_SECONDS="3")

    assert result.exit_code == 2
    assert "problem  settings       NEXTCLOUD_URL is missing" in result.output
    assert "problem  settings       REFRESH_SECONDS must be at least 10." in result.output


def test_a_file_of_secrets_that_others_may_read_is_told(world: World, command: Callable[..., Result]) -> None:
    (world.folder / ".env").write_text("")
    (world.folder / ".env").chmod(0o644)
    assert "chmod 600 .env" in command().output

    (world.folder / ".env").chmod(0o600)
    assert "ok       secrets" in command().output


def test_nothing_found_is_all_well() -> None:
    assert exit_status([]) == 0


def test_the_schema_is_not_touched_by_looking(tmp_path: Path, world: World) -> None:
    file = tmp_path / "empty.db"
    database = Database(f"sqlite:///{file}")
    with database.read():
        pass
    database.close()

    found = examined(world, database_url=f"sqlite:///{file}")

    assert found["schema"].words == "there are no tables yet"
    assert Database(f"sqlite:///{file}").version() is None
