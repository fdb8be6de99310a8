"""Recorded answers of a real Nextcloud, spoilt in every way that a random source can think of."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

RECORDINGS = Path(__file__).parents[1] / "recordings"
MOST_ROOMS = 4
"""Rooms that are taken from a recorded list: more say nothing new and cost time."""


MOST_CHARACTERS = 100_000
"""Of a text that is spoilt by being repeated: it may be spoilt again."""


class Raw(bytes):
    """JSON, or what should be, to be written as it stands."""


class Object(list[tuple[str, Any]]):
    """A JSON object whose keys may come twice."""


ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        1.5,
        2**31,
        2**53 + 1,
        2**63,
        2**64,
        -(2**63) - 1,
        10**30,
        "",
        " ",
        "0",
        "-1",
        "1e9",
    ),
    *("x" * 70_000, "🚒" * 5000, "\u202eabc", "\x00", "../../etc", "<script>", "{actor}", "max", "anna", [], {}, [[]]),
    *(Raw(b"NaN"), Raw(b"-Infinity"), Raw(b"1e400"), Raw(b"-1e-400"), Raw(b"9" * 5000), Raw(b"1" + b"0" * 400 + b".5")),
    *(Raw(rb'"\ud800"'), Raw(rb'"\udc00\ud800"'), Raw(rb'"\u0000"'), Raw(rb'"\ud83d\ude92"'), Raw(b'"\xff\xfe"')),
    *(Raw(b"[" * 60_000 + b"]" * 60_000), Raw(b'{"a":' * 3000 + b"1" + b"}" * 3000), Raw(b"[" * 900 + b"]" * 900)),
    *(Raw(b""), Raw(b"01"), Raw(b"'x'"), Raw(b'"\n"'), Raw(b"\xef\xbb\xbf1"), Raw(b"tru"), Raw(b"[1,]"), Raw(b'"')),
    *("9" * 5000, "１２", "9" * 19, "true", "max\nanna", "a" * 128),
)
STATUSES = (100, 101, 199, 200, 201, 204, 206, 299, 300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 408, 412, 413,
            418, 423, 426, 429, 451, 500, 501, 502, 503, 504, 507, 520, 599, 600, 999,
            401, 401, 403, 404, 429, 429, 503)  # fmt: skip
HEADERS: dict[str, tuple[str, ...]] = {
    "X-User-Id": ("max", "anna", "MAX", "max ", "", "max, max", "m\xe4x", "x" * 4000),
    "Content-Type": ("text/html", "application/xml", "", "application/jsonp", "\xff"),
    "Content-Encoding": ("gzip", "identity", "br", "deflate", "gzip, gzip", "\xfc"),
    "Retry-After": ("0", "120", "-5", "9" * 5000, "9" * 11, "soon", "\xb2", "Wed, 21 Oct 2026 07:28:00 GMT"),
    "Content-Length": ("0", "5", "-1", "999999", "1, 2", "x", "9" * 40),
    "Location": ("http://evil.test/", "//", "\x01", "/login"),
    "WWW-Authenticate": ("Basic",),
    "X-Nextcloud-Maintenance-Mode": ("1", "yes"),
    "Transfer-Encoding": ("chunked",),
    "ETag": ("", "\xe4", '"' + "x" * 9000 + '"', "a\tb", '"kept"'),
    "X-Nextcloud-Talk-Hash": ("\xe4", "x" * 9000),
    "Set-Cookie": ("oc_session=annas; path=/",),
    "X-Odd": ("x" * 120_000,),
    "X-Odd\r\nX-User-Id": ("anna",),
    " X": ("y",),
    "": ("y",),
}
READ = {
    *("ocs", "meta", "statuscode", "data", "id", "display-name", "poll", "token", "endpoint", "login", "loginName"),
    *("appPassword", "server", "displayName", "unreadMessages", "lastActivity", "lastMessage", "message", "timestamp"),
    *("messageParameters", "actorId", "isSensitive", "maintenance", "needsDbUpgrade", "wipe"),
}
"""Keys that somebody reads: those are spoilt more often than the many others."""


@dataclass(frozen=True)
class Spoken:
    """An answer as it goes over the wire, and the ids it names as its account, in every header line of that name."""

    raw: bytes
    user_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def recorded(name: str) -> Any:
    """What the server answered: status, headers, body."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["response"]


