"""A volunteer fire brigade to look at: its members and what they wrote lately."""

from __future__ import annotations

from typing import Any

from simulator.conversations import CHANGELOG, GROUP, NOTE_TO_SELF, ONE_TO_ONE, PUBLIC, Actor, Conversation
from simulator.state import State
from simulator.talk import CHANGELOG_BOT

HAVE_ACCOUNTS = {"max": "Max Mustermann", "anna": "Anna Schmidt", "peter": "Peter Weber"}
COMRADES = {"lena": "Lena Köhler", "jonas": "Jonas Huber", "sabine": "Sabine Maier", "georg": "Georg Gruber"}
HOUR = 60
DAY = 24 * HOUR

GROUPS: dict[str, tuple[list[str], list[tuple[float, str, str]]]] = {
    "Einsatzgruppe 1": (
        ["max", "anna", "peter", "jonas", "georg"],
        [
            (5 * HOUR, "jonas", "Das LF 20 ist wieder vollgetankt und steht in der Halle."),
            (3 * HOUR, "max", "Danke dir!"),
            (95, "georg", "Atemschutzgeräte 3 und 4 sind beim Prüfdienst, bitte die Reserve nehmen."),
            (12, "anna", "Einsatz morgen um 8:00 – Treffpunkt Gerätehaus."),
        ],
    ),
    "Ausbildung": (
        ["max", "anna", "peter", "lena", "sabine"],
        [
            (2 * DAY, "sabine", "Der Funklehrgang ist voll, die Warteliste ist offen."),
            (4 * HOUR, "peter", "Termin verschoben: Übung Menschenrettung erst nächsten Donnerstag."),
            (70, "lena", "Ich bringe die Puppen mit."),
            (34, "peter", "**Bitte** alle mit voller Schutzausrüstung kommen."),
        ],
    ),
    "Gesamte Wehr": (
        ["max", "anna", "peter", "lena", "jonas", "sabine", "georg"],
        [
            (DAY, "georg", "Die Sirenenprobe am Samstag ist um 12:00."),
            (6 * HOUR, "sabine", "Wer hilft am Sonntag beim Frühschoppen? Zwei fehlen noch."),
        ],
    ),
    "Jugendfeuerwehr": (
        ["anna", "lena", "jonas"],
        [(2 * HOUR, "jonas", "Zwölf Anmeldungen für das Zeltlager 🎉"), (55, "lena", "Bus ist bestellt.")],
    ),
}


def populate(state: State) -> None:
    """Members and conversations, dated back from now."""
    for user_id, name in (HAVE_ACCOUNTS | COMRADES).items():
        state.members.ensure(user_id, name).language = "de"
    for name, (members, messages) in GROUPS.items():
        one = _conversation(state, name, GROUP, members)
        for minutes, author, text in messages:
            _say(state, one, minutes, author, text)
    _command(state)
    _direct(state)
    _others(state)
    _read_by_now(state)


def _command(state: State) -> None:
    one = _conversation(state, "Kommando", GROUP, ["max", "lena", "georg"])
    _say(state, one, DAY + 90, "georg", "Die Protokollvorlage liegt im gemeinsamen Ordner.")
    plan = {"type": "file", "id": "362", "name": "Dienstplan November.pdf", "size": "48213"}
    plan |= {"path": plan["name"], "link": "", "etag": "0", "permissions": "27", "mimetype": "application/pdf"}
    _say(state, one, 160, "georg", "{file}", parameters={"file": plan})
    asked = {"type": "user", "id": "max", "name": HAVE_ACCOUNTS["max"], "mention-id": "max"}
    _say(state, one, 21, "lena", "{mention-user1} bitte Protokoll prüfen", parameters={"mention-user1": asked})


def _direct(state: State) -> None:
    with_anna = _conversation(state, "anna", ONE_TO_ONE, ["max"])
    _say(state, with_anna, 3 * HOUR, "max", "Kommst du am Donnerstag?")
    _say(state, with_anna, 8, "anna", "Ja! Hast du kurz Zeit? Es geht um die Einteilung.")
    with_peter = _conversation(state, "peter", ONE_TO_ONE, ["max"])
    _say(state, with_peter, 5 * HOUR, "peter", "Kannst du die Schlüssel mitbringen?")
    _say(state, with_peter, 4 * HOUR, "max", "Bin unterwegs")
    between = _conversation(state, "peter", ONE_TO_ONE, ["anna"])
    _say(state, between, 47, "peter", "Die Liste für Donnerstag ist fertig.")


def _others(state: State) -> None:
    open_hour = _conversation(state, "Bürgersprechstunde", PUBLIC, ["max", "sabine"])
    guest = Actor("guests", "6287218cc9a9e8bc3790a731db0ee8342d9ad566", "Gast aus dem Ort")
    _say(state, open_hour, 7 * HOUR, guest, "Wann ist Tag der offenen Tür?")
    old = _conversation(state, "Feuerwehrfest 2025", GROUP, ["max", "anna", "sabine"])
    _say(state, old, 90 * DAY, "sabine", "Danke an alle, das war ein schönes Fest!")
    for attendance in old.attendances.values():
        attendance.settings["isArchived"] = True
    for user_id in HAVE_ACCOUNTS:
        news = _conversation(state, "Talk-Neuigkeiten ✅", CHANGELOG, [user_id])
        for number in range(3):
            _say(state, news, 12 * DAY - number, CHANGELOG_BOT, f"## Neu in Talk\n- Hinweis {number + 1}")
        notes = _conversation(state, "Notiz an mich", NOTE_TO_SELF, [user_id])
        _say(state, notes, 3 * DAY, user_id, "Helmlampe: neue Akkus bestellen")


def _read_by_now(state: State) -> None:
    """What is older than three hours has been read, the news from Talk excepted."""
    border = state.now() - 3 * HOUR * 60
    for one in state.talk.conversations:
        if one.kind == CHANGELOG:
            continue
        read = [message.id for message in one.messages if message.timestamp < border]
        for attendance in one.attendances.values():
            attendance.last_read = max([attendance.last_read, *read])


def _conversation(state: State, name: str, kind: int, members: list[str]) -> Conversation:
    long_ago = state.now() - 120 * DAY * 60
    for user_id in members:
        one = state.talk.join(state.members.ensure(user_id), name, kind, at=long_ago)
    return one


def _say(state: State, one: Conversation, minutes_ago: float, author: str | Actor, text: str, **more: Any) -> None:
    state.talk.post(one, author, text, at=state.now() - minutes_ago * 60, **more)
