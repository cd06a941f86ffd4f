"""What the logic page posts, as steps on the draft. Field names are those of its templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import Form, Json, StepRefused
from regulars.form_builder.logic import edits, grouping
from regulars.form_builder.logic.actions import STATES
from regulars.form_builder.logic.compiling import linked_form
from regulars.form_builder.web.filters import MissingValue, Typed, leaf_of
from regulars.form_builder.web.values import field_at_path
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Posted = MultiDict[str, str]
Step = Callable[[Form], Json]
CHECK = "check:"
"""In front of a check's number, where a rule would have its key."""

PAIRS = 4
"""How many fields can be filled in at once."""


def step_of(posted: Posted, form: FormDefinition, catalog: FormCatalog, locale: str) -> Step:
    """The step that ``do`` names; Invalid with what is missing, StepRefused for an unknown one."""
    do, key = posted.get("do", ""), posted.get("rule", "")
    if do in _WHOLE:
        return lambda raw: _WHOLE[do](raw, key)
    if do in ("check", "drop-check"):
        return _check_step(posted, form, catalog, locale)
    if do == "action" and not key:
        action = action_of(posted, form)
        return lambda raw: edits.add_rule(raw, action)
    if key.startswith(CHECK):
        number = grouping.place_of(key.removeprefix(CHECK))
        grouped = _grouped(do, posted, form, catalog)
        return lambda raw: edits.change_must(raw, (*number, -1)[0], grouped)
    change = _change_of(do, posted, form, catalog)
    return lambda raw: edits.change_rule(raw, key, change)


def _check_step(posted: Posted, form: FormDefinition, catalog: FormCatalog, locale: str) -> Step:
    if posted.get("do") == "drop-check":
        return lambda raw: edits.drop_check(raw, _needed_number(posted))
    number, at = _number(posted), posted.get("at_field", "")
    at_field = at if form.find(at) is not None else None
    words = _text(posted, "message")[:500]
    if number is not None:
        return lambda raw: edits.word_check(raw, number, words, at_field, locale)
    said = {"message": {locale: words}, **({"at": at_field} if at_field else {})}
    made = {"must": row_of(posted, form, catalog), **said}
    return lambda raw: edits.add_check(raw, made)


def _change_of(
    do: str, posted: Posted, form: FormDefinition, catalog: FormCatalog
) -> edits.Change:
    if do == "action":
        action = action_of(posted, form)
        return lambda rule: edits.set_action(rule, _number(posted), action)
    if do == "drop-action":
        return lambda rule: edits.drop_action(rule, _needed_number(posted))
    change = _grouped(do, posted, form, catalog)
    return lambda rule: edits.change_when(rule, change)


def _grouped(
    do: str, posted: Posted, form: FormDefinition, catalog: FormCatalog
) -> Callable[[Any], Json | None]:
    """A change of a condition. ``n`` is the place of a row, or of a group with ``+`` behind it."""
    text = posted.get("n", "")
    is_new = do == "row" and (not text or text.endswith("+"))
    place = grouping.place_of(text.rstrip("+").rstrip("."))
    if do in ("row", "group"):
        row = row_of(posted, form, catalog)
        put = grouping.add_group if do == "group" else grouping.add if is_new else grouping.put
        return lambda when: put(when, place, row)
    if do == "drop-row":
        return lambda when: grouping.drop(when, place)
    if do == "match":
        return lambda when: grouping.join(when, place, posted.get("match", ""))
    raise StepRefused("unknown-step")


_WHOLE: dict[str, Callable[[Form, str], Json]] = {
    "remove": edits.remove_rule,
    "copy": edits.copy_rule,
    "up": lambda raw, key: edits.move_rule(raw, key, -1),
    "down": lambda raw, key: edits.move_rule(raw, key, 1),
}


def row_of(posted: Posted, form: FormDefinition, catalog: FormCatalog) -> Json:
    """One row of a condition: a field compared, or a formula."""
    formula = posted.get("formula", "").strip()
    if formula:
        return {"formula": formula}
    path = posted.get("f", "")
    field = field_at_path(form, path, catalog) if path else None
    if field is None:
        raise Invalid([Problem("f", "required")])
    try:
        return leaf_of(Typed(path, _text(posted, "op"), posted.getlist("v")), field)
    except MissingValue:
        raise Invalid([MissingValue.problem]) from None


def action_of(posted: Posted, form: FormDefinition) -> Json:
    """One action of a rule."""
    kind = posted.get("kind", "")
    if kind in STATES:
        fields = [key for key in posted.getlist("fields") if key]
        return {kind: fields} if fields else _missing("fields")
    make = {"set": _set, "fill": _fill, "options": _options}.get(kind)
    if make is None:
        raise StepRefused("unknown-step")
    return {kind: make(posted, form)}


def _set(posted: Posted, form: FormDefinition) -> Json:
    field = _field(posted, form, "field")
    extra = {"if_empty": True} if posted.get("if_empty") else {}
    if posted.get("how") == "formula":
        return {"field": field.key, "formula": _text(posted, "formula"), **extra}
    return {"field": field.key, "value": _fixed(field, posted), **extra}


def _fixed(field: FieldDefinition, posted: Posted) -> Any:
    if field.has_side:
        return [text for text in posted.getlist("v") if text]
    text = _text(posted, "v")
    return text == "true" if field.type == "boolean" else text


def _fill(posted: Posted, form: FormDefinition) -> Json:
    source = _field(posted, form, "from").key
    targets, sources = posted.getlist("target"), posted.getlist("source")
    pairs = {t: s for t, s in zip(targets, sources, strict=False) if t and s}
    extra = {"if_empty": True} if posted.get("if_empty") else {}
    return {"from": source, "fields": pairs or _missing("target"), **extra}


def _options(posted: Posted, form: FormDefinition) -> Json:
    field = _field(posted, form, "field")
    if linked_form(field):
        there, here = _text(posted, "there"), _text(posted, "here")
        return {
            "field": field.key,
            "where": {"field": there, "op": "is", "value": {"record": here}},
        }
    values = [value for value in posted.getlist("values") if value]
    return {"field": field.key, "values": values or _missing("values")}


def _field(posted: Posted, form: FormDefinition, name: str) -> FieldDefinition:
    found = form.find(posted.get(name, ""))
    return _missing(name) if found is None else found


def _text(posted: Posted, name: str) -> str:
    return posted.get(name, "").strip() or _missing(name)


def _missing(name: str) -> Any:
    raise Invalid([Problem(name, "required")])


def _number(posted: Posted) -> int | None:
    text = posted.get("n", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _needed_number(posted: Posted) -> int:
    found = _number(posted)
    if found is None:
        raise StepRefused
    return found
