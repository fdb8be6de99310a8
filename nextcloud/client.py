"""The one HTTP client for Nextcloud: exact headers, no cookie, no redirect, a deadline and a size limit."""

from __future__ import annotations

import base64
import contextlib
import http.cookiejar
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Literal

import httpx
import msgspec
from pydantic import SecretStr

from nextcloud import unpack
from nextcloud.deadline import DeadlineTransport, deadline
from nextcloud.errors import (
    AppPasswordRefused,
    CredentialsLost,
    ForbiddenPage,
    Locked,
    Maintenance,
    Misconfigured,
    NextcloudError,
    NotUnderstood,
    TalkNotAllowed,
    TalkUnavailable,
    Unreachable,
    Updating,
    WrongAccount,
)
from nextcloud.no_answer import cause_of_silence
from nextcloud.routes import OK, Observer, route_of, unobserved

CALL_SECONDS = 10.0
"""Deadline of one call as a member: list, verify, revoke."""

STATUS_SECONDS = 5.0
"""Deadline of the question what state Nextcloud is in."""

MAX_BYTES = 16 * 1024 * 1024
"""Largest answer that is read, in decoded bytes (the worst plausible room list has a few megabytes)."""

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding somebody else's JSON may raise."""

_ETAG = re.compile(r"[!-~]{1,500}")
"""What can be sent back as one; anybody's answer may carry worse."""

_BEARER = re.compile(r"[!-~]+")
"""What a header can carry as a token."""

Scheme = Literal["basic", "bearer"]


@dataclass(frozen=True)
class Account:
    """Whom to be at which Nextcloud. `user_id` is None until Nextcloud has told it."""

    base_url: str
    login_name: str
    app_password: SecretStr
    user_id: str | None = None


@dataclass(frozen=True)
class Answer:
    """An answer that was read completely: `body` is decoded and no larger than the limit."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether it says it is JSON. Proxies and pending upgrades answer 200 with a page of HTML."""
        content_type: str = self.headers.get("content-type", "")
        return content_type.lower().startswith("application/json")


@dataclass(frozen=True)
class OcsAnswer:
    """A good OCS answer: `data` as undecoded JSON, `user_id` of the account that Nextcloud answered to.

    `not_modified` says that what the caller has (by its ETag) is still true; then `data` is null.
    """

    user_id: str
    data: msgspec.Raw
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    not_modified: bool = False


class _Status(msgspec.Struct):
    maintenance: bool = False
    needs_update: bool = msgspec.field(name="needsDbUpgrade", default=False)


class _Meta(msgspec.Struct):
    statuscode: int


class _Ocs(msgspec.Struct):
    meta: _Meta
    data: msgspec.Raw


class _Envelope(msgspec.Struct):
    ocs: _Ocs


