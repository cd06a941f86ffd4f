"""time: a time of the day, to the minute."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Forms, Reading, Settings
from regulars.platform import columns
from regulars.platform.expressions.types import ValueType, number
from regulars.platform.formats import clock_time
from regulars.platform.problems import Problem

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
TIME_SETTING = {"type": "string", "pattern": f"^{CLOCK}$"}
NOON, DAY = 12 * 60, 24 * 60
_PLAIN = re.compile(r"(\d{1,2})[:：](\d\d)(?:[:：]00(?:\.0+)?)?\s*([AaPp])?\.?\s*(?:[Mm]\.?)?")
_HOUR = re.compile(r"(\d{1,2})\s*([AaPp])\.?[Mm]\.?")
_CHINESE = re.compile(
    r"(凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里)?\s*(\d{1,2})\s*[点點时時:：]\s*"
    r"(?:(半)|(一刻)|(三刻)|(\d{1,2})\s*分?|整)?"
)
_SHARE_OF_DAY = re.compile(r"0?\.\d{1,17}")
_LATE = ("下午", "傍晚", "晚上", "夜里")


class TimeField(FieldType):
    """A time without a day; ``HH:MM`` at the borders, whole minutes after midnight inside.

    Inside it is a number, so that formulas and both databases compare and average it alike.
    ``min`` and ``max`` say between which times it must lie.
    """

    name = "time"
    icon = "clock"
    may_be_unique = False
    settings: ClassVar[Settings] = {"min": TIME_SETTING, "max": TIME_SETTING}

    def value_type(self, field: FieldDefinition) -> ValueType:
        return number(0)

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Scaled(0))]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        minutes = _minutes(raw)
        if minutes is None:
            raise BadValue("not-a-time", value=str(raw)[:40])
        low, high = _limit(field, "min"), _limit(field, "max")
        if low is not None and minutes < low:
            raise BadValue("below-min", limit=clock_time(low))
        if high is not None and minutes > high:
            raise BadValue("above-max", limit=clock_time(high))
        return minutes

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        return clock_time(value)

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else clock_time(value)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        low, high = _limit(field, "min"), _limit(field, "max")
        return {
            "type": ["string", "integer", "null"],
            "pattern": f"^{CLOCK}$",
            "minimum": 0 if low is None else int(low),
            "maximum": DAY - 1 if high is None else int(high),
        }

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["string", "null"], "pattern": f"^{CLOCK}$"}

    def spelling(self, field: FieldDefinition) -> Callable[[str], str]:
        return _spelled

    def saying(self, field: FieldDefinition) -> Callable[[Any], str]:
        return _said

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        low, high = _limit(field, "min"), _limit(field, "max")
        if low is not None and high is not None and low > high:
            yield Problem(
                "max", "max-below-min", {"min": clock_time(low), "max": clock_time(high)}
            )


def read_time(text: str) -> Decimal | None:
    """The minutes after midnight of a time as people write it; None when it is none.

    ``9:30``, ``3:30 pm``, ``8am``, ``09:30:00``, ``下午3点半``, and the share of a day that
    spreadsheets keep (``0.5`` is noon).
    """
    written = text.strip()
    if found := _PLAIN.fullmatch(written):
        return _clock(int(found[1]), int(found[2]), found[3] or "")
    if found := _HOUR.fullmatch(written):
        return _clock(int(found[1]), 0, found[2])
    if found := _CHINESE.fullmatch(written):
        return _in_chinese(found)
    if _SHARE_OF_DAY.fullmatch(written):
        minutes = round(Decimal(written) * DAY)
        return Decimal(minutes) if minutes < DAY else None
    return None


def _in_chinese(found: re.Match[str]) -> Decimal | None:
    part, hour = found[1] or "", int(found[2])
    minute = 30 if found[3] else 15 if found[4] else 45 if found[5] else int(found[6] or 0)
    if part in _LATE and hour < 12:
        hour += 12
    elif part == "中午" and hour < 3:
        hour = hour + 12
    elif part in ("凌晨", "夜里", "晚上") and hour == 12:
        hour = 0
    return _clock(hour, minute, "")


def _clock(hour: int, minute: int, half: str) -> Decimal | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    return Decimal(hour * 60 + minute) if hour < 24 and minute < 60 else None


def _minutes(raw: Any) -> Decimal | None:
    if isinstance(raw, str):
        return read_time(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal)):
        return None
    return Decimal(int(raw)) if 0 <= raw < DAY and raw == int(raw) else None


def _limit(field: FieldDefinition, name: str) -> Decimal | None:
    setting = field.settings.get(name)
    return None if setting is None else read_time(str(setting))


def _spelled(text: str) -> str:
    """A time of a condition as the number it is compared with."""
    minutes = read_time(text)
    if minutes is None:
        raise BadValue("not-a-time", value=text[:40])
    return str(minutes)


def _said(value: Any) -> str:
    return clock_time(value) if 0 <= value < DAY else str(value)
