"""Read-only sources of the product itself that reports, conditions and links may use.

Their keys start with ``sys_``. Builders above register theirs in `regulars.wiring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from regulars.platform.expressions.shapes import FieldShape, FormShape
from regulars.platform.expressions.types import ValueType
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry

NAMES = ("code", "email")  # what a store or a member can be named by


@dataclass(frozen=True)
class SystemForm:
    """One table of the product seen as a form; ``title`` is the column that names a row."""

    key: str
    label: Text
    table: sa.Table
    fields: Mapping[str, tuple[ValueType, Text]]
    title: str = "id"

    @property
    def shape(self) -> FormShape:
        """The source as expressions see it; its texts compare exactly as stored."""
        shaped = {
            key: FieldShape(key, kind, exact=True, unique=key in NAMES, label=label)
            for key, (kind, label) in self.fields.items()
        }
        return FormShape(self.key, shaped, self.label)


system_forms: Registry[SystemForm] = Registry("system form")
