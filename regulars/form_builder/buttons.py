"""What the buttons of a record do for one reader: the rule they start, the address they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.expressing import reader_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.button import MERGED, PRESSERS, merged_paths
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.path_values import values_at
from regulars.form_builder.plain_values import plain_json
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


@dataclass(frozen=True)
class Button:
    """One button: it has either a ``rule`` or an ``address``."""

    field: FieldDefinition
    rule: str = ""
    address: str = ""


def buttons_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> list[Button]:
    """The buttons that this reader may press; the record is one they may read.

    A button may be pressed by whoever may write the field. What starts a rule says who else may:
    those who may change this record (if it says nothing), all who see it, or only those who may
    start rules. Values that the reader may not see whole stay out of an address.
    """
    catalog = catalog_for(uow, access)
    fields = [
        each
        for each in catalog.get_form(form_key).fields
        if each.type == "button" and access.field_right(form_key, each.key) == "write"
    ]
    paths = {path for each in fields for path in merged_paths(each)}
    values: Mapping[str, Any] = {}
    if paths:
        values = values_at(uow, access, catalog, form_key, [record_id], paths)[record_id]
    made = [Button(f, str(f.settings.get("starts", "")), _address(f, values)) for f in fields]
    asked = {_presser(each.field) for each in made if not each.address}
    pressers = {"see"} | ({"start", "change"} if access.can("run_rules") else set())
    if "change" in asked - pressers and _may_change(uow, access, catalog, form_key, record_id):
        pressers.add("change")
    return [each for each in made if each.address or _presser(each.field) in pressers]


def _presser(field: FieldDefinition) -> str:
    return str(field.settings.get("press", PRESSERS[0]))


def _may_change(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, record_id: int
) -> bool:
    if not access.can("update_records"):
        return False
    table = catalog.whole.tables[form_key].main
    limits = reader_of(uow, catalog, access).limits(form_key, table, "update")
    found = sa.select(table.c.id).where(table.c.id == record_id, *limits)
    return uow.scalar(found) is not None


def _address(field: FieldDefinition, values: Mapping[str, Any]) -> str:
    opens = str(field.settings.get("opens", ""))
    return MERGED.sub(lambda part: quote(_text(values.get(part[1].strip())), safe=""), opens)


def _text(value: Any) -> str:
    """A value as another program reads it in an address."""
    if value is None or isinstance(value, MaskedText):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, datetime)):
        return str(plain_json(value))
    return str(value)


def guard_buttons(
    _uow: UnitOfWork, access: Access, before: FormDefinition | None, after: FormDefinition | None
) -> None:
    """Forbidden where a button that starts a rule is new or another, for who may start none.

    Others start it by pressing; so nobody gives away what they do not hold.
    """
    known = _starters(before)
    if any(known.get(key) != starts for key, starts in _starters(after).items()):
        access.require("run_rules")


def _starters(form: FormDefinition | None) -> dict[str, tuple[str, str]]:
    """What each button starts, and who may press it."""
    return {
        each.key: (str(each.settings["starts"]), _presser(each))
        for each in (form.fields if form is not None else ())
        if each.type == "button" and each.settings.get("starts")
    }
