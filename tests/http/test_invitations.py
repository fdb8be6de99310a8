"""Invitations in the browser: once, for a week, and then never again."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.world import PASSWORD, ROOMS, TOKEN, World, at_once, code, submit_sign_in
from tests.world import private as secret

DAY = 86400
CHOSEN = secret("selbst-gewählt-112")
GONE = (
    "Diese Einladung ist abgelaufen: sie galt sieben Tage. Bitte lassen Sie sich eine neue geben.",
    "Diese Einladung wurde schon benutzt. Bitte melden Sie sich mit dem Passwort an, das Sie gesetzt haben.",
    "Diese Einladung gilt nicht mehr. Vielleicht gibt es eine neuere, sonst lassen Sie sich eine geben.",
)
EXPIRED, USED, WITHDRAWN = GONE
UNKNOWN = "Diese Einladung gibt es nicht. Ist der Link vollständig? Sonst lassen Sie sich eine neue geben."


class Invited:
    """Somebody's browser, in which the link was opened."""

    def __init__(self, world: World, token: str) -> None:
        self.world = world
        self.client: FlaskClient = world.app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
        self.token = token

    def look(self) -> TestResponse:
        return self._post()

    def choose(self, password: str, repeated: str | None = None) -> TestResponse:
        return self._post(password=password, repeated=password if repeated is None else repeated)

    def _post(self, **more: str) -> TestResponse:
        page = self.client.get("/invite").get_data(as_text=True)
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert csrf
        return self.client.post("/invite", data={"token": self.token, "csrf_token": csrf.group(1), **more})


def invited(world: World, name: str = "lena", display_name: str = "Lena Köhler") -> Invited:
    return Invited(world, world.wired.services.invitations.add(name, display_name).get_secret_value())


def said(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_an_invited_member_sets_a_password_once_and_is_signed_in(world: World) -> None:
    lena = invited(world)

    seen = lena.look()
    done = lena.choose(CHOSEN)

    assert (seen.status_code, "Willkommen, Lena Köhler" in said(seen)) == (200, True)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert lena.client.get("/").status_code == 200
    assert submit_sign_in(world.app.test_client(), "lena", CHOSEN).status_code == 303


def test_the_form_is_one_that_password_managers_understand(world: World) -> None:
    page = said(invited(world).look())

    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*?autocomplete="([\w-]+)"', page, re.DOTALL))
    assert fields == {
        "token": "off", "username": "username", "password": "new-password", "repeated": "new-password",
    }  # fmt: skip
    assert 'value="lena"' in page


def test_looking_at_an_invitation_uses_nothing_up(world: World) -> None:
    lena = invited(world)

    for _time in range(3):
        assert lena.look().status_code == 200
    assert Invited(world, lena.token).choose(CHOSEN).status_code == 303


def test_a_used_invitation_says_so_and_changes_nothing(world: World) -> None:
    lena = invited(world)
    lena.choose(CHOSEN)
    thief = Invited(world, lena.token)

    answers = thief.look(), thief.choose("ein-anderes-passwort")

    assert [(answer.status_code, USED in said(answer)) for answer in answers] == [(410, True)] * 2
    assert submit_sign_in(world.app.test_client(), "lena", CHOSEN).status_code == 303


def test_of_ten_at_once_with_one_link_one_gets_in(world: World) -> None:
    lena = invited(world)
    browsers = [Invited(world, lena.token) for _number in range(10)]
    for browser in browsers:
        browser.look()

    answers = at_once(10, lambda number: browsers[number].choose(f"passwort-nummer-{number}"))

    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [303] + [410] * 9
    winner = f"passwort-nummer-{statuses.index(303)}"
    assert submit_sign_in(world.app.test_client(), "lena", winner).status_code == 303


def test_an_invitation_is_good_for_seven_days_and_then_says_so(world: World) -> None:
    lena = invited(world)
    world.clock.advance(7 * DAY - 60)
    last = lena.look()
    world.clock.advance(61)

    answers = lena.look(), lena.choose(CHOSEN)

    assert last.status_code == 200
    assert [(answer.status_code, EXPIRED in said(answer)) for answer in answers] == [(410, True)] * 2
    assert world.row("lena")["password_hash"] is None


def test_what_ended_is_known_for_a_month_and_then_forgotten(world: World) -> None:
    lena = invited(world)
    world.clock.advance(37 * DAY - 60)
    world.housekeeping()
    assert EXPIRED in said(lena.look())

    world.clock.advance(61)
    world.housekeeping()

    assert UNKNOWN in said(lena.look())
    assert world.rows("invitations") == []


ENDINGS: dict[str, Callable[[World], object]] = {
    "a newer one": lambda world: world.wired.services.invitations.invite("lena"),
    "passwd": lambda world: world.wired.roster.set_password("lena", SecretStr(PASSWORD)),
    "disabled": lambda world: world.wired.roster.disable("lena"),
    "enabled again": lambda world: (world.wired.roster.disable("lena"), world.wired.roster.enable("lena")),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_invitation_is_withdrawn_by_what_the_operator_does(world: World, ending: str) -> None:
    lena = invited(world)
    ENDINGS[ending](world)
    before = world.row("lena")["password_hash"]

    answers = lena.look(), lena.choose(CHOSEN)

    assert [(answer.status_code, WITHDRAWN in said(answer)) for answer in answers] == [(410, True)] * 2
    assert world.row("lena")["password_hash"] == before


def test_an_invitation_of_a_removed_member_is_unknown_even_where_the_name_comes_back(world: World) -> None:
    lena = invited(world)
    world.wired.roster.remove("lena")
    invited(world)

    answer = lena.choose(CHOSEN)

    assert (answer.status_code, UNKNOWN in said(answer)) == (404, True)
    assert world.row("lena")["password_hash"] is None


def test_who_is_invited_again_keeps_his_password_until_he_sets_another(world: World) -> None:
    """And then every browser and program of before is out: somebody may have had the old one."""
    world.member("max")
    max_, program = world.sign_in("max"), world.bearer("max")
    again = Invited(world, world.wired.services.invitations.invite("max", again=True).get_secret_value())
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 303
    world.clock.advance(2)

    assert again.choose(CHOSEN).status_code == 303

    assert max_.get("/").status_code == 303
    assert code(program.get(ROOMS)) == (401, "unauthenticated")
    assert again.client.get("/").status_code == 200
    answer = world.app.test_client().post(TOKEN, json={"username": "max", "password": PASSWORD})
    assert code(answer) == (401, "invalid_credentials")


def test_a_password_that_a_member_changes_himself_withdraws_his_invitation(world: World) -> None:
    max_ = world.sign_in("max")
    again = Invited(world, world.wired.services.invitations.invite("max", again=True).get_secret_value())
    services = world.wired.services
    member = services.members.current(world.row("max")["id"])
    assert member

    services.sign_ins.change_password(member, SecretStr(PASSWORD), SecretStr(CHOSEN), "127.0.0.1", "")

    assert max_.get("/").status_code == 303
    assert WITHDRAWN in said(again.look())


@pytest.mark.parametrize(
    ("password", "repeated", "sentence"),
    [
        (CHOSEN, CHOSEN + "x", "Die beiden Passwörter sind nicht gleich."),
        ("kurz", "kurz", "Das Passwort ist zu kurz oder zu lang."),
        ("x" * 201, "x" * 201, "Das Passwort ist zu kurz oder zu lang."),
        ("", "", "Das Passwort ist zu kurz oder zu lang."),
    ],
)
def test_a_password_that_is_refused_leaves_the_invitation(
    world: World, password: str, repeated: str, sentence: str
) -> None:
    lena = invited(world)

    answer = lena.choose(password, repeated)

    assert (answer.status_code, sentence in said(answer)) == (422, True)
    assert "Willkommen, Lena Köhler" in said(answer)
    assert lena.choose(CHOSEN).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "ü", "x" * 5000, "\udcff", "#", "a#"])
