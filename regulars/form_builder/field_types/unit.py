"""unit: the store or department a record belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Forms, Reading, Reference, Settings
from regulars.form_builder.field_types.link import LinkField
from regulars.platform.problems import Problem


class UnitField(LinkField):
    """A unit by id or by its code; the first one of a form also scopes the record."""

    name = "unit"
    icon = "store"
    settings: ClassVar[Settings] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    may_be_unique = False

    def target(self, field: FieldDefinition) -> str:
        return "sys_units"

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        code = text.strip()
        return Reference("code", code) if code else None

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from ()

    def uses_unit(self) -> bool:
        return True
