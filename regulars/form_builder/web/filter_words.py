"""Filters in words: the chips above a list, and the row in which the next one is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.field_types.choice import COLORS
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web import filters
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.values import cell_of, field_at_path, target_of, text_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import formats, translate


@dataclass(frozen=True)
class FilterRow:
    """The row being filled in: a field, then its operator, then its value."""

    field: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    paint: str = ""  # the colour for what it finds, in place of showing only that
    spot: bool = False  # the colour is for this field alone

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> FilterRow:
        """Read the row from an address."""
        paint = args.get("paint", "")
        return cls(
            args.get("f", ""), args.get("op", ""), tuple(args.getlist("v")),
            paint if paint in COLORS else "", args.get("spot") == "1",
        )  # fmt: skip


NO_ROW = FilterRow()


@dataclass(frozen=True)
class Chip:
    """One filter in words and the address of the list without it."""

    text: str
    remove_url: str


def chips(uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState) -> list[Chip]:
    """Every filter of the list in words."""
    leaves = filters.leaves_of(state.filter)
    made = []
    for number, leaf in enumerate(leaves):
        rest = filters.joined(other for n, other in enumerate(leaves) if n != number)
        made.append(Chip(_words(uow, access, form, leaf), state.url(filter=rest)))
    return made


def said(
    uow: UnitOfWork, access: Access, form: FormDefinition, condition: Mapping[str, Any]
) -> str:
    """A whole condition in words."""
    leaves = filters.leaves_of(condition)
    return formats().joined([_words(uow, access, form, leaf) for leaf in leaves])


def _words(uow: UnitOfWork, access: Access, form: FormDefinition, leaf: Mapping[str, Any]) -> str:
    field = field_at_path(form, str(leaf.get("field", "")), catalog_for(uow, access))
    op = str(leaf.get("op", ""))
    if field is None or not filters.offered_ops(field) or set(leaf) - {"field", "op", "value"}:
        return translate("records.filter-of-its-own")
    name = i18n.pick(field.name, current_locale())
    value = _value_words(uow, access, form, field, op, leaf.get("value"))
    if i18n.find_text(f"records.op.{op}", current_locale()) is None:
        return translate("records.filter-of-its-own")
    return translate(
        "records.filter-words", field=name, op=op_words(field, op), value=value
    ).strip()


def op_words(field: FieldDefinition, op: str) -> str:
    """An operator in words; "is" of a yes/no and the like read better with words of their own."""
    locale = current_locale()
    kind = field_types.get(field.type).value_type(field).kind
    of_type = i18n.find_text(f"records.op.{op}.{field.type}", locale)
    own = of_type or i18n.find_text(f"records.op.{op}.{kind.value}", locale)
    return own or i18n.translate(f"records.op.{op}", locale)


def _value_words(
    uow: UnitOfWork, access: Access, form: FormDefinition, field: FieldDefinition, op: str,
    value: Any,
) -> str:  # fmt: skip
    if value is None:
        return ""
    if op == "within" and isinstance(value, Mapping):
        if "calendar" in value:
            return translate(f"records.calendar.{value['calendar']}")
        if "last" not in value:
            sides = [value.get(name) for name in ("from", "to")]
            said = [_one(uow, access, form, field, each) if each else "…" for each in sides]
            return translate("records.from-to", start=said[0], end=said[1])
        return translate("records.last-n-days", n=value["last"])
    if op == "older_than" and isinstance(value, Mapping):
        return translate("records.n-days", n=value.get("n", ""))
    many = value if isinstance(value, list) else [value]
    said = [_one(uow, access, form, field, each) for each in many]
    if op == "between":
        return translate("records.from-to", start=said[0], end=said[-1])
    return formats().joined(said)


def _one(
    uow: UnitOfWork, access: Access, form: FormDefinition, field: FieldDefinition, raw: Any
) -> str:
    kind, catalog = field_types.get(field.type), catalog_for(uow, access)
    if isinstance(raw, Mapping):
        raw = raw.get("id")
    if field.has_links:
        return _one(uow, access, form, field.fields[0], raw)
    if field.has_side or (isinstance(raw, str) and raw in field.options):
        cell = cell_of(raw, field, form, catalog, {})
        return cell.option(current_locale(), str(raw))
    try:
        plain = kind.convert(
            field, raw, Reading(uow.workspace.tz, uow.workspace.currency, uow.now)
        )
    except BadValue:
        return str(raw)
    target = target_of(field)
    titles = (
        titles_of(uow, access, catalog, {target: [plain]})
        if target and isinstance(plain, int)
        else {}
    )
    yes_no = (translate("records.yes"), translate("records.no"))
    return text_of(cell_of(plain, field, form, catalog, titles), formats(), yes_no) or str(raw)
