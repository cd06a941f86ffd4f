"""What the buttons of a record do for one reader: the rule they start, the address they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.button import MERGED, merged_paths
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

    A button may be pressed by whoever may write the field. What starts a rule needs the right to
    start rules besides. Values that the reader may not see whole stay out of an address.
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
    made = (Button(f, str(f.settings.get("starts", "")), _address(f, values)) for f in fields)
    return [each for each in made if each.address or access.can("run_rules")]


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
