"""Talkboard: makes everything and hands it down. Nothing imports this module.

gunicorn serves `app:server`; `flask --app app` finds the commands.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import structlog
from dash import dcc, html, page_container
from dash.fingerprint import check_fingerprint
from flask_compress import Compress
from flask_compress.flask_compress import DictCache
from flask_openapi import OpenAPI
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

import commands
from components import (
    embedded,
    operator,
    operator_callbacks,
    preferences,
    preferences_callbacks,
    shell,
    talk_card,
    talk_card_callbacks,
)
from components.index_page import TalkboardDash
from models.database import DatabaseAwayError
from services.clock import Clock, system_clock
from services.housekeeping import Housekeeping
from settings import Settings, SettingsError, load_settings
from web import (
    avatars,
    callbacks,
    csrf,
    embed,
    errors,
    frames,
    gate,
    headers,
    invite,
    language,
    logs,
    metrics,
    my_data,
    oidc,
    public,
    rest,
    rest_errors,
    session,
    sign_in,
    watching,
)
from web.context import Services, Site, install, known_member, site
from web.json_bodies import CarefulJSON
from web.prefix import PrefixMiddleware
from web.rest_models import Failure
from wiring import Wired, wire

ROOT = Path(__file__).parent
HOUSEKEEPING = "talkboard-housekeeping"
APP_LOAD_ERROR = 4
"""The status by which gunicorn knows that another try would fail as well."""

# The text is constant: its hash stands in the policy of every page.
_RENDERER_HOOKS = {"callback_resolved": "function(cb,res){var t=window.talkboard;t&&t.resolved&&t.resolved(cb,res)}"}

log = structlog.get_logger()

app = commands.host()
"""What `flask --app app` finds: the commands alone, so that `--help` and `keys new` need no setting."""


def __getattr__(name: str) -> Any:
    """`server`, made when gunicorn asks for it and not before."""
    if name != "server":
        raise AttributeError(name)
    try:
        settings = load_settings()
        logs.init(settings.log_level)
        return create_app(settings)
    except SettingsError as error:
        reason = str(error)
    except DatabaseAwayError as error:
        reason = f"The database that DATABASE_URL names can not be used: {error}."
    print(f"Talkboard can not start.\n{reason}", file=sys.stderr, flush=True)  # noqa: T201 - not a line of a log
    raise SystemExit(APP_LOAD_ERROR)


def create_app(settings: Settings, clock: Clock = system_clock) -> OpenAPI:
    """The WSGI app for `settings`, warmed up and ready to serve.

    Its background work starts with `app.extensions[HOUSEKEEPING].start()`, in the process that serves.
    Raises SettingsError where the database does not fit the settings.
    """
    wired = wire(settings, clock)
    _check_database(wired, settings)
    server = _server(settings, wired.services)
    dash = _dash(server, settings)
    install(server, wired.services, _site(settings, dash))
    server.extensions[HOUSEKEEPING] = wired.housekeeping
    server.extensions["talkboard-wired"] = wired
    script_hashes: list[str] = []
    headers.init(server, script_hashes, settings.embed_origins)
    # Dash finishes itself during its first request, which must not be two at once; only then all its inline
    # scripts are known.
    server.test_client().get("/healthz", base_url=settings.origin)
    script_hashes.extend(dict.fromkeys(dash.csp_hashes()))
    return server


def housekeeping(server: Any) -> Housekeeping:
    """The background work of `server`, a WSGI app made by `create_app`."""
    found: Housekeeping = server.extensions[HOUSEKEEPING]
    return found


def _server(settings: Settings, services: Services) -> OpenAPI:
    """The Flask app. The order is the order in which a request meets these parts."""
    server = OpenAPI(
        __name__,
        doc_ui=False,
        static_folder=None,
        template_folder=str(ROOT / "web" / "templates"),
        validation_error_callback=rest_errors.invalid_request,
        validation_error_model=Failure,
    )
    server.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=256 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=headers.YEAR_SECONDS,
        # No picture: what is compressed is kept by its path, for everybody, and a conversation's is its members'.
        COMPRESS_MIMETYPES=["text/css", "text/javascript", "application/javascript"],
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        # Of bundles, which are whole in memory; one of them costs most of a second.
        COMPRESS_CACHE_BACKEND=DictCache,
        COMPRESS_CACHE_KEY=lambda request: check_fingerprint(request.path)[0],
    )
    server.json = CarefulJSON(server)
    server.json.sort_keys = False
    server.wsgi_app = PrefixMiddleware(server.wsgi_app, settings.url_prefix)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    numbers = metrics.Metrics(services.observations, services.operations)
    watching.init(server, services.observations, numbers.answered)
    session.init(server, https=settings.https, days=settings.session_days)
    language.init(server, settings.default_locale, settings.time_zone)
    csrf.init(server)
    errors.init(server)
    public.init(server)
    frames.init(server, f"..{talk_card.CARD}.children...{talk_card.SHOWN}.data..")
    embed.init(server)
    sign_in.init(server)
    invite.init(server)
    my_data.init(server)
    if settings.oidc_issuer:
        oidc.init(server)
    rest.init(server)
    metrics.init(server, numbers, settings.metrics_token)
    if settings.avatars:
        avatars.init(server)
    gate.init(server)
    Compress(server)
    return server


def _dash(server: OpenAPI, settings: Settings) -> TalkboardDash:
    dash = TalkboardDash(
        __name__,
        server=server,  # type: ignore[arg-type] # typed too narrowly there
        use_pages=True,
        pages_folder=str(ROOT / "pages"),
        assets_folder=str(ROOT / "assets"),
        # `web.theme` links the dark colours, for the media in which they count; the operator's page has its own.
        assets_ignore=r"dark\.css|operator\.(css|js)",
        routes_pathname_prefix="/",
        requests_pathname_prefix=settings.url_prefix,
        # Else Dash renders every page once as its first visitor and shows the result to all others.
        suppress_callback_exceptions=True,
        update_title=None,  # type: ignore[arg-type] # None is documented: the title stays as it is
        title=shell.PRODUCT,
        hooks=_RENDERER_HOOKS,  # type: ignore[arg-type] # its type does not know `callback_resolved` alone
        csrf_token_name=csrf.COOKIE,
        csrf_header_name=csrf.HEADER,
        use_async=False,
        include_pages_meta=False,
    )
    dash.layout = _layout
    talk_card_callbacks.register(dash)
    preferences_callbacks.register(dash)
    operator_callbacks.register(dash)
    kept: dict[str, type] = {f"{talk_card.ACTION}.data": dict, f"{talk_card.SHOWN}.data": str}
    kept[f"{preferences.CARD_SWITCHES}.value"] = list
    kept[f"{operator.THEME}.data"] = str
    callbacks.init(server, dash.callback_map, kept)
    watching.know_callbacks(server, dash.callback_map)
    return dash


def _layout() -> html.Div:
    """The frame around the pages. Dash also calls it while it finishes itself, when there is no member."""
    here, member = site(), known_member()
    if member is None:
        return html.Div()
    if frames.in_frame():
        return html.Div(embedded.layout())
    return html.Div(
        [
            dcc.Location(id=gate.LEAVE, refresh=True),
            shell.shell(
                member.display_name,
                here.prefix,
                generate_csrf(),
                page_container,
                operator=member.operator,
                imprint_url=here.imprint_url,
                privacy_url=here.privacy_url,
            ),
        ]
    )


def _site(settings: Settings, dash: TalkboardDash) -> Site:
    return Site(
        prefix=settings.url_prefix,
        address=settings.address,
        https=settings.https,
        refresh_seconds=settings.refresh_seconds,
        default_locale=settings.default_locale,
        imprint_url=settings.imprint_url,
        privacy_url=settings.privacy_url,
        brand=settings.brand,
        avatars=settings.avatars,
        demo=settings.demo,
        embed_origins=settings.embed_origins,
        embed_connect=settings.embed_connect,
        asset_url=lambda path: _asset_url(dash, path),
    )


def _asset_url(dash: TalkboardDash, path: str) -> str:
    """As Dash itself writes it, so that the sign-in page fills the cache for the dashboard."""
    modified = os.stat(ROOT / "assets" / path).st_mtime
    return f"{dash.get_asset_url(path)}?m={modified}"


def _check_database(wired: Wired, settings: Settings) -> None:
    if not settings.demo and wired.roster.has_demo_members():
        wired.close()
        raise SettingsError("DATABASE_URL names a database with demo members; a real Nextcloud needs another one.")
    if settings.demo:
        commands.add_demo_members(wired.roster)
    unreadable = wired.keys.unreadable_members()
    if unreadable:
        log.error("keys.unreadable", must_reconnect=", ".join(unreadable), hint="is a key missing in CREDENTIAL_KEYS?")
    if not settings.oidc_issuer and not wired.roster.list():
        log.warning("members.none", add_the_first_with=".venv/bin/flask --app app members add NAME")
