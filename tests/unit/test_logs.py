"""The log holds no secret, whatever was put in; and nothing shows one by accident."""

import base64
import io
import logging
import string
from collections.abc import Iterator

import pytest
import structlog
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from models.member import Member
from models.member_store import Connection, PasswordRecord
from models.pending_flow import PendingFlow
from models.revocation import Revocation
from nextcloud.client import Account
from nextcloud.login_flow import GrantedLogin, StartedFlow
from services.connecting import OpenedFlow
from tests.conftest import collect_logs
from web import logs
from web.logs import REDACTED, scrub

ALPHANUMERIC = string.ascii_letters + string.digits
TOKENS = st.text(ALPHANUMERIC, min_size=64, max_size=128).filter(
    lambda text: any(c.isdigit() for c in text) and any(c.islower() for c in text) and any(c.isupper() for c in text)
)
DASHED = st.lists(st.text(ALPHANUMERIC, min_size=5, max_size=5), min_size=5, max_size=5).map("-".join)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The log of this test alone."""
    logs.init("info")
    written = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    collect_logs()


def test_what_gunicorn_writes_is_redacted_too(stream: io.StringIO) -> None:
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.handlers, gunicorn.propagate = [logging.StreamHandler(other := io.StringIO())], False

    logs.adopt("gunicorn.error")
    gunicorn.warning("Invalid request: %s", "GET /x?token=geheim")

    assert "Invalid request" in stream.getvalue()
    assert "geheim" not in stream.getvalue() + other.getvalue()


@settings(max_examples=50, deadline=None)
@given(TOKENS, st.sampled_from(["", " ", "=", '"', "'", "/", "(", "token ", "error: "]))
def test_app_passwords_and_poll_tokens_are_redacted_wherever_they_stand(secret: str, before: str) -> None:
    assert secret not in scrub(f"words {before}{secret} words")


@settings(max_examples=50, deadline=None)
@given(DASHED)
def test_pasted_app_passwords_are_redacted(secret: str) -> None:
    assert secret not in scrub(f"login with {secret} failed")


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_fernet_tokens_are_redacted(content: bytes) -> None:
    token = Fernet(Fernet.generate_key()).encrypt(content).decode()

    assert token not in scrub(f"row {token}, next")


@settings(max_examples=50, deadline=None)
@given(st.text(ALPHANUMERIC, min_size=6, max_size=80), st.sampled_from(["Basic", "basic", "Bearer", "BEARER"]))
def test_authorization_headers_are_redacted(secret: str, scheme: str) -> None:
    encoded = base64.b64encode(f"max:{secret}".encode()).decode()

    assert encoded not in scrub(f"Authorization: {scheme} {encoded}")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXI", "eyJzdWIiOiIxIn0"),
        ("https://max:geheim@cloud.example.org/x", "geheim"),
        ("POST /login/v2/flow/abcdef", "abcdef"),
        ("?token=abc123&x=1", "abc123"),
        ("/embed?ticket=abc123", "abc123"),
        ("password=abc123", "abc123"),
        ("https://talk.example.org/invite#abc-123_d", "abc-123_d"),
    ],
)
def test_secrets_in_addresses_and_headers_are_redacted(text: str, secret: str) -> None:
    assert secret not in scrub(text)
    assert REDACTED in scrub(text)


@pytest.mark.parametrize(
    "text",
    ["rooms.cause", "200 on /apps/spreed/api/v4/room", "a" * 64, "ConnectTimeout", "member=12", "0" * 70,
     "/index.php/login/v2/poll", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
)  # fmt: skip
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "name", ["password", "passwd", "app_password", "token", "poll_token", "Authorization", "cookie", "secret_key",
             "api_key", "handle", "login_url", "ticket", "credential"],
)  # fmt: skip
def test_a_value_whose_name_sounds_secret_is_redacted(stream: io.StringIO, name: str) -> None:
    structlog.get_logger("services").info("event", **{name: "kurz"})

    assert "kurz" not in stream.getvalue()
    assert REDACTED in stream.getvalue()


def test_tracebacks_are_redacted_too(stream: io.StringIO) -> None:
    secret = "aB3" * 30
    try:
        int(secret)
    except ValueError:
        structlog.get_logger("services").exception("failed")
        logging.getLogger("some.library").exception("failed as well")

    assert secret not in stream.getvalue()
    assert "failed as well" in stream.getvalue()


def test_what_libraries_log_is_redacted_too(stream: io.StringIO) -> None:
    secret = "aB3" * 30

    logging.getLogger("some.library").warning("sent %s to %s", secret, {"password": "x", "token": secret})

    assert "sent" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_an_event_is_one_line_of_words_and_values(stream: io.StringIO) -> None:
    structlog.get_logger("services").info("rooms.cause", member=7, cause="nextcloud_locked")

    (line,) = stream.getvalue().splitlines()
    assert "event='rooms.cause'" in line
    assert "member=7" in line
    assert "cause='nextcloud_locked'" in line


@pytest.mark.parametrize(
    "holder",
    [
        Account("https://c", "max", SecretStr("geheim"), "max"),
        StartedFlow("https://c/login", "https://c/poll", SecretStr("geheim")),
        GrantedLogin("max", SecretStr("geheim")),
        OpenedFlow("geheim", "https://c/login", 5),
        Connection("id", "https://c", "max", "geheim", "max", "Max", None),
        PasswordRecord(1, "geheim", False),
        Member(name="max", display_name="Max", created_at=0, password_hash="geheim", nextcloud_app_password="geheim"),
        PendingFlow(
            handle_hash="h", base_url="b", poll_endpoint="p", created_at=0, expires_at=0,
            poll_token="geheim", login_url="geheim", answer="geheim",
        ),
        Revocation(base_url="b", login_name="max", app_password="geheim", created_at=0, next_try_at=0),
    ],
    ids=lambda holder: type(holder).__name__,
)  # fmt: skip
def test_whatever_holds_a_secret_shows_none_of_it(holder: object) -> None:
    assert "geheim" not in repr(holder)
    assert "geheim" not in str(holder)
    assert "geheim" not in f"{[holder]}"


def test_the_login_url_of_a_flow_is_not_shown_either() -> None:
    """Who has it before the member opened it could grant another account."""
    url = "https://c/login/v2/flow/geheim"

    assert "geheim" not in repr(StartedFlow(url, "https://c/poll", SecretStr("x")))
    assert "geheim" not in repr(OpenedFlow("h", url, 5))
