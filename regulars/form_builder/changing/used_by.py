"""Where a form or a field is used: in every kind of definition, and by whoever else says so.

The answer is found by trying: the field is thought away, every published definition is checked
again, and each new problem is a place that uses it. So formulas, rollups, lookups, checks, views,
titles, rules, messages, reports and dashboards are all looked at by the very code that will judge
them when the change is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.effects import Break, breaks, uses_of
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.places import named, place_in_words
from regulars.platform.definitions.snapshot import Published, Snapshot, snapshot
from regulars.platform.errors import NotFound
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry

GONE = "gone__"
"""A key that nothing can name, so that a field thought away keeps its place in the list."""
NO_USE = ("layout",)


@dataclass(frozen=True)
class Use:
    """One place that uses a form or a field; ``path`` lies within the definition ``kind/key``."""

    kind: str
    key: str
    name: Text
    path: str
    place: Text
    why: Text = ""
    field: str = ""  # the field of the form ``key`` that does the using


UseSource = Callable[[UnitOfWork, str, str], Iterable[Use]]
use_sources: Registry[UseSource] = Registry("source of uses")
"""Who else knows uses of (form, field ref or ""): whatever is no definition, as import maps."""


def uses_of_field(uow: UnitOfWork, access: Access, form_key: str, ref: str) -> list[Use]:
    """Every place that uses a field (``amount``, ``items.price``); NotFound without such a field.

    The places on the form's own page are not counted: they follow the field by themselves.
    """
    access.require("design_forms")
    seen = snapshot(uow)
    form: FormDefinition = seen.get("form", form_key)
    if find_field(form, ref) is None:
        raise NotFound("no-field", key=ref)
    item = seen.items["form", form_key]
    changed = replace(item, parsed=_without(form, ref))
    found = [*_breaks_within(seen, item, changed), *breaks(seen, seen.overlaid([changed]))]
    return [*_distinct(found), *_told(uow, form_key, ref)]


def uses_of_form(uow: UnitOfWork, access: Access, form_key: str) -> list[Use]:
    """Every other definition that needs a form."""
    access.require("design_forms")
    return [*_distinct(uses_of(uow, "form", form_key)), *_told(uow, form_key, "")]


def breaks_of_change(seen: Snapshot, item: Published) -> list[Break]:
    """What publishing ``item`` in place of what is published would break, itself included."""
    known = seen.items[item.kind, item.key]
    return [*_breaks_within(seen, known, item), *breaks(seen, seen.overlaid([item]))]


def find_field(form: FormDefinition, ref: str) -> FieldDefinition | None:
    """The field named ``amount`` or ``items.price``."""
    head, _dot, tail = ref.partition(".")
    found = form.find(head)
    if not tail or found is None:
        return found
    return next((each for each in found.fields if each.key == tail), None)


def with_field(form: FormDefinition, ref: str, fresh: FieldDefinition) -> FormDefinition:
    """The form with another field in the place of the one named ``ref``."""
    head, _dot, tail = ref.partition(".")
    if tail:
        outer = form.by_key[head]
        columns = tuple(fresh if each.key == tail else each for each in outer.fields)
        fresh = replace(outer, fields=columns)
    fields = tuple(fresh if each.key == head else each for each in form.fields)
    return replace(form, fields=fields, by_key={each.key: each for each in fields})


def _without(form: FormDefinition, ref: str) -> FormDefinition:
    field = find_field(form, ref)
    assert field is not None
    return with_field(form, ref, replace(field, key=GONE))


def _breaks_within(seen: Snapshot, item: Published, changed: Published) -> Iterator[Break]:
    check = kinds.get(item.kind).check
    known = {(each.path, each.code) for each in check(item.parsed, seen)}
    for problem in check(changed.parsed, seen.overlaid([changed])):
        own_title = problem.path == "title" and not item.raw.get("title")
        outside = problem.path.partition("/")[0] not in NO_USE and not own_title
        if outside and (problem.path, problem.code) not in known:
            yield Break(item, problem)


def _distinct(found: Iterable[Break]) -> list[Use]:
    """One use per place, however many problems there are with it."""
    uses: dict[tuple[str, str, str], Use] = {}
    for each in found:
        item, path = each.item, each.problem.path
        why = {locale: each.problem.message(locale) for locale in ("en", "zh-Hans", "zh-Hant")}
        use = Use(
            item.kind, item.key, named(item.kind, item.raw), path,
            place_in_words(item.kind, item.raw, path), why, _using_field(item, path),
        )  # fmt: skip
        uses.setdefault((item.kind, item.key, path), use)
    return list(uses.values())


def _using_field(item: Published, path: str) -> str:
    parts = path.split("/")
    fields = item.raw.get("fields", ())
    if len(parts) < 2 or parts[0] != "fields" or not parts[1].isdecimal():
        return ""
    return str(fields[int(parts[1])]["key"]) if int(parts[1]) < len(fields) else ""


def _told(uow: UnitOfWork, form_key: str, ref: str) -> Iterator[Use]:
    for source in use_sources:
        yield from source(uow, form_key, ref)
