"""What the settings panel posts, as changes of a field's JSON. Pure.

A setting left empty is taken away (None), except where its type needs one: then it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.edits import reworded
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.choice import COLORS
from regulars.form_builder.keys import derive_key
from regulars.form_builder.outlines import options_of_outline
from regulars.form_builder.web import filters
from regulars.form_builder.web.widgets import Subject, Widget, rows_of, widgets_of
from regulars.platform import i18n
from regulars.platform.expressions.operators import LIST_OPS
from regulars.platform.expressions.types import Kind
from regulars.platform.i18n import LOCALES

Posted = MultiDict[str, str]
Json = dict[str, Any]

TEXTS = ("label", "help", "placeholder")
_OPTION = re.compile(r"options/(\d+)/(value|label|color)")


def changes_of(subject: Subject, raw: Mapping[str, Any], posted: Posted) -> Json:
    """The settings as the panel has them now."""
    changes: Json = {}
    for widget in widgets_of(subject):
        if widget.fixed or f"{widget.name}~here" not in posted:
            continue
        value = _READERS[widget.kind](subject, widget, posted)
        if widget.name in TEXTS:
            value = reworded(raw.get(widget.name), posted.get(widget.name, ""), subject.locale)
        changes[widget.name] = value
    changes["label"] = label_of(raw.get("label"), posted, subject.locale)
    required = field_types.get(subject.field.type).required_settings
    return {k: v for k, v in changes.items() if not (v is None and k in required)}


def label_of(text: Any, posted: Posted, locale: str) -> Any:
    """A label after its words in the reader's language, and in the others, were posted."""
    if "label" not in posted:
        return text
    given = {name: posted.get(f"label@{name}", "").strip() for name in LOCALES if name != locale}
    own = posted["label"].strip()
    others = {name: words for name, words in given.items() if words}
    if not others and not isinstance(text, Mapping):
        return own or None
    return {**({locale: own} if own else {}), **others} or None


def _text(subject: Subject, widget: Widget, posted: Posted) -> Any:
    text = posted.get(widget.name, "").strip()
    if widget.name == "default":
        return default_of(subject.field.type, text)
    return text or None


def default_of(type_name: str, text: str) -> Any:
    """A default as it is written: a literal, or a formula after "="."""
    if text.startswith("=") and len(text) > 1:
        return {"formula": text[1:].strip()}
    if type_name == "boolean":
        return {"true": True, "false": False}.get(text)
    return text or None


def _check(subject: Subject, widget: Widget, posted: Posted) -> Any:
    ticked = bool(posted.get(widget.name))
    words = {"case": "exact", "freeze": "on_create"}
    if widget.name in words:
        return words[widget.name] if ticked else None
    return ticked or None


def _count(subject: Subject, widget: Widget, posted: Posted) -> Any:
    text = posted.get(widget.name, "").strip()
    return int(text) if text.isdecimal() else None


def _select(subject: Subject, widget: Widget, posted: Posted) -> Any:
    if widget.name == "decimals":
        return _count(subject, widget, posted)
    if widget.name == "width":  # that of one column is not written down
        return _count(subject, widget, posted) if posted.get("width") != "1" else None
    return _text(subject, widget, posted)


def _options(subject: Subject, widget: Widget, posted: Posted) -> Any:
    old = {option["value"]: option for option in subject.setting("options") or ()}
    rows: dict[int, Json] = {}
    for name, value in posted.items():
        match = _OPTION.fullmatch(name)
        if match:
            rows.setdefault(int(match[1]), {})[match[2]] = value
    made: list[Json] = []
    for _number, row in sorted(rows.items()):
        made.append(_option(row, old, {each["value"] for each in made} | set(old), subject.locale))
    return after_option_step(made, posted.get("_option", ""), subject.locale)


def _outline(subject: Subject, widget: Widget, posted: Posted) -> Any:
    before = subject.setting(widget.name) or []
    return options_of_outline(posted.get(widget.name, ""), before, subject.locale)


def _option(row: Json, old: Mapping[str, Json], taken: set[str], locale: str) -> Json:
    """One option; a new one's code is spelled from its label and never changes afterwards."""
    code = row.get("value") or derive_key(row.get("label", ""), taken, "option")
    label = reworded(old.get(code, {}).get("label"), row.get("label", "").strip(), locale)
    made: Json = {"value": code}
    if label:
        made["label"] = label
    if row.get("color") in COLORS:
        made["color"] = row["color"]
    return made


def after_option_step(options: list[Json], step: str, locale: str) -> list[Json]:
    """The options after ``add``, ``up 2``, ``down 2`` or ``remove 2``."""
    do, _space, number = step.partition(" ")
    if do == "add":
        count = len(options) + 1
        code = derive_key("", {option["value"] for option in options}, f"option_{count}")
        words = i18n.translate("forms.option-n", locale, number=count)
        color = COLORS[len(options) % len(COLORS)]
        return [*options, {"value": code, "label": words, "color": color}]
    if not number.isdecimal() or int(number) >= len(options):
        return options
    moved = options.pop(int(number))
    if do != "remove":
        options.insert(max(0, int(number) + {"up": -1, "down": 1}.get(do, 0)), moved)
    return options


def _where(subject: Subject, widget: Widget, posted: Posted) -> Any:
    """One row of the filter builder; a condition of another shape stays until it is removed."""
    kept = widget.value
    if posted.get("_where") == "remove":
        return None
    key, op = posted.get("where-field", ""), posted.get("where-op", "")
    field = next((each for each in rows_of(subject) if each.key == key), None)
    if field is None:
        return kept if "where-field" not in posted else None
    if op not in filters.offered_ops(field):
        op = filters.offered_ops(field)[0]
    values = tuple(posted.getlist("where-value"))
    try:
        return filters.leaf_of(filters.Typed(key, op, values), field)
    except filters.MissingValue:
        return _begun(field, op)


def _begun(field: FieldDefinition, op: str) -> Json:
    """A row whose value nobody has given yet: a first guess where there is one."""
    first: dict[Kind, Any] = {Kind.BOOLEAN: True, Kind.NUMBER: "0", Kind.TEXT: ""}
    kind = field_types.get(field.type).value_type(field).kind
    options = [option["value"] for option in field.settings.get("options", ())]
    if op == "within":
        return {"field": field.key, "op": op, "value": {"last": 30, "unit": "day"}}
    if op == "older_than":
        return {"field": field.key, "op": op, "value": {"n": 30, "unit": "day"}}
    value = options[0] if options else first.get(kind)
    if value is None or op == "between":
        return {"field": field.key, "op": "is_not_empty"}
    return {"field": field.key, "op": op, "value": [value] if op in LIST_OPS else value}


_READERS: Mapping[str, Callable[[Subject, Widget, Posted], Any]] = {
    "text": _text,
    "decimal": _text,
    "time": _text,
    "formula": _text,
    "check": _check,
    "count": _count,
    "select": _select,
    "choose": _select,
    "options": _options,
    "outline": _outline,
    "where": _where,
}
