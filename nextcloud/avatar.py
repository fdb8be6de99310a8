"""The picture of one conversation, as Talk shows it to one member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nextcloud.client import Account, Answer, NextcloudClient, Scheme, ocs_code, raise_for_cause
from nextcloud.errors import AppPasswordRefused, CredentialsLost, TooLarge, WrongAccount

AVATAR_SECONDS = 5.0
"""Deadline of one picture: it only adorns, and somebody waits for it."""

MAX_AVATAR_BYTES = 1024 * 1024
"""Largest picture that is taken. Moderators may upload 20 MB; nobody needs that for a dot of forty pixels."""

_SVG_WITHIN_BYTES = 1024
"""In how much of its beginning an SVG must have called itself one."""

_BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda body: body.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda body: body.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda body: body.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda body: body[:4] == b"RIFF" and body[8:12] == b"WEBP",
    "image/svg+xml": lambda body: _is_svg(body[:_SVG_WITHIN_BYTES]),
}
"""The types that are taken, and how what they promise begins."""


@dataclass(frozen=True)
class Avatar:
    """A picture. `kind` is its content type, one of a few; `etag` is Nextcloud's, "" where it gave none."""

    body: bytes
    kind: str
    etag: str


def avatar(client: NextcloudClient, account: Account, token: str, scheme: Scheme, kept: Avatar | None) -> Avatar | None:
    """The picture of the conversation `token`; `kept` itself where it is still the same.

    None where there is none that can be shown: not his conversation, another type than it says, too large.
    Raises AppPasswordRefused where Nextcloud answered as to a stranger (which it does not count), WrongAccount where
    it does not say to whom it answered, and the causes that other answers stand for.
    """
    path = f"/apps/spreed/api/v1/room/{token}/avatar"
    etag = kept.etag if kept else None
    with client.observed(path):
        try:
            answer = client.file(
                path, account, scheme=scheme, seconds=AVATAR_SECONDS, limit=MAX_AVATAR_BYTES, etag=etag or None
            )
        except TooLarge:
            return None
        if answer.status == 404 and ocs_code(answer) == 404:
            _check_known(answer, scheme)
            return None
        if answer.status == 304 and etag:
            return kept
        raise_for_cause(answer, "a picture", scheme)
        if "x-user-id" not in answer.headers:
            raise WrongAccount("no X-User-Id on a picture")
        return _picture(answer)


def _check_known(answer: Answer, scheme: Scheme) -> None:
    """The one route that tells a stranger 404 instead of 401."""
    if "x-user-id" not in answer.headers:
        what = "answered as to a stranger on a picture"
        raise AppPasswordRefused(what) if scheme == "bearer" else CredentialsLost(what)


def _picture(answer: Answer) -> Avatar | None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    begins_well = _BEGINNINGS.get(kind)
    if begins_well is None or not begins_well(answer.body):
        return None
    return Avatar(answer.body, kind, answer.headers.get("etag", ""))


def _is_svg(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith((b"<svg", b"<?xml")) and b"<svg" in text
