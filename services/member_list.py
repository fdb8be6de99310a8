"""Lists of members as a spreadsheet writes them: CSV in UTF-8, with commas or, as Excel does in German, semicolons."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.passwords import normalised_name
from services.roster import DISPLAY_NAME_LENGTH, NameInvalidError, new_member

_COLUMNS = {
    "name": ("name", "user name", "username", "benutzername", "login"),
    "display_name": ("display name", "displayname", "anzeigename"),
    "operator": ("operator", "betreiber"),
}
"""What a column may be called in the first line, whatever its capitals; a blank may be a line (`display_name`)."""

_YES, _NO = ("1", "x", "yes", "ja", "true", "wahr"), ("", "0", "-", "no", "nein", "false", "falsch")
_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t")


class ListUnreadableError(Exception):
    """A list can not be taken; `troubles` are sentences for the operator, most of them with the line's number."""

    def __init__(self, troubles: Sequence[str]) -> None:
        super().__init__("; ".join(troubles))
        self.troubles = tuple(troubles)


@dataclass(frozen=True)
class ListedPerson:
    """One line: `line` is its number in the file, `name` is as it is kept."""

    line: int
    name: str
    display_name: str
    operator: bool


@dataclass(frozen=True)
class MemberList:
    """What stood in a file; `unread` are the titles of columns that nobody asks for, `dialect` how it was written."""

    people: tuple[ListedPerson, ...]
    unread: tuple[str, ...]
    dialect: str


def read(raw: bytes) -> MemberList:
    """The members in a file. Raises ListUnreadableError with everything that is wrong in it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ListUnreadableError([f"line {line}: this is not UTF-8; save it as “CSV UTF-8”"]) from None
    titles, _rest = (text.lstrip("\r\n") + "\n").split("\n", 1)
    delimiter = max(";,\t", key=titles.count)
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error as error:
        raise ListUnreadableError([f"this is no CSV: {error}"]) from None
    if not rows:
        raise ListUnreadableError(["the file is empty"])
    places, unread = _places(*rows[0])
    return MemberList(_people(rows[1:], places), unread, delimiter)


def written(rows: Sequence[Sequence[str]], dialect: str) -> bytes:
    """The same kind of file, for the same program. What a spreadsheet would take for a formula begins with a '."""
    out = io.StringIO(newline="")
    harmless = ([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    csv.writer(out, delimiter=dialect).writerows(harmless)
    return (_BOM + out.getvalue()).encode()


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty, with the number of the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, [cell.strip() for cell in row]
        line = reader.line_num + 1


def _places(line: int, titles: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column stands, and the titles of the others."""
    plain = [title.casefold().replace("_", " ") for title in titles]
    found = {name: [at for at, title in enumerate(plain) if title in called] for name, called in _COLUMNS.items()}
    twice = [titles[at] for places in found.values() for at in places[1:]]
    if twice:
        raise ListUnreadableError([f"line {line}: the column “{title}” is there twice" for title in twice])
    if not found["name"]:
        raise ListUnreadableError([f"line {line}: a column “name” is missing; the first line holds the titles"])
    known = {at for places in found.values() for at in places}
    unread = tuple(title for at, title in enumerate(titles) if at not in known and title)
    return {name: places[0] for name, places in found.items() if places}, unread


def _people(rows: list[tuple[int, list[str]]], places: dict[str, int]) -> tuple[ListedPerson, ...]:
    people: list[ListedPerson] = []
    troubles: list[str] = []
    first: dict[str, int] = {}
    for line, row in rows:
        cells = {name: row[at] if at < len(row) else "" for name, at in places.items()}
        wrong = _wrong(cells)
        name = normalised_name(cells["name"])
        if not wrong and name in first:
            wrong = f"{name} is in line {first[name]} already"
        if wrong:
            troubles.append(f"line {line}: {wrong}")
            continue
        first[name] = line
        operator = cells.get("operator", "").casefold() in _YES
        people.append(ListedPerson(line, cells["name"], cells.get("display_name", ""), operator))
    if troubles:
        raise ListUnreadableError(troubles)
    if not people:
        raise ListUnreadableError(["there is nobody in it"])
    return tuple(people)


def _wrong(cells: dict[str, str]) -> str:
    """What is wrong with a line; "" where nothing is."""
    shown, operator = cells.get("display_name", ""), cells.get("operator", "").casefold()
    try:
        new_member(cells["name"], shown, operator=False, created_at=0)
    except NameInvalidError:
        return f"“{cells['name'][:80]}” is no name: it has 1 to 80 characters and no blanks"
    if len(shown) > DISPLAY_NAME_LENGTH or not shown.isprintable():
        return f"the display name has more than {DISPLAY_NAME_LENGTH} characters or more than one line"
    if operator not in (*_YES, *_NO):
        return f"operator is “{operator[:20]}”; write yes or no"
    return ""