def names(*starts: str) -> list[str]:
    """The recordings whose names begin so."""
    return sorted(path.stem for path in RECORDINGS.glob("*.json") if path.stem.startswith(starts))


def mostly(good: str, *starts: str) -> list[str]:
    """One recording, and as often one of those whose names begin so."""
    others = names(*starts)
    return [good] * len(others) + others


def spoilt(name: str, random: Random, base_url: str = "") -> Spoken:
    """The recorded answer with up to a few things wrong, perhaps none. `base_url` takes its own address's place."""
    response = recorded(name)
    body = response.get("body", "")
    answer = _Answer(response["status"], _kept(response["headers"]), _text(body, random, base_url))
    for _mistake in range(random.choice((0, 0, 0, 1, 1, 2))):
        answer = random.choice(_MISTAKES)(answer, random)
    raw = _wire(answer)
    if random.random() < 0.1:
        raw = _bytes(raw, random)
    return Spoken(raw, _user_ids(raw))


def _text(body: Any, random: Random, base_url: str) -> bytes:
    if isinstance(body, str):
        return body.replace("<SVG picture", "<svg").encode()  # all that was recorded of pictures
    tree = _tree(json.loads(json.dumps(body).replace("http://127.0.0.1:8443", base_url)), random)
    for _mistake in range(random.choice((0, 0, 1, 1, 2, 5))):
        tree = _spoil(tree, random)
    return _dump(tree)


def _tree(value: Any, random: Random, top: bool = True) -> Any:
    if isinstance(value, dict):
        return Object((key, _tree(one, random)) for key, one in value.items())
    if isinstance(value, list):
        start = random.randrange(max(1, len(value) - MOST_ROOMS)) if len(value) > MOST_ROOMS else 0
        return [_tree(one, random) for one in value[start : start + MOST_ROOMS]]
    return value


def _spoil(tree: Any, random: Random) -> Any:
    """One thing wrong, somewhere: deep down as likely as near the top."""
    if not isinstance(tree, list) or not tree or random.random() < 0.15:
        return _odd(tree, random)
    place = _place(tree, random)
    if not isinstance(tree, Object):
        tree[place] = _spoil(tree[place], random)
        return tree
    key, value = tree[place]
    what = random.random()
    if what < 0.1:
        del tree[place]
    elif what < 0.2:
        tree.insert(random.randrange(len(tree) + 1), (key, _any_odd(random)))
    elif what < 0.25:
        tree[place] = (random.choice((key.upper(), "", "x" * 9000, "\x00", "ocs", "data", "__class__")), value)
    else:
        tree[place] = (key, _spoil(value, random))
    return tree


def _place(tree: list[Any], random: Random) -> int:
    read = [place for place, one in enumerate(tree) if isinstance(tree, Object) and one[0] in READ]
    return random.choice(read) if read and random.random() < 0.7 else random.randrange(len(tree))


def _any_odd(random: Random) -> Any:
    """A copy: what is put into an answer may be spoilt again."""
    return deepcopy(random.choice(ODD))


def _odd(value: Any, random: Random) -> Any:
    what = random.random()
    if what < 0.35:
        return _any_odd(random)
    if isinstance(value, str):
        return random.choice(_ALIKE)(value)
    if what < 0.6:
        return [value]
    if what < 0.8:
        return Object([("a", value)])
    return str(value) if isinstance(value, int | float | None) else [value] * 3


