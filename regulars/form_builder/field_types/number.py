"""number: an exact decimal with a fixed number of places."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Forms, Reading, Settings
from regulars.platform import columns
from regulars.platform.expressions.types import ValueType, number
from regulars.platform.problems import Problem

NUMBER_SETTING = {"type": ["number", "string"]}
# in units of the last place: thousands of such values still add up within 64 bits
LARGEST = Decimal(10**15)


class NumberField(FieldType):
    """An exact decimal; ``decimals`` places (0 to 6), optional ``min`` and ``max``."""

    name = "number"
    family = "number"
    icon = "hash"
    settings: ClassVar[Settings] = {
        "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
        "min": NUMBER_SETTING,
        "max": NUMBER_SETTING,
        "suffix": {"type": "string", "maxLength": 12},
    }

    def decimals(self, field: FieldDefinition) -> int:
        """How many places are kept."""
        return int(field.settings.get("decimals", 0))

    def limits(self, field: FieldDefinition) -> tuple[Decimal | None, Decimal | None]:
        """The least and the largest value it takes."""
        return bound(field, "min"), bound(field, "max")

    def value_type(self, field: FieldDefinition) -> ValueType:
        return number(self.decimals(field))

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Scaled(self.decimals(field)))]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        value = exact(raw)
        if value is None:
            return None
        places = self.decimals(field)
        rounded = round(value, places)
        if rounded != value:
            raise BadValue("too-many-decimals", value=str(raw), n=places)
        if abs(rounded.scaleb(places)) > LARGEST:
            raise BadValue("number-too-large", value=str(raw))
        self._check_bounds(field, rounded)
        return rounded.quantize(Decimal(1).scaleb(-places))

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        cleaned = text.strip().replace("\u00a0", "").replace(" ", "").replace("，", ",")
        if not cleaned:
            return None
        return self.convert(field, whole_of_share(plain_number(cleaned)), reading)

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        """As people type it: zeros beyond the second decimal place are left out."""
        whole, _dot, places = f"{value:f}".partition(".")
        kept = places[:2] + places[2:].rstrip("0")
        return f"{whole}.{kept}" if kept else whole

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else f"{value:f}"

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        places = self.decimals(field)
        most = LARGEST.scaleb(-places)
        low, high = self.limits(field)
        tail = rf"(\.\d{{1,{places}}})?" if places else ""
        return {
            "type": ["string", "number" if places else "integer", "null"],
            "pattern": rf"^-?\d{{1,{15 - places}}}{tail}$",
            "minimum": _json_number(-most if low is None else max(low, -most)),
            "maximum": _json_number(most if high is None else min(high, most)),
            **({"multipleOf": 10**-places} if places else {}),
        }

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        for name in ("min", "max"):
            if name in field.settings and bound(field, name) is None:
                yield Problem(name, "not-a-number", {"value": str(field.settings[name])})
        low, high = self.limits(field)
        if low is not None and high is not None and low > high:
            yield Problem("max", "max-below-min", {"min": str(low), "max": str(high)})

    def _check_bounds(self, field: FieldDefinition, value: Decimal) -> None:
        low, high = self.limits(field)
        if low is not None and value < low:
            raise BadValue("below-min", limit=str(low))
        if high is not None and value > high:
            raise BadValue("above-max", limit=str(high))


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def bound(field: FieldDefinition, name: str) -> Decimal | None:
    """The setting ``min`` or ``max`` as a number, None when absent or unreadable."""
    setting = field.settings.get(name)
    return None if setting is None else _limit(str(setting))


@lru_cache(maxsize=1000)
def _limit(setting: str) -> Decimal | None:
    try:
        return exact(setting)
    except BadValue:
        return None


def exact(raw: Any) -> Decimal | None:
    """A JSON number or its text as an exact decimal."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        raise BadValue("not-a-number", value=str(raw)[:40])
    text = str(raw).strip()
    if len(text) > 40:
        raise BadValue("number-too-large", value=text[:20] + "…")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadValue("not-a-number", value=text) from None
    if not value.is_finite() or value.adjusted() > 20:
        raise BadValue("not-a-number", value=text)
    return value


def whole_of_share(text: str) -> str:
    """``20%`` as 0.2; anything else as it is."""
    if not text.endswith(("%", "％")):
        return text
    share = exact(text[:-1])
    return "" if share is None else f"{share / 100:f}"


def plain_number(text: str) -> str:
    """``1,234.50`` and ``(12)`` as spreadsheets write them, without the decoration."""
    negative = text.startswith("(") and text.endswith(")")
    bare = text.strip("()")
    head, dot, tail = bare.rpartition(".")
    groups = (head if dot else tail).lstrip("+-").split(",")
    grouped = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    if grouped and 1 <= len(groups[0]) <= 3:
        bare = bare.replace(",", "")
    return f"-{bare}" if negative else bare
