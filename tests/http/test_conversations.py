"""Which conversations the card shows, in which order, with which marks and numbers, and where they lead."""

from __future__ import annotations

from typing import Any

import pytest

from models.card_choices import CardChoices
from services.card_state import CardState
from services.conversation_line import Badge, ConversationLine, Mark
from services.rooms import Wish
from services.words import Words
from tests.world import CAPABILITIES, ROOMS, Caller, World, current

HOUR = 3600


def room(token: str, **changes: Any) -> dict[str, Any]:
    message = {"id": 7, "message": "Hallo", "timestamp": 1795517107, "actorDisplayName": "Anna Schmidt"}
    usual = {"token": token, "type": 2, "displayName": token, "lastActivity": 1795517107, "notificationLevel": 2}
    return usual | {"actorType": "users", "actorId": "max", "lastMessage": message} | changes


def shows(world: World, *rooms: dict[str, Any]) -> Caller:
    world.simulator.member("max").has_recorded_rooms(list(rooms))
    return world.connected("max")


def card(world: World, words: Words) -> CardState:
    return world.wired.services.card.state(current(world, "max"), words, Wish.TICK)


def lines(world: World, words: Words) -> dict[str, ConversationLine]:
    return {line.token: line for line in card(world, words).lines}


def data(caller: Caller) -> Any:
    return caller.data(caller.get(ROOMS + "?limit=10"))


def tokens(caller: Caller) -> list[str]:
    return [one["token"] for one in data(caller)["conversations"]]


def test_R2_newest_activity_first_and_favourites_like_all_others(world: World) -> None:
    max_ = shows(
        world,
        room("old1", lastActivity=1795517001, isFavorite=True),
        room("new1", lastActivity=1795517003),
        room("mid1", lastActivity=1795517002, unreadMessages=1, unreadMention=True),
    )

    assert tokens(max_) == ["new1", "mid1", "old1"]


def test_R2_a_member_may_have_mentions_and_favourites_first(world: World, words: Words) -> None:
    shows(
        world,
        room("plain", lastActivity=1795517004),
        room("fav1", lastActivity=1795517001, isFavorite=True),
        room("ment", lastActivity=1795517002, unreadMessages=1, unreadMention=True),
        room("both", lastActivity=1795517000, unreadMessages=1, unreadMention=True, isFavorite=True),
    )
    members, member = world.wired.services.members, current(world, "max")

    members.choose_card(member.id, CardChoices(rows=4, favorites_first=True))
    assert list(lines(world, words)) == ["fav1", "both", "plain", "ment"]

    members.choose_card(member.id, CardChoices(rows=4, favorites_first=True, mentions_first=True))
    assert list(lines(world, words)) == ["both", "ment", "fav1", "plain"]


def test_R2_a_favourite_among_hundreds_comes_first_as_well(world: World, words: Words) -> None:
    many = [room(f"room{number}", lastActivity=1795517000 + number) for number in range(300)]
    shows(world, *many, room("fav1", lastActivity=5, isFavorite=True))
    world.wired.services.members.choose_card(current(world, "max").id, CardChoices(favorites_first=True))

    assert list(lines(world, words)) == ["fav1", "room299", "room298"]


def test_R5_breakout_rooms_are_not_shown_but_counted(world: World) -> None:
    max_ = shows(world, room("main"), room("break", objectType="room", objectId="main", unreadMessages=2))

    assert tokens(max_) == ["main"]
    assert data(max_)["totalUnread"] == 2


@pytest.mark.parametrize(("ahead", "shown"), [(2 * HOUR, True), (15 * HOUR, True), (72 * HOUR, False), (-HOUR, True)])
def test_R6_an_event_is_shown_from_sixteen_hours_before_it_begins(world: World, ahead: int, shown: bool) -> None:
    start = int(world.clock()) + ahead
    max_ = shows(world, room("event", objectType="event", objectId=f"{start}#{start + HOUR}"))

    assert tokens(max_) == (["event"] if shown else [])


def test_R6_an_event_without_a_time_is_shown(world: World) -> None:
    assert tokens(shows(world, room("event", objectType="event", objectId="nonsense"))) == ["event"]


