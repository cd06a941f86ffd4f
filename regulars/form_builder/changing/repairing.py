"""Another field in the place of one that shall go, wherever it is used.

Where a field is used is found by thinking it away (`used_by`). At each such place the field's key
is replaced by the other one's, and the definition is judged again: what is right without the old
field then is repaired, everything else stays for its owner to mend by hand.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from regulars.form_builder.changing.used_by import breaks_of_field, find_field, without
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.effects import Break
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.places import side_words
from regulars.platform.definitions.snapshot import Published, Snapshot, snapshot
from regulars.platform.errors import NotFound
from regulars.platform.i18n import Text

WORDS = ("label", "description", "help", "placeholder", "message", "name")
"""Properties whose texts are for people; a field's key in them is only a word."""
_IN_BRACES = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Replacement:
    """One place: what stands there and what would, in short; not ``is_done``: by hand."""

    kind: str
    key: str
    name: Text
    path: str
    place: Text
    before: str
    after: str
    is_done: bool


@dataclass(frozen=True)
class _Wish:
    form: str
    ref: str
    old: str
    new: str


def fields_instead(form: FormDefinition, ref: str) -> list[FieldDefinition]:
    """Which fields could stand in for one: those beside it whose values are of the same kind."""
    field = find_field(form, ref)
    if field is None:
        return []
    head, dot, _tail = ref.partition(".")
    beside = form.by_key[head].fields if dot else form.fields
    kind = _kind(field)
    return [each for each in beside if each.key != field.key and _kind(each) == kind]


def plan(uow: UnitOfWork, access: Access, form: str, ref: str, instead: str) -> list[Replacement]:
    """What would be replaced where; nothing is changed. NotFound without either field."""
    access.require("design_forms")
    seen = snapshot(uow)
    return [each for each, _raw in _planned(seen, _wish(seen, form, ref, instead), access.locale)]


def repair(
    uow: UnitOfWork, access: Access, form: str, ref: str, instead: str
) -> list[Replacement]:
    """Do it: each definition is published with the other field, drafts get it, too.

    Forbidden when one of them is not the actor's to change; Invalid when publishing refuses.
    """
    access.require("design_forms")
    seen = snapshot(uow)
    wish = _wish(seen, form, ref, instead)
    planned = _planned(seen, wish, access.locale)
    paths: dict[tuple[str, str], list[str]] = {}
    for each, _raw in planned:
        if each.is_done:
            paths.setdefault((each.kind, each.key), []).append(each.path)
    for (kind, key), places in paths.items():
        known = seen.items[kind, key].raw
        store.amend(uow, access, kind, key, partial(_all_replaced, known, places, wish))
    return [each for each, _raw in planned]


def _wish(seen: Snapshot, form: str, ref: str, instead: str) -> _Wish:
    parsed: FormDefinition = seen.get("form", form)
    if find_field(parsed, ref) is None:
        raise NotFound("no-field", key=ref)
    if instead not in {each.key for each in fields_instead(parsed, ref)}:
        raise NotFound("no-field", key=instead)
    return _Wish(form, ref, ref.rpartition(".")[2], instead)


def _planned(seen: Snapshot, wish: _Wish, locale: str) -> list[tuple[Replacement, Any]]:
    made: list[tuple[Replacement, Any]] = []
    now: dict[tuple[str, str], Any] = {}
    for each in {(b.item.kind, b.item.key, b.problem.path): b for b in
                 breaks_of_field(seen, wish.form, wish.ref)}.values():  # fmt: skip
        name = (each.item.kind, each.item.key)
        raw = now.get(name, each.item.raw)
        changed = _replaced(raw, each.problem.path, wish)
        done = changed != raw and _is_mended(seen, each, changed, wish)
        if done:
            now[name] = changed
        before, after = (_found(side, each.problem.path) for side in (raw, changed))
        made.append((_told(each, (before, after if done else before), done, locale), changed))
    return made


