"""`python -m simulator.disturb`: plays on a running simulator every trouble a member can see, one after another."""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import urlsplit

from simulator.control import ROOT, is_loopback
from simulator.troubles import TROUBLES

SECONDS = 20.0
PATIENCE = 10.0
BEGIN = {
    "de": "Die Karte merkt jede Störung, wenn sie das nächste Mal auffrischt; mit ↻ sofort.",
    "en": "The card notices each trouble when it refreshes next; with ↻ at once.",
}
WELL = {
    "de": "Alles wieder in Ordnung. ↻ oder „Erneut versuchen“ holt die Karte sofort zurück.",
    "en": "Everything works again. ↻ or “Try again” brings the card back at once.",
}


@dataclass(frozen=True)
class Scene:
    """Troubles that are on together, and what to look at on the card meanwhile. Nothing to look at: not in the tour."""

    names: tuple[str, ...]
    german: str = ""
    english: str = ""
    lasts: int = 1
    """How many times as long as others."""

    @property
    def title(self) -> str:
        """The names as they are typed and shown."""
        return "+".join(self.names)

    def look(self, language: str) -> str:
        """What it does and what to look at, in one line."""
        told = TROUBLES[self.names[0]]
        german = f"{told.german}. {self.german}".rstrip()
        return german if language == "de" else f"{told.english}. {self.english}".rstrip()


KEPT = ("Die Zeilen bleiben, mit der Zeit ihres Stands.", "The rows stay, with the time they are from.")
GONE = ("Die Zeilen verschwinden, ein Satz sagt warum.", "The rows go, a sentence says why.")
OPERATOR = (
    "Falsch eingerichtet, sagt ein Satz; niemand soll neu verbinden.",
    "A sentence says it is set up wrongly; nobody is asked to connect again.",
)

RECONNECT = (
    "Die Karte bietet an, neu zu verbinden: gleich tun, die letzte Störung setzt es voraus.",
    "The card offers to connect again: do it now, the last trouble needs it.",
)

TOUR = (
    Scene(("unreachable",), *KEPT),
    Scene(("proxy_502",), *KEPT),
    Scene(("maintenance",), *KEPT),
    Scene(("updating",), *KEPT),
    Scene(("talk_missing",), *GONE),
    Scene(("talk_not_allowed",), *GONE),
    Scene(("authorization_lost",), *OPERATOR),
    Scene(("untrusted_domain",), *OPERATOR),
    Scene(("revoked",), *RECONNECT, lasts=2),
    Scene(("locked", "bearer_lost"), *KEPT),
)


class Remote:
    """The back door of a running simulator."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not is_loopback(parts.netloc):
            raise ValueError(f"{url} is not a simulator on this computer")
        self._host, self._port = parts.hostname or "", parts.port or 80

    def switch(self, name: str, on: bool) -> None:
        """Switch a trouble for everybody. Raises OSError if nobody takes it."""
        body = json.dumps({"name": name, "on": on})
        with closing(http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)) as connection:
            connection.request("POST", f"{ROOT}/trouble", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise OSError(f"the simulator answered {answer.status}")


def main(arguments: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Play until the end or until interrupted; either way everything is put right again."""
    given = _parser().parse_args(arguments)
    stop = stop or _interrupted()
    try:
        scenes = _scenes(given.names)
        remote = Remote(given.url)
        _play(remote, scenes, given.seconds, given.language, stop)
    except (OSError, ValueError, http.client.HTTPException) as error:
        _tell(f"disturb: {error}", sys.stderr)
        return 2
    return 0


def _play(remote: Remote, scenes: Sequence[Scene], seconds: float, language: str, stop: threading.Event) -> None:
    _tell(BEGIN[language])
    try:
        for number, scene in enumerate(scenes, start=1):
            if stop.is_set():
                break
            _set(remote, scene, on=True)
            _tell(f"{number}/{len(scenes)} {scene.title}: {scene.look(language)}")
            stop.wait(seconds * scene.lasts)
            _set(remote, scene, on=False)
    finally:
        for scene in scenes:
            _set(remote, scene, on=False)
    _tell(WELL[language])


def _set(remote: Remote, scene: Scene, *, on: bool) -> None:
    for name in scene.names:
        remote.switch(name, on)


def _scenes(names: Sequence[str]) -> Sequence[Scene]:
    """The tour, or those that were named: scenes of the tour, or any troubles, with `+` between them."""
    known = {scene.title: scene for scene in TOUR} | {"locked": next(one for one in TOUR if "locked" in one.names)}
    return [known.get(name) or _scene(name) for name in names] or TOUR


def _scene(title: str) -> Scene:
    names = tuple(title.split("+"))
    unknown = [name for name in names if name not in TROUBLES]
    if unknown:
        raise ValueError(f"there is no trouble {unknown[0]}; there are {', '.join(TROUBLES)}")
    return Scene(names)


def _interrupted() -> threading.Event:
    """Set by Ctrl-C or a request to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_frame: stop.set())
    return stop


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m simulator.disturb", description="Plays every trouble a member can see on the card, one by one."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="troubles to play; none: the whole tour")
    parser.add_argument("--url", default="http://127.0.0.1:8051", help="a simulator on this computer")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each lasts")
    parser.add_argument("--language", choices=("de", "en"), default="de")
    return parser


def _tell(text: str, where: TextIO | None = None) -> None:
    print(text, file=where or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