def test_R7_muted_is_marked_and_counted_but_does_not_concern(world: World, words: Words) -> None:
    shows(world, room("mute", notificationLevel=3, unreadMessages=5))

    (line,) = lines(world, words).values()
    counts = card(world, words).counts

    assert line.muted
    assert Mark.MUTED in line.marks
    assert (counts.messages, counts.conversations, counts.concerning) == (5, 1, 0)


def test_R8_muted_with_a_direct_mention_concerns(world: World, words: Words) -> None:
    shows(world, room("mute", notificationLevel=3, unreadMessages=5, unreadMention=True, unreadMentionDirect=True))

    counts = card(world, words).counts

    assert (counts.messages, counts.mentions, counts.concerning) == (5, 1, 1)


@pytest.mark.parametrize(
    ("changes", "concerns"),
    [
        ({"type": 1, "notificationLevel": 1}, True),
        ({"type": 5, "notificationLevel": 1}, True),
        ({"notificationLevel": 1}, True),
        ({"notificationLevel": 2}, False),
        ({"notificationLevel": 2, "unreadMention": True}, True),
        ({"notificationLevel": 3, "unreadMention": True}, False),
        ({"type": 4, "notificationLevel": 1}, False),
        ({"notificationLevel": 1, "isArchived": True}, False),
    ],
)
def test_R7_what_concerns_the_member(world: World, words: Words, changes: dict[str, Any], concerns: bool) -> None:
    shows(world, room("one1", unreadMessages=3, **changes))

    assert card(world, words).counts.concerning == int(concerns)


def test_the_header_counts_what_the_member_has_chosen(world: World, words: Words) -> None:
    shows(world, room("loud", unreadMessages=4), room("ment", unreadMessages=2, unreadMention=True))

    assert card(world, words).header_number == 6
    world.wired.services.members.choose_card(current(world, "max").id, CardChoices(concerning_only=True))
    assert card(world, words).header_number == 1


def test_R9_R10_the_badge_says_how_much_it_concerns(world: World, words: Words) -> None:
    shows(
        world,
        room("dire", unreadMessages=1, unreadMention=True, unreadMentionDirect=True),
        room("grou", unreadMessages=1, unreadMention=True),
        room("pers", unreadMessages=1, type=1),
    )

    badges = {token: line.badge for token, line in lines(world, words).items()}

    assert badges == {"dire": Badge.DIRECT, "grou": Badge.GROUP, "pers": Badge.DIRECT}


def test_R11_a_mention_without_unread_messages_is_none(world: World, words: Words) -> None:
    max_ = shows(world, room("ment", unreadMessages=0, unreadMention=True, unreadMentionDirect=True))

    (line,) = lines(world, words).values()

    assert (line.unread, line.badge) == (0, Badge.PLAIN)
    assert data(max_)["unreadMentions"] == 0


def test_rest_tells_the_three_numbers(world: World) -> None:
    max_ = shows(
        world,
        room("one1", unreadMessages=4),
        room("two2", unreadMessages=2, unreadMention=True),
        room("three"),
        room("arch", unreadMessages=9, isArchived=True),
        room("talk", type=4, unreadMessages=57),
    )

    answer = data(max_)

    assert (answer["totalUnread"], answer["unreadConversations"], answer["unreadMentions"]) == (6, 2, 1)


@pytest.mark.parametrize(
    ("changes", "unread"),
    [
        ({"lastMessage": []}, 0),
        ({"lastMessage": {"message": "x", "timestamp": 5, "systemMessage": "history_cleared"}}, 0),
        ({"lastMessage": {"message": "x", "timestamp": 5, "systemMessage": "call_missed"}}, 1),
        ({}, 1),
        ({"lastReadMessage": 3}, 1),
        ({"unreadMessages": 2, "lastMessage": []}, 2),
        ({"isSensitive": True, "lastMessage": []}, 1),
    ],
)
def test_the_phantom_of_a_cleared_conversation_is_not_counted(
    world: World, changes: dict[str, Any], unread: int
) -> None:
    max_ = shows(world, room("one1", **({"unreadMessages": 1, "lastReadMessage": -2} | changes)))

    assert data(max_)["totalUnread"] == unread


