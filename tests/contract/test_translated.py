"""No word that a member reads or hears stands in the sources untranslated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.contract.tree import ROOT, tracked

ELEMENTS = {"html", "dbc"}
READ = {"alt", "children", "label", "placeholder", "title", "aria_label", "data_opening", "data_just_now"}
"""Arguments that are shown or spoken."""
NAMES = {"Talkboard", "Nextcloud Talk", "Deutsch", "English"}
"""The same in every language."""
NOT_FOR_MEMBERS = {"gallery.py", "gallery_states.py", "api_docs.html"}
"""For those who build this or write programs for it."""
WORD = re.compile(r"[^\W\d_]{2}")

SOURCES = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in ("components", "pages")]
TEMPLATES = [path for path in tracked() if path.parts[:2] == ("web", "templates")]


def shown(node: ast.expr) -> Iterator[ast.Constant]:
    """Literals that come to be seen as they stand, wherever in an expression they are."""
    if isinstance(node, ast.Constant):
        yield node
    elif isinstance(node, ast.List | ast.Tuple | ast.JoinedStr | ast.BoolOp):
        for one in node.elts if isinstance(node, ast.List | ast.Tuple) else node.values:
            yield from shown(one)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in READ:
                yield from shown(value)
    elif isinstance(node, ast.IfExp):
        yield from shown(node.body)
        yield from shown(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from shown(node.left)
        yield from shown(node.right)
    elif isinstance(node, ast.Starred):
        yield from shown(node.value)


def literals(source: str) -> Iterator[str]:
    """What a module hands to elements of the page without asking the catalogues."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        place = call.func.value if isinstance(call.func, ast.Attribute) else None
        is_element = isinstance(place, ast.Name) and place.id in ELEMENTS
        named = [word.value for word in call.keywords if word.arg in READ or (is_element and word.arg == "options")]
        for argument in [*(call.args[:1] if is_element else []), *named]:
            yield from (str(one.value) for one in shown(argument))


def words(found: Iterator[str]) -> list[str]:
    return [text for text in found if WORD.search(text) and text.strip() not in NAMES]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name not in NOT_FOR_MEMBERS], ids=str)
def test_every_word_of_a_component_is_in_the_catalogues(path: Path) -> None:
    assert words(literals((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.name not in NOT_FOR_MEMBERS], ids=str)
def test_every_word_of_a_template_is_in_the_catalogues(path: Path) -> None:
    tree = Environment(autoescape=True).parse((ROOT / path).read_text(encoding="utf-8"))
    text = "".join(data.data for data in tree.find_all(nodes.TemplateData))
    visible = re.sub(r"<[^>]*>", "\n", text, flags=re.DOTALL)

    assert words(line for line in visible.splitlines() if line.strip() not in {"– Talkboard"}) == []


@pytest.mark.parametrize(
    "source",
    [
        'html.P("Nobody is there")',
        'html.P(["  ", f"{number} messages"])',
        'dbc.Label(number and "Colours")',
        'html.Img(src=image, alt="QR code")',
        'html.Button(_icon(name), **marks(aria_label="Refresh"))',
        'dbc.Select(options=[{"label": "light", "value": "light"}])',
        'html.Span("on" if online else _("off"))',
    ],
)
def test_a_forgotten_word_would_be_found(source: str) -> None:
    assert len(words(literals(source))) == 1