def _told(each: Break, sides: tuple[Any, Any], done: bool, locale: str) -> Replacement:
    before, after = (side_words(side, locale) for side in sides)
    return Replacement(
        each.item.kind, each.item.key, each.name, each.problem.path, each.place, before,
        after if done else "", done,
    )  # fmt: skip


def _is_mended(seen: Snapshot, each: Break, raw: Any, wish: _Wish) -> bool:
    """Whether the definition has no problem at that place any more without the old field."""
    served = kinds.get(each.item.kind)
    if served.problems(raw):
        return False
    parsed, own = served.parse(raw), seen.items["form", wish.form]
    if each.item is own:
        parsed = without(parsed, wish.ref)
        candidate = _as(own, parsed)
        world = seen.overlaid([candidate])
    else:
        candidate = Published(each.item.kind, each.item.key, each.item.version, raw, parsed)
        world = seen.overlaid([_as(own, without(own.parsed, wish.ref)), candidate])
    return each.problem.path not in {p.path for p in served.check(parsed, world)}


def _as(item: Published, parsed: Any) -> Published:
    return Published(item.kind, item.key, item.version, item.raw, parsed, item.published_at)


def _all_replaced(known: Any, places: list[str], wish: _Wish, raw: Any) -> Any:
    """Every place that stands as it was published; in a draft the others are left alone."""
    for path in places:
        if _found(raw, path) == _found(known, path):
            raw = _replaced(raw, path, wish)
        known = _replaced(known, path, wish)
    return raw


def _replaced(raw: Any, path: str, wish: _Wish) -> Any:
    """The definition with the other key at and below a place, as deep as the place is there."""
    made = copy.deepcopy(raw)
    here, parts = made, [part for part in path.split("/") if part]
    for number, part in enumerate(parts):
        below = _step(here, part)
        is_last = number == len(parts) - 1
        if below is None or (is_last and isinstance(here, dict) and part == wish.old):
            return _renamed(made, parts[:number], wish) if part == wish.old else made
        if is_last or not isinstance(below, (dict, list)):
            here[_index(here, part)] = _in_value(below, wish)
            return made
        here = below
    return made


def _renamed(made: Any, above: list[str], wish: _Wish) -> Any:
    """A property that is named after the field (the values of a new record) gets the new name."""
    here = made
    for part in above:
        here = _step(here, part)
    if isinstance(here, dict) and wish.old in here and wish.new not in here:
        items = [
            (wish.new, _in_value(value, wish)) if name == wish.old else (name, value)
            for name, value in here.items()
        ]
        here.clear()
        here.update(items)
    return made


def _in_value(value: Any, wish: _Wish) -> Any:
    if isinstance(value, str):
        return _in_text(value, wish)
    if isinstance(value, list):
        return [_in_value(each, wish) for each in value]
    if isinstance(value, Mapping):
        return {k: each if k in WORDS else _in_value(each, wish) for k, each in value.items()}
    return value


def _in_text(text: str, wish: _Wish) -> str:
    """The key as a whole word; in a text with ``{merge fields}`` only inside them."""
    word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(wish.old)}(?![A-Za-z0-9_])")
    if _IN_BRACES.search(text):
        return _IN_BRACES.sub(lambda found: word.sub(wish.new, found[0]), text)
    return word.sub(wish.new, text)


def _found(raw: Any, path: str) -> Any:
    here = raw
    for part in (each for each in path.split("/") if each):
        below = _step(here, part)
        if below is None:
            return here if isinstance(here, (str, list)) else part
        here = below
    return here


def _step(here: Any, part: str) -> Any:
    if isinstance(here, Mapping):
        return here.get(part)
    if isinstance(here, list) and part.isdecimal() and int(part) < len(here):
        return here[int(part)]
    return None


def _index(here: Any, part: str) -> Any:
    return int(part) if isinstance(here, list) else part


def _kind(field: FieldDefinition) -> Any:
    found = field_types.get(field.type).value_type(field)
    return found.kind, found.form
