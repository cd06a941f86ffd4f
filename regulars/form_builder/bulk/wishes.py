"""What a bulk edit does to a field: set, clear, add, remove, increase, or work out by a formula.

``{"field": "tags", "do": "add", "value": ["vip"]}``. All problems come back together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.converting import convert_row
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.field_types.base import Reading, family_of, field_types
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem, under

MOST_CHANGES = 20
DEEDS = ("set", "clear", "add", "remove", "increase", "formula")


@dataclass(frozen=True)
class Change:
    """One field and what shall be done to it.

    ``value`` is a plain value, the words to add or remove, or the number to add; ``tree`` the
    formula of one that is worked out. ``field`` is as its writer sees it.
    """

    field: FieldDefinition
    do: str
    value: Any = None
    tree: Node | None = None

    @property
    def key(self) -> str:
        """The field's key."""
        return self.field.key

    def applied(self, current: Mapping[str, Any], worked_out: Any) -> Any:
        """The field's new value; what is worked out comes from the database."""
        before = current.get(self.key)
        if self.do == "add":
            return (before or frozenset()) | self.value
        if self.do == "remove":
            return (before or frozenset()) - self.value
        if self.do == "increase":
            return None if before is None else before + self.value
        return worked_out if self.do == "formula" else self.value


def deeds_for(field: FieldDefinition) -> tuple[str, ...]:
    """What can be done to a field of many records at once; nothing for some types."""
    kind = field_types.get(field.type)
    if (
        not kind.writable
        or field.has_rows
        or field.type in FILE_TYPES
        or field.type == "signature"
    ):
        return ()
    if field.unique:
        return ("clear",)
    if field.has_side:
        return ("add", "remove", "set", "clear")
    numeric = ("increase",) if family_of(field.type) == "number" else ()
    return ("set", "clear", *numeric, "formula")


def read_changes(
    uow: UnitOfWork, access: Access, form_key: str, raw: Sequence[Mapping[str, Any]]
) -> tuple[list[Change], list[Problem]]:
    """The changes with their values understood, and everything that is wrong with them."""
    form = writable_form(access, catalog_of(uow), form_key, is_new=False)
    place = uow.workspace
    reading = Reading(place.tz, place.currency, uow.now, access.locale)
    seen = catalog_for(uow, access)
    found: list[Change] = []
    problems: list[Problem] = []
    for n, each in enumerate(raw):
        made, wrong = _read(form, seen, each, reading)
        problems += under(str(n), wrong)
        if made is not None and any(made.key == other.key for other in found):
            problems.append(Problem(f"{n}/field", "bulk-twice", {"field": made.field.name}))
        elif made is not None:
            found.append(made)
    return found, problems


def _read(
    form: FormDefinition, seen: FormCatalog, raw: Mapping[str, Any], reading: Reading
) -> tuple[Change | None, list[Problem]]:
    key, do = str(raw.get("field", "")), str(raw.get("do", ""))
    field = form.find(key)
    if field is None:
        return None, [Problem("field", "unknown-field", {"field": key[:60]})]
    if do not in deeds_for(field):
        return None, [Problem("do", "bulk-cannot", {"field": field.name})]
    if do == "clear":
        return Change(field, do, frozenset() if field.has_side else None), []
    if do == "formula":
        return _formula(form, field, seen, str(raw.get("value") or ""))
    if do == "increase":
        return _increase(form, field, raw.get("value"), reading)
    draft = convert_row(
        form, {key: raw.get("value")}, reading, index=0, texts=bool(raw.get("text"))
    )
    value = draft.values.get(key)
    if not draft.problems and value in (None, frozenset()):
        draft.refuse(key, "required", field=field.name)
    wrong = [Problem("value", each.code, each.params, each.text) for each in draft.problems]
    return (None, wrong) if wrong else (Change(field, do, value), [])


def _increase(
    form: FormDefinition, field: FieldDefinition, raw: Any, reading: Reading
) -> tuple[Change | None, list[Problem]]:
    try:
        by = Decimal(str(raw).strip()) if not isinstance(raw, bool) else Decimal("NaN")
    except ArithmeticError:
        by = Decimal("NaN")
    scale = field_types.get(field.type).value_type(field).scale
    if not by.is_finite() or abs(by) >= Decimal(10) ** 15:
        return None, [Problem("value", "not-a-number", {"value": str(raw)[:40]})]
    if by != round(by, scale):
        return None, [Problem("value", "too-many-decimals", {"limit": scale})]
    return Change(field, "increase", by), []


def _formula(
    form: FormDefinition, field: FieldDefinition, seen: FormCatalog, text: str
) -> tuple[Change | None, list[Problem]]:
    if not text.strip():
        return None, [Problem("value", "required")]
    tree, problems = seen.read_formula(form.key, text)
    problems = list(problems) or seen.refusals(tree)
    if problems:
        return None, [Problem("value", each.code, each.params) for each in problems]
    wanted = field_types.get(field.type).value_type(field)
    if tree.type is None or not expressing.fits(tree.type, wanted):
        return None, [Problem("value", "bulk-formula-type", {"field": field.name})]
    return Change(field, "formula", None, tree), []
