"""Every setting of Talkboard: name, type, unit, default and a sentence, read once at start and then frozen.

A setting is an environment variable of the same name in capitals, or a line of the file `.env`.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.brand import DEFAULT_COLOUR, Brand, brand, normalised
from services.embedding import EmbedKey
from services.host_keys import keys_in
from setting_values import (
    absolute,
    embed_keys_in,
    is_loopback,
    normalised_base,
    origin_of,
    origins_in,
    parse_jwk_set,
    secure_address,
)

__all__ = [
    "NO_NEXTCLOUD",
    "Settings",
    "SettingsError",
    "is_loopback",
    "load_settings",
    "load_settings_for_commands",
    "normalised_base",
    "parse_jwk_set",
]

CLIENT_NAME_LENGTH = 120
NO_NEXTCLOUD = "https://nextcloud.invalid"
"""Stands for an address that is not set, where none is needed."""

_WORDS = {
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be 0 or 1",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be plain ASCII",
    "too_short": "must not be empty",
}


class SettingsError(Exception):
    """A setting is missing or wrong. The text says which one and what to write; it never holds a value."""


class Settings(BaseSettings):
    """What the operator decides. Only `app.py` and the commands make one; everything else gets values."""

    model_config = SettingsConfigDict(
        env_file=("var/secrets.env", ".env"),
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    nextcloud_url: str = Field(
        description="Base address of Nextcloud as its members type it: https, without /index.php"
    )
    nextcloud_allow_http: bool = Field(
        False, description="1 allows a plain-http Nextcloud (tests and demo only: app passwords travel readable)"
    )
    nextcloud_ca_file: str | None = Field(
        None, description="File with the private certificate authority that signed Nextcloud's certificate"
    )
    nextcloud_client_name: str = Field(
        "Talkboard",
        min_length=1,
        max_length=CLIENT_NAME_LENGTH,
        pattern=r"^[\x20-\x7e]+$",
        description="Name in the member's list of devices in Nextcloud, as in Talkboard (max); ASCII",
    )
    nextcloud_concurrency: int = Field(
        16, ge=1, le=64, description="Requests to Nextcloud in flight at once, per process"
    )
    nextcloud_same_user: bool = Field(
        False, description="1 refuses a Nextcloud account whose user id differs from the member's name"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8050, ge=1, le=65535, description="Port to listen on")
    public_url: str = Field(
        "", description="Address members use, without a path; https unless it is loopback. Default: http://HOST:PORT"
    )
    url_prefix: str = Field("/", description="Path below PUBLIC_URL when a proxy serves Talkboard there, as /talk/")
    trusted_proxies: int = Field(0, ge=0, le=10, description="Number of proxies in front whose forwarded headers count")
    database_url: str = Field(
        "sqlite:///var/talkboard.db",
        repr=False,
        description="Where members, sign-ins and connections are kept: a file, or postgresql+psycopg://user:…@host/name",
    )
    secret_key: SecretStr = Field(description="Signs sessions: at least 32 random characters")
    credential_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        min_length=1,
        description="Fernet keys, comma-separated, for what is stored encrypted; the first encrypts, all decrypt",
    )
    session_days: int = Field(30, ge=1, le=365, description="Days until an unused sign-in ends; using it renews it")
    refresh_seconds: int = Field(
        30, ge=10, le=300, description="Seconds after which the conversations are asked for again"
    )
    default_locale: Literal["de", "en"] = Field("de", description="Language where neither member nor browser says one")
    time_zone: str = Field("Europe/Vienna", description="Time zone where the browser does not say one")
    jwt_keys: SecretStr | None = Field(
        None, description="JWK set for our bearer tokens; the first key signs. Default: made from SECRET_KEY"
    )
    jwt_seconds: int = Field(900, ge=60, le=86400, description="Seconds that a bearer token is valid")
    host_jwt_key: SecretStr | None = Field(
        None,
        description="Checks tokens of a host dashboard: secret, public key (PEM, JWK, JWK set), file with one, or "
        "https address of a JWK set",
    )
    host_jwt_algorithm: Literal["HS256", "RS256", "Ed25519", "EdDSA"] | None = Field(
        None, description="Algorithm of these tokens: HS256, RS256 or Ed25519 (EdDSA); no other is taken"
    )
    host_jwt_issuer: str | None = Field(None, description="What these tokens must name as their issuer (iss)")
    host_jwt_audience: str | None = Field(None, description="What these tokens must name as their audience (aud)")
    host_jwt_claim: str = Field("sub", description="Which claim of these tokens is the member's name here")
    oidc_issuer: str | None = Field(
        None, description="Address of the OpenID provider at which members sign in; https unless it is loopback"
    )
    oidc_client_id: str | None = Field(None, description="What the provider calls Talkboard (client id)")
    oidc_client_secret: SecretStr | None = Field(None, description="The secret that the provider has given for it")
    oidc_operator_group: str | None = Field(
        None, description="Who is in this group at the provider (claim groups) is an operator here, nobody else"
    )
    oidc_create_members: bool = Field(
        True, description="1: whom the provider signs in becomes a member; 0: only who is one already may sign in"
    )
    oidc_match_names: bool = Field(
        False, description="1: the provider opens members that are here already, by name; not if names are chosen there"
    )
    embed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Pages of which origins may frame the card /embed/talk, as https://a https://b; none otherwise"
    )
    embed_keys: Annotated[tuple[EmbedKey, ...], NoDecode] = Field(
        (),
        repr=False,
        description="Which host servers may ask for tickets, for which of these: name:key@https://a https://b, …",
    )
    embed_create_members: bool = Field(
        False, description="1: whom a host hands over becomes a member; 0: only who is one already is let in"
    )
    embed_connect: bool = Field(
        True, description="0: connecting and disconnecting only in a window of its own, not inside a frame"
    )
    avatars: bool = Field(True, description="Pictures of conversations, through Talkboard; 0 shows initials alone")
    brand_color: str = Field(
        DEFAULT_COLOUR,
        description="Your colour: bar, buttons, badges and links, in tones of it that can be read; as #rrggbb",
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for /metrics (Prometheus); without it there is no such address"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at least")
    imprint_url: str | None = Field(None, description="Link to the imprint, in the shell and at sign-in")
    privacy_url: str | None = Field(None, description="Link to the privacy notice, in the shell and at sign-in")
    demo: bool = Field(False, description="Set by make run: demo members, and a database of their own")

    @field_validator("credential_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("embed_origins", "embed_keys", mode="before")
    @classmethod
    def _of_framing_hosts(cls, value: Any, info: ValidationInfo) -> Any:
        read = origins_in if info.field_name == "embed_origins" else embed_keys_in
        return read(value) if isinstance(value, str) else value

    @field_validator("credential_keys")
    @classmethod
    def _fernet(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError("is no Fernet key; `flask --app app keys new` makes one") from None
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters; `flask --app app keys new` makes one")
        return value

    @field_validator("jwt_keys")
    @classmethod
    def _jwk_set(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_jwk_set(value)
        return value

    @field_validator("host_jwt_key")
    @classmethod
    def _safe_address(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value().strip() if value else ""
        if text.startswith("http:") and not is_loopback(absolute(text).hostname or ""):
            raise ValueError("must be https unless it is a loopback address")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _provider(cls, value: str | None) -> str | None:
        return value if value is None else secure_address(value)

    @field_validator("nextcloud_url")
    @classmethod
    def _base_address(cls, value: str) -> str:
        return normalised_base(value)

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value:
            return value
        parts = absolute(value)
        if parts.path.strip("/"):
            raise ValueError("must have no path; the path belongs into URL_PREFIX")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must have no user, query or fragment")
        return origin_of(parts)

    @field_validator("url_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        inner = value.strip("/")
        if any(c in inner for c in "?#\\ ") or ".." in inner:
            raise ValueError("must be a plain path like /talk/")
        return f"/{inner}/" if inner else "/"

    @field_validator("nextcloud_ca_file")
    @classmethod
    def _certificates(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except OSError:
                raise ValueError("must name a readable file with certificates (PEM)") from None
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone; an example is Europe/Vienna") from None
        return value

    @field_validator("brand_color")
    @classmethod
    def _readable_colour(cls, value: str) -> str:
        colour = normalised(value)
        brand(colour)
        return colour

    @field_validator("imprint_url", "privacy_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None:
            absolute(value)
        return value

    @model_validator(mode="after")
    def _no_readable_transport(self) -> Self:
        if self.nextcloud_url.startswith("http:") and not self.nextcloud_allow_http:
            raise ValueError("NEXTCLOUD_URL must be https (NEXTCLOUD_ALLOW_HTTP=1 allows http, for tests only)")
        public = urlsplit(self.origin)
        if public.scheme == "http" and not is_loopback(public.hostname or ""):
            raise ValueError("PUBLIC_URL must be https unless it is a loopback address")
        return self

    @model_validator(mode="after")
    def _host_tokens_as_a_whole(self) -> Self:
        needed = ("host_jwt_key", "host_jwt_algorithm", "host_jwt_issuer", "host_jwt_audience")
        missing = [name.upper() for name in needed if getattr(self, name) is None]
        if self.host_jwt_key is None or self.host_jwt_algorithm is None or missing:
            if len(missing) < len(needed) or self.host_jwt_claim != "sub":
                raise ValueError(f"{', '.join(missing)} must be set too: the settings HOST_JWT_… belong together")
            return self
        if self.host_jwt_issuer == self.address:
            raise ValueError("HOST_JWT_ISSUER must not be our own address: our own tokens name it")
        if self.host_jwt_address is None:
            try:
                keys_in(self.host_jwt_key.get_secret_value(), self.host_jwt_algorithm)
            except ValueError as error:
                raise ValueError(f"HOST_JWT_KEY {error}") from None
        elif self.host_jwt_algorithm == "HS256":
            raise ValueError("HOST_JWT_KEY must not be an address for HS256: its secret is published nowhere")
        return self

    @model_validator(mode="after")
    def _provider_as_a_whole(self) -> Self:
        needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
        missing = [name.upper() for name in needed if getattr(self, name) is None]
        if missing and (len(missing) < len(needed) or self.oidc_operator_group):
            raise ValueError(f"{', '.join(missing)} must be set too: the settings OIDC_… belong together")
        return self

    @model_validator(mode="after")
    def _keys_of_framing_hosts(self) -> Self:
        for host in self.embed_keys:
            if not host.origins <= set(self.embed_origins):
                raise ValueError(f"EMBED_KEYS names an origin for {host.name} that EMBED_ORIGINS does not")
        return self

    @model_validator(mode="after")
    def _demo_stays_here(self) -> Self:
        if self.demo and not (is_loopback(self.host) and is_loopback(urlsplit(self.nextcloud_url).hostname or "")):
            raise ValueError(
                "DEMO is for a demo on this machine alone: HOST and NEXTCLOUD_URL must be loopback addresses"
            )
        return self

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port that members use, without a slash at the end."""
        return self.public_url or f"http://{self.listens_on}"

    @cached_property
    def brand(self) -> Brand:
        """The tones of the operator's colour."""
        return brand(self.brand_color)

    @property
    def host_jwt_address(self) -> str | None:
        """Where the keys of the host are fetched, if HOST_JWT_KEY is an address."""
        value = self.host_jwt_key.get_secret_value().strip() if self.host_jwt_key else ""
        return value if value.startswith(("http://", "https://")) else None

    @property
    def listens_on(self) -> str:
        """Host and port to listen on, with the brackets that an IPv6 address needs."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """The full address of the start page, with a slash at the end."""
        return self.origin + self.url_prefix

    @property
    def https(self) -> bool:
        """Whether members reach us by https: cookies are then Secure and carry the `__Host-` prefix."""
        return self.origin.startswith("https:")


def load_settings() -> Settings:
    """The settings of this process.

    Raises SettingsError with one line per setting that is missing or wrong.
    """
    return _load()


def load_settings_for_commands() -> Settings:
    """The settings of a command. None of the commands asks Nextcloud anything new, so none needs its address.

    Raises SettingsError with one line per setting that is missing or wrong.
    """
    try:
        return _load()
    except SettingsError:
        return _load(nextcloud_url=NO_NEXTCLOUD)


def _load(**given: Any) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(detail) for detail in error.errors())) from None


def _sentence(detail: Any) -> str:
    name = str(detail["loc"][0]).upper() if detail["loc"] else ""
    if detail["type"] == "missing":
        return f"{name} is missing: {Settings.model_fields[name.lower()].description}."
    known = _WORDS.get(detail["type"])
    text = known.format(**detail.get("ctx", {})) if known else detail["msg"].removeprefix("Value error, ")
    return f"{name} {text}." if name else f"{text}."