def test_R14_waiting_in_the_lobby_shows_no_message_and_when_it_opens(world: World, words: Words) -> None:
    opens_at = int(world.clock()) + HOUR
    shows(world, room("lobb", type=3, lobbyState=1, lobbyTimer=opens_at, participantType=3, permissions=246))

    (line,) = lines(world, words).values()

    assert Mark.LOBBY in line.marks
    assert line.opens_at == opens_at
    assert "Hallo" not in repr(line)


@pytest.mark.parametrize("let_in", [{"participantType": 2}, {"permissions": 246 | 8}])
def test_R14_moderators_walk_through_the_lobby(world: World, words: Words, let_in: dict[str, Any]) -> None:
    shows(world, room("lobb", lobbyState=1, **({"participantType": 3, "permissions": 246} | let_in)))

    (line,) = lines(world, words).values()

    assert Mark.LOBBY not in line.marks
    assert line.preview.text == "Hallo"


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"notificationCalls": 1}, Mark.CALL),
        ({"notificationCalls": 0}, Mark.QUIET_CALL),
        ({"notificationLevel": 3}, Mark.QUIET_CALL),
    ],
)
def test_R15_a_call_is_marked_and_loud_only_where_it_may_be(
    world: World, words: Words, changes: dict[str, Any], mark: Mark
) -> None:
    shows(world, room("call", hasCall=True, **changes))

    assert lines(world, words)["call"].marks[0] is mark


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"readOnly": 1}, Mark.READ_ONLY),
        ({"isFavorite": True}, Mark.FAVORITE),
        ({"isImportant": True}, Mark.IMPORTANT),
        ({"type": 3}, Mark.PUBLIC),
        ({"remoteServer": "https://cloud.example.org"}, Mark.REMOTE),
        ({"objectType": "event", "objectId": "1795517107#1795519107"}, Mark.EVENT),
        ({"isSensitive": True}, Mark.SENSITIVE),
        ({"attributes": 4}, Mark.CLASSIFIED),
    ],
)
def test_R16_what_is_worth_knowing_has_a_mark(world: World, words: Words, changes: dict[str, Any], mark: Mark) -> None:
    shows(world, room("one1", **changes))

    assert lines(world, words)["one1"].marks == (mark,)


@pytest.mark.parametrize(("attributes", "mark"), [(8, Mark.CHANNEL), (24, Mark.ANNOUNCEMENT)])
def test_R16_channels_are_told_apart_only_where_nextcloud_knows_them(
    world: World, words: Words, attributes: int, mark: Mark
) -> None:
    shows(world, room("one1", attributes=attributes))

    assert lines(world, words)["one1"].marks == ()

    world.simulator.add_talk_feature("announcement-preset")
    world.clock.advance(31)
    assert lines(world, words)["one1"].marks == (mark,)


@pytest.mark.parametrize("more", [{}, {"id": 7}], ids=["as_today", "with_an_id_of_the_other_server"])
def test_R17_a_federated_conversation_leads_to_itself_and_to_no_message(
    world: World, words: Words, more: dict[str, Any]
) -> None:
    message = {"message": "Servus", "timestamp": 5, "actorType": "federated_users", "actorId": "x@cloud.example.org"}
    message |= more
    shows(world, room("fede", remoteServer="https://cloud.example.org", lastMessage=message))

    assert lines(world, words)["fede"].url == f"{world.simulator.url}/call/fede"


def test_a_row_leads_to_the_last_message_and_rest_to_the_conversation(world: World, words: Words) -> None:
    max_ = shows(world, room("one1"))

    assert lines(world, words)["one1"].url == f"{world.simulator.url}/call/one1#message_7"
    assert data(max_)["conversations"][0]["url"] == f"{world.simulator.url}/call/one1"


@pytest.mark.parametrize(
    ("presence", "status"),
    [
        ({"status": "dnd", "statusIcon": "🚒", "statusMessage": "Einsatz"}, "dnd"),
        ({"status": "online", "statusIcon": None, "statusMessage": None}, "online"),
        ({"status": None}, ""),
        ({}, ""),
    ],
)
def test_R18_presence_in_every_form(world: World, words: Words, presence: dict[str, Any], status: str) -> None:
    shows(world, room("anna", type=1, **presence))

    found = lines(world, words)["anna"].presence

    assert found == status


