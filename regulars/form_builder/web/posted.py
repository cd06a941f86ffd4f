"""What people typed into an entry form: as texts to show again, and as values to save.

``Answers`` hold what stands in each input: a text, a list of texts (tags) or a list of rows, each
a dict of texts with the row's ``id`` when it is stored already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from regulars.form_builder.checks import is_formula
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.field_types.link import LinkField

Answers = dict[str, Any]

MORE = "~more"  # tags typed beside those that are ticked
HERE = "~here"  # says that a field without any ticked box was on the page
_YES_NO = {"true": True, "false": False, "": None}
_SEPARATORS = re.compile(r"[,，、；;|\n]")


def entry_fields(form: FormDefinition) -> list[FieldDefinition]:
    """The fields people fill in."""
    return [each for each in form.fields if field_types.get(each.type).writable]


def answers_from_post(form: FormDefinition, posted: MultiDict[str, str]) -> Answers:
    """What stands in the inputs that were on the page."""
    answers: Answers = {}
    for field in entry_fields(form):
        if field.has_rows:
            if f"{field.key}{HERE}" in posted:
                answers[field.key] = _rows(field, posted)
        elif field.has_side:
            if f"{field.key}{HERE}" in posted:
                typed = _words(posted.get(f"{field.key}{MORE}", ""))
                answers[field.key] = sorted({*posted.getlist(field.key), *typed})
        elif field.key in posted:
            answers[field.key] = posted[field.key]
    return answers


def answers_from_values(
    fields: Iterable[FieldDefinition], values: Mapping[str, Any], zone: ZoneInfo
) -> Answers:
    """What stands in the inputs of a stored record."""
    return {
        field.key: _input(field, values.get(field.key), zone)
        for field in fields
        if field_types.get(field.type).writable
    }


def first_answers(form: FormDefinition, reading: Reading) -> Answers:
    """What stands in the inputs of a new record: the defaults that are plain values."""
    plain: dict[str, Any] = {}
    for field in entry_fields(form):
        if field.default is not None and not is_formula(field.default):
            try:
                plain[field.key] = field_types.get(field.type).convert(
                    field, field.default, reading
                )
            except BadValue:
                continue
    return answers_from_values(form.fields, plain, reading.zone)


def values_of(
    form: FormDefinition, answers: Answers, reading: Reading, before: Answers | None = None
) -> dict[str, Any]:
    """The values to save.

    What stands in its input as it stood ``before`` is left out, so that saving touches only what
    was changed. Without ``before``, an empty input with a computed default leaves it to compute.
    """
    values: dict[str, Any] = {}
    for field in entry_fields(form):
        if field.key not in answers:
            continue
        answer = answers[field.key]
        if before is not None and answer == before.get(field.key):
            continue
        if before is None and answer == "" and is_formula(field.default):
            continue
        values[field.key] = _value(field, answer, reading)
    return values


def _value(field: FieldDefinition, answer: Any, reading: Reading) -> Any:
    if field.type == "subform":
        return [_row_value(field, row, reading) for row in answer]
    if field.has_links:
        return [_plain(field.fields[0], row[LINKED]) for row in answer if row.get(LINKED)]
    if field.has_side:
        return _tags(field, answer, reading)
    return _plain(field, answer)


def _plain(field: FieldDefinition, answer: str) -> Any:
    """The text itself, except where a text would mean something else than on a page."""
    if field.type == "boolean":
        return _YES_NO.get(answer, answer)
    if isinstance(field_types.get(field.type), LinkField) and answer.isdecimal():
        return int(answer)
    return answer


def _tags(field: FieldDefinition, answer: list[str], reading: Reading) -> list[str]:
    """Words that are an option's label become its code; others stay as typed."""
    known = []
    for word in answer:
        try:
            known += sorted(field_types.get(field.type).parse_text(field, word, reading))
        except BadValue:
            known.append(word)
    return known


def _row_value(field: FieldDefinition, row: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """Rows are read as JSON values; what cannot be read stays as typed, to be complained about."""
    made: dict[str, Any] = {}
    for column in field.fields:
        if column.key not in row or not field_types.get(column.type).writable:
            continue
        text = _plain(column, row[column.key])
        try:
            is_text = isinstance(text, str)
            kind = field_types.get(column.type)
            made[column.key] = kind.parse_text(column, text, reading) if is_text else text
        except BadValue:
            made[column.key] = text
    if row.get("id", "").isdecimal():
        made["id"] = int(row["id"])
    return made


def _rows(field: FieldDefinition, posted: MultiDict[str, str]) -> list[dict[str, str]]:
    """Rows in the order of the page; those left quite empty are dropped."""
    pattern = re.compile(rf"{re.escape(field.key)}/(\w+)/(\w+)")
    rows: dict[str, dict[str, str]] = {}
    for name, value in posted.items():
        match = pattern.fullmatch(name)
        if match:
            rows.setdefault(match[1], {})[match[2]] = value
    return [row for row in rows.values() if any(text.strip() for text in row.values())]


def _words(text: str) -> list[str]:
    return [word.strip() for word in _SEPARATORS.split(text) if word.strip()]


def _input(field: FieldDefinition, value: Any, zone: ZoneInfo) -> Any:
    if field.has_rows:
        return [
            {**answers_from_values(field.fields, row, zone), "id": str(row["id"])}
            for row in value or ()
        ]
    if field.has_side:
        return sorted(value or ())
    if value is None:
        return ""
    write = _INPUTS.get(type(value))
    return write(value, zone) if write else field_types.get(field.type).to_text(field, value)


def _moment(value: datetime, zone: ZoneInfo) -> str:
    """What a datetime-local input takes; seconds only where there are some.

    Never finer: a browser shows nothing for microseconds, and saving would empty the field.
    """
    local = value.astimezone(zone).replace(tzinfo=None)
    exact = "seconds" if local.second else "minutes"
    return local.isoformat(timespec=exact)


_INPUTS: Mapping[type, Callable[[Any, ZoneInfo], str]] = {
    bool: lambda value, zone: "true" if value else "false",
    datetime: _moment,
}
