"""„Meine Daten“: what is kept about a member, for himself alone, and its end."""

import json
import re
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.world import CONNECT, PASSWORD, REVOKE, ROOMS, Caller, World, code, current, submit_sign_in
from tests.world import private as secret

DOWNLOAD, DELETE, END = "/preferences/my-data.json", "/preferences/delete", "/preferences/end-sign-in"
PAGE = {"Accept-Language": "de"}


def post(caller: Caller, path: str, **form: str) -> TestResponse:
    cookie = caller.client.get_cookie("_csrf_token")
    return caller.client.post(path, data={**form, "csrf_token": cookie.value if cookie else ""}, headers=PAGE)


def stored(caller: Caller) -> dict[str, list[dict[str, Any]]]:
    answer = caller.client.get(DOWNLOAD)
    assert answer.status_code == 200
    content: dict[str, list[dict[str, Any]]] = json.loads(answer.get_data())["stored"]
    return content


def handles(world: World, caller: Caller) -> dict[str, bool]:
    """The names of the sign-ins in the list of a browser, and which is that browser."""
    shown = world.wired.services.sign_ins.shown(world.row(caller.name)["id"], sign_in_id(caller))
    return {one.handle: one.is_this for one in shown}


def sign_in_id(caller: Caller) -> str:
    with caller.client.session_transaction() as session:
        return str(session["_user_id"])


def test_the_file_holds_what_is_kept_and_says_of_secrets_only_that_they_are_there(world: World) -> None:
    max_ = world.connected("max")
    (app_password,) = world.simulator.app_passwords("max")
    max_.post(CONNECT)
    world.wired.services.invitations.invite("max", again=True)

    answer = max_.client.get(DOWNLOAD, headers=PAGE)

    content = json.loads(answer.get_data())
    (row,) = content["stored"]["users"]
    assert (row["name"], row["nextcloud_user_id"], row["nextcloud_username"]) == ("max", "max", "max")
    assert (row["password_hash"], row["nextcloud_app_password"]) == ("stored, as a hash", "stored, encrypted")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["created_at"])
    assert {name: len(rows) for name, rows in content["stored"].items()} == {
        "users": 1, "sign_ins": 1, "login_flows": 2, "revocations": 0, "invitations": 1,
    }  # fmt: skip
    assert len(content["kept"]) > 10
    assert content["kept"][0]["where"] == "Datenbank"
    assert answer.headers["Content-Disposition"] == "attachment; filename=talkboard.json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert app_password.secret not in answer.get_data(as_text=True)


def test_no_secret_of_the_database_stands_in_the_file(world: World) -> None:
    max_ = world.connected("max")
    max_.post(CONNECT)
    world.simulator.faults.drop(REVOKE)
    world.wired.services.ending.disconnect(current(world, "max"))
    world.connect(world.sign_in("max"))
    world.wired.services.invitations.invite("max", again=True)

    text = max_.client.get(DOWNLOAD).get_data(as_text=True)

    tables = ("users", "sign_ins", "login_flows", "revocations", "invitations")
    values = [str(value) for table in tables for row in world.rows(table) for value in row.values()]
    secrets = [
        value for value in values if value.startswith(("gAAAA", "$argon2")) or re.fullmatch("[0-9a-f]{64}", value)
    ]
    assert len(secrets) >= 8
    assert [value for value in secrets if value in text] == []
    assert sign_in_id(max_) not in text


def test_nobody_gets_the_file_of_somebody_else(world: World) -> None:
    max_, anna = world.connected("max"), world.connected("anna")

    assert [row["name"] for row in stored(anna)["users"]] == ["anna"]
    assert "Mustermann" not in json.dumps(stored(anna))
    assert "Schmidt" not in json.dumps(stored(max_))
    assert world.app.test_client().get(DOWNLOAD).status_code == 303


def test_one_sign_in_is_ended_and_the_others_go_on(world: World) -> None:
    here, phone, desk = (world.sign_in("max") for _browser in range(3))
    named = {sign_in_id(one): one for one in (here, phone, desk)}
    assert len(named) == 3
    (of_phone,) = (handle for handle, mine in handles(world, phone).items() if mine)

    answer = post(here, END, sign_in=of_phone)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/preferences")
    assert [one.get("/").status_code for one in (here, phone, desk)] == [200, 303, 200]


@pytest.mark.parametrize("handle", ["", "0" * 16, "%", "ü"])
def test_a_sign_in_that_is_none_ends_none(world: World, handle: str) -> None:
    max_ = world.sign_in("max")

    assert post(max_, END, sign_in=handle).status_code == 303
    assert max_.get("/").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else(world: World) -> None:
    max_, anna = world.sign_in("max"), world.sign_in("anna")
    (of_anna,) = handles(world, anna)

    post(max_, END, sign_in=of_anna)

    assert anna.get("/").status_code == 200


@pytest.mark.parametrize("path", [END, DELETE])
def test_without_the_token_of_the_session_nothing_happens(world: World, path: str) -> None:
    max_ = world.sign_in("max")
    (mine,) = handles(world, max_)

    answer = max_.client.post(path, data={"sign_in": mine, "proof": PASSWORD})

    assert answer.status_code == 400
    assert max_.get("/").status_code == 200


