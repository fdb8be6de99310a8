"""The back door: what a person or a test may do to the instance. Loopback only."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, render_template, request

from simulator import control_texts
from simulator.active import SLOW
from simulator.instance import Instance
from simulator.members import Member
from simulator.texts import LANGUAGES
from simulator.troubles import groups

ROOT = "/_control"
SHOWN = 200
Verb = Callable[[Instance, dict[str, Any]], None]


def concerns(path: str) -> bool:
    """Whether a path belongs to the back door."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def is_loopback(host: str) -> bool:
    """Whether a host name or address, with or without a port, is this computer itself."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def blueprint(instance: Instance) -> Blueprint:
    """The page, the journal and the verbs."""
    routes = Blueprint("control", __name__, url_prefix=ROOT)
    routes.before_app_request(_unknown)
    routes.after_app_request(_unframed)
    routes.before_request(_guard)
    routes.get("", endpoint="page")(lambda: _page(instance))
    routes.get("/troubles", endpoint="troubles")(_troubles)
    routes.get("/state", endpoint="state")(lambda: _overview(instance))
    routes.get("/journal", endpoint="journal")(lambda: _journal(instance))
    routes.post("/<verb>", endpoint="verb")(lambda verb: _do(instance, verb))
    return routes


def _guard() -> None:
    """Refuse other hosts, other addresses and forms of other sites."""
    if not is_loopback(request.host) or not is_loopback(request.remote_addr or ""):
        abort(403)
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)
    if request.method == "POST" and request.mimetype != "application/json":
        abort(415)


def _unknown() -> Response | None:
    """The error pages are the instance's and ask who visits it; nobody visits the back door."""
    error = request.routing_exception
    if error is None or not concerns(request.path):
        return None
    return _problem(error.code or 404, "there is no such address")


def _unframed(response: Response) -> Response:
    if concerns(request.path):
        response.headers["X-Frame-Options"] = "DENY"
    return response


def _page(instance: Instance) -> str:
    language = request.accept_languages.best_match(LANGUAGES) or "en"
    return render_template(
        "control.html",
        root=ROOT,
        web_root=instance.state.web_root,
        language=language,
        t=lambda text: control_texts.translate(text, language),
        german=control_texts.GERMAN if language == "de" else {},
        groups=groups(),
    )


def _troubles() -> Response:
    """The registry, for programs."""
    listed = [
        {"name": one.name, "group": group.english, "de": one.german, "en": one.english}
        for group, troubles in groups().items()
        for one in troubles
    ]
    return jsonify(listed)


def _overview(instance: Instance) -> Response:
    with instance.state.lock:
        return jsonify(instance.state.overview() | {"faults": instance.faults.overview()})


def _journal(instance: Instance) -> Response:
    found = instance.journal.entries(request.args.get("path_contains", ""), request.args.get("method", ""))
    limit = request.args.get("limit", SHOWN, type=int)
    return jsonify([asdict(entry) for entry in found[-limit:]])


def _do(instance: Instance, verb: str) -> Response:
    act = VERBS.get(verb)
    given = request.get_json(silent=True)
    if act is None or not isinstance(given, dict):
        return _problem(404, "there is no such verb" if act is None else "the body has to be a JSON object")
    try:
        with instance.state.lock:
            act(instance, given)
    except KeyError as error:
        return _problem(422, f"missing or unknown: {error.args[0]}")
    except (TypeError, ValueError) as error:
        return _problem(422, str(error))
    return jsonify({"done": verb})


def _problem(status: int, text: str) -> Response:
    response = jsonify({"error": text})
    response.status_code = status
    return response


def _member(instance: Instance, given: dict[str, Any]) -> Member:
    member = instance.state.members.get(str(given["user_id"]))
    if member is None:
        raise KeyError(given["user_id"])
    return member


def _post(instance: Instance, given: dict[str, Any]) -> None:
    one = instance.state.talk.get(str(given["token"]))
    if one is None:
        raise KeyError(given["token"])
    instance.state.talk.post(one, str(given["actor"]), str(given["text"]))


def _revoke(instance: Instance, given: dict[str, Any]) -> None:
    for app_password in _member(instance, given).active_app_passwords:
        app_password.revoked = True


def _wipe(instance: Instance, given: dict[str, Any]) -> None:
    for app_password in _member(instance, given).active_app_passwords:
        app_password.trouble = "wipe"


def _enable(instance: Instance, given: dict[str, Any]) -> None:
    _member(instance, given).enabled = bool(given["on"])


def _allow_talk(instance: Instance, given: dict[str, Any]) -> None:
    _member(instance, given).talk_allowed = bool(given["on"])


def _advance(instance: Instance, given: dict[str, Any]) -> None:
    instance.state.clock.advance(float(given["seconds"]))


def _maintenance(instance: Instance, given: dict[str, Any]) -> None:
    instance.faults.maintenance = bool(given["on"])


def _talk(instance: Instance, given: dict[str, Any]) -> None:
    instance.faults.talk_installed = bool(given["on"])


def _trouble(instance: Instance, given: dict[str, Any]) -> None:
    name, user, times = str(given["name"]), given.get("user"), given.get("times")
    if user:
        _member(instance, {"user_id": user})
    if not given["on"]:
        instance.faults.end(name, user or None)
    else:
        times = None if times is None else int(times)
        if times is not None and times < 1:
            raise ValueError("times has to be positive, or left out")
        instance.faults.trouble(name, user or None, times, delay=float(given.get("delay", SLOW)))


def _sequence(instance: Instance, given: dict[str, Any]) -> None:
    steps = given["steps"]
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ValueError("steps have to be a list of objects")
    for step in steps:
        if step.get("user"):
            _member(instance, {"user_id": step["user"]})
    instance.faults.sequence(steps)


def _fault(instance: Instance, given: dict[str, Any]) -> None:
    where, times = str(given["path_contains"]), given.get("times")
    if given["kind"] == "answer":
        headers = dict(given.get("headers") or {})
        instance.faults.answer(where, int(given["status"]), headers, str(given.get("body", "")), times)
    elif given["kind"] == "delay":
        instance.faults.delay(where, float(given["seconds"]), times)
    elif given["kind"] == "drop":
        instance.faults.drop(where, times, after=bool(given.get("after")))
    else:
        raise KeyError(given["kind"])


def _clear_faults(instance: Instance, _given: dict[str, Any]) -> None:
    instance.faults.clear()


def _clear_journal(instance: Instance, _given: dict[str, Any]) -> None:
    instance.journal.clear()


VERBS: dict[str, Verb] = {
    "post": _post,
    "revoke": _revoke,
    "wipe": _wipe,
    "enable": _enable,
    "allow-talk": _allow_talk,
    "advance": _advance,
    "maintenance": _maintenance,
    "talk": _talk,
    "trouble": _trouble,
    "sequence": _sequence,
    "fault": _fault,
    "clear-faults": _clear_faults,
    "clear-journal": _clear_journal,
}
