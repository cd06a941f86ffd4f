"""A form out of a spreadsheet: its columns become fields of the types they seem to hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.definition import RESERVED_KEYS
from regulars.form_builder.keys import derive_key

Guess = Mapping[str, Any]  # what `Guess.as_json` says

TYPES = (
    "text", "long_text", "number", "money", "boolean", "date", "datetime", "choice", "tags",
    "phone", "email", "url",
)  # fmt: skip
MOST_OPTIONS = 12
REPEATED = 3  # a list of options is short beside the lines it is used in
_MONEY = re.compile(r"price|amount|total|cost|paid|spent|revenue|金额|價|价|费|費|总额|總額", re.I)
_NAME = re.compile(r"^(full |customer |first )?name$|姓名|名字|^名称$|客户名", re.I)
_URL = re.compile(r"https?://\S+")
_COLORS = ("blue", "green", "orange", "violet", "teal", "amber", "pink", "red", "gray")


@dataclass(frozen=True)
class ColumnWish:
    """What a column shall become: a field of ``type`` called ``name``, with a key made of it."""

    column: str
    name: str
    type: str
    key: str
    options: tuple[str, ...] = ()

    def as_field(self) -> dict[str, Any]:
        """The JSON of the field."""
        field: dict[str, Any] = {"key": self.key, "type": self.type, "label": self.name}
        if self.type == "choice":
            field["options"] = _options(self.options)
        return field


def wishes_of(
    columns: Sequence[str], guesses: Iterable[Guess], values: Mapping[str, Sequence[str]]
) -> list[ColumnWish]:
    """A first wish per column; ``values`` are the few different ones a column holds, if so."""
    known = {str(each["column"]): each for each in guesses}
    wishes: list[ColumnWish] = []
    for column in columns:
        options = tuple(values.get(column, ()))
        kind = _type(column, known.get(column, {}), options)
        wishes.append(wish_for(column, column, kind, options, wishes))
    return wishes


def wish_for(
    column: str, name: str, kind: str, options: Sequence[str], others: Iterable[ColumnWish]
) -> ColumnWish:
    """One wish, with a key that the other ones leave free."""
    taken = {each.key for each in others} | RESERVED_KEYS
    label = name.strip()[:200] or column[:200]
    return ColumnWish(column, label, kind, derive_key(label, taken, kind), tuple(options))


def form_of(key: str, label: str, wishes: Sequence[ColumnWish]) -> dict[str, Any]:
    """The definition; it holds people when there are a name and a way to reach them."""
    fields = [wish.as_field() for wish in wishes]
    form: dict[str, Any] = {
        "kind": "form", "schema": 1, "key": key, "label": label, "fields": fields,
        "layout": [{"columns": 2, "fields": [wish.key for wish in wishes]}],
    }  # fmt: skip
    title = _title(wishes)
    if title is not None:
        form["title"] = f"{{{title}}}"
    person = _person(wishes)
    return {**form, "icon": "users", "person": person} if person else form


def map_of(key: str, wishes: Sequence[ColumnWish], guesses: Iterable[Guess]) -> dict[str, Any]:
    """The import map that fills the form with the very file it was made of."""
    known = {str(each["column"]): each for each in guesses}
    fields = {wish.key: _source(wish, known.get(wish.column, {})) for wish in wishes}
    return {"targets": [{"form": key, "fields": fields}]}


def few_values(lines: Iterable[Sequence[str]], columns: Sequence[str]) -> dict[str, list[str]]:
    """Column → its different values, in order, where they are few and come again and again."""
    seen: list[dict[str, int] | None] = [{} for _ in columns]
    for line in lines:
        for position, cell in enumerate(line[: len(columns)]):
            counts = seen[position]
            text = cell.strip()
            if counts is None or not text:
                continue
            counts[text] = counts.get(text, 0) + 1
            if len(counts) > MOST_OPTIONS or len(text) > 60:
                seen[position] = None
    return {
        column: list(counts)
        for column, counts in zip(columns, seen, strict=True)
        if counts and len(counts) > 1 and sum(counts.values()) >= REPEATED * len(counts)
    }


def _type(column: str, guess: Guess, options: Sequence[str]) -> str:
    kind = str(guess.get("kind", "text"))
    if kind == "number":
        return "money" if _MONEY.search(column) else "number"
    if kind in ("empty", "text"):
        samples = guess.get("samples", ())
        if samples and all(_URL.fullmatch(each) for each in samples):
            return "url"
        return "choice" if options else "text"
    return kind if kind in TYPES else "text"


def _source(wish: ColumnWish, guess: Guess) -> dict[str, Any]:
    source: dict[str, Any] = {"column": wish.column}
    way = str(guess.get("way", ""))
    if wish.type in ("date", "datetime") and guess.get("kind") in ("date", "datetime"):
        if way not in ("", "ymd"):
            source["parse"] = way
    elif wish.type in ("number", "money") and way == ",":
        source["parse"] = {"decimal": ","}
    return source


def _options(values: Sequence[str]) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = []
    for number, words in enumerate(values):
        taken = {each["value"] for each in options}
        value = derive_key(words, taken, f"option_{number + 1}")
        options.append({"value": value, "label": words, "color": _COLORS[number % len(_COLORS)]})
    return options


def _title(wishes: Sequence[ColumnWish]) -> str | None:
    named = [wish.key for wish in wishes if wish.type == "text" and _NAME.search(wish.name)]
    return next(iter([*named, *(wish.key for wish in wishes if wish.type == "text")]), None)


def _person(wishes: Sequence[ColumnWish]) -> dict[str, str]:
    """The roles of a person, when the file speaks of people; else nothing."""
    roles = {"mobile": "phone", "email": "email"}
    found = {
        role: wish.key
        for role, kind in roles.items()
        if (wish := next((each for each in wishes if each.type == kind), None))
    }
    name = next((w.key for w in wishes if w.type == "text" and _NAME.search(w.name)), None)
    return {"name": name, **found} if name and found else {}
