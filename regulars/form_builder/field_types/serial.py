"""serial: a number the product gives, once, without gaps in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Forms, Reading, Settings, TextLike
from regulars.platform.problems import Problem

_PART = re.compile(r"\{(YYYY|YY|MM|DD|0{1,12}|UNIT)\}")
DEFAULT_PATTERN = "{00000}"


class SerialField(TextLike):
    """``pattern`` of fixed text, ``{YYYY} {MM} {DD} {UNIT}`` and one run of zeros for the count.

    The count starts again at each ``reset`` (never, year, month, day), and per unit if
    ``per_unit``.
    """

    name = "serial"
    icon = "hash"
    writable = False
    settings: ClassVar[Settings] = {
        "pattern": {"type": "string", "minLength": 1, "maxLength": 60},
        "reset": {"enum": ["never", "year", "month", "day"]},
        "per_unit": {"type": "boolean"},
    }

    def is_own(self, field: FieldDefinition) -> bool:
        return True

    def kept(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        return raw

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        raise BadValue("read-only")

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        pattern = str(field.settings.get("pattern", DEFAULT_PATTERN))
        runs = [part for part in _PART.findall(pattern) if part.startswith("0")]
        if len(runs) != 1:
            yield Problem("pattern", "serial-needs-one-count")
        if "{" in _PART.sub("", pattern) or "}" in _PART.sub("", pattern):
            yield Problem("pattern", "serial-unknown-part")


def counter_name(form: str, field: FieldDefinition, day: date, unit: int | None) -> str:
    """The name of the counter that gives the next number on ``day`` in ``unit``."""
    reset = field.settings.get("reset", "never")
    period = {"year": f"{day:%Y}", "month": f"{day:%Y%m}", "day": f"{day:%Y%m%d}"}.get(reset, "")
    place = str(unit or 0) if field.settings.get("per_unit") else ""
    return f"serial:{form}.{field.key}:{period}:{place}"


def render(field: FieldDefinition, count: int, day: date, unit_code: str) -> str:
    """The text of number ``count``: ``SO202611-00042``."""
    parts = {
        "YYYY": f"{day:%Y}", "YY": f"{day:%y}", "MM": f"{day:%m}", "DD": f"{day:%d}",
        "UNIT": unit_code,
    }  # fmt: skip
    pattern = str(field.settings.get("pattern", DEFAULT_PATTERN))

    def replaced(match: re.Match[str]) -> str:
        part = match.group(1)
        return f"{count:0{len(part)}d}" if part.startswith("0") else parts[part]

    return _PART.sub(replaced, pattern)
