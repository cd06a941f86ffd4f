"""Help while a formula is typed: what could stand here, and what a type is called. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regulars.platform import i18n
from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.check_leaves import kind_word
from regulars.platform.expressions.operators import AGGREGATE_NAMES
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.types import Kind, ValueType

MAX_SUGGESTIONS = 50
_PIECE = re.compile(
    r'"(?:[^"]|"")*"?|“[^”]*”?|[\w.\[\]]+|[()（）,，]|\s+|.', re.DOTALL
)  # texts, words with dots, brackets and commas; anything else by itself
_HELP = re.compile(r"(?P<written>[A-Z_]+\(.*?\))(?:: |：)(?P<gives>.*)\Z", re.DOTALL)
_WORD = re.compile(r"[\w.\[\]]+\Z")


@dataclass(frozen=True)
class Suggestion:
    """``insert`` replaces the text from ``start`` to the cursor.

    ``kind`` is ``field`` or ``function``; ``label`` and ``detail`` are for people.
    """

    kind: str
    insert: str
    label: str
    detail: str
    start: int


def complete(
    text: str, position: int, shapes: Shapes, form: str, locale: str = "en"
) -> list[Suggestion]:
    """What could stand at ``position`` in a formula about records of ``form``, best first."""
    before = text[: max(0, position)]
    if _inside_text(before):
        return []
    found = _WORD.search(before)
    word = found.group() if found else ""
    start = len(before) - len(word)
    scope = _scope(before[:start], shapes, form)
    head, dot, tail = word.rpartition(".")
    if dot:
        scope = _walk(shapes, scope, head.replace("[", "").replace("]", "").split("."))
        start += len(head) + 1
    suggestions = list(_fields(scope, tail, start, locale))
    if not dot:
        suggestions += _functions(word, start, locale)
    return suggestions[:MAX_SUGGESTIONS]


def pieces_of(text: str) -> list[str]:
    """The text cut into texts, words with dots, brackets, commas and whatever is between."""
    return _PIECE.findall(text)


def _inside_text(before: str) -> bool:
    last = pieces_of(before)[-1:] or [""]
    piece = last[0]
    opened = piece[:1] in ('"', "“")
    closing = '"' if piece[:1] == '"' else "”"
    return opened and (len(piece) == 1 or not piece.endswith(closing))


def _scope(before: str, shapes: Shapes, form: str) -> FormShape | None:
    """The form whose fields can be named here: inside an aggregate, that of its rows."""
    scopes: list[FormShape | None] = [shapes.find(form)]
    calls: list[tuple[str, list[str]]] = [("", [])]
    previous = ""
    for piece in pieces_of(before):
        if piece.isspace():
            continue
        if piece in "(（":
            calls.append((previous.upper(), []))
            scopes.append(scopes[-1])
        elif piece in ")）" and len(scopes) > 1:
            calls.pop()
            scopes.pop()
        elif piece in ",，" and calls[-1][0] in AGGREGATE_NAMES and len(calls[-1][1]) == 1:
            scopes[-1] = _walk(shapes, scopes[-2], calls[-1][1][0].split("."))
            calls[-1][1].append("")
        else:
            calls[-1][1].append(piece)
        previous = piece
    return scopes[-1]


def _walk(shapes: Shapes, form: FormShape | None, steps: list[str]) -> FormShape | None:
    for step in steps:
        form = shapes.step(form, step)[1] if form is not None else None
    return form


def _fields(form: FormShape | None, word: str, start: int, locale: str) -> Iterator[Suggestion]:
    if form is None:
        return
    for field in form.fields.values():
        label = i18n.pick(field.label, locale) or field.key
        if _matches(word, field.key, label):
            yield Suggestion("field", field.key, label, describe_type(field.type, locale), start)


def _matches(word: str, key: str, label: str) -> bool:
    wanted = word.casefold()
    return key.startswith(wanted) or wanted in label.casefold()


def _functions(word: str, start: int, locale: str) -> Iterator[Suggestion]:
    for name in known_names():
        if name.startswith(word.upper()):
            yield Suggestion("function", f"{name}(", name, describe_function(name, locale), start)


def describe_function(name: str, locale: str) -> str:
    """One line: how the function is written and what it gives."""
    return i18n.translate(f"expressions.function.{name}", locale)


def function_help(name: str, locale: str) -> tuple[str, str]:
    """How the function is written, and what it gives."""
    line = describe_function(name, locale)
    found = _HELP.match(line)
    return (found["written"], found["gives"]) if found else (line, "")


def describe_type(kind: ValueType, locale: str) -> str:
    """What people call a type: ``number with 2 decimals``."""
    word = i18n.pick(kind_word(kind.kind), locale)
    if kind.kind is Kind.NUMBER and kind.scale:
        return i18n.translate("expressions.type.decimals", locale, kind=word, n=kind.scale)
    return word


def describe_field(field: FieldShape, locale: str) -> str:
    """The owner's label of a field and what it holds."""
    label = i18n.pick(field.label, locale) or field.key
    return i18n.translate(
        "expressions.type.field", locale, label=label, kind=describe_type(field.type, locale)
    )