_ALIKE: tuple[Callable[[str], Any], ...] = (
    lambda text: re.sub("//[^/]*", "//evil.test", text),
    lambda text: text.replace("//", "//max@", 1),
    lambda text: text.replace("http", "https", 1),
    lambda text: text + "?x=1",
    lambda text: text + "/../x",
    lambda text: "/" + text,
    lambda text: (text * 300)[:MOST_CHARACTERS],
    lambda text: text[: len(text) // 2],
    lambda text: text + "\n",
    lambda text: text + ":",
    lambda text: "ä" + text,
    str.upper,
    lambda text: [text],
    lambda text: Object([("a", text)]),
)
"""What is nearly right."""


def _dump(tree: Any) -> bytes:
    if isinstance(tree, Raw):
        return bytes(tree)
    if isinstance(tree, Object):
        return b"{" + b",".join(json.dumps(key).encode() + b":" + _dump(one) for key, one in tree) + b"}"
    if isinstance(tree, list):
        return b"[" + b",".join(map(_dump, tree)) + b"]"
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _status(answer: _Answer, random: Random) -> _Answer:
    waits = (("Retry-After", random.choice(HEADERS["Retry-After"])),) if random.random() < 0.4 else ()
    return replace(answer, status=random.choice(STATUSES), headers=(*answer.headers, *waits))


def _header(answer: _Answer, random: Random) -> _Answer:
    """One header more, another value for one, or one less."""
    name = random.choice(("X-User-Id", *HEADERS))
    new = (name, random.choice(HEADERS[name]))
    what = random.random()
    if what < 0.25 and answer.headers:
        gone = random.randrange(len(answer.headers))
        return replace(answer, headers=answer.headers[:gone] + answer.headers[gone + 1 :])
    kept = answer.headers if what < 0.5 else tuple(one for one in answer.headers if one[0].lower() != new[0].lower())
    return replace(answer, headers=(*kept, new) if what < 0.75 else (new, *kept))


def _body(answer: _Answer, random: Random) -> _Answer:
    return replace(answer, body=_bytes(answer.body, random))


def _packed(answer: _Answer, random: Random) -> _Answer:
    packed = gzip.compress(answer.body, mtime=0)
    if random.random() < 0.5:
        packed = _bytes(packed, random)
    return replace(answer, headers=(*answer.headers, ("Content-Encoding", "gzip")), body=packed)


def _other(answer: _Answer, random: Random) -> _Answer:
    """The body of quite another answer."""
    body = recorded(random.choice(names("")))["body"]
    return replace(answer, body=body.encode() if isinstance(body, str) else json.dumps(body).encode())


_MISTAKES = (_status, _header, _header, _body, _packed, _other)


def _bytes(whole: bytes, random: Random) -> bytes:
    """Cut off, flipped, doubled or with something in between."""
    if not whole:
        return random.randbytes(20)
    place = random.randrange(len(whole))
    what = random.random()
    if what < 0.3:
        return whole[:place]
    if what < 0.7:
        flipped = bytearray(whole)
        for _byte in range(random.choice((1, 3, 30))):
            flipped[random.randrange(len(flipped))] = random.randrange(256)
        return bytes(flipped)
    if what < 0.85:
        return whole[:place] + random.randbytes(random.choice((1, 100))) + whole[place:]
    return whole[:place] + whole


def _kept(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    """All but those that say how the recorded bytes were packed."""
    return tuple((name, value) for name, value in headers if name not in ("content-length", "content-encoding"))


def _wire(answer: _Answer) -> bytes:
    own = "" if any(name.lower() == "content-length" for name, _value in answer.headers) else "Content-Length"
    headers = (*answer.headers, (own, str(len(answer.body)))) if own else answer.headers
    lines = [f"HTTP/1.1 {answer.status} Odd", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + answer.body


def _user_ids(raw: bytes) -> tuple[str, ...]:
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].split(b"\n")  # a line may end without its \r
    values = [line.split(b":", 1)[1] for line in head if line.lower().startswith(b"x-user-id:")]
    return tuple(value.decode("latin-1").strip() for value in values)
