"""location: a point on the earth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, Settings, TextLike

PLACES = Decimal("0.000001")  # some ten centimetres
_NUMBER = r"-?\d{1,3}(?:\.\d{1,15})?"
_PLAIN = re.compile(rf"(?:geo:)?({_NUMBER})\s*[,，;；\s]\s*({_NUMBER})(?:[;?,].*)?", re.I)
_NAMED = re.compile(
    rf"(?:纬度?|lat(?:itude)?)\s*[:：=]?\s*({_NUMBER})°?[\s,，;；]*"
    rf"(?:经度?|lng|lon(?:gitude)?)\s*[:：=]?\s*({_NUMBER})°?",
    re.I,
)
_SIDE = re.compile(
    r"([NSEW]|[北南东西](?:纬|经))?\s*(\d{1,3}(?:\.\d{1,15})?)\s*[°度]?\s*"
    r"(?:(\d{1,2}(?:\.\d{1,12})?)\s*[′'分])?\s*(?:(\d{1,2}(?:\.\d{1,12})?)\s*[″\"秒])?\s*"
    r"(?(1)|([NSEW])?)\s*[,，;；]?\s*",
    re.I,
)
_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1, "北纬": 1, "南纬": -1, "东经": 1, "西经": -1}
_NORTH_SOUTH = ("N", "S", "北纬", "南纬")


class LocationField(TextLike):
    """Latitude and longitude in degrees (WGS-84, as satellites give them), six decimals.

    Inside one text, ``30.274150,120.155150``; an object of two decimals at the API.
    """

    name = "location"
    icon = "compass"
    settings: ClassVar[Settings] = {}
    may_be_unique = False

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            return self.refine(field, raw)
        if not isinstance(raw, Mapping) or set(raw) != {"lat", "lng"}:
            raise BadValue("not-a-location", value=str(raw)[:40])
        return _kept(raw["lat"], raw["lng"])

    def refine(self, field: FieldDefinition, text: str) -> str:
        found = read_point(text)
        if found is None:
            raise BadValue("not-a-location", value=text.strip()[:40])
        return _kept(*found)

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else dict(zip(("lat", "lng"), value.split(","), strict=True))

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        def degrees(most: int) -> dict[str, Any]:
            exact = {"type": "number", "minimum": -most, "maximum": most}
            return {"anyOf": [exact, {"type": "string", "pattern": rf"^{_NUMBER}$"}]}

        parts = {"lat": degrees(90), "lng": degrees(180)}
        shape = {"type": "object", "properties": parts, "required": ["lat", "lng"]}
        text = {"type": "string", "maxLength": 100}
        return {"anyOf": [{**shape, "additionalProperties": False}, text, {"type": "null"}]}

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        degrees = {"type": "string", "pattern": r"^-?\d{1,3}\.\d{6}$"}
        shape = {"type": "object", "properties": {"lat": degrees, "lng": degrees}}
        whole = {**shape, "required": ["lat", "lng"], "additionalProperties": False}
        return {"anyOf": [whole, {"type": "null"}]}


def shown_point(value: str) -> str:
    """``30.27415, 120.15515``: as many decimals as say something."""
    return ", ".join(f"{Decimal(each).normalize():f}" for each in value.split(","))


def read_point(text: str) -> tuple[Decimal, Decimal] | None:
    """Latitude and longitude as people and maps write them; None when it is no point.

    ``30.27, 120.15``, ``geo:30.27,120.15``, ``北纬30.27° 东经120.15°``, ``30°16'27"N 120°9'18"E``.
    Two bare numbers whose first can only be a longitude are taken the other way round.
    """
    written = text.strip()[:100]
    for pattern in (_PLAIN, _NAMED):
        if found := pattern.fullmatch(written):
            lat, lng = Decimal(found[1]), Decimal(found[2])
            turned = pattern is _PLAIN and abs(lat) > 90 and abs(lng) <= 90
            return (lng, lat) if turned else (lat, lng)
    return _by_sides(written)


def _by_sides(text: str) -> tuple[Decimal, Decimal] | None:
    first = _SIDE.match(text)
    second = _SIDE.fullmatch(text, first.end()) if first else None
    if first is None or second is None:
        return None
    sides = dict(filter(None, (_side(first), _side(second))))
    return (sides[True], sides[False]) if len(sides) == 2 else None


def _side(found: re.Match[str]) -> tuple[bool, Decimal] | None:
    """(whether it is a latitude, degrees); None without a compass point."""
    point = (found[1] or found[5] or "").upper()
    if point not in _SIGNS:
        return None
    minutes, seconds = Decimal(found[3] or 0), Decimal(found[4] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    degrees = Decimal(found[2]) + minutes / 60 + seconds / 3600
    return point in _NORTH_SOUTH, degrees * _SIGNS[point]


def _kept(lat: Any, lng: Any) -> str:
    """Six decimals each; BadValue beyond the poles and the date line."""
    return ",".join((f"{_degrees(lat, 90)}", f"{_degrees(lng, 180)}"))


def _degrees(raw: Any, most: int) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        raise BadValue("not-a-location", value=str(raw)[:40])
    try:
        value = Decimal(str(raw).strip())
    except InvalidOperation:
        raise BadValue("not-a-location", value=str(raw)[:40]) from None
    if not value.is_finite() or abs(value) > most:
        raise BadValue("not-on-earth", value=str(raw)[:40], limit=most)
    return value.quantize(PLACES) + 0  # no minus before a zero
