"""One batch of rows on its way into one form: what every part of the write path works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import Reading, field_types
from regulars.form_builder.origin import Origin
from regulars.form_builder.tables import FormTables
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


@dataclass
class Writing:
    """One batch on its way into one form."""

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    form: FormDefinition
    origin: Origin
    only_looks: bool = False  # nothing is stored, so that nothing is held either
    moved: frozenset[str] | None = None  # while somebody types: what changed since the last look

    @cached_property
    def reading(self) -> Reading:
        """How input of this workspace is read."""
        place = self.uow.workspace
        return Reading(place.tz, place.currency, self.uow.now, self.access.locale)

    @cached_property
    def unit_keys(self) -> list[str]:
        """The fields that say which unit a record belongs to."""
        return [f.key for f in self.form.fields if field_types.get(f.type).uses_unit()]

    @property
    def tables(self) -> FormTables:
        """The tables of the form."""
        return self.catalog.tables[self.form.key]
