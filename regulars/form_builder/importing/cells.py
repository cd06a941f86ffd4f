"""From the text of a cell to the plain value of a field, each distinct text read once.

The field's own type reads the text, as it does for every other way in; what comes before it here
is only about how files are written: translated words, signs, decimal commas, dates, time zones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import (
    BadValue,
    Reading,
    Reference,
    family_of,
    field_types,
)
from regulars.form_builder.field_types.links import SEPARATORS, most_links
from regulars.form_builder.importing.figures import (
    EXCEL_ERRORS,
    absolute,
    is_number,
    negated,
    unguard,
    with_point,
)
from regulars.form_builder.importing.mapping import Parse, Source
from regulars.form_builder.importing.moments import moment_reader, to_day, to_instant

_KEPT = 200_000  # values remembered per column; a column of ever new texts starts again
Convert = Callable[[str], Any]


@dataclass(frozen=True)
class Broken:
    """A cell its field does not take; ``code`` has words at ``problems.<code>``."""

    code: str
    params: tuple[tuple[str, Any], ...]


class CellReader(dict[str, Any]):
    """``reader[text]`` is the plain value, None for nothing, `Broken` for what cannot be read."""

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert
        self.broke = False  # whether any cell could not be read

    def __missing__(self, cell: str) -> Any:
        if len(self) >= _KEPT:
            self.clear()
        value = self[cell] = self.read(cell)
        if isinstance(value, Broken):
            self.broke = True
        return value

    def read(self, cell: str) -> Any:
        """The value of one cell, not remembered."""
        plain = cell.strip()
        text = unguard(plain)
        if not text:
            return None
        if "\ufffd" in text:
            return Broken("undecodable", (("value", text[:40]),))
        if plain in EXCEL_ERRORS:
            return Broken("excel-error", (("value", text),))
        try:
            return self._convert(text)
        except BadValue as bad:
            return Broken(bad.code, tuple(bad.params.items()))


def cell_reader(
    field: FieldDefinition, source: Source, reading: Reading, link_key: str | None = None
) -> CellReader:
    """The reader of one mapped column; a link's cell is looked up by ``link_key``."""
    convert = _converter(field, source, reading, link_key)
    return CellReader(_translated(convert, source.values) if source.values else convert)


def instant_reader(source: Source, reading: Reading) -> CellReader:
    """The reader of a column of instants that belongs to no field (when a consent was given)."""
    zone = ZoneInfo(source.zone) if source.zone else reading.zone
    way = source.parse.way or "ymd"
    return CellReader(lambda text: to_instant(_moment(text, way, "not-a-datetime"), zone))


def text_reader() -> CellReader:
    """The reader of a column that stays as it is."""
    return CellReader(str)


def _translated(convert: Convert, values: Mapping[str, str]) -> Convert:
    words = {key.strip().casefold(): value for key, value in values.items()}

    def translate(text: str) -> Any:
        meant = words.get(text.casefold(), text)
        return convert(meant) if meant else None

    return translate


def _converter(
    field: FieldDefinition, source: Source, reading: Reading, link_key: str | None
) -> Convert:
    kind = field_types.get(field.type)
    if link_key is not None and field.has_links:
        return lambda text: _links(field, link_key, text)
    if link_key is not None:
        return lambda text: _link(link_key, text)
    if field.has_side:
        return lambda text: _tags(field, text, reading)
    if family_of(field.type) == "number":
        return _number_converter(field, source.parse, reading)
    if field.type in ("date", "datetime"):
        return _moment_converter(field, source, reading)
    return lambda text: kind.parse_text(field, text, reading)


def _link(key: str, text: str) -> Any:
    """A key of the linked record, or its number as our own export writes it: ``#12``."""
    number = text[1:]
    if text.startswith("#") and number.isdecimal() and len(number) < 19:
        return int(number)
    return Reference(key, text)


def _links(field: FieldDefinition, key: str, text: str) -> list[Any]:
    """Keys between separators, or the JSON list that our own export writes for awkward ones."""
    words = _words_of(text)
    found = list(dict.fromkeys(_link(key, word) for word in words))
    limit = most_links(field)
    if len(found) > limit:
        raise BadValue("too-many-links", limit=limit, n=len(found))
    return found


def _words_of(text: str) -> list[str]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            found = None
        if isinstance(found, list):
            return [str(each) for each in found]
    return [word.strip() for word in SEPARATORS.split(text) if word.strip()]


def _tags(field: FieldDefinition, text: str, reading: Reading) -> Any:
    """Words between separators, or the JSON list that our own export writes for awkward tags."""
    kind = field_types.get(field.type)
    if text.startswith("["):
        try:
            return kind.convert(field, json.loads(text), reading)
        except json.JSONDecodeError:
            pass  # just a word that begins with a bracket
    return kind.parse_text(field, text, reading)


def _number_converter(field: FieldDefinition, parse: Parse, reading: Reading) -> Convert:
    kind = field_types.get(field.type)
    signed = {"negate": negated, "absolute": absolute}.get(parse.sign)

    def convert(text: str) -> Any:
        if parse.decimal == ",":
            text = with_point(text)
        if signed is not None and is_number(text):
            text = signed(text)
        return kind.parse_text(field, text, reading)

    return convert


def _moment_converter(field: FieldDefinition, source: Source, reading: Reading) -> Convert:
    kind = field_types.get(field.type)
    zone = ZoneInfo(source.zone) if source.zone else reading.zone
    way = source.parse.way or "ymd"
    code = f"not-a-{field.type}"

    def convert(text: str) -> Any:
        moment = _moment(text, way, code)
        value = to_day(moment, zone) if field.type == "date" else to_instant(moment, zone)
        return kind.convert(field, value, reading)

    return convert


def _moment(text: str, way: str, code: str) -> Any:
    try:
        return moment_reader(way)(text)
    except (ValueError, OverflowError):
        raise BadValue(code, value=text[:40]) from None
