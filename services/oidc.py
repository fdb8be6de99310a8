"""Signing in at an OpenID provider: Authorization Code with PKCE, and the end of what began there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from pydantic import SecretStr

from models.member_store import MemberDisabledError, NameTakenError, UnknownMemberError
from models.oidc_store import OidcStore, Person
from services.clock import Clock
from services.members import Members
from services.oidc_provider import CodeRefusedError, Provider, ProviderAwayError, plain
from services.oidc_tokens import ProviderTokens, TokenRefusedError, is_name
from services.passwords import WrongPasswordError, is_taken_as_it_is, normalised_name
from services.roster import printable
from services.sign_ins import SignIns, hash_of

ATTEMPT_SECONDS = 600
"""How long a member may take at the provider."""

_DISPLAY_NAME_LENGTH = 120
_CANCELLED = {"access_denied", "login_required", "interaction_required", "consent_required"}
_AWAY = {"server_error", "temporarily_unavailable"}
_WANTED = ("name", "preferred_username")

log = structlog.get_logger()


class SignInRefusedError(Exception):
    """The provider's word does not open anything here. `reason` says why, in one word; the text is for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Attempt:
    """A sign-in that is under way at the provider. It lies in the browser that began it, and nowhere else."""

    state: str
    nonce: str
    verifier: str
    target: str
    started_at: int


@dataclass(frozen=True)
class Rules:
    """What the operator decided: the group whose members are operators, whether unknown persons become members, and
    whether members who are there already are found by their names."""

    operator_group: str | None = None
    create_members: bool = True
    match_names: bool = False


