"""The pictures of conversations: to whom they are shown, what is let through, and how seldom Nextcloud is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from nextcloud.avatar import MAX_AVATAR_BYTES
from services import avatar_memory, avatars
from simulator.avatars import portrait
from simulator.conversations import NOTE_TO_SELF, ONE_TO_ONE
from simulator.handles import ConversationHandle
from tests.world import ROOM_LIST, Caller, World, at_once, eventually

DAY, HOUR, MINUTE = 24 * 3600, 3600, 60
PNG = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
OTHER_KINDS = {
    "image/jpeg": b"\xff\xd8\xff\xe0 a picture",
    "image/gif": b"GIF89a a picture",
    "image/webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}
TROUBLE = ["avatar_401", "avatar_429", "avatar_503", "avatar_html", "bearer_lost", "unreachable", "no_user_id"]


def asked(world: World) -> list[str]:
    """The pictures that Nextcloud was asked for, by path."""
    return [entry.path for entry in world.simulator.journal.entries("/avatar")]


def picture(caller: Caller, token: str, **options: object) -> TestResponse:
    return caller.get(f"/avatar/{token}?v=1", **options)


def in_a_room(world: World, name: str = "max", title: str = "Einsatzgruppe 1") -> tuple[Caller, ConversationHandle]:
    """A connected member whose list is known, and a conversation of his."""
    room = world.simulator.member(name).joins(title)
    room.post("peter", "Treffpunkt Gerätehaus")
    caller = world.connected(name)
    caller.tick()
    return caller, room


def refreshed(world: World, caller: Caller) -> None:
    """The list is fetched anew."""
    world.clock.advance(31)
    caller.tick()


def test_V1_an_svg_is_served_so_that_it_can_do_nothing(world: World) -> None:
    max_, room = in_a_room(world)

    answer = picture(max_, room.token)

    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.data.startswith(b"<svg")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"].startswith("private, max-age=86")
    assert answer.headers["Cache-Control"].endswith(", immutable")
    assert {"Cookie", "Authorization", "X-Talkboard-Who"} <= set(answer.vary)  # nobody else gets it out of a cache
    assert "Set-Cookie" not in answer.headers


def test_V1_what_the_browser_has_need_not_come_again(world: World) -> None:
    max_, room = in_a_room(world)
    etag = picture(max_, room.token).headers["ETag"]

    again = picture(max_, room.token, headers={"If-None-Match": etag})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == POLICY


def test_V2_a_script_in_an_svg_comes_with_the_policy_that_forbids_it(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.trouble("avatar_script")

    answer = picture(max_, room.token)

    assert b"<script>" in answer.data
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_V3_a_face_in_png_passes_as_it_is(world: World) -> None:
    room = world.simulator.member("max").joins("anna", ONE_TO_ONE)
    room.post("anna", "Hast du kurz Zeit?")
    max_ = world.connected("max")
    max_.tick()

    answer = picture(max_, room.token)

    assert (answer.mimetype, answer.data) == ("image/png", portrait("anna"))


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_V3_so_do_the_other_kinds_of_pictures(world: World, kind: str) -> None:
    max_, room = in_a_room(world)
    room.picture(OTHER_KINDS[kind], kind)

    answer = picture(max_, room.token)

    assert (answer.status_code, answer.mimetype, answer.data) == (200, kind, OTHER_KINDS[kind])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!doctype html><script>alert(1)</script>", "text/html"),
        (b"<!doctype html><script>alert(1)</script>", "image/png"),
        (b"<html><body><svg></svg></body></html>", "image/svg+xml"),
        (SVG, "image/png"),
        (SVG, "text/html"),
        (SVG, ""),
        (PNG, "image/svg+xml"),
        (PNG, "application/octet-stream"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"", "image/png"),
    ],
)
def test_V4_what_is_no_picture_of_a_known_kind_is_not_passed_on(world: World, body: bytes, kind: str) -> None:
    max_, room = in_a_room(world)
    room.picture(body, kind)

    answers = [picture(max_, room.token) for _look in range(3)]

    assert [(answer.status_code, answer.data) for answer in answers] == [(404, b"")] * 3
    assert len(asked(world)) == 1


def test_V4_a_conversation_without_a_picture_is_asked_about_every_few_hours(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.state.talk.get(room.token).attendances.pop("max")  # since the list was fetched

    assert [picture(max_, room.token).status_code for _look in range(5)] == [404] * 5
    assert len(asked(world)) == 1
    assert picture(max_, room.token).headers["Cache-Control"] == "private, max-age=300"

    world.clock.advance(avatars.NONE_SECONDS + 1)
    picture(max_, room.token)
    assert len(asked(world)) == 2


@pytest.mark.parametrize("name", TROUBLE)
def test_V4_trouble_with_a_picture_costs_one_request_and_nothing_else(world: World, name: str) -> None:
    """Not the connection, not a slot of the budget, not the pictures of tomorrow."""
    max_, room = in_a_room(world)
    other = world.simulator.member("max").joins("Kommando")
    refreshed(world, max_)
    world.simulator.faults.trouble(name)
    before = len(world.simulator.journal.entries())

    answers = [picture(max_, token) for _look in range(4) for token in (room.token, other.token)]

    assert {answer.status_code for answer in answers} == {404}
    assert len(world.simulator.journal.entries()) - before == 1
    assert world.simulator.failures() == 0
    assert world.wired.lockout._taken(account_of(world)) == 0
    world.simulator.faults.clear()
    assert max_.card() == "connected"
    world.clock.advance(HOUR + 1)
    assert picture(max_, room.token).status_code == 200


def account_of(world: World) -> object:
    """Whatever has the address of this Nextcloud."""
    return type("Account", (), {"base_url": world.simulator.url})()


def test_V4_an_hour_of_ticks_and_looks_in_trouble_is_no_storm(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.trouble("avatar_503")

    for _period in range(HOUR // 30):
        refreshed(world, max_)
        picture(max_, room.token)

    assert len(asked(world)) <= HOUR / avatars.PAUSE_SECONDS


def test_V4_a_picture_that_is_known_outlives_trouble(world: World) -> None:
    max_, room = in_a_room(world)
    shown = picture(max_, room.token).data
    world.clock.advance(DAY + 1)
    max_.tick()
    world.simulator.faults.trouble("avatar_503")

    assert picture(max_, room.token).data == shown
    assert len(asked(world)) == 2


def test_V4_a_refused_connection_is_asked_for_no_picture(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.revoke_all("max")
    refreshed(world, max_)
    assert max_.card() == "failed"

    assert picture(max_, room.token).status_code == 404
    assert asked(world) == []


def test_V4_a_revoked_access_is_found_out_by_a_picture_at_no_cost(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.revoke_all("max")

    assert [picture(max_, room.token).status_code for _look in range(5)] == [404] * 5
    assert (len(asked(world)), world.simulator.failures()) == (1, 0)


def test_V4_while_the_list_can_not_be_had_no_picture_is_asked_for(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.answer(ROOM_LIST, 502)
    refreshed(world, max_)
    assert max_.card() == "stale"

    assert picture(max_, room.token).status_code == 404
    assert asked(world) == []


def tries_after(world: World, member: Caller, room: ConversationHandle, *pauses: float) -> list[int]:
    """How often Nextcloud was asked for the picture by the end of each of these pauses, in seconds."""
    tries = []
    for pause in pauses:
        world.clock.advance(pause)
        member.tick()
        picture(member, room.token)
        tries.append(len(asked(world)))
    return tries


def test_V4_pictures_wait_as_long_as_nextcloud_asks_for(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.answer("/avatar", 503, {"Retry-After": "1800"})

    assert tries_after(world, max_, room, 0, 1700, 101) == [1, 1, 2]


def test_V4_pictures_that_were_refused_are_left_alone_for_an_hour(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.trouble("avatar_401")

    assert tries_after(world, max_, room, 0, HOUR - MINUTE, 2 * MINUTE) == [1, 1, 2]


def test_V4_a_credential_that_another_process_found_refused_is_sent_for_no_picture(world: World) -> None:
    max_, room = in_a_room(world)
    there = world.beside().visits(max_)
    there.tick()
    world.simulator.revoke_all("max")
    refreshed(world, max_)

    assert picture(there, room.token).status_code == 404
    assert asked(world) == []


def test_V5_a_picture_of_fifteen_megabytes_is_cut_off_and_not_asked_for_again(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.trouble("avatar_huge")

    assert [picture(max_, room.token).status_code for _look in range(5)] == [404] * 5
    assert len(asked(world)) == 1
    assert world.wired.lockout._taken(account_of(world)) == 0


@pytest.mark.parametrize(("size", "status"), [(MAX_AVATAR_BYTES, 200), (MAX_AVATAR_BYTES + 1, 404)])
def test_V5_a_megabyte_is_the_limit(world: World, size: int, status: int) -> None:
    max_, room = in_a_room(world)
    room.picture(PNG + bytes(size - len(PNG)))

    assert picture(max_, room.token).status_code == status


def test_V6_a_token_that_is_not_in_the_members_list_reaches_no_nextcloud(world: World) -> None:
    max_, _room = in_a_room(world)
    hers = world.simulator.member("anna").joins("Kommando").token
    left = world.simulator.member("max").joins("Alt")
    left.remove("max")
    refreshed(world, max_)

    for token in (hers, left.token, "zzzzzzzz", "..", "a", "%2e%2e", "ROOM", "x" * 500):
        answer = picture(max_, token)
        assert answer.status_code == 404, token
        assert answer.headers["Cache-Control"] == "no-store", token
    assert asked(world) == []


def test_V6_nor_does_one_of_a_conversation_that_is_not_shown(world: World) -> None:
    archived = world.simulator.member("max").joins("Feuerwehrfest", isArchived=True)
    max_, _room = in_a_room(world)

    assert picture(max_, archived.token).status_code == 404
    assert asked(world) == []


def test_V6_strangers_and_members_without_a_connection_get_nothing(world: World) -> None:
    _max, room = in_a_room(world)
    anna = world.sign_in("anna")

    stranger = world.app.test_client().get(f"/avatar/{room.token}")

    assert (stranger.status_code, stranger.mimetype) == (401, "application/json")
    assert picture(anna, room.token).status_code == 404
    assert asked(world) == []


def test_V7_an_unchanged_version_is_asked_for_once_a_day(world: World) -> None:
    max_, room = in_a_room(world)

    for _look in range(20):
        assert picture(max_, room.token).status_code == 200
        refreshed(world, max_)
    assert len(asked(world)) == 1

    world.clock.advance(DAY)
    max_.tick()
    picture(max_, room.token)
    assert len(asked(world)) == 2


def test_V7_a_browser_believes_a_picture_no_longer_than_we_do(world: World) -> None:
    max_, room = in_a_room(world)
    picture(max_, room.token)
    world.clock.advance(DAY - MINUTE)

    left = int(picture(max_, room.token).headers["Cache-Control"].split("max-age=")[1].split(",")[0])

    assert MINUTE - 10 <= left <= MINUTE


def test_V7_a_changed_version_is_a_new_picture_at_a_new_address(world: World) -> None:
    max_, room = in_a_room(world)
    room.picture(PNG + b"old")
    refreshed(world, max_)
    before = picture(max_, room.token).data
    address = address_of(max_, room.token)
    room.picture(PNG + b"new")
    refreshed(world, max_)

    assert address_of(max_, room.token) != address
    assert picture(max_, room.token).data == PNG + b"new" != before
    assert len(asked(world)) == 2


def test_V7_in_trouble_a_picture_of_an_earlier_version_is_not_shown_for_the_new_one(world: World) -> None:
    max_, room = in_a_room(world)
    room.picture(PNG + b"old")
    refreshed(world, max_)
    assert picture(max_, room.token).data == PNG + b"old"
    room.picture(PNG + b"new")
    refreshed(world, max_)
    world.simulator.faults.trouble("avatar_503", times=1)

    assert picture(max_, room.token).status_code == 404

    refreshed(world, max_)
    world.clock.advance(HOUR)
    max_.tick()
    assert picture(max_, room.token).data == PNG + b"new"


def address_of(caller: Caller, token: str) -> str:
    """Where a fresh card looks for the picture."""
    (address,) = [word for word in card(caller).split('"') if word.startswith(f"/avatar/{token}")]
    return address


def card(caller: Caller) -> str:
    """A fresh card, as it goes to the browser."""
    return caller.tick().get_data(as_text=True).replace("\\u002f", "/")


def test_V7_a_one_to_one_is_looked_at_daily_and_a_face_that_is_the_same_does_not_travel(world: World) -> None:
    room = world.simulator.member("max").joins("anna", ONE_TO_ONE)
    room.post("anna", "Hast du kurz Zeit?")
    max_ = world.connected("max")
    max_.tick()
    first = picture(max_, room.token).data
    world.clock.advance(DAY + 1)
    max_.tick()

    assert picture(max_, room.token).data == first
    entries = world.simulator.journal.entries("/avatar")
    assert [entry.status for entry in entries] == [200, 304]

    world.simulator.member("anna").picture(PNG + b"new hair")
    world.clock.advance(DAY + 1)
    max_.tick()
    assert picture(max_, room.token).data == PNG + b"new hair"


def test_V8_two_members_with_the_same_token_never_share(world: World) -> None:
    """Anna was in it once; her browser still knows the token."""
    max_, room = in_a_room(world)
    world.simulator.member("anna").joins("Kommando")
    anna = world.connected("anna")
    anna.tick()

    assert picture(max_, room.token).status_code == 200
    assert picture(anna, room.token).status_code == 404

    world.simulator.member("anna").joins("Einsatzgruppe 1")
    refreshed(world, anna)
    assert picture(anna, room.token).status_code == 200
    assert [entry.user_id for entry in world.simulator.journal.entries("/avatar")] == ["max", "anna"]


@pytest.mark.parametrize("packing", ["gzip", "br", "zstd"])
def test_V8_nor_do_they_where_an_answer_is_compressed(world: World, packing: str) -> None:
    """A one-to-one has the same token for both, and a different face."""
    max_, room = in_a_room(world)
    anna, _room = in_a_room(world, "anna")
    faces = {"max": SVG.replace(b"rect", b"!" + b"max" * 500), "anna": SVG.replace(b"rect", b"!" + b"anna" * 500)}
    path = f"/room/{room.token}/avatar"
    shown = []
    for caller in (max_, anna):
        headers = {"Content-Type": "image/svg+xml", "X-User-Id": caller.name}
        world.simulator.faults.answer(path, 200, headers, faces[caller.name], times=1)
        shown.append(picture(caller, room.token, headers={"Accept-Encoding": packing}).data)

    assert shown == [faces["max"], faces["anna"]]


def test_V8_an_answer_for_somebody_else_is_not_shown(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.member("anna").joins("Einsatzgruppe 1")
    world.simulator.faults.trouble("other_user", "max")

    assert picture(max_, room.token).status_code == 404


def test_V9_no_address_is_ever_made_of_a_user_id(world: World) -> None:
    """The conversation's own picture is its partner's face, so nothing has to be encoded."""
    strange = "anna müller/k@example.org"
    world.simulator.member(strange, display_name="Anna Müller")
    room = world.simulator.member("max").joins(strange, ONE_TO_ONE)
    room.post(strange, "Hallo")
    max_ = world.connected("max")
    max_.tick()

    assert picture(max_, room.token).data == portrait(strange)
    assert asked(world) == [f"/ocs/v2.php/apps/spreed/api/v1/room/{room.token}/avatar"]
    assert "example.org" not in address_of(max_, room.token)


def test_A5_a_picture_is_asked_for_by_bearer_without_a_cookie(world: World) -> None:
    max_, room = in_a_room(world)
    picture(max_, room.token)

    (entry,) = world.simulator.journal.entries("/avatar")
    assert (entry.auth_scheme, entry.cookies) == ("bearer", [])
    assert entry.headers["user-agent"] == "Talkboard"
    assert entry.headers["ocs-apirequest"] == "true"


def test_ten_at_once_for_one_picture_ask_once(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.delay("/avatar", 0.2, times=1)

    answers = at_once(10, lambda _number: picture(max_.again(), room.token))

    assert {answer.status_code for answer in answers} == {200}
    assert len(asked(world)) == 1


def test_the_pictures_of_a_whole_card_all_come(world: World) -> None:
    rooms = [world.simulator.member("max").joins(f"Gruppe {number}") for number in range(10)]
    max_ = world.connected("max")
    max_.tick()

    answers = at_once(10, lambda number: picture(max_.again(), rooms[number].token))

    assert {answer.status_code for answer in answers} == {200}


def test_slow_pictures_hold_up_neither_the_list_nor_all_threads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatars, "SEATS", 3)
    world.restart()
    max_, room = in_a_room(world)
    anna, _room = in_a_room(world, "anna")
    world.simulator.faults.trouble("avatar_slow", delay=3)

    def one(number: int) -> tuple[int, str]:
        if number < 6:
            answer = picture(max_.again(), room.token)
            return answer.status_code, answer.headers["Cache-Control"]
        eventually(lambda: asked(world))
        world.clock.advance(31)
        return anna.tick().status_code, ""

    *pictures, (status, _none) = at_once(7, one)

    assert status == 200
    assert sorted(pictures) == [
        *[(200, kept) for code, kept in sorted(pictures) if code == 200],
        *[(503, "no-store")] * 3,
    ]
    assert len(asked(world)) == 1


def test_disconnecting_waits_for_a_picture_and_nothing_is_sent_afterwards(world: World) -> None:
    max_, room = in_a_room(world)
    world.simulator.faults.delay("/avatar", 1.0)

    def one(number: int) -> int:
        if number < 4:
            return picture(max_.again(), room.token).status_code
        eventually(lambda: asked(world))
        return max_.again().act("disconnect").status_code

    *_pictures, disconnected = at_once(5, one)

    assert disconnected == 200
    (face,) = world.simulator.journal.entries("/avatar")
    revoked = world.simulator.journal.entries()[-1]
    assert revoked.path.endswith("/core/apppassword")
    assert revoked.at - face.at >= 1.0
    assert world.simulator.failures() == 0
    assert picture(max_, room.token).status_code == 404


def test_what_ended_elsewhere_is_forgotten(world: World) -> None:
    max_, room = in_a_room(world)
    picture(max_, room.token)
    there = world.beside()
    there.visits(max_).act("disconnect")

    world.wired.services.ending.drop_ended_elsewhere()

    assert world.wired.services.avatars._memory._kept == {}


def test_a_picture_that_nobody_has_looked_at_for_two_days_is_forgotten(world: World) -> None:
    max_, room = in_a_room(world)
    picture(max_, room.token)
    kept = world.wired.services.avatars._memory._kept

    for left in (1, 1, 0):
        world.wired.services.ending.drop_ended_elsewhere()
        assert len(kept) == left
        world.clock.advance(DAY + 1)


def test_pictures_stay_in_memory_and_never_reach_the_database(world: World) -> None:
    max_, room = in_a_room(world)
    room.picture(PNG + b"a face like no other")
    picture(max_, room.token)

    assert b"a face like no other" not in b"".join(path.read_bytes() for path in world.folder.iterdir())


@pytest.mark.parametrize(("in_all", "left"), [(9000, [2, 2]), (3500, [1, 2])])
def test_memory_has_an_end_for_each_and_for_all(
    world: World, monkeypatch: pytest.MonkeyPatch, in_all: int, left: list[int]
) -> None:
    monkeypatch.setattr(avatar_memory, "MOST_BYTES_EACH", 2500)
    monkeypatch.setattr(avatar_memory, "MOST_BYTES", in_all)
    for name in ("max", "anna"):
        rooms = [world.simulator.member(name).joins(f"{name} {number}") for number in range(4)]
        for room in rooms:
            room.picture(PNG + name.encode() + bytes(1000))
        caller = world.connected(name)
        caller.tick()
        assert {picture(caller, room.token).status_code for room in rooms} == {200}

    connections = [connection_id for connection_id, _token in world.wired.services.avatars._memory._kept]
    assert list(Counter(connections).values()) == left


def test_without_avatars_there_is_neither_an_address_nor_a_request(make_world: Callable[..., World]) -> None:
    world = make_world(avatars=False)
    max_, room = in_a_room(world)

    shown = card(max_)

    assert '"E1"' in shown
    assert "/avatar/" not in shown
    assert not picture(max_, room.token).mimetype.startswith("image/")
    assert asked(world) == []


def test_below_a_path_pictures_are_below_it(make_world: Callable[..., World]) -> None:
    world = make_world(url_prefix="/talk/", public_url="http://127.0.0.1:8050")
    max_, room = in_a_room(world)
    room.picture(PNG)
    refreshed(world, max_)

    assert f'"/talk/avatar/{room.token}?v=' in card(max_)


def test_pictures_of_all_recorded_conversations_come(world: World) -> None:
    """As they were recorded on a real Nextcloud: icons, emoji, faces."""
    recording = Path(__file__).parents[1] / "recordings" / "rooms-all-kinds.json"
    rooms = json.loads(recording.read_text())["response"]["body"]["ocs"]["data"]
    world.simulator.member("max").has_recorded_rooms(rooms)
    max_ = world.connected("max")
    max_.tick()
    shown = [room for room in rooms if picture(max_, room["token"]).status_code == 200]

    assert len(shown) >= 10
    assert {room["type"] for room in shown} <= {1, 2, 3, 5, NOTE_TO_SELF}
