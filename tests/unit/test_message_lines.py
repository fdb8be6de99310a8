"""The line under a name, case by case (docs/nextcloud.md §5, M)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import regex

from nextcloud.lenient import TEXT_LENGTH
from services.authors import first_name, full_name
from services.message_text import PREVIEW_LENGTH
from tests.unit.decoded import room
from tests.unit.lines import NOON, decoded, line_of, recorded, said, words, written

ANNA = {"type": "user", "id": "anna", "name": "Anna Schmidt"}
FAMILY, FLAG, TONE = "👨‍👩‍👧‍👦", "🇦🇹", "👍🏽"


def file(name: str, mimetype: str, **more: Any) -> dict[str, Any]:
    return {"actor": ANNA, "file": {"type": "file", "id": "362", "name": name, "mimetype": mimetype, **more}}


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@pytest.mark.parametrize("last", [[], {}, None])
def test_M1_no_message_is_said_in_words(last: Any) -> None:
    assert written(line_of(room(lastMessage=last))) == "~ Noch keine Nachrichten"


def test_M2_somebody_elses_comment_begins_with_his_first_name() -> None:
    assert written(line_of(recorded("Einsatzgruppe 1"))) == "Anna: Einsatz morgen um 8:00"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Max Weber", "Max"),
        ("Weber, Max", "Max"),
        ("Müller-Lüdenscheidt, Hans Peter", "Hans"),
        ("Dr. Max Weber", "Max"),
        ("Weber, Dr. Max", "Max"),
        ("Weber, Max, MSc", "Max"),
        ("Max Weber, MSc", "Max"),
        ("Max Weber, MBA", "Max"),
        ("Dipl.-Ing. Anna Schmidt", "Anna"),
        ("OBI Max Weber", "Max"),
        ("LM d.F. Max Weber", "Max"),
        ("MAX WEBER", "MAX"),
        ("🚒 Max", "Max"),
        ("max", "max"),
        ("Prof. Dr.", "Prof. Dr."),
        ("OBI", "OBI"),
        ("112", "112"),
        ("李小龙", "李小龙"),
        ("anna@cloud.example", "anna"),
        ("@", "@"),
        ("", ""),
    ],
)
def test_M2_a_first_name_is_found_among_titles_ranks_and_commas(name: str, called: str) -> None:
    assert first_name(name) == called


def test_M3_an_own_message_begins_with_you() -> None:
    assert written(line_of(recorded("Peter Weber"))) == "Du: Bin unterwegs"
    assert written(line_of(recorded("Peter Weber"), "en")) == "You: Bin unterwegs"


def test_M3_a_guest_with_the_members_id_is_somebody_else() -> None:
    given = said("Hallo", actorType="guests", actorId="max", actorDisplayName="Max")

    assert line_of(given).author == "Max"


def test_M3_without_ids_nobody_is_you() -> None:
    given = said("Hallo", actorType="", actorId="", actorDisplayName="Max") | {"actorType": "", "actorId": ""}

    assert line_of(given).author == "Max"


@pytest.mark.parametrize("kind", [1, 5, 4])
def test_M4_in_a_one_to_one_the_text_stands_alone(kind: int) -> None:
    assert written(line_of(said("Hallo") | {"type": kind})) == "Hallo"


def test_M5_a_guest_without_a_name_is_a_guest() -> None:
    assert written(line_of(recorded("Gäste ohne Namen"))) == "Gast: Ich bin namenlos"
    assert written(line_of(recorded("Gäste ohne Namen"), "en")) == "Guest: Ich bin namenlos"


def test_M5_a_guest_keeps_the_whole_name_that_he_typed() -> None:
    assert line_of(recorded("Öffentliche Sprechstunde")).author == "Gast aus dem Ort"


def test_M6_a_deleted_account_is_called_that() -> None:
    given = said("Hallo", actorType="deleted_users", actorId="deleted_users", actorDisplayName="")

    assert written(line_of(given)) == "Gelöschtes Konto: Hallo"


def test_M7_a_bot_has_its_whole_name() -> None:
    given = said("Test", actorType="bots", actorId="bot-1", actorDisplayName="Alarm Anlage (Bot)")

    assert written(line_of(given)) == "Alarm Anlage (Bot): Test"


@pytest.mark.parametrize(
    ("kind", "identity", "name", "called"),
    [
        ("bridged", "bridge-1", "peter from irc", "peter from irc"),
        ("bridged", "bridge-1", "", ""),
        ("federated_users", "lena@other.example", "Lena Köhler", "Lena"),
        ("federated_users", "lena@other.example", "lena@other.example", "lena"),
        ("federated_users", "lena@other.example", "", "lena"),
        ("emails", "a1b2", "buero@feuerwehr.example", "buero@feuerwehr.example"),
        ("emails", "a1b2", "", "Gast"),
        ("phones", "a1b2", "+43 660 1234567", "+43 660 1234567"),
        ("phones", "a1b2", "", "Telefon"),
        ("bots", "bot-1", "", "Bot"),
        ("users", "anna", "", "anna"),
        ("martians", "x", "Zork vom Mars", "Zork vom Mars"),
        ("martians", "x", "", ""),
        (None, None, None, ""),
        ([1], {"a": 1}, ["x"], ""),
    ],
)
def test_M8_every_kind_of_author_has_a_name_or_a_word_or_none(kind: Any, identity: Any, name: Any, called: str) -> None:
    line = line_of(said("Hallo", actorType=kind, actorId=identity, actorDisplayName=name))

    assert (line.author, line.text) == (called, "Hallo")


def test_M9_a_system_message_is_a_sentence_without_an_author() -> None:
    assert written(line_of(recorded("Systemnachricht: Mitglied hinzugefügt"))) == "Anna Schmidt added Peter Weber"


def test_M9_a_sentence_about_the_member_himself_has_no_you_before_it() -> None:
    given = said("Du hast {user} hinzugefügt", {"user": ANNA}, actorId="max", systemMessage="user_added")

    assert written(line_of(given)) == "Du hast Anna Schmidt hinzugefügt"


@pytest.mark.parametrize("system", ["message_pinned", "message_unpinned", "something_new"])
def test_M10_an_unknown_system_message_is_a_sentence_too(system: str) -> None:
    given = said("{actor} pinned a *message*", {"actor": ANNA}, systemMessage=system, markdown=False)

    assert written(line_of(given)) == "Anna Schmidt pinned a *message*"


@pytest.mark.parametrize(
    ("sentence", "parameters", "shown"),
    [
        ("Nachricht vom Autor gelöscht", {}, "~ Anna: Nachricht vom Autor gelöscht"),
        ("Nachricht von {actor} gelöscht", {"actor": ANNA}, "~ Anna: Nachricht von Anna Schmidt gelöscht"),
    ],
)
def test_M11_a_deleted_message_is_nextclouds_sentence_set_quietly(
    sentence: str, parameters: dict[str, Any], shown: str
) -> None:
    given = said(sentence, parameters, messageType="comment_deleted", deleted=True)

    assert written(line_of(given)) == shown


def test_M11_ones_own_deleted_message_and_the_recorded_one() -> None:
    own = said("Nachricht von dir gelöscht", messageType="comment_deleted", actorId="max")

    assert written(line_of(own)) == "~ Du: Nachricht von dir gelöscht"
    assert written(line_of(recorded("Gelöschte Nachricht"))) == "~ Anna: Message deleted by author"


@pytest.mark.parametrize(
    ("mimetype", "icon", "spoken"),
    [
        ("application/pdf", "file", "Datei"),
        ("image/jpeg", "image", "Bild"),
        ("audio/mpeg", "audio", "Tondatei"),
        ("video/mp4", "video", "Video"),
        ("text/vcard", "contact", "Kontakt"),
        ("", "file", "Datei"),
    ],
)
def test_M12_a_file_has_its_name_an_icon_and_a_word_for_the_ear(mimetype: str, icon: str, spoken: str) -> None:
    line = line_of(said("{file}", file("_Plan_**alt**.x", mimetype)))

    assert (line.author, line.text) == ("Anna", "_Plan_**alt**.x")
    assert (line.icon, line.icon_words) == (icon, spoken)


def test_M13_a_caption_stands_behind_the_icon_of_its_file() -> None:
    given = said("Siehe **Hydrant**, {mention-user1}", file("foto.png", "image/png") | {"mention-user1": ANNA})

    assert written(line_of(given)) == "Anna: [image] Siehe Hydrant, @Anna Schmidt"


@pytest.mark.parametrize("flag", [{"markdown": True}, {"markdown": None}])
def test_M14_a_file_that_is_gone_is_a_sentence_without_asterisks(flag: dict[str, Any]) -> None:
    given = said("*Die Datei gibt es nicht mehr*\n\nSiehe Hydrant", {"actor": ANNA}, **flag)

    assert written(line_of(given)) == "Anna: Die Datei gibt es nicht mehr Siehe Hydrant"


def test_M15_a_voice_message_is_called_that_and_not_by_its_file() -> None:
    given = said("{file}", file("Talk recording 2026-01-01.mp3", "audio/mpeg"), messageType="voice-message")

    assert written(line_of(given)) == "Anna: [microphone] Sprachnachricht"
    assert line_of(given).icon_words == ""


@pytest.mark.parametrize(("kind", "icon"), [("record-audio", "audio"), ("record-video", "video")])
def test_M15_the_recording_of_a_call_as_well(kind: str, icon: str) -> None:
    given = said("{file}", file("Recording.webm", "video/webm"), messageType=kind)

    assert written(line_of(given)) == f"Anna: [{icon}] Anrufaufzeichnung"


@pytest.mark.parametrize(
    ("kind", "icon"),
    [
        ("talk-poll", "poll"),
        ("deck-card", "card"),
        ("deck-board", "card"),
        ("calendar", "calendar"),
        ("addressbook", "contact"),
        ("geo-location", "location"),
        ("calendar-event", "calendar"),
        ("addressbook-contact", "contact"),
        ("open-graph", "link"),
        ("something-new", "attachment"),
    ],
)
def test_M16_a_thing_has_its_name_and_an_icon(kind: str, icon: str) -> None:
    given = said("{object}", {"actor": ANNA, "object": {"type": kind, "id": "1", "name": "Wer kommt?"}})

    assert written(line_of(given)) == f"Anna: [{icon}] Wer kommt?"
    assert line_of(given).icon_words == words().things[icon]


def test_M17_a_place_without_a_name_is_a_location_and_no_coordinates() -> None:
    given = said("{object}", {"object": {"type": "geo-location", "id": "geo:48.2,16.3", "name": ""}})

    assert written(line_of(given)) == "Anna: [location] Standort"
    assert line_of(given).icon_words == ""


def test_M18_mentions_of_people_groups_teams_and_all() -> None:
    parameters = {
        "mention-user1": ANNA,
        "mention-call1": {"type": "call", "id": "abcd1234", "name": "Gesamte Wehr", "mention-id": "all"},
        "mention-group1": {"type": "user-group", "id": "zug1", "name": "Zug 1"},
        "mention-team1": {"type": "circle", "id": "x9", "name": "Atemschutz"},
        "mention-guest1": {"type": "guest", "id": "guest/9", "name": "Besuch"},
        "mention-federated-user1": {"type": "user", "id": "lena", "name": "Lena", "server": "https://other.example"},
        "mention-user2": {"type": "highlight", "id": "deleted_user", "name": "Gelöschtes Konto"},
    }
    text = " ".join(f"{{{key}}}" for key in ("mention-user1", *parameters))

    assert line_of(said(text, parameters)).text == (
        "@Anna Schmidt @Anna Schmidt @alle @Zug 1 @Atemschutz @Besuch @Lena Gelöschtes Konto"
    )
    assert "@all " in line_of(said(text, parameters), "en").text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("user", "@Zug 1"), ("user-group", "@Zug 1"), ("circle", "@Zug 1"), ("group", "Zug 1"), ("highlight", "Zug 1")],
)
def test_M18_a_mention_that_stands_alone_is_words_and_nothing_that_is_shared(kind: str, expected: str) -> None:
    given = said("{mention-x1}", {"mention-x1": {"type": kind, "id": "zug1", "name": "Zug 1"}})

    assert written(line_of(given)) == f"Anna: {expected}"


def test_M19_an_actor_that_a_person_typed_stays() -> None:
    assert "bitte {actor} nicht vergessen" in line_of(recorded("Erwähnungen")).text


@pytest.mark.parametrize("markdown", [True, False])
def test_M20_what_was_put_in_is_neither_searched_nor_marked_up(markdown: bool) -> None:
    name = "{file} **x** _a_ `c` [l](u) {mention-user2}"
    parameters = {
        "mention-user1": {"type": "user", "id": "x", "name": name},
        "mention-user2": {"type": "user", "id": "y", "name": "*y*"},
        "file": {"type": "user", "id": "z", "name": "geheim"},
    }
    given = said("**Hallo** {mention-user1} und _{mention-user2}_", parameters, markdown=markdown)

    text = line_of(given).text
    assert text == (f"Hallo @{name} und @*y*" if markdown else f"**Hallo** @{name} und _@*y*_")


def test_M20_a_character_that_stands_in_for_a_name_cannot_be_typed() -> None:
    given = said("\U00100000\U00100001 {mention-user1} \U0010ffff", {"mention-user1": ANNA})

    assert line_of(given).text == "@Anna Schmidt"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("user", "@id-7"),
        ("user-group", "@id-7"),
        ("guest", "@Gast"),
        ("email", "@Gast"),
        ("circle", "@Team"),
        ("call", "@alle"),
        ("file", "Datei"),
        ("talk-poll", "Umfrage"),
        ("deck-card", "Aufgabenkarte"),
        ("something-new", "id-7"),
    ],
)
@pytest.mark.parametrize("nameless", [{}, {"name": ""}, {"name": None}, {"name": ["x"]}])
def test_M21_without_a_name_there_is_a_readable_id_or_a_word(kind: str, name: str, nameless: dict[str, Any]) -> None:
    given = said("Sieh {thing} an", {"thing": {"type": kind, "id": "id-7", **nameless}})

    assert line_of(given).text == f"Sieh {name} an"


def test_M21_without_a_name_and_an_id_there_is_still_a_word() -> None:
    assert line_of(said("Sieh {thing} an", {"thing": {"type": "x"}})).text == "Sieh Ohne Namen an"


@pytest.mark.parametrize("parameters", [[], None, {}, "x", {"actor": None}])
def test_M22_placeholders_without_parameters_stay(parameters: Any) -> None:
    given = said("Hallo {actor}, {a_b_c} und {d_e}", messageParameters=parameters)

    assert line_of(given).text == "Hallo {actor}, {a_b_c} und {d_e}"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("# Alarm\n\nZug **eins** rückt ~~nicht~~ *aus*", "Alarm: Zug eins rückt nicht aus"),
        ("# Alarm!\nlos", "Alarm! los"),
        ("Mitbringen:\n- Helm\n- Jacke\n  - rot", "Mitbringen: • Helm • Jacke • rot"),
        ("1. Helm\n2. Jacke", "1. Helm 2. Jacke"),
        ("24. Dezember um 19 Uhr", "24. Dezember um 19 Uhr"),
        ("- [ ] Helm\n- [x] Jacke", "☐ Helm ☑ Jacke"),
        ("[ ] Helm", "[ ] Helm"),
        ("```sh\nmake  run\n```\nfertig", "make run fertig"),
        ("`LF_20_A` da", "LF_20_A da"),
        ("[Karte](https://example.org/karte) ![Bild vom Dach](x.png) ![](y.png)", "Karte Bild vom Dach Bild"),
        ("| Wer | Was |\n|---|---|\n| Max | LF 20 |\n| Anna | TLF |\n\nok", "Wer, Was; Max, LF 20; Anna, TLF; ok"),
        ("> Kommt ihr?\n\nJa", "„Kommt ihr?“ Ja"),
        ("Zeile\nzwei  \ndrei", "Zeile zwei drei"),
        ("[Info]: morgen\n\num acht", "[Info]: morgen um acht"),
        ("https://example.org/_a_/__b__?x=1&y=2", "https://example.org/_a_/__b__?x=1&y=2"),
        ("**https://example.org/a**", "https://example.org/a"),
        ("2*3*4 und B*C", "2*3*4 und B*C"),
        (r"\*nicht\* kursiv", "*nicht* kursiv"),
        ("---", "---"),
        ("-", "-"),
        ("#", "#"),
        ("+1", "+1"),
        (":-*", ":-*"),
    ],
)
def test_M23_markdown_is_read_as_its_words(typed: str, read: str) -> None:
    assert line_of(said(typed)).text == read


def test_M23_only_where_the_message_is_markdown() -> None:
    assert line_of(said("**Hallo** _du_", markdown=False)).text == "**Hallo** _du_"
    assert line_of(said("**Hallo** _du_", markdown=None, systemMessage="x")).text == "**Hallo** _du_"


def test_M23_a_federated_message_says_nothing_of_markdown_and_is_some() -> None:
    given = said("**Hallo** _du_")
    del given["lastMessage"]["markdown"]

    assert line_of(given).text == "Hallo du"


@pytest.mark.parametrize(
    ("before", "behind", "read"),
    [
        ("Hallo {mention-us", "er1}, kommst du?", "Hallo…"),
        ("Siehe [Karte](https://exam", "ple.org/karte)", "Siehe Karte…"),
        ("Siehe ![Karte](https://exam", "ple.org/karte)", "Siehe Karte…"),
        ("Siehe [Karte der Ge", "meinde](https://example.org)", "Siehe Karte der G…"),
        ("Siehe **Karte der Ge", "meinde**", "Siehe Karte der G…"),
        ("Siehe ~~Karte", "~~ Plan", "Siehe Kart…"),
        ("Siehe `make ru", "n`", "Siehe make r…"),
        (f"Wir {FAMILY[:4]}", f"{FAMILY[4:]} kommen", "Wir…"),
    ],
)
def test_M23_where_a_text_is_cut_nothing_is_left_half(before: str, behind: str, read: str) -> None:
    unseen = "\u200b" * (TEXT_LENGTH - len(before))

    assert line_of(said(unseen + before + behind, {"mention-user1": ANNA})).text == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("[Link](javascript:alert(1))", "[Link](javascript:alert(1))"),
        ("[Link](data:text/html;base64,x)", "[Link](data:text/html;base64,x)"),
        ("&amp; &lt;b&gt; &#8238;", "&amp; &lt;b&gt; &#8238;"),
        ("<b>fett</b> & <!-- x -->", "<b>fett</b> & <!-- x -->"),
    ],
)
def test_M24_html_is_what_was_typed(typed: str, read: str) -> None:
    assert line_of(said(typed)).text == read


@pytest.mark.parametrize("typed", ["x" * 32_000, "🚒" * 32_000, "Wort " * 6_400, "\u0301" * 32_000])
def test_M25_a_long_text_is_cut_by_graphemes(typed: str) -> None:
    text = line_of(said(typed)).text

    assert len(graphemes(text)) <= PREVIEW_LENGTH
    assert text.endswith("…")


def test_M25_what_just_fits_is_not_cut() -> None:
    assert line_of(said("🚒" * PREVIEW_LENGTH)).text == "🚒" * PREVIEW_LENGTH
    assert line_of(said("🚒" * (PREVIEW_LENGTH + 1))).text == "🚒" * (PREVIEW_LENGTH - 1) + "…"


def test_M25_a_text_whose_visible_part_is_short_still_says_that_it_went_on() -> None:
    assert line_of(said(f"[Plan](https://example.org/{'x' * 700})")).text == "Plan…"


@pytest.mark.parametrize("emoji", [FAMILY, FLAG, TONE, "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "ẹ̃", "क्ष"])
@pytest.mark.parametrize("before", range(6))
def test_M26_what_a_reader_takes_for_one_character_stays_whole(emoji: str, before: int) -> None:
    shown = graphemes(line_of(said("a" * before + emoji * 400)).text)

    assert set(shown) <= {"a", emoji, "…"}
    assert len(shown) > 600 // len(emoji) - 10 or len(shown) == PREVIEW_LENGTH


def test_M27_writing_from_right_to_left_stays_and_direction_marks_go() -> None:
    marks = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    given = said(f"שלום {marks}gpj.exe مرحبا", actorDisplayName=f"\u202eAnna{marks} Schmidt")

    assert written(line_of(given)) == "Anna: שלום gpj.exe مرحبا"


def test_M27_a_file_cannot_turn_its_name_around() -> None:
    assert line_of(said("{file}", file("Foto\u202egpj.exe", "image/png"))).text == "Fotogpj.exe"


def test_M28_breaks_controls_and_what_cannot_be_seen() -> None:
    hidden = "".join(map(chr, itertools.chain(range(0xE0041, 0xE0050), (0x200B, 0x2060, 0xFEFF, 0xAD, 0x3164))))

    assert (
        line_of(said(f"eins\r\n\tzwei\x00\x1b[31m{hidden}drei\u2028vier\u2800fünf")).text
        == "eins zwei [31mdrei vier fünf"
    )


def test_M28_a_sign_before_a_number_can_be_seen_and_stays() -> None:
    assert line_of(said("Jahr \u0601١٤٤٧")).text == "Jahr \u0601١٤٤٧"


def test_M28_a_text_of_nothing_but_that_is_an_ellipsis() -> None:
    assert line_of(said("\u200b\u200d\u2060")).text == "…"


def test_M28_joiners_that_a_word_needs_stay() -> None:
    assert line_of(said("می‌خواهم \u200c \u200d")).text == "می‌خواهم"


def test_M29_a_message_that_expires_between_two_fetches_is_gone() -> None:
    given = said("Verschwindet", expirationTimestamp=NOON + 60)

    assert line_of(given, now=NOON + 59.9).text == "Verschwindet"
    assert written(line_of(given, now=NOON + 60)) == "~ Nachricht abgelaufen"


@pytest.mark.parametrize("name", ["Bearbeitet", "Leise gesendet", "Reaktionen"])
def test_M30_edited_silent_and_reactions_change_nothing(name: str) -> None:
    given = recorded(name)

    assert written(line_of(given)) == f"Anna: {given['lastMessage']['message']}"


def test_M30_a_thread_has_a_small_mark() -> None:
    line = line_of(said("Wer kommt?", isThread=True, threadId=5, threadTitle="Übung"))

    assert (written(line), line.icon_words) == ("Anna: [thread] Wer kommt?", "Thread")


def test_M30_a_sentence_carries_no_icon_whatever_it_is_about() -> None:
    parameters = {"actor": ANNA, **file("Plan.pdf", "application/pdf")}
    renamed = said("{actor} renamed the thread", parameters, systemMessage="thread_renamed", isThread=True)
    deleted = said("Nachricht vom Autor gelöscht", parameters, messageType="comment_deleted")

    assert [line_of(one).icon for one in (renamed, deleted)] == ["", ""]


@pytest.mark.parametrize("system", ["call_started", "call_ended", "call_missed", "call_tried"])
def test_M31_calls_are_sentences(system: str) -> None:
    given = said("{actor} hat einen Anruf begonnen", {"actor": ANNA}, systemMessage=system, messageType="system")

    assert written(line_of(given)) == "Anna Schmidt hat einen Anruf begonnen"


def test_M32_what_talk_says_of_itself_is_plain() -> None:
    assert written(line_of(recorded("Talk updates ✅"))) == "A heading from a bot: • first item • second item"


def test_M33_another_language_is_shown_as_it_came() -> None:
    given = said("{actor} inició una llamada", {"actor": ANNA}, systemMessage="call_started", markdown=False)

    assert line_of(given, "de") == line_of(given, "en")
    assert line_of(given).text == "Anna Schmidt inició una llamada"


@pytest.mark.parametrize(
    ("closed", "shown"),
    [
        ({"lobbyState": 1, "participantType": 3}, "~ In der Lobby, noch kein Einlass"),
        ({"isSensitive": True}, "~ Vorschau ausgeblendet"),
        ({"attributes": 4}, "~ Vorschau ausgeblendet"),
    ],
)
def test_a_closed_conversation_shows_no_text_even_if_it_had_one(closed: dict[str, Any], shown: str) -> None:
    assert written(line_of(said("Geheim") | closed)) == shown


def test_a_program_gets_the_whole_name() -> None:
    weber, guest = said("x", actorDisplayName="Weber, Max"), said("x", actorType="guests", actorDisplayName="")
    system = said("x", systemMessage="call_started")

    found = [decoded(one).last_message for one in (weber, guest, system)]

    assert [full_name(one, words()) for one in found if one] == ["Weber, Max", "Gast", ""]
