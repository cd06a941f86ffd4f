"""Forms that hold people, and what their ``person`` setting says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.people.likeness import REGION, Sketch, sketch_of
from regulars.form_builder.tables import FormTables
from regulars.platform.errors import NotFound

COMPARED = ("name", "mobile", "email", "birthday")


@dataclass(frozen=True)
class PersonForm:
    """A form that holds people, with its tables."""

    form: FormDefinition
    tables: FormTables

    @property
    def key(self) -> str:
        """The form's key."""
        return self.form.key

    def field(self, part: str) -> FieldDefinition | None:
        """The stored field that holds a part of a person (``mobile``), None when there is none."""
        key = (self.form.person or {}).get(part)
        found = self.form.find(key) if key else None
        return found if found is not None and found.key in self.tables.main.c else None

    @property
    def region(self) -> str:
        """Where numbers without + are at home."""
        field = self.field("mobile")
        return str(field.settings.get("region", REGION)) if field else REGION

    def sketch(self, record_id: int, values: Mapping[str, Any]) -> Sketch:
        """What is compared of a record with these plain values by field key."""
        parts = []
        for part in COMPARED:
            field = self.field(part)
            parts.append(values.get(field.key) if field is not None else None)
        return self.sketch_of_row((record_id, *parts))

    def sketch_of_row(self, row: Sequence[Any]) -> Sketch:
        """What is compared, of a row of `compared_columns`."""
        record_id, name, phone, email, birthday = row
        return sketch_of(record_id, name, phone, email, birthday, self.region)

    def compared_columns(self) -> list[Any]:
        """id and the four compared columns, NULL for a part the form does not have."""
        table, found = self.tables.main, []
        for part in COMPARED:
            field = self.field(part)
            found.append((sa.null() if field is None else table.c[field.key]).label(f"p_{part}"))
        return [table.c.id, *found]


def person_form(catalog: FormCatalog, form_key: str) -> PersonForm:
    """The form; NotFound when there is none or it holds no people."""
    form = catalog.get_form(form_key)
    if not form.person or form_key not in catalog.tables:
        raise NotFound("holds-no-people", form=form.label)
    return PersonForm(form, catalog.tables[form_key])