def test_what_is_no_token_is_no_invitation(world: World, token: str) -> None:
    invited(world)

    answer = Invited(world, token.encode(errors="replace").decode()).look()

    assert (answer.status_code, UNKNOWN in said(answer)) == (404, True)


def test_a_whole_link_counts_like_its_token(world: World) -> None:
    lena = invited(world)
    lena.token = f" {world.settings.address}invite#{lena.token} "

    assert lena.choose(CHOSEN).status_code == 303


def test_guessing_is_limited_for_an_address_and_for_nobody_else(world: World) -> None:
    guesses = Invited(world, "geraten")
    lena = invited(world)

    statuses = [guesses.look().status_code for _guess in range(32)]
    here = lena.look()
    lena.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"

    assert statuses == [404] * 30 + [429] * 2
    assert (here.status_code, "Zu viele Versuche." in said(here)) == (429, True)
    assert lena.look().status_code == 200


def test_a_form_without_the_token_of_its_session_does_nothing(world: World) -> None:
    """Else a stranger could sign somebody in as a member of his own, and see what he does then."""
    lena = invited(world)

    answer = lena.client.post("/invite", data={"token": lena.token, "password": CHOSEN, "repeated": CHOSEN})

    assert answer.status_code == 400
    assert world.row("lena")["password_hash"] is None


def test_who_was_signed_in_in_this_browser_makes_room(world: World) -> None:
    max_ = world.sign_in("max")
    lena = invited(world)
    lena.client = max_.client

    assert lena.choose(CHOSEN).status_code == 303

    assert "Lena K" in said(max_.get("/_dash-layout"))
    members = {row["id"]: row["name"] for row in world.rows("users")}
    assert [members[row["member_id"]] for row in world.rows("sign_ins")] == ["lena"]


def test_neither_database_nor_address_holds_the_token(world: World) -> None:
    """It is behind the # of the link, which no browser sends; the log is looked through at the end of the suite."""
    lena = invited(world)
    lena.look()

    assert lena.token not in repr(world.rows("invitations"))
    assert len(lena.token) >= 43
    assert lena.client.get("/invite").headers["Referrer-Policy"] == "no-referrer"
    assert lena.client.get("/invite").headers["Cache-Control"] == "no-store"
    answer = lena.client.get(f"/invite/{lena.token}")
    assert answer.status_code == 303  # there is no such page


def test_below_a_prefix_the_whole_way_stays_below_it(make_world: Callable[..., World]) -> None:
    world = make_world(url_prefix="/talk/")
    token = world.wired.services.invitations.add("lena").get_secret_value()
    client = world.app.test_client()
    page = client.get("/talk/invite").get_data(as_text=True)
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert csrf
    form = {"token": token, "csrf_token": csrf.group(1)}

    asked = client.post("/talk/invite", data=form).get_data(as_text=True)
    done = client.post("/talk/invite", data={**form, "password": CHOSEN, "repeated": CHOSEN})

    assert 'action="/talk/invite"' in asked
    assert "/talk/static/invite.js" in page
    assert done.headers["Location"] == "/talk/"