class Oidc:
    """One provider's members. Every method that reads or changes them raises DatabaseAwayError."""

    def __init__(
        self,
        provider: Provider,
        store: OidcStore,
        members: Members,
        sign_ins: SignIns,
        address: str,
        rules: Rules,
        clock: Clock,
    ) -> None:
        """`address` is that of our start page, with a slash at the end."""
        self._provider = provider
        self._tokens = ProviderTokens(provider, clock)
        self._store = store
        self._members = members
        self._sign_ins = sign_ins
        self._redirect_uri = f"{address}oidc/callback"
        self._signed_out_uri = f"{address}login"
        self._rules = rules
        self._clock = clock

    @property
    def host(self) -> str:
        """What members know the provider by."""
        return urlsplit(self._provider.issuer).hostname or ""

    def begin(self, target: str) -> tuple[str, Attempt]:
        """Where the browser goes to sign in, and what it must bring back; `target` is where it goes in the end.

        Raises ProviderAwayError.
        """
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 48))
        attempt = Attempt(state, nonce, verifier, target, int(self._clock()))
        scopes = ["openid", "profile"]
        if self._rules.operator_group and "groups" in self._provider.open_doors().scopes_supported:
            scopes.append("groups")
        url = self._provider.authorization_url(self._redirect_uri, state, nonce, verifier, " ".join(scopes))
        return url, attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str], user_agent: str) -> str:
        """Signs in whom the provider sends back with `answer`; returns the id for the cookie.

        Raises SignInRefusedError and ProviderAwayError.
        """
        if not 0 <= self._clock() - attempt.started_at < ATTEMPT_SECONDS:
            raise SignInRefusedError("not_completed", "it took too long")
        code = self._code(answer)
        try:
            tokens = self._provider.exchange(code, attempt.verifier, self._redirect_uri)
            claims = self._tokens.id_token(tokens.id_token, attempt.nonce, tokens.access_token)
        except (CodeRefusedError, TokenRefusedError) as error:
            raise SignInRefusedError("not_completed", str(error)) from None
        member_id = self._settle(self._person(self._completed(claims, tokens.access_token)))
        sid = claims.get("sid")
        try:
            return self._sign_ins.start_by_provider(member_id, user_agent, sid if is_name(sid) else None)
        except WrongPasswordError:
            raise SignInRefusedError("disabled") from None

    def signed_in(self, sign_in_id: str) -> bool:
        """Whether the provider has made this sign-in."""
        return self._store.made_sign_in(hash_of(sign_in_id))

    def sign_out_url(self) -> str | None:
        """Where the browser goes so that the session at the provider ends too; None where there is no such place.

        Without an `id_token_hint`: that is a JWT, and nothing of that kind stands in an address. The provider asks the
        member instead whether he wants to sign out (OpenID Connect RP-Initiated Logout 1.0, section 2).
        """
        try:
            url = self._provider.open_doors().end_session_endpoint
        except ProviderAwayError as error:
            self.note_away(error)
            return None
        said = {"client_id": self._provider.client_id, "post_logout_redirect_uri": self._signed_out_uri}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(said)}" if url else None

    def ended_there(self, logout_token: SecretStr) -> None:
        """Ends here what has ended at the provider. Raises TokenRefusedError and ProviderAwayError."""
        logout = self._tokens.logout(logout_token)
        subject = self._subject(logout.subject) if logout.subject else None
        for member_id in self._store.end(subject, logout.sid, int(self._clock())):
            self._members.changed(member_id)
            log.info("oidc.signed_out", member=member_id)
        self._tokens.has_acted(logout)

    def note_away(self, error: ProviderAwayError) -> None:
        """Says in the log why members can not sign in by the provider."""
        log.warning("oidc.away", host=self.host, detail=str(error))

    def _code(self, answer: Mapping[str, str]) -> str:
        # RFC 9207: an answer that another provider has sent.
        if answer.get("iss", self._provider.issuer).rstrip("/") != self._provider.issuer:
            raise SignInRefusedError("not_completed", "it names another issuer")
        error = answer.get("error")
        if error in _AWAY:
            raise ProviderAwayError(f"it says {error}")
        if error is not None:
            raise SignInRefusedError("cancelled" if error in _CANCELLED else "not_completed", plain(error))
        if not answer.get("code"):
            raise SignInRefusedError("not_completed", "without a code")
        return answer["code"]

    def _completed(self, claims: dict[str, Any], access_token: SecretStr) -> dict[str, Any]:
        """The claims, with what only the userinfo endpoint says of those that are wanted."""
        wanted = [*_WANTED, *(["groups"] if self._rules.operator_group else [])]
        if all(name in claims for name in wanted):
            return claims
        more = self._provider.userinfo(access_token)
        if more and more.get("sub") != claims["sub"]:
            raise SignInRefusedError("not_completed", "userinfo is somebody else's")
        return {**more, **claims}

    def _person(self, claims: dict[str, Any]) -> Person:
        subject: str = claims["sub"]
        chosen = claims.get("preferred_username")
        given = chosen.strip() if isinstance(chosen, str) and chosen.strip() else subject
        name = normalised_name(given)
        if not is_taken_as_it_is(given) or not given.isprintable() or " " in name:
            raise SignInRefusedError("name_unusable")
        shown = claims.get("name")
        display_name = printable(shown) if isinstance(shown, str) else ""
        group, groups, operator = self._rules.operator_group, claims.get("groups"), None
        if group:
            operator = isinstance(groups, list) and group in groups
            if groups is None:
                log.warning("oidc.no_groups", hint="the provider sends no claim groups: nobody becomes an operator")
        return Person(self._subject(subject), name, display_name[:_DISPLAY_NAME_LENGTH] or name, operator)

    def _settle(self, person: Person) -> int:
        create, match = self._rules.create_members, self._rules.match_names
        try:
            settled = self._store.settle(person, create=create, match=match, now=int(self._clock()))
        except MemberDisabledError:
            raise SignInRefusedError("disabled") from None
        except NameTakenError:
            raise SignInRefusedError("name_taken") from None
        except UnknownMemberError:
            raise SignInRefusedError("unknown") from None
        if settled.added or settled.matched:
            log.info("oidc.member_added" if settled.added else "oidc.member_matched", member=settled.member_id)
        self._members.changed(settled.member_id)
        return settled.member_id

    def _subject(self, sub: str) -> str:
        return f"{self._provider.issuer} {sub}"
