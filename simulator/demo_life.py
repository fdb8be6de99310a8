"""Somebody keeps writing: a new message every half minute or so while the demo runs."""

from __future__ import annotations

import random
import threading

from simulator.conversations import Conversation
from simulator.instance import Instance

SHORTEST_PAUSE, LONGEST_PAUSE = 20, 40
SEED = 122

TALK = {
    "Einsatzgruppe 1": [
        ("jonas", "Ich bin in zehn Minuten im Gerätehaus."),
        ("georg", "Hydrant in der Schulgasse ist gesperrt, bitte den bei der Kirche nehmen."),
        ("anna", "Wer fährt das Kleinlöschfahrzeug?"),
        ("peter", "Ich übernehme."),
        ("jonas", "Funk auf Kanal 2, Probe war in Ordnung."),
        ("georg", "Rückmeldung der Leitstelle: alles ruhig."),
    ],
    "Ausbildung": [
        ("peter", "Die Unterlagen für Donnerstag sind fertig."),
        ("lena", "Können wir den Schulungsraum schon ab 18:30 haben?"),
        ("sabine", "Ja, ich sperre auf."),
        ("peter", "Bitte die **Schlauchwickel** nicht vergessen."),
        ("sabine", "Zwei Plätze beim Erste-Hilfe-Kurs sind frei geworden."),
    ],
    "Gesamte Wehr": [
        ("sabine", "Die neuen T-Shirts sind da, Größen hängen im Gang."),
        ("georg", "Danke an alle, die gestern geholfen haben! 🚒"),
        ("lena", "Fotos von der Übung liegen im Ordner."),
        ("jonas", "Der Kaffee ist aus …"),
    ],
    "Kommando": [
        ("lena", "Sitzung am Montag um 19:30, Tagesordnung folgt."),
        ("georg", "Das Angebot für die Pumpe ist eingetroffen."),
        ("lena", "Das Protokoll ist online."),
    ],
    "Jugendfeuerwehr": [
        ("lena", "Treffen heute schon um 17:00."),
        ("jonas", "Die Kleinen haben beim Bewerb Platz 3 gemacht!"),
    ],
    "Bürgersprechstunde": [("sabine", "Nächste Sprechstunde ist am Freitag um 16:00.")],
}


class Life:
    """The same people write the same things in the same order on every run."""

    def __init__(self, instance: Instance, seed: int = SEED) -> None:
        self._instance = instance
        self._random = random.Random(seed)  # noqa: S311  believable, not secret
        self._said = dict.fromkeys(TALK, 0)
        self._thread = threading.Thread(target=self._run, name="demo-life", daemon=True)

    def start(self) -> None:
        """Begin to write; it ends when the instance stops."""
        self._thread.start()

    def say_something(self) -> None:
        """Write the next message."""
        rooms = list(TALK)
        name = self._random.choices(rooms, weights=[len(TALK[room]) for room in rooms])[0]
        author, text = TALK[name][self._said[name] % len(TALK[name])]
        self._said[name] += 1
        state = self._instance.state
        with state.lock:
            one = self._conversation(name)
            if one is not None:
                state.talk.post(one, author, text)

    def _conversation(self, name: str) -> Conversation | None:
        return next((one for one in self._instance.state.talk.conversations if one.name == name), None)

    def _run(self) -> None:
        while not self._instance.stopping.wait(self._random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)):
            self.say_something()
