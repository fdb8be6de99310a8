"""Every wrong setting is one clear sentence, and none repeats the value: it may be a secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from settings import Settings, SettingsError, load_settings, normalised_base
from tests.world import private as secret

GOOD = {
    "NEXTCLOUD_URL": "https://cloud.example.org",
    "SECRET_KEY": secret("k" * 44),
    "CREDENTIAL_KEYS": secret(Fernet.generate_key().decode()),
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting but those that a test makes."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for name, value in (GOOD | changes).items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return load_settings()


def complaint(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **changes)
    return str(caught.value)


def test_three_settings_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)

    assert settings.nextcloud_url == "https://cloud.example.org"
    assert settings.address == "http://127.0.0.1:8050/"
    assert (settings.refresh_seconds, settings.session_days, settings.jwt_seconds) == (30, 30, 900)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEXTCLOUD_URL", "wolke.example.net"),
        ("NEXTCLOUD_URL", "ftp://cloud.example.org"),
        ("NEXTCLOUD_URL", "https:///x"),
        ("NEXTCLOUD_URL", "https://max:geheimwort@cloud.example.org"),
        ("NEXTCLOUD_URL", "https://cloud.example.org/?a=b"),
        ("NEXTCLOUD_URL", "https://cloud.example.org/#x"),
        ("NEXTCLOUD_URL", "http://cloud.example.org"),
        ("NEXTCLOUD_URL", "https://["),
        ("NEXTCLOUD_URL", "https://cloud.example.org:hundert"),
        ("NEXTCLOUD_ALLOW_HTTP", "vielleicht"),
        ("BRAND_COLOR", "feuerrot"),
        ("BRAND_COLOR", "#ffd600"),
        ("NEXTCLOUD_CA_FILE", "/gibt/es/nicht.pem"),
        ("NEXTCLOUD_CLIENT_NAME", "Füürwehr"),
        ("NEXTCLOUD_CLIENT_NAME", "x" * 121),
        ("NEXTCLOUD_CLIENT_NAME", "zwei\nZeilen"),
        ("NEXTCLOUD_CONCURRENCY", "0"),
        ("NEXTCLOUD_CONCURRENCY", "65"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("PORT", "achtzig"),
        ("PUBLIC_URL", "talk.example.org"),
        ("PUBLIC_URL", "http://talk.example.org"),
        ("PUBLIC_URL", "https://talk.example.org/talk"),
        ("PUBLIC_URL", "https://max:geheimwort@talk.example.org"),
        ("PUBLIC_URL", "https://talk.example.org?x"),
        ("PUBLIC_URL", "https://["),
        ("PUBLIC_URL", "https://wache-köln.example"),
        ("URL_PREFIX", "/a?b/"),
        ("URL_PREFIX", "/../"),
        ("URL_PREFIX", "/a b/"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "alle"),
        ("SECRET_KEY", "zu-kurz-um-gut-zu-sein"),
        ("CREDENTIAL_KEYS", "kein-schluessel-sondern-worte"),
        ("CREDENTIAL_KEYS", "ä" * 44),
        ("CREDENTIAL_KEYS", ",,,"),
        ("SESSION_DAYS", "0"),
        ("SESSION_DAYS", "366"),
        ("REFRESH_SECONDS", "9"),
        ("REFRESH_SECONDS", "301"),
        ("REFRESH_SECONDS", "dreissig"),
        ("DEFAULT_LOCALE", "fr"),
        ("TIME_ZONE", "Europa/Wien"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("JWT_KEYS", "kein-json-sondern-geheim"),
        ("JWT_KEYS", '{"keys":[]}'),
        ("JWT_KEYS", '{"keys":[{"kty":"oct","kid":"a","k":"a3Vyeg"}]}'),
        ("JWT_KEYS", '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",'
                     '"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'),
        ("JWT_SECONDS", "59"),
        ("JWT_SECONDS", "86401"),
        ("LOG_LEVEL", "laut"),
        ("IMPRINT_URL", "impressum.html"),
        ("PRIVACY_URL", "javascript:alert(1)"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence_that_names_the_setting_and_not_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    sentence = complaint(monkeypatch, **{name: value})

    assert "\n" not in sentence
    assert sentence.startswith(name)
    assert sentence.endswith(".")
    assert len(value) < 4 or value not in sentence
    assert "geheim" not in sentence
    assert "Input should" not in sentence


@pytest.mark.parametrize("name", ["NEXTCLOUD_URL", "SECRET_KEY", "CREDENTIAL_KEYS"])
def test_a_missing_setting_is_named_and_explained(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sentence = complaint(monkeypatch, **{name: None})

    assert sentence.startswith(f"{name} is missing: ")


def test_each_wrong_setting_has_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = complaint(monkeypatch, PORT="x", REFRESH_SECONDS="1", SECRET_KEY=None).splitlines()

    assert sorted(line.split()[0] for line in lines) == ["PORT", "REFRESH_SECONDS", "SECRET_KEY"]


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, PUBLIC_URL="", JWT_KEYS="", REFRESH_SECONDS="", IMPRINT_URL="")

    assert (settings.refresh_seconds, settings.jwt_keys, settings.imprint_url) == (30, None, None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Cloud.Example.ORG", "https://cloud.example.org"),
        ("https://cloud.example.org/", "https://cloud.example.org"),
        ("https://cloud.example.org:443/", "https://cloud.example.org"),
        ("http://cloud.example.org:80", "http://cloud.example.org"),
        ("https://cloud.example.org/index.php/apps/spreed", "https://cloud.example.org"),
        ("https://example.org/Nextcloud/", "https://example.org/Nextcloud"),
        ("https://example.org/nextcloud/index.php", "https://example.org/nextcloud"),
        (" https://cloud.example.org ", "https://cloud.example.org"),
        ("HTTPS://cloud.example.org:8443", "https://cloud.example.org:8443"),
    ],
)
def test_an_address_of_nextcloud_has_one_form(typed: str, kept: str) -> None:
    assert normalised_base(typed) == kept


@pytest.mark.parametrize("typed", ["talk", "/talk", "talk/", "/talk/"])
def test_a_path_has_one_form(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert load(monkeypatch, URL_PREFIX=typed).url_prefix == "/talk/"


def test_a_plain_http_nextcloud_has_to_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, NEXTCLOUD_URL="http://cloud.example.org", NEXTCLOUD_ALLOW_HTTP="1")

    assert settings.nextcloud_url == "http://cloud.example.org"


@pytest.mark.parametrize("address", ["http://localhost:8050", "http://127.0.0.1", "http://[::1]:8050"])
def test_plain_http_is_good_enough_on_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert load(monkeypatch, PUBLIC_URL=address).https is False


@pytest.mark.parametrize("typed", ["https://Talk.example.org:443", "https://talk.example.org/"])
def test_the_own_origin_is_as_browsers_write_it(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert load(monkeypatch, PUBLIC_URL=typed).origin == "https://talk.example.org"


def test_listening_for_others_without_https_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = complaint(monkeypatch, HOST="0.0.0.0")

    assert sentence.startswith("PUBLIC_URL must be https")


def test_settings_are_frozen_and_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, JWT_KEYS=json.dumps({"keys": [{"kty": "oct", "kid": "a", "k": "QUFB" * 12}]}))

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert all(value not in shown for value in (GOOD["SECRET_KEY"], GOOD["CREDENTIAL_KEYS"], "QUFB"))


def test_the_password_in_the_address_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, DATABASE_URL="postgresql://talkboard:geheim@db.example.org/talkboard")

    assert "geheim" not in repr(settings) + str(settings)


def test_several_keys_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    settings = load(monkeypatch, CREDENTIAL_KEYS=f" {first} , {second} ,")

    assert [key.get_secret_value() for key in settings.credential_keys] == [first, second]


def test_every_setting_has_a_sentence() -> None:
    described: dict[str, Any] = {name: field.description for name, field in Settings.model_fields.items()}

    assert all(described.values()), described


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMBED_ORIGINS", "https://*.example.org"),
        ("EMBED_ORIGINS", "*"),
        ("EMBED_ORIGINS", "https://intranet.example.org/"),
        ("EMBED_ORIGINS", "https://intranet.example.org/talk"),
        ("EMBED_ORIGINS", "https://intranet.example.org?x"),
        ("EMBED_ORIGINS", "http://intranet.example.org"),
        ("EMBED_ORIGINS", "https://intranet.example.org; script-src *"),
        ("EMBED_ORIGINS", "https://intranet.example.org,https://dienst.example.org"),
        ("EMBED_ORIGINS", "intranet.example.org"),
        ("EMBED_ORIGINS", "https://wache-köln.example"),
        ("EMBED_KEYS", "intranet@https://intranet.example.org"),
        ("EMBED_KEYS", f"intranet:{'k' * 31}@https://intranet.example.org"),
        ("EMBED_KEYS", f"intranet:{'k' * 32}"),
        ("EMBED_KEYS", f"intranet:{'k' * 32}@https://dienst.example.org"),
        ("EMBED_KEYS", f"a:{'k' * 32}@https://intranet.example.org, b:{'k' * 32}@https://intranet.example.org"),
    ],
)
def test_who_may_frame_the_card_is_named_exactly(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    listed = {"EMBED_ORIGINS": "https://intranet.example.org"} | {name: value}

    said = complaint(monkeypatch, **listed)

    assert name in said
    assert "k" * 31 not in said


def test_keys_of_hosts_are_read_with_their_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    key = secret("g" * 32)
    settings = load(
        monkeypatch,
        EMBED_ORIGINS="https://Intranet.example.org:443 https://dienst.example.org",
        EMBED_KEYS=f"intranet:{key}@https://intranet.example.org https://dienst.example.org",
    )

    (host,) = settings.embed_keys
    assert settings.embed_origins == ("https://intranet.example.org", "https://dienst.example.org")
    assert (host.name, host.key.get_secret_value(), host.origins) == ("intranet", key, set(settings.embed_origins))
