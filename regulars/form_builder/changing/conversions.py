"""From one type of field to another, value by value: what comes out, and what would be lost. Pure.

A converter takes a value that is not empty. What it cannot keep whole carries a code, whose words
stand at ``problems.<code>``; an empty result means that the value is lost altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from regulars.form_builder.definition import SIDE_TYPES, FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, clean_text, field_types
from regulars.form_builder.field_types.choice import option_label, options_of
from regulars.form_builder.field_types.choices import in_order
from regulars.form_builder.field_types.duration import clock
from regulars.form_builder.importing.moments import read_ordered, to_day, to_instant
from regulars.platform import i18n

TEXTS = ("text", "long_text", "email", "phone", "url", "barcode")
NUMBERS = ("number", "money", "percent", "rating", "slider", "duration")
EMPTY: tuple[Any, ...] = (None, frozenset())


@dataclass(frozen=True)
class Converted:
    """The new plain value; ``code`` says what of the old one is not in it."""

    value: Any
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """The field before and after, how values are read, and what links mean.

    ``titles`` names linked records by id; ``ids`` finds records by the text of their key (an id,
    or the code of what is wrong with it).
    """

    before: FieldDefinition
    after: FieldDefinition
    reading: Reading
    titles: Mapping[int, str] = field(default_factory=dict)
    ids: Mapping[str, int | str] = field(default_factory=dict)


Converter = Callable[[Terms, Any], Converted]


def convert(terms: Terms, value: Any) -> Converted:
    """The new value of any old one; nothing stays nothing."""
    if value in EMPTY:
        return Converted(frozenset() if terms.after.has_side else None)
    found = CONVERTERS[terms.before.type, terms.after.type](terms, value)
    made = _within_limits(terms, found)
    if made.value in EMPTY and not made.code:
        return Converted(made.value, "not-understood", {"value": say(terms, value)[:40]})
    return made


def possible_types(before: str) -> list[str]:
    """The types a field of this type can become, nearest first."""
    return [after for (old, after) in CONVERTERS if old == before and after != old]


def can_convert(before: str, after: str) -> bool:
    """Whether there is a way from one type to the other."""
    return (before, after) in CONVERTERS


def say(terms: Terms, value: Any, *, is_new: bool = False) -> str:
    """A value in plain text, as a text field would hold it."""
    if value in EMPTY:
        return ""
    which = terms.after if is_new else terms.before
    return _SAYING.get(which.type, _as_json)(which, terms, value)


def _within_limits(terms: Terms, found: Converted) -> Converted:
    """What the new field itself would refuse (its bounds, its length) is lost, and says so."""
    if found.value in EMPTY or terms.after.has_side or terms.after.type == "link":
        return found
    kind = field_types.get(terms.after.type)
    try:
        value = kind.convert(terms.after, found.value, terms.reading)
    except BadValue as bad:
        return Converted(None, bad.code, bad.params)
    return Converted(value, found.code, found.params)


def _text_to_text(terms: Terms, value: Any) -> Converted:
    text = say(terms, value)
    kind: Any = field_types.get(terms.after.type)
    try:
        flat = clean_text(text, multiline=kind.multiline) or ""
    except BadValue as bad:
        return Converted(None, bad.code, bad.params)
    limit = int(terms.after.settings.get("max_length", kind.max_length))
    if len(flat) > limit and terms.after.type in ("text", "long_text"):
        return Converted(flat[:limit], "text-cut", {"limit": limit, "n": len(flat)})
    if "\n" in text and not kind.multiline:
        return Converted(flat, "lines-joined")
    return Converted(flat)


def _read(terms: Terms, value: Any) -> Converted:
    """The text of the old value, read as a cell of a spreadsheet would be."""
    kind = field_types.get(terms.after.type)
    try:
        return Converted(kind.parse_text(terms.after, say(terms, value), terms.reading))
    except BadValue as bad:
        return Converted(None, bad.code, bad.params)


def _read_number(terms: Terms, value: Any) -> Converted:
    text = say(terms, value).strip().lstrip("¥￥$€£").removesuffix("元").strip()
    kind: Any = field_types.get(terms.after.type)
    for places in (kind.decimals(terms.after), 6):
        finer = FieldDefinition("n", "number", settings={"decimals": places})
        try:
            number = field_types.get("number").parse_text(finer, text, terms.reading)
        except BadValue as bad:
            if bad.code != "too-many-decimals" or places == 6:
                return Converted(None, bad.code, bad.params)
        else:
            return Converted(None) if number is None else _rounded(terms, number)
    return Converted(None)


def _rounded(terms: Terms, number: Decimal) -> Converted:
    kind: Any = field_types.get(terms.after.type)
    places = kind.decimals(terms.after)
    kept = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return Converted(kept) if kept == number else Converted(kept, "rounded", {"n": places})


def _read_moment(terms: Terms, value: Any) -> Converted:
    text = say(terms, value)
    try:
        moment = read_ordered(text, "ymd")
    except ValueError:
        code = "not-a-date" if terms.after.type == "date" else "not-a-datetime"
        return Converted(None, code, {"value": text[:40]})
    if terms.after.type == "datetime":
        return Converted(to_instant(moment, terms.reading.zone))
    day = to_day(moment, terms.reading.zone)
    has_time = isinstance(moment, datetime) and moment.time() != time()
    return Converted(day, "time-dropped") if has_time else Converted(day)


def _to_tags(terms: Terms, value: Any) -> Converted:
    kind, known = field_types.get(terms.after.type), options_of(terms.after)
    codes = {value} if isinstance(value, str) else value
    try:
        if options_of(terms.before) and codes <= known.keys():
            return Converted(kind.convert(terms.after, sorted(codes), terms.reading))
        return Converted(kind.parse_text(terms.after, say(terms, value), terms.reading))
    except BadValue as bad:
        return Converted(frozenset(), bad.code, bad.params)


def _tags_to_choice(terms: Terms, value: frozenset[str]) -> Converted:
    order = list(options_of(terms.after))
    known = sorted((tag for tag in value if tag in order), key=order.index)
    if not known:
        by_words = [_read_one(terms, tag) for tag in sorted(value)]
        known = [code for code in by_words if code]
    if not known:
        return Converted(None, "not-an-option", {"value": sorted(value)[0], "allowed": order[:12]})
    if len(value) == 1:
        return Converted(known[0])
    return Converted(known[0], "several-tags", {"n": len(value)})


def _read_one(terms: Terms, word: str) -> str | None:
    try:
        found: str | None = field_types.get("choice").parse_text(terms.after, word, terms.reading)
    except BadValue:
        return None
    return found


def _day_to_instant(terms: Terms, value: date) -> Converted:
    return Converted(datetime.combine(value, time(), terms.reading.zone))


def _instant_to_day(terms: Terms, value: datetime) -> Converted:
    local = value.astimezone(terms.reading.zone)
    return Converted(local.date(), "" if local.time() == time() else "time-dropped")


def _instant_to_time(terms: Terms, value: datetime) -> Converted:
    local = value.astimezone(terms.reading.zone)
    return Converted(Decimal(local.hour * 60 + local.minute), "day-dropped")


def _boolean_to_choice(terms: Terms, value: bool) -> Converted:
    options = list(options_of(terms.after))
    wanted = "yes" if value else "no"
    if wanted in options:
        return Converted(wanted)
    return _read(terms, value)


def _boolean_to_number(terms: Terms, value: bool) -> Converted:
    return Converted(Decimal(int(value)))


def _to_link(terms: Terms, value: Any) -> Converted:
    text = say(terms, value)
    found = terms.ids.get(text)
    if isinstance(found, int):
        return Converted(found)
    return Converted(None, "no-such-record", {"value": text[:60]})


def _said(terms: Terms, value: Any) -> Converted:
    return _text_to_text(terms, value)


def _as_json(which: FieldDefinition, terms: Terms, value: Any) -> str:
    return str(field_types.get(which.type).to_json(which, value))


def _say_instant(which: FieldDefinition, terms: Terms, value: datetime) -> str:
    local = value.astimezone(terms.reading.zone).replace(tzinfo=None)
    spec = "microseconds" if local.microsecond else "seconds" if local.second else "minutes"
    return local.isoformat(" ", timespec=spec)


def _say_choice(which: FieldDefinition, terms: Terms, value: str) -> str:
    return option_label(which, value, terms.reading.locale)


def _say_tags(which: FieldDefinition, terms: Terms, value: frozenset[str]) -> str:
    comma = "、" if terms.reading.locale.startswith("zh") else ", "
    return comma.join(
        option_label(which, tag, terms.reading.locale) for tag in in_order(which, value)
    )


def _say_boolean(which: FieldDefinition, terms: Terms, value: bool) -> str:
    return i18n.translate("records.yes" if value else "records.no", terms.reading.locale)


def _say_link(which: FieldDefinition, terms: Terms, value: int) -> str:
    return terms.titles.get(value) or f"#{value}"


def _say_itself(which: FieldDefinition, terms: Terms, value: str) -> str:
    return value


def _say_duration(which: FieldDefinition, terms: Terms, value: Decimal) -> str:
    return clock(value)


_SAYING: Mapping[str, Callable[[FieldDefinition, Terms, Any], str]] = {
    **dict.fromkeys(("json", "rich_text"), lambda which, terms, value: str(value)),
    "datetime": _say_instant,
    "choice": _say_choice,
    "cascade": _say_choice,
    "address": _say_itself,
    "location": _say_itself,
    "tags": _say_tags,
    "choices": _say_tags,
    "boolean": _say_boolean,
    "link": _say_link,
    "duration": _say_duration,
}

CONVERTERS: dict[tuple[str, str], Converter] = {
    **{(old, new): _text_to_text for old in TEXTS for new in TEXTS},
    **{(old, "choice"): _read for old in ("text", "long_text")},
    **{(old, new): _to_tags for old in ("text", "long_text") for new in SIDE_TYPES},
    **{(old, new): _read_number for old in ("text", "long_text") for new in NUMBERS},
    **{(old, new): _read_moment for old in ("text", "long_text") for new in ("date", "datetime")},
    **{(old, "cascade"): _read for old in ("text", "long_text", "choice")},
    **{("cascade", new): _said for new in ("text", "long_text")},
    **{(old, new): _read for old in ("text", "long_text") for new in ("address", "location")},
    **{(old, new): _said for old in ("address", "location") for new in ("text", "long_text")},
    **{(old, "time"): _read for old in ("text", "long_text")},
    ("datetime", "time"): _instant_to_time,
    ("time", "text"): _said,
    **{(old, "boolean"): _read for old in ("text", "long_text", "choice")},
    **{(old, "link"): _to_link for old in TEXTS},
    **{(old, new): _rounded for old in NUMBERS for new in NUMBERS},
    **{(old, "duration"): _read for old in ("text", "long_text")},
    **{(old, "text"): _said for old in NUMBERS},
    **{("rich_text", new): _text_to_text for new in ("text", "long_text")},
    **{(old, "rich_text"): _text_to_text for old in ("text", "long_text")},
    **{("json", new): _text_to_text for new in ("text", "long_text")},
    **{(old, "json"): _read for old in ("text", "long_text")},
    ("number", "choice"): _read,
    ("number", "link"): _to_link,
    ("date", "datetime"): _day_to_instant,
    ("datetime", "date"): _instant_to_day,
    ("date", "text"): _said,
    ("datetime", "text"): _said,
    **{("choice", new): _to_tags for new in SIDE_TYPES},
    **{(old, new): _to_tags for old in SIDE_TYPES for new in SIDE_TYPES if old != new},
    ("choice", "text"): _said,
    **{(old, "choice"): _tags_to_choice for old in SIDE_TYPES},
    **{(old, new): _said for old in SIDE_TYPES for new in ("text", "long_text")},
    ("boolean", "choice"): _boolean_to_choice,
    ("boolean", "number"): _boolean_to_number,
    ("boolean", "text"): _said,
    ("link", "text"): _said,
    ("serial", "text"): _said,
}
"""(type before, type after) → the converter; a type to itself changes its settings."""
