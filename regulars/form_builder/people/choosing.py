"""Which value of two records survives, field by field. Pure but for looking at the form.

Where nobody chooses: what the kept record says; where it says nothing, what the other says. Tags
and rows of both are kept together, unless one side is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal, cast

from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.file import ids_of
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Side = Literal["keep", "drop", "both"]
TOGETHER = ("tags", "choices", "subform", "links", "members", "file", "image")
_SIDES = ("keep", "drop", "both")


@dataclass(frozen=True)
class FieldChoice:
    """One field of two records: what each says and which side survives."""

    field: FieldDefinition
    keep: Any
    drop: Any
    side: Side
    fixed: bool = False  # a rule keeps it, nobody chooses

    @property
    def differs(self) -> bool:
        """Whether there is anything to choose."""
        return bool(_said(self.keep) != _said(self.drop))

    @property
    def sides(self) -> tuple[Side, ...]:
        """What may be chosen."""
        return ("both", "keep", "drop") if self.field.type in TOGETHER else ("keep", "drop")

    @property
    def result(self) -> Any:
        """The plain value that survives; of rows the list."""
        if self.side == "both":
            if self.field.has_side:
                return (self.keep or frozenset()) | (self.drop or frozenset())
            if self.field.has_rows:
                return _both(self.field, self.keep or (), _without_ids(self.drop or ()))
            files = dict.fromkeys((*ids_of(self.keep), *ids_of(self.drop)))
            return ",".join(map(str, files)) or None
        if self.side == "keep":
            return self.keep
        return _without_ids(self.drop or ()) if self.field.has_rows else self.drop


@dataclass(frozen=True)
class Kept:
    """What rules keep of a record: whole fields, and single tags by field."""

    fields: frozenset[str] = frozenset()
    tags: Mapping[str, frozenset[str]] = dataclass_field(default_factory=dict)


def choose(
    form: FormDefinition, keep: Mapping[str, Any], drop: Mapping[str, Any], wanted: Any,
    kept: Kept | None = None,
) -> list[FieldChoice]:  # fmt: skip
    """A choice for every field that people fill in; Invalid with every wish that means nothing.

    What a rule keeps is the survivor's own; the rule brings it up to date afterwards.
    """
    fields = [each for each in form.fields if is_chosen(each)]
    problems = _problems(fields, wanted)
    if problems:
        raise Invalid(problems)
    given: Mapping[str, Side] = wanted or {}
    owned, choices = kept or Kept(), []
    for each in fields:
        ours, theirs = keep.get(each.key), drop.get(each.key)
        if each.key in owned.tags:
            theirs = (theirs or frozenset()) - owned.tags[each.key]
            if given.get(each.key) == "drop":
                theirs |= (ours or frozenset()) & owned.tags[each.key]
        side = given.get(each.key) or _by_itself(each, ours, theirs)
        fixed = each.key in owned.fields
        choices.append(FieldChoice(each, ours, theirs, "keep" if fixed else side, fixed))
    return choices


def is_chosen(field: FieldDefinition) -> bool:
    """Whether a field holds a value of its own that can survive or not."""
    return field.has_rows or (field_types.get(field.type).writable and not field.freeze)


def _by_itself(field: FieldDefinition, keep: Any, drop: Any) -> Side:
    if field.type in TOGETHER:
        return "both"
    return "drop" if _said(keep) is None and _said(drop) is not None else "keep"


def _problems(fields: list[FieldDefinition], wanted: Any) -> list[Problem]:
    if wanted is None:
        return []
    if not isinstance(wanted, Mapping):
        return [Problem("choose", "not-an-object")]
    known, problems = {each.key: each for each in fields}, []
    for key, side in wanted.items():
        place = f"choose/{str(key)[:60]}"
        field = known.get(key)
        if field is None:
            problems.append(Problem(place, "unknown-field", {"field": str(key)[:60]}))
        elif side not in _SIDES or (side == "both" and field.type not in TOGETHER):
            told = {"value": str(side)[:40], "allowed": ["keep", "drop"]}
            problems.append(Problem(place, "not-an-option", told))
    return problems


def _both(field: FieldDefinition, ours: Any, theirs: Any) -> list[dict[str, Any]]:
    """The rows of both; of links each record once."""
    if field.has_links:
        known = {row[LINKED] for row in ours}
        theirs = [row for row in theirs if row[LINKED] not in known]
    return [*ours, *theirs]


def _without_ids(rows: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "id"} for row in rows]


def _said(value: Any) -> Any:
    """The value, None when it says nothing; rows compare without their ids."""
    if value in (None, "", frozenset(), []):
        return None
    return cast(Any, _without_ids(value)) if isinstance(value, list) else value