def test_R29_capabilities_are_asked_for_once_and_again_when_talk_says_so(world: World) -> None:
    max_ = world.connected("max")
    for _period in range(3):
        max_.get(ROOMS)
        world.clock.advance(31)
    assert len(world.simulator.journal.entries(CAPABILITIES)) == 1

    world.simulator.change_talk_settings()
    for _period in range(3):
        max_.get(ROOMS)
        world.clock.advance(31)
    assert len(world.simulator.journal.entries(CAPABILITIES)) == 2


def test_R31_the_very_first_request_of_an_account_counts_nothing(world: World) -> None:
    max_ = world.connected("max")

    assert data(max_)["totalUnread"] == 0


def test_O1_unchanged_capabilities_are_kept(world: World) -> None:
    world.simulator.rewrite_urls(False)
    max_ = world.connected("max")
    world.simulator.member("max").joins("Kommando").post("anna", "Hallo")
    max_.get(ROOMS)

    world.simulator.change_talk_settings()
    world.clock.advance(31)
    (shown,) = data(max_)["conversations"]

    assert [entry.status for entry in world.simulator.journal.entries(CAPABILITIES)] == [200, 304]
    assert "/index.php/call/" in shown["url"]


def test_O2_capabilities_without_talk_say_that_talk_is_missing(world: World) -> None:
    max_ = world.connected("max")
    bare = b'{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"capabilities":{"core":{}}}}}'
    headers = {"Content-Type": "application/json", "X-User-Id": "max"}
    world.simulator.faults.answer(CAPABILITIES, 200, headers, bare)

    assert max_.get(ROOMS).get_json()["error"]["code"] == "talk_unavailable"


@pytest.mark.parametrize("trouble", [500, 503, 404])
def test_without_capabilities_rows_are_shown_and_lead_where_it_always_works(world: World, trouble: int) -> None:
    world.simulator.faults.answer(CAPABILITIES, trouble, {"Content-Type": "text/html"}, b"<html>")
    world.simulator.member("max").joins("Kommando").post("anna", "Hallo")

    (shown,) = data(world.connected("max"))["conversations"]

    assert shown["url"].startswith(f"{world.simulator.url}/index.php/call/")


@pytest.mark.parametrize("status", [500, 503, 404])
def test_capabilities_that_fail_are_left_alone_for_a_while_and_never_cost_a_slot_again(
    world: World, status: int
) -> None:
    world.simulator.faults.answer(CAPABILITIES, status, {"Content-Type": "text/html"}, b"<html>")
    max_ = world.connected("max")
    for _period in range(100):
        assert max_.get(ROOMS).status_code == 200
        world.clock.advance(31)

    asked = [entry.auth_scheme for entry in world.simulator.journal.entries(CAPABILITIES)]
    assert asked == ["basic", "bearer", "bearer", "bearer"]


def test_M29_the_link_does_not_lead_to_a_message_that_has_expired(world: World, words: Words) -> None:
    soon = int(world.clock()) + 20
    message = {"id": 7, "message": "Gleich weg", "timestamp": 5, "expirationTimestamp": soon}
    shows(world, room("one1", lastMessage=message))
    assert lines(world, words)["one1"].url.endswith("#message_7")

    world.clock.advance(25)

    assert lines(world, words)["one1"].url == f"{world.simulator.url}/call/one1"


def test_an_unchanged_list_is_no_new_picture_but_for_the_minute_in_the_footer(world: World, words: Words) -> None:
    shows(world, room("one1"))
    pictures = [card(world, words)]
    for _period in range(4):
        world.clock.advance(31)
        pictures.append(card(world, words))

    minutes = {picture.fetched_at // 60 for picture in pictures if picture.fetched_at}
    assert len({picture.version for picture in pictures}) == len(minutes)


@pytest.mark.parametrize(("pretty", "front"), [(True, ""), (False, "/index.php")])
def test_V10_addresses_are_pretty_only_where_nextcloud_says_so(world: World, pretty: bool, front: str) -> None:
    world.simulator.rewrite_urls(pretty)
    room = world.simulator.member("max").joins("Kommando")
    room.post("anna", "Hallo")

    (shown,) = data(world.connected("max"))["conversations"]

    assert shown["url"] == f"{world.simulator.url}{front}/call/{room.token}"
