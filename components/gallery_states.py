"""Fixed data for the gallery: every state of the card and every kind of row. Nothing of it is anybody's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.card_choices import CardChoices
from nextcloud.message import Message, RichObject
from nextcloud.talk import (
    ANNOUNCEMENT,
    CHANNEL,
    CLASSIFIED,
    FORMER_ONE_TO_ONE,
    NEVER_NOTIFY,
    NOTE_TO_SELF,
    ONE_TO_ONE,
    PUBLIC,
    Conversation,
)
from services.card_state import CardState, CardStatus, LoginFlowView
from services.causes import CAUSES
from services.conversation_line import ConversationLine, conversation_line
from services.links import Links
from services.selection import Counts
from services.words import Words

CLOUD = Links("https://cloud.example.org", pretty=True)
MAX = ("users", "max")
MINUTE, HOUR, DAY = 60, 3600, 86400
_FILES = {
    "application/pdf": "Dienstplan November.pdf",
    "image/jpeg": "Einsatzfoto.jpg",
    "audio/mpeg": "Sirenenprobe.mp3",
    "video/mp4": "Übung am Turm.mp4",
    "text/vcard": "Bezirkskommando.vcf",
}
_OBJECTS = {
    "talk-poll": "Wer kommt zur Übung?",
    "geo-location": "Feuerwehrhaus",
    "deck-card": "Schläuche prüfen",
    "calendar-event": "Funklehrgang, Teil 2",
}


@dataclass(frozen=True)
class Example:
    """One picture of the gallery: what it is called, and the card or the row."""

    name: str
    state: CardState


def states(words: Words, now: int) -> list[Example]:
    """The card in each of its states, and after each cause."""
    lines = tuple(_line(one, words, now) for one in _usual(now))
    counts = Counts(messages=12, conversations=5, mentions=2, concerning=3)
    connected = CardState(
        CardStatus.CONNECTED,
        lines=lines,
        counts=counts,
        fetched_at=now - 20,
        nextcloud_name="Max Mustermann",
        talk_url=CLOUD.talk,
    )
    flow = LoginFlowView("1", f"{CLOUD.base_url}/login/v2/flow/{'a' * 128}", now + 18 * MINUTE, expired=False)
    rest = [
        Example("loading", CardState(CardStatus.LOADING)),
        Example("not connected", CardState(CardStatus.NOT_CONNECTED)),
        Example("connecting", CardState(CardStatus.CONNECTING, flow=flow)),
        Example("time is up", CardState(CardStatus.CONNECTING, flow=replace(flow, expired=True))),
        Example("connecting failed", CardState(CardStatus.NOT_CONNECTED, cause="connect_failed")),
        Example("another user's account", CardState(CardStatus.NOT_CONNECTED, cause="nextcloud_other_user")),
        Example("connected", connected),
        Example("connected, compact", replace(connected, choices=CardChoices(compact=True))),
        Example("nothing unread", replace(connected, counts=Counts(), lines=tuple(map(_read, lines)))),
        Example("no conversations", replace(connected, status=CardStatus.EMPTY, lines=(), counts=Counts())),
        Example(
            "no conversations, out of reach", CardState(CardStatus.STALE, cause="nextcloud_unreachable", fetched_at=now)
        ),
        Example("access to another Nextcloud", CardState(CardStatus.FAILED, cause="nextcloud_not_connected")),
        Example("access still given back", CardState(CardStatus.NOT_CONNECTED, giving_back=True)),
        Example("device left behind", CardState(CardStatus.NOT_CONNECTED, left_behind=True)),
    ]
    return [*rest, *(_after(name, connected) for name, cause in CAUSES.items() if cause.way_out)]


def rows(words: Words, now: int) -> list[Example]:
    """Every kind of row, a few to a card."""
    lines = [_line(one, words, now) for one in [*_kinds(now), *_things(now), *_told(now)]]
    size = 10
    return [
        Example(
            f"rows {start + 1} to {min(start + size, len(lines))}",
            CardState(
                CardStatus.CONNECTED,
                lines=tuple(lines[start : start + size]),
                counts=Counts(messages=120, conversations=20),
                fetched_at=now,
                nextcloud_name="Max Mustermann",
                talk_url=CLOUD.talk,
                choices=CardChoices(rows=size),
            ),
        )
        for start in range(0, len(lines), size)
    ]


def _after(name: str, connected: CardState) -> Example:
    """Rows stay where the cause lets them."""
    if CAUSES[name].keeps_rows:
        return Example(name, replace(connected, status=CardStatus.STALE, cause=name))
    return Example(name, CardState(CardStatus.FAILED, cause=name, nextcloud_name="Max Mustermann"))


def _read(line: ConversationLine) -> ConversationLine:
    return replace(line, unread=0)


def _line(conversation: Conversation, words: Words, now: int) -> ConversationLine:
    return conversation_line(conversation, CLOUD, words, now)


def _usual(now: int) -> list[Conversation]:
    asked = {"mention-user1": RichObject("user", "Max Mustermann")}
    command = _said("{mention-user1} bitte Protokoll prüfen", now - 21 * MINUTE, "Lena Köhler", asked)
    return [
        _room("Anna Schmidt", _said("Hast du kurz Zeit?", now - 8 * MINUTE), type=ONE_TO_ONE, unread=1),
        _room("Einsatzgruppe 1", _said("Einsatz morgen um 8:00 – Treffpunkt Gerätehaus.", now - 12 * MINUTE), unread=9),
        _room("Kommando", command, unread=2, mentioned=True, mentioned_directly=True),
    ]


def _kinds(now: int) -> list[Conversation]:
    hello = _said("Servus miteinander!", now - 5 * MINUTE)
    mine = replace(hello, actor_type=MAX[0], actor_id=MAX[1], text="Bin unterwegs")
    tomorrow, soon = f"{now + 14 * HOUR}#{now + 15 * HOUR}", now + 2 * HOUR
    return [
        _room("Nur ich bin gemeint", hello, unread=3, mentioned=True, mentioned_directly=True),
        _room("Alle sind gemeint", hello, unread=1, mentioned=True),
        _room("Niemand ist gemeint", hello, unread=104),
        _room("Sabine Maier", hello, type=ONE_TO_ONE, unread=2, presence="online"),
        _room("Georg Gruber", mine, type=ONE_TO_ONE, presence="away"),
        _room("Jonas Huber", hello, type=ONE_TO_ONE, presence="dnd"),
        _room("Ehemaliger Kamerad", hello, type=FORMER_ONE_TO_ONE, read_only=True),
        _room("Notiz an mich", mine, type=NOTE_TO_SELF, favorite=True),
        _room("Stummgeschaltet", hello, unread=5, notification_level=NEVER_NOTIFY),
        _room("Anruf läuft", hello, has_call=True, unread=1),
        _room("Anruf, leise", hello, has_call=True, call_notifies=False),
        _room("Favorit und wichtig", hello, favorite=True, important=True),
        _room("Bürgersprechstunde", hello, type=PUBLIC),
        _room("Wartebereich", None, type=PUBLIC, waiting=True, opens_at=soon),
        _room("Funklehrgang", None, object_type="event", object_id=tomorrow),
        _room("Nachbarwehr", hello, remote=True),
        _room("Gesperrt", hello, read_only=True),
        _room("Vertraulich", None, sensitive=True, unread=1, last_activity=now - HOUR),
        _room("Eingestuft", None, attributes=CLASSIFIED, sensitive=True, last_activity=now - DAY),
        _room("Kanal des Landes", hello, attributes=CHANNEL),
        _room("Ankündigungen", hello, attributes=CHANNEL | ANNOUNCEMENT),
        _room("Noch leer", None),
        _room("Ein Name, der viel zu lang ist, um auf einem Telefon ganz dazustehen", hello, unread=7),
        _room("<b>fett</b> \u202egnir", _said("<script>alert(1)</script>", now), unread=1),
        _room("🚒 Löschzug", _said("👍🏽👨\u200d👩\u200d👧\u200d👦🇦🇹", now), unread=1),
    ]


def _things(now: int) -> list[Conversation]:
    """What messages carry."""
    at = now - 30 * MINUTE
    files = [
        _room(name, _said("{file}", at, objects={"file": RichObject("file", name, mimetype=mimetype)}))
        for mimetype, name in _FILES.items()
    ]
    objects = [
        _room(name, _said("{object}", at, objects={"object": RichObject(kind, name)}))
        for kind, name in _OBJECTS.items()
    ]
    picture = {"file": RichObject("file", "foto.png", mimetype="image/png")}
    voice = replace(_said("{file}", at, objects=picture), kind="voice-message")
    return [
        *files,
        *objects,
        _room("Bild mit Worten", _said("Foto vom Einsatz, siehe Hydrant", at, objects=picture)),
        _room("Sprachnachricht", voice),
    ]


def _told(now: int) -> list[Conversation]:
    """Who speaks, and how."""
    at = now - 2 * DAY
    guest = replace(_said("Wann ist Tag der offenen Tür?", at, ""), actor_type="guests")
    added = {"actor": RichObject("user", "Anna Schmidt"), "user": RichObject("user", "Peter Weber")}
    system = replace(_said("{actor} hat {user} hinzugefügt", at, objects=added), kind="system", system="user_added")
    gone = replace(_said("Nachricht vom Autor gelöscht", at), kind="comment_deleted", deleted=True)
    marked = _said("# Alarm\n- **Fahrzeug** `LF 20`\n- ~~alt~~ *neu* [Karte](https://example.org)", at)
    return [
        _room("Gast ohne Namen", guest),
        _room("Konto gelöscht", replace(guest, actor_type="deleted_users")),
        _room("Bot", replace(_said("Pegel steigt", at, "Pegel (Bot)"), actor_type="bots")),
        _room("Systemnachricht", system),
        _room("Gelöschte Nachricht", gone),
        _room("Markdown", replace(marked, markdown=True)),
        _room("Abgelaufen", replace(gone, kind="comment", deleted=False, expires_at=1)),
        _room("Thema", replace(_said("Ich bin dabei", at), thread=True)),
    ]


def _said(text: str, at: int, author: str = "Anna Schmidt", objects: dict[str, RichObject] | None = None) -> Message:
    return Message(text, objects or {}, author, "users", author.lower(), "", at, id=1)


def _room(name: str, message: Message | None, **more: object) -> Conversation:
    kind = {"type": 2, "unread": 0, "last_activity": message.timestamp if message else 0} | more
    return Conversation(
        token=name.casefold(),
        name=name,
        archived=False,
        actor_type=MAX[0],
        actor_id=MAX[1],
        last_message=message,
        **kind,  # type: ignore[arg-type]
    )