class NextcloudClient:
    """Speaks to any Nextcloud for any account. One per process; threads may share it.

    No cookie is kept or sent: at Nextcloud a session cookie beats the credentials beside it, so a cookie that
    travelled from one member's request to another's would show the wrong conversations (docs/nextcloud.md §2).
    """

    def __init__(
        self,
        client_name: str,
        connections: int = 16,
        ca_file: str | None = None,
        observer: Observer = unobserved,
    ) -> None:
        """`client_name` is ASCII and goes out as User-Agent; `connections` bounds the requests in flight; `observer`
        is told of each question."""
        context = _tls_context(ca_file)
        self.client_name = client_name
        self._observer = observer
        self._local = threading.local()
        self._http = httpx.Client(
            transport=DeadlineTransport(context, connections),
            cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            timeout=CALL_SECONDS,
        )

    def close(self) -> None:
        """Closes the connections. The client is of no use afterwards."""
        self._http.close()

    @contextlib.contextmanager
    def observed(self, url: str) -> Iterator[None]:
        """Tells the observer of one question at the end of the block; what is asked inside it belongs to it."""
        if getattr(self._local, "observed", False):
            yield
            return
        self._local.observed, began, outcome = True, time.perf_counter(), OK
        try:
            yield
        except NextcloudError as error:
            outcome = error.code
            raise
        finally:
            self._local.observed = False
            self._observer(route_of(url), outcome, time.perf_counter() - began)

    def ocs(
        self,
        method: str,
        path: str,
        account: Account,
        *,
        scheme: Scheme = "basic",
        params: Mapping[str, str] | None = None,
        language: str = "de",
        etag: str | None = None,
    ) -> OcsAnswer:
        """The answer of OCS v2 `path` (from `/ocs/v2.php` on), asked as `account`; with the `etag` of an earlier
        answer Nextcloud need not send the same once more.

        Raises the cause that the answer stands for (docs/nextcloud.md, table of answers); WrongAccount where
        the answer names another user; Unreachable for anything that is no OCS answer.
        """
        headers = {
            "OCS-APIRequest": "true",
            "Accept-Language": language,
            "Authorization": _authorization(account, scheme),
            **_unless(etag),
        }
        url = f"{account.base_url}/ocs/v2.php{path}"
        with self.observed(url):
            answer = self.send(method, url, headers=headers, params=params, seconds=CALL_SECONDS)
            user_id = _check_account(answer, account, path)
            if answer.status == 304 and etag:
                return OcsAnswer(user_id or "", msgspec.Raw(b"null"), answer.headers, not_modified=True)
            try:
                raise_for_cause(answer, path, scheme)
            except Maintenance as error:
                raise self.explained(account.base_url, error) from None
            data = _ocs_data(answer, path)
            if user_id is None:
                raise WrongAccount(f"no X-User-Id on {path}")
            return OcsAnswer(user_id, data, answer.headers)

    def file(
        self,
        path: str,
        account: Account,
        *,
        scheme: Scheme,
        seconds: float,
        limit: int,
        etag: str | None = None,
    ) -> Answer:
        """The answer of OCS v2 `path`, where that is a file instead of an envelope, as it came: whatever its status
        is, no larger than `limit` bytes, within `seconds`. With the `etag` of an earlier one it may be a 304.

        Raises WrongAccount where it names another user, TooLarge, and what `send` raises.
        """
        headers = {
            "OCS-APIRequest": "true",
            "Authorization": _authorization(account, scheme),
            **_unless(etag),
        }
        url = f"{account.base_url}/ocs/v2.php{path}"
        answer = self.send("GET", url, headers=headers, seconds=seconds, limit=limit)
        _check_account(answer, account, "a file")
        return answer

    def explained(self, base_url: str, error: NextcloudError) -> NextcloudError:
        """`error`, or what `/status.php` says about it: the one place that tells maintenance from an update.

        It needs no credentials and answers in both (docs/nextcloud.md §1)."""
        try:
            answer = self.send("GET", f"{base_url}/status.php", seconds=STATUS_SECONDS)
            status: _Status = decode(answer.body, _Status, "/status.php")
        except NextcloudError:
            return error
        if status.needs_update:
            return Updating(str(error), retry_after=error.retry_after)
        return Maintenance(str(error), retry_after=error.retry_after) if status.maintenance else error

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        seconds: float = CALL_SECONDS,
        limit: int = MAX_BYTES,
        redirects: bool = False,
    ) -> Answer:
        """The answer to one request, read within `seconds` in all and up to `limit` bytes.

        Raises Unreachable where no complete answer came, Misconfigured where it is a redirect, unless `redirects`
        are wanted as answers. None is followed.
        """
        own = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": user_agent or self.client_name}
        request = self._http.build_request(
            method, url, headers={**own, **(headers or {})}, params=params, data=form, timeout=seconds
        )
        with self.observed(url):
            try:
                with deadline(seconds):
                    answer = self._read(request, limit)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                raise cause_of_silence(error) from None
            if not redirects and 300 <= answer.status < 400 and answer.status != 304:
                raise Misconfigured(f"redirect {answer.status}")
            return answer

    def _read(self, request: httpx.Request, limit: int) -> Answer:
        response = self._http.send(request, stream=True)
        try:
            body = unpack.read(response, limit)
        finally:
            response.close()
        return Answer(response.status_code, response.headers, body)


