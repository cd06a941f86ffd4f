"""cascade: one option of a tree, chosen level by level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Forms, Reading, Settings
from regulars.form_builder.field_types.choice import (
    ChoiceField,
    check_options,
    one_option,
    options_of,
)
from regulars.platform.problems import Problem

MOST_LEVELS = 5
MOST_OPTIONS = 2000
_STEP = "[A-Za-z0-9_-]{1,32}"
_SEPARATORS = re.compile(r"\s*[/／>＞›→|｜]\s*")
LEVELS_SETTING = {
    "type": "array",
    "maxItems": MOST_OPTIONS,
    "items": {
        "type": "object",
        "properties": {
            "value": {
                "type": "string",
                "pattern": f"^{_STEP}(\\.{_STEP}){{0,{MOST_LEVELS - 1}}}$",
            },
            "label": {"$ref": "#/$defs/text"},
        },
        "required": ["value"],
        "additionalProperties": False,
    },
}


class CascadeField(ChoiceField):
    """One code of ``options``; the code says the way there: ``food``, ``food.tea``.

    Only ends of branches can be chosen, unless ``any_level``.
    """

    name = "cascade"
    icon = "network"
    settings: ClassVar[Settings] = {"options": LEVELS_SETTING, "any_level": {"type": "boolean"}}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        code = one_option(field, raw)
        if code not in choosable(field):
            raise BadValue("choose-further", value=options_of(field)[code]["label"])
        return code

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        """A code, the words of every level (``Food / Tea``), or one word that only one has."""
        word = text.strip()
        return self.convert(field, found_by_words(field, word), reading) if word else None

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"enum": [*choosable(field), None]}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from check_options(field)
        known = options_of(field)
        for position, code in enumerate(known):
            above = code.rpartition(".")[0]
            if above and above not in known:
                place = f"options/{position}/value"
                yield Problem(place, "option-without-level-above", {"value": code, "above": above})


def choosable(field: FieldDefinition) -> list[str]:
    """The codes that a record may have."""
    known = options_of(field)
    if field.settings.get("any_level"):
        return list(known)
    inner = {code.rpartition(".")[0] for code in known}
    return [code for code in known if code not in inner]


def found_by_words(field: FieldDefinition, word: str) -> str:
    """The code that is meant; BadValue when there is none, or more than one."""
    if word in options_of(field):
        return word
    below = _below(field)
    steps = [step.casefold() for step in _SEPARATORS.split(word) if step]
    found = _along(below, "", steps)
    if not found and len(steps) == 1:
        found = [code for here in below.values() for code, names in here if steps[0] in names]
        found = found or _run_together(below, "", steps[0])
    if len(found) > 1:
        raise BadValue("several-options", value=word[:40])
    return found[0] if found else one_option(field, word)


_Below = Mapping[str, list[tuple[str, frozenset[str]]]]


def _below(field: FieldDefinition) -> _Below:
    """Code → the codes one level below, each with its names in every language, folded."""
    made: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for option in field.settings.get("options", ()):
        above, _dot, own = option["value"].rpartition(".")
        label = option.get("label") or own
        names = [label] if isinstance(label, str) else [*label.values()]
        made.setdefault(above, []).append(
            (option["value"], frozenset(name.casefold() for name in (own, *names)))
        )
    return made


def _along(below: _Below, start: str, steps: list[str]) -> list[str]:
    """The codes that lie at the end of these words, one word a level."""
    here = [start]
    for step in steps:
        here = [code for at in here for code, names in below.get(at, ()) if step in names]
    return here if steps else []


def _run_together(below: _Below, start: str, word: str) -> list[str]:
    """The same without anything between the words: ``浙江杭州西湖``."""
    found = []
    for code, names in below.get(start, ()):
        for name in names:
            if word == name:
                found.append(code)
            elif word.startswith(name):
                found += _run_together(below, code, word[len(name) :].strip())
    return list(dict.fromkeys(found))