def test_a_member_deletes_everything_and_nothing_of_him_is_left(world: World) -> None:
    max_, other, program, anna = (
        world.connected("max"),
        world.sign_in("max"),
        world.bearer("max"),
        world.connected("anna"),
    )
    world.wired.services.invitations.invite("max", again=True)
    member_id = world.row("max")["id"]

    answer = post(max_, DELETE, proof=PASSWORD)

    assert answer.status_code == 200
    assert "Nextcloud hat bestätigt, dass der Zugang widerrufen ist." in answer.get_data(as_text=True)
    assert world.simulator.app_passwords("max") == []
    assert [one.get("/").status_code for one in (max_, other)] == [303, 303]
    assert code(program.get(ROOMS)) == (403, "unknown_member")
    assert submit_sign_in(world.app.test_client(), "max", PASSWORD).status_code == 401
    assert [row["name"] for row in world.rows("users")] == ["anna"]
    of_him = {table: [row for row in world.rows(table) if row["member_id"] == member_id]
              for table in ("sign_ins", "login_flows", "revocations", "invitations")}  # fmt: skip
    assert not any(of_him.values())
    assert world.rows("revocations") == []
    assert anna.card() == "empty"


def test_with_nextcloud_away_everything_here_goes_and_the_access_is_given_back_later(world: World) -> None:
    max_ = world.connected("max")
    world.simulator.faults.drop(REVOKE, times=1)

    answer = post(max_, DELETE, proof=PASSWORD)
    left = [row["member_id"] for row in world.rows("revocations")]
    world.clock.advance(120)
    world.housekeeping()

    assert "Nextcloud war nicht erreichbar." in answer.get_data(as_text=True)
    assert left == [None]
    assert world.simulator.app_passwords("max") == []
    assert world.rows("revocations") == []


@pytest.mark.parametrize("proof", ["", "falsch-falsch", "max"])
def test_deleting_wants_the_password(world: World, proof: str) -> None:
    max_ = world.connected("max")

    answer = post(max_, DELETE, proof=proof)

    assert (answer.status_code, "Das Passwort ist falsch" in answer.get_data(as_text=True)) == (401, True)
    assert max_.card() == "empty"
    assert len(world.simulator.app_passwords("max")) == 1


def test_guessing_that_password_is_limited_like_signing_in(world: World) -> None:
    max_ = world.sign_in("max")
    for _guess in range(5):
        assert post(max_, DELETE, proof=secret("geraten-geraten")).status_code == 401

    assert post(max_, DELETE, proof=PASSWORD).status_code == 401
    assert world.row("max")


def test_who_has_no_password_writes_his_name(world: World) -> None:
    """As members whom somebody else has signed in."""
    max_ = world.sign_in("max")
    with world.wired.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET password_hash = NULL")

    asked = max_.client.get(DELETE, headers=PAGE).get_data(as_text=True)
    wrong = post(max_, DELETE, proof="anna")
    done = post(max_, DELETE, proof=" Max ")

    assert "Zur Sicherheit Ihr Benutzername: max" in asked
    assert (wrong.status_code, "Das ist nicht Ihr Benutzername." in wrong.get_data(as_text=True)) == (401, True)
    assert (done.status_code, world.rows("users")) == (200, [])


def test_the_last_operator_stays(world: World) -> None:
    world.member("max", operator=True)
    world.member("anna", operator=True)
    world.member("peter")
    world.wired.roster.disable("anna")
    max_ = world.connected("max")

    refused = post(max_, DELETE, proof=PASSWORD)
    connected = max_.card()
    world.wired.roster.enable("anna")
    done = post(max_, DELETE, proof=PASSWORD)

    assert (refused.status_code, "Sie sind der letzte Betreiber." in refused.get_data(as_text=True)) == (409, True)
    assert connected == "empty"
    assert done.status_code == 200
    assert [row["name"] for row in world.rows("users")] == ["anna", "peter"]


def test_the_name_of_who_has_gone_may_come_back_and_finds_nothing(world: World) -> None:
    program = world.bearer("max")
    max_ = world.connected("max")
    post(max_, DELETE, proof=PASSWORD)
    world.wired.roster.add("max", SecretStr(PASSWORD))

    assert code(program.get(ROOMS)) == (403, "unknown_member")
    assert world.row("max")["nextcloud_app_password"] is None


def test_the_settings_show_what_is_kept_and_where_one_is_signed_in(world: World) -> None:
    max_ = world.sign_in("max")
    world.sign_in("max")

    page = max_.post(
        "/_dash-update-component",
        headers=PAGE,
        json={
            "output": ".._pages_content.children..._pages_store.data..",
            "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
            "inputs": [
                {"id": "_pages_location", "property": "pathname", "value": "/preferences"},
                {"id": "_pages_location", "property": "search", "value": ""},
            ],
            "changedPropIds": ["_pages_location.pathname", "_pages_location.search"],
        },
    )

    said = json.dumps(page.get_json(), ensure_ascii=False)
    assert "30 Tage nach der letzten Benutzung" in said
    buttons = re.findall(r'"name": "sign_in", "disable_n_clicks": true|"value": "([0-9a-f]{16})"', said)
    (other,) = (handle for handle, mine in handles(world, max_).items() if not mine)
    assert buttons == [other]