@cache
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    """One for all clients: reading the authorities takes longer than anything else at start."""
    context = httpx.create_ssl_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def raise_for_cause(answer: Answer, path: str, scheme: Scheme) -> None:
    """Raises the cause that a status other than 200 stands for. Recognised by status, headers and shape, never
    by wording, which Nextcloud translates (docs/nextcloud.md, table of answers)."""
    status = answer.status
    if status == 200:
        return
    what = f"{status} on {path}"
    if status == 401:
        arrived = "www-authenticate" in answer.headers or scheme == "bearer"
        raise AppPasswordRefused(what) if arrived else CredentialsLost(what)
    if status == 429:
        raise Locked(what, retry_after=retry_after(answer))
    if status == 503 and answer.headers.get("x-nextcloud-maintenance-mode") == "1":
        raise Maintenance(what, retry_after=retry_after(answer))
    if status == 403:
        raise TalkNotAllowed(what) if ocs_code(answer) is not None else ForbiddenPage(what)
    if status == 404 and ocs_code(answer) == 998:
        raise TalkUnavailable(what)
    if status in (400, 412, 426):
        raise NotUnderstood(what)
    if status in (404, 405):
        raise Misconfigured(what)
    raise Unreachable(what, retry_after=retry_after(answer))


def _check_account(answer: Answer, account: Account, path: str) -> str | None:
    """The user whom the answer names. Raises WrongAccount where it is another than that of `account`."""
    user_id: str | None = answer.headers.get("x-user-id")
    if account.user_id is not None and user_id is not None and user_id != account.user_id:
        raise WrongAccount(f"X-User-Id of another account on {path}")
    return user_id


def retry_after(answer: Answer) -> int | None:
    """Seconds of the header `Retry-After`, at most an hour; None where it is absent, gone by or no time at all."""
    value = answer.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(int(value[:10]), 3600)  # thousands of digits would be an error
    until, now = _moment(value), _moment(answer.headers.get("date", ""))  # by the clock that has named it
    left = 0 if until is None else until - (time.time() if now is None else now)
    return min(int(left), 3600) if left > 0 else None


def _moment(date: str) -> float | None:
    """What an HTTP date says, in Unix seconds; None for anything else."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def decode(body: bytes | msgspec.Raw, shape: Any, what: str) -> Any:
    """`body` as `shape`. Raises Unreachable where it has another shape, is no JSON or is nested without end."""
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except UNDECODABLE:
        raise Unreachable(f"unexpected shape of {what}") from None


def _ocs_data(answer: Answer, path: str) -> msgspec.Raw:
    if not answer.is_json:
        raise Unreachable(f"no JSON on {path}")
    envelope: _Envelope = decode(answer.body, _Envelope, path)
    if envelope.ocs.meta.statuscode != 200:
        raise Unreachable(f"OCS code {envelope.ocs.meta.statuscode} on {path}")
    return envelope.ocs.data


def ocs_code(answer: Answer) -> int | None:
    """The code in the envelope of a failure; None where there is no envelope."""
    try:
        envelope: _Envelope = decode(answer.body, _Envelope, "error")
    except NextcloudError:
        return None
    return envelope.ocs.meta.statuscode


def _unless(etag: str | None) -> dict[str, str]:
    """The header that asks for an answer unless it is still the one with this `etag`."""
    return {"If-None-Match": etag} if etag and _ETAG.fullmatch(etag) else {}


def _authorization(account: Account, scheme: Scheme) -> str:
    secret = account.app_password.get_secret_value()
    if scheme == "bearer":
        if not _BEARER.fullmatch(secret):
            raise AppPasswordRefused("cannot be sent as Bearer token")
        return f"Bearer {secret}"
    return "Basic " + base64.b64encode(f"{account.login_name}:{secret}".encode()).decode()
