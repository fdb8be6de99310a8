"""The numbers of this process for Prometheus: `/metrics`, for whom knows METRICS_TOKEN."""

from __future__ import annotations

import hmac
import platform
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from pydantic import SecretStr

from models.database import DatabaseAwayError
from models.failure_budget import SLOTS
from models.observation import BOUNDS_SECONDS
from models.observation_store import Series
from services.observations import Kind, Observations
from services.operations import Operations
from web.session import bearer_token
from web.watching import Answered

_EXTENSION = "talkboard-metrics"
_CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
_VERSION = re.compile(r"^## \[([^\]]+)\]", re.MULTILINE)

blueprint = Blueprint("metrics", __name__)


def init(server: Flask, metrics: Metrics, token: SecretStr | None) -> None:
    """Adds `/metrics` to `server`. Without a `token` there is nothing at that address."""
    server.extensions[_EXTENSION] = (metrics, token)
    server.register_blueprint(blueprint)


@blueprint.get("/metrics")
def numbers() -> Response:
    """All numbers, in the form that the caller asks for."""
    metrics, token = current_app.extensions[_EXTENSION]
    if token is None:
        abort(404)
    given = bearer_token() or ""
    if not hmac.compare_digest(given.encode(errors="replace"), token.get_secret_value().encode()):
        return Response("unauthorized\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(metrics.registry), content_type=kind)


class Metrics:
    """Counters of this process, in a registry of their own: many apps may live in one process."""

    def __init__(self, observations: Observations, operations: Operations) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("http_requests", "Requests answered", "method", "route", "status")
        self._request_seconds = self._histogram("http_seconds", "Seconds to an answer", "purpose")
        self._callbacks = self._counter("callbacks", "Callbacks of pages answered", "output", "status")
        self._upstream = self._counter("upstream_requests", "Questions to Nextcloud: ok or a cause", "route", "outcome")
        self._upstream_seconds = self._histogram("upstream_seconds", "Seconds until Nextcloud answered", "route")
        self._cards = self._counter("card_refreshes", "Times that a card was asked for", "state", "changed")
        self._sign_ins = self._counter("sign_ins", "Tries to sign in", "way", "result")
        build = {"version": _version(), "python": platform.python_version(), "dash": version("dash")}
        Info("talkboard_build", "What runs here", registry=self.registry).info(build)
        self.registry.register(_Situation(operations))
        observations.on_count(self._counted)

    def answered(self, one: Answered) -> None:
        """Counts a request."""
        self._requests.labels(one.method, one.route, str(one.status)).inc()
        self._request_seconds.labels(one.purpose).observe(one.seconds)
        if one.callback is not None:
            self._callbacks.labels(one.callback, str(one.status)).inc()

    def _counter(self, name: str, sentence: str, *labels: str) -> Counter:
        return Counter(f"talkboard_{name}", sentence, labels, registry=self.registry)

    def _histogram(self, name: str, sentence: str, *labels: str) -> Histogram:
        return Histogram(f"talkboard_{name}", sentence, labels, registry=self.registry, buckets=BOUNDS_SECONDS)

    def _counted(self, series: Series, seconds: float | None) -> None:
        if series.kind == Kind.UPSTREAM:
            self._upstream.labels(series.route, series.outcome).inc()
            self._upstream_seconds.labels(series.route).observe(seconds or 0)
        elif series.kind == Kind.CARD:
            self._cards.labels(series.route, series.outcome).inc()
        elif series.kind == Kind.SIGN_IN:
            self._sign_ins.labels(series.route, series.outcome).inc()


class _Situation(Collector):
    """What is so at the moment of the question. While the database is away, what stands there is left out."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: else the registry would ask the database before there is one."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All of it."""
        busy = "Requests that are being answered, each by a thread"
        yield GaugeMetricFamily("talkboard_threads_busy", busy, value=self._operations.busy)
        yield self._ages()
        yield from self._stored()

    def _ages(self) -> GaugeMetricFamily:
        ages = sorted(self._operations.snapshot_ages())
        family = GaugeMetricFamily(
            "talkboard_snapshot_age_seconds",
            "Age of the last good list of conversations, of those somebody looked at in the last ten minutes",
            labels=["which"],
        )
        if ages:
            family.add_metric(["median"], ages[len(ages) // 2])
            family.add_metric(["oldest"], ages[-1])
        return family

    def _stored(self) -> Iterator[GaugeMetricFamily]:
        try:
            now = self._operations.situation()
        except DatabaseAwayError:
            return
        connections = GaugeMetricFamily("talkboard_connections", "Connections and their like", labels=["state"])
        for level, number in now.levels.items():
            connections.add_metric([level], number)
        yield connections
        yield GaugeMetricFamily("talkboard_budget_slots", "Logins that may fail in half an hour", value=SLOTS)
        yield GaugeMetricFamily("talkboard_budget_slots_taken", "Those that have, or may still", value=now.budget.taken)
        for door, until in (("locked", now.budget.locked_until), ("bearer_refused", now.budget.bearer_refused_until)):
            name, sentence = f"talkboard_nextcloud_{door}_seconds", "Seconds for which it is taken to be so"
            yield GaugeMetricFamily(name, sentence, value=max(0, until - now.at))


def _version() -> str:
    """The newest title of the list of changes."""
    found = _VERSION.search(_CHANGELOG.read_text(encoding="utf-8")) if _CHANGELOG.exists() else None
    return found[1].lower() if found else "unknown"
