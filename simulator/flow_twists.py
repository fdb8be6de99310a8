"""Troubles of the login flow: its addresses, its tokens and its one result are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Response

from simulator import randoms, wire
from simulator.active import Active
from simulator.bodies import Deed, changed, plain, put
from simulator.instance import Instance

BAD_TOKEN = '"><script>alert(1)</script>' + "x" * 101
PASTED_NAME = "Notebook im Gerätehaus"


def granted(response: Response) -> bool:
    """Whether this is the one answer with the app password."""
    return response.status_code == 200 and "appPassword" in json.loads(plain(response))


def _addressed(move: Callable[[SplitResult], SplitResult]) -> Deed:
    """A deed on both addresses of a new flow."""

    def moved(url: str) -> str:
        return move(urlsplit(url)).geturl()

    def change(body: Any, _active: Active) -> Any:
        if "login" not in body:
            return None
        poll = body["poll"] | {"endpoint": moved(body["poll"]["endpoint"])}
        return {"poll": poll, "login": moved(body["login"])}

    return changed(change)


def _outside(url: SplitResult) -> SplitResult:
    return url._replace(path="/elsewhere/" + url.path.rsplit("/", 1)[-1])


def _bad_token(body: Any, _active: Active) -> Any:
    if "login" not in body:
        return None
    login = body["login"].rsplit("/", 1)[0] + "/" + BAD_TOKEN
    return {"poll": body["poll"] | {"token": BAD_TOKEN}, "login": login}


def _with_colon(body: Any, _active: Active) -> Any:
    return body | {"loginName": body["loginName"] + ":1"} if "appPassword" in body else None


def _pasted(instance: Instance, response: Response, _active: Active) -> bool:
    """The person has pasted an app password that was there before, of another device."""
    if not granted(response):
        return False
    body = json.loads(plain(response))
    found = instance.state.members.find_app_password(body["appPassword"])
    if found is not None:
        found.secret = "-".join(randoms.text(5) for _ in range(5))
        found.name = PASTED_NAME
        put(response, json.dumps(body | {"appPassword": found.secret}).encode())
    return found is not None


def _lost_answer(_instance: Instance, response: Response, _active: Active) -> bool:
    if granted(response):
        wire.hang_up()
    return False


DEEDS: dict[str, Deed] = {
    "flow_http": _addressed(lambda url: url._replace(scheme="http", netloc=url.hostname or "")),
    "flow_other_host": _addressed(lambda url: url._replace(netloc="elsewhere.example")),
    "flow_userinfo": _addressed(lambda url: url._replace(netloc=f"a@{url.netloc}")),
    "flow_outside_root": _addressed(_outside),
    "flow_bad_token": changed(_bad_token),
    "flow_lost_answer": _lost_answer,
    "flow_login_with_colon": changed(_with_colon),
    "flow_app_password_pasted": _pasted,
}
