"""Tills as a kind of definition: what their JSON may say, and what their forms must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.definitions_seen import teller
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.tills.definition import Offer, Points, Sale, Till, Values, split_amount
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.expressions.types import Kind
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem, under

KIND = "till"
FOUND_BY = ("phone", "text", "barcode", "serial", "email")
"""The types of fields by which people can be found at a till."""
AMOUNTS = ("money", "number")


@cache
def till_schema() -> dict[str, Any]:
    """The JSON Schema of a till."""
    return packaged("regulars.form_builder.tills", "till.schema.json")


@cache
def _validator() -> Any:
    return validator(till_schema())


def till_problems(raw: Any) -> list[Problem]:
    """Every way a till's JSON departs from its schema."""
    return shape_problems(_validator(), raw)


def till_kind() -> DefinitionKind:
    """The kind ``till``; ask only once every field type is registered."""
    tell = teller(till_problems, Till.from_json, check_till)
    return DefinitionKind(
        KIND, till_schema(), till_problems, Till.from_json, check_till, tell=tell
    )


def check_till(till: Till, after: Snapshot) -> list[Problem]:
    """Everything that a till names and its forms do not have, or have otherwise."""
    catalog = catalog_from(after)
    return [
        *under("people", _people(till, catalog)),
        *under("sale", _sale(till, till.sale, catalog)),
        *under("offer", _offer(till, till.offer, catalog) if till.offer else ()),
        *under("points", _points(till, till.points, catalog) if till.points else ()),
        *under("offline", _offline(till, catalog)),
    ]


def _people(till: Till, catalog: FormCatalog) -> Iterator[Problem]:
    form = catalog.forms.get(till.people.form)
    if form is None:
        yield _no_form(till.people.form)
        return
    for position, key in enumerate(till.people.find_by):
        yield from _typed(f"find_by/{position}", form, key, FOUND_BY, "till-cannot-find-by")
    yield from _shown(form, till.people.show, catalog)


def _sale(till: Till, sale: Sale, catalog: FormCatalog) -> Iterator[Problem]:
    form = catalog.forms.get(sale.form)
    if form is None:
        yield _no_form(sale.form)
        return
    yield from _link("via", form, sale.via, till.people.form)
    outer, column = split_amount(sale.amount)
    rows: FormDefinition | None = form
    if column:
        field = form.find(outer)
        held = field is not None and field.type == "subform"
        rows = catalog.get_form(f"{form.key}.{outer}") if held else None
    if rows is None:
        yield _unknown("amount", sale.amount)
    else:
        yield from _typed("amount", rows, column or outer, AMOUNTS, "till-not-an-amount")
    if sale.at:
        yield from _typed("at", form, sale.at, ("datetime",), "till-not-a-moment")
    if sale.offer and till.offer is not None:
        yield from _link("offer", form, sale.offer, till.offer.form)
    elif sale.offer:
        yield Problem("offer", "till-without-offer")
    yield from _set_values("values", form, sale.values, catalog, literal=True)


def _offer(till: Till, offer: Offer, catalog: FormCatalog) -> Iterator[Problem]:
    form = catalog.forms.get(offer.form)
    if form is None:
        yield _no_form(offer.form)
        return
    yield from _link("via", form, offer.via, till.people.form)
    yield from under("where", catalog.condition(form.key, offer.where)[1])
    yield from _shown(form, offer.show, catalog)
    if offer.least:
        yield from _typed("least", form, offer.least, AMOUNTS, "till-not-an-amount")
    if not offer.sets:
        yield Problem("sets", "required")
    yield from _set_values("sets", form, offer.sets, catalog)


def _points(till: Till, points: Points, catalog: FormCatalog) -> Iterator[Problem]:
    if till.sale.form in catalog.forms:
        tree, problems = catalog.read_formula(till.sale.form, points.formula)
        yield from under("formula", problems)
        if not problems and tree.type is not None and tree.type.kind not in _COUNTED:
            yield Problem("formula", "till-not-an-amount", {"field": points.formula})
    form = catalog.forms.get(points.form or till.people.form)
    if form is None:
        if points.form:
            yield _no_form(points.form)
        return
    yield from _typed("field", form, points.field, AMOUNTS, "till-not-an-amount")
    if points.form:
        yield from _link("via", form, points.via, till.people.form)
        if points.sale:
            yield from _link("sale", form, points.sale, till.sale.form)
        yield from _set_values("values", form, points.values, catalog, literal=True)


_COUNTED = (Kind.NUMBER, Kind.MISSING)


def _offline(till: Till, catalog: FormCatalog) -> Iterator[Problem]:
    form = catalog.forms.get(till.people.form)
    if form is None:
        return
    order = till.offline.first.removeprefix("-")
    if order and catalog.path(form.key, order)[1]:
        yield _unknown("first", order)
    parts = set((form.person or {}).values())
    for position, key in enumerate(till.offline.show):
        field = form.find(key)
        if field is None:
            yield _unknown(f"show/{position}", key)
        elif field.personal or key in parts:
            yield Problem(f"show/{position}", "till-personal", {"field": field.name})


def _shown(form: FormDefinition, paths: Iterable[str], catalog: FormCatalog) -> Iterator[Problem]:
    for position, path in enumerate(paths):
        known = "." not in path and path in form.by_key
        if not known and catalog.shown_path(form.key, path)[1]:
            yield _unknown(f"show/{position}", path)


def _typed(
    place: str, form: FormDefinition, key: str, types: tuple[str, ...], code: str
) -> Iterator[Problem]:
    field = form.find(key)
    if field is None:
        yield _unknown(place, key)
    elif field.type not in types:
        yield Problem(place, code, {"field": field.name})


def _link(place: str, form: FormDefinition, key: str, to: str) -> Iterator[Problem]:
    field = form.find(key)
    if field is None:
        yield _unknown(place, key)
    elif field.type != "link" or field.settings.get("to") != to:
        yield Problem(place, "till-no-link", {"field": field.name})


def _set_values(
    place: str,
    form: FormDefinition,
    values: Values,
    catalog: FormCatalog,
    *,
    literal: bool = False,
) -> Iterator[Problem]:
    for key, value in values.items():
        field = form.find(key)
        if field is None:
            yield _unknown(f"{place}/{key}", key)
        elif not field_types.get(field.type).writable or field.has_rows:
            yield Problem(f"{place}/{key}", "till-cannot-set", {"field": field.name})
        elif is_formula(value) and not literal:
            found = catalog.read_formula(form.key, value["formula"])[1]
            yield from under(f"{place}/{key}", found)
        else:
            yield from under(f"{place}/{key}", _literal(field, value))


def is_formula(value: Any) -> bool:
    """Whether a value is computed when it is set."""
    return isinstance(value, dict) and set(value) == {"formula"} and bool(value["formula"])


def _literal(field: FieldDefinition, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict | list):
        yield Problem("", "till-cannot-set", {"field": field.name})
    elif field.type == "choice" and value not in field.options:
        yield Problem("", "unknown-option", {"value": str(value)[:60]})


def _no_form(key: str) -> Problem:
    return Problem("form", "unknown-form", {"form": key})


def _unknown(place: str, key: str) -> Problem:
    return Problem(place, "unknown-field", {"field": key})
