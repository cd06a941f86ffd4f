"""Posted forms as one row of a condition. Pure."""

from __future__ import annotations

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.web.filters import MissingValue, Typed, leaf_of
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine.web.composing.events import KEEP, only
from regulars.rule_engine.web.composing.reading import Posted, Raw, needed, number


def row_of(
    posted: Posted, form: FormDefinition, field: FieldDefinition | None, before: Raw
) -> Raw:
    """One row about records of ``form``; ``field`` is the one that the form names."""
    kind = posted.get("row")
    if kind == "consent":
        asked = {"purpose": posted.get("purpose"), "channel": posted.get("channel")}
        return {"consent": asked, "op": "is", "value": posted.get("wanted", "yes") == "yes"}
    if kind == "silent":
        return _silent(posted) | _narrowed(posted, "since", form, before)
    if kind == "related":
        return _related(posted) | _narrowed(posted, "measure", form, before)
    if kind == "formula":
        return {"formula": needed(posted, "formula")}
    return _field(posted, field)


def kind_of(row: Raw) -> str:
    """Which of the row forms can edit this row; ``other`` when none of them can."""
    if "consent" in row:
        return "consent"
    if set(row) == {"formula"}:
        return "formula"
    if "aggregate" in row:
        if row["aggregate"] == "last" and row.get("op") == "older_than":
            return "silent"
        return "related" if row["aggregate"] in ("count", "sum", "avg", "min", "max") else "other"
    return "field" if "field" in row else "other"


def _narrowed(posted: Posted, name: str, form: FormDefinition, before: Raw) -> Raw:
    """Which of the related records count; what a select cannot show is kept."""
    if posted.get("only") == KEEP and "where" in before:
        return {"where": before["where"]}
    relation = form.find(posted.get(name).partition(".")[0])
    return only(posted, str(relation.settings.get("from", ""))) if relation else {}


def _silent(posted: Posted) -> Raw:
    """Nothing in a list for so long: ``last … older than``. Never-buyers are asked about."""
    relation, _dot, field = needed(posted, "since").partition(".")
    never = posted.get("never")
    if never not in ("yes", "no"):
        raise Invalid([Problem("never", "say-about-never")])
    return {
        "aggregate": "last", "of": relation, "field": field, "op": "older_than",
        "value": {"n": number(posted, "days", 30), "unit": "day"}, "if_none": never == "yes",
    }  # fmt: skip


def _related(posted: Posted) -> Raw:
    """How many, or how much, in a list of records."""
    relation, _dot, field = needed(posted, "measure").partition(".")
    how, _colon, field = field.rpartition(":")
    made: Raw = {"aggregate": how or ("sum" if field else "count"), "of": relation}
    if field:
        made["field"] = field
    days = number(posted, "within")
    if days and posted.get("on"):
        made |= {"within": {"last": days, "unit": "day"}, "on": posted.get("on")}
    return {**made, "op": posted.get("op", "gte"), "value": needed(posted, "amount")}


def _field(posted: Posted, field: FieldDefinition | None) -> Raw:
    path = posted.get("field")
    if field is None:
        raise Invalid([Problem("field", "unknown-field", {"field": path[:60]})])
    values = [text for text in (*posted.getlist("value"), posted.get("value_to")) if text]
    try:
        return leaf_of(Typed(path, posted.get("op"), values), field)
    except MissingValue:
        raise Invalid([Problem("value", "required")]) from None
