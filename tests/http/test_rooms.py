"""GET /api/nextcloud/talk/rooms, and that members never see one another's."""

from tests.world import ROOMS, World, code, names


def test_A1_the_newest_three_conversations_with_what_is_unread_everywhere(world: World) -> None:
    max_ = world.simulator.member("max", display_name="Max Mustermann")
    for name in ("Alt", "Ausbildung", "Kommando", "Einsatzgruppe 1"):
        max_.joins(name).post("anna", f"Neues aus {name}")
        world.simulator.clock.advance(60)

    data = world.connected("max")
    answer = data.data(data.get(ROOMS))

    assert [room["displayName"] for room in answer["conversations"]] == ["Einsatzgruppe 1", "Kommando", "Ausbildung"]
    assert answer["totalUnread"] == 4
    assert answer["stale"] is False


def test_A3_two_members_in_turn_see_only_their_own_conversations(world: World) -> None:
    """Cookies win over credentials at Nextcloud, so none may travel between members."""
    world.simulator.member("max").joins("Einsatzgruppe 1")
    world.simulator.member("anna").joins("Kommando")
    max_, anna = world.connected("max"), world.connected("anna")

    for _turn in range(3):
        assert names(max_.get(ROOMS)) == ["Einsatzgruppe 1"]
        assert names(anna.get(ROOMS)) == ["Kommando"]
        world.clock.advance(31)
    assert world.simulator.journal.cookies() == []


def test_nothing_connected_says_so(world: World) -> None:
    assert code(world.sign_in("max").get(ROOMS)) == (401, "nextcloud_not_connected")


def test_a_stranger_is_told_to_sign_in(world: World) -> None:
    answer = world.app.test_client().get(ROOMS)
    assert code(answer) == (401, "unauthenticated")
