"""Records as cards on a board: one lane for each option of a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.choice import option_label, options_of
from regulars.form_builder.flow.definition import Workflow
from regulars.form_builder.flow.legal import Mover, onward
from regulars.form_builder.querying import Record, RecordPage, RecordQuery
from regulars.form_builder.web import filters
from regulars.form_builder.web.values import tone_of

LANE = 30
"""How many cards a lane shows; the rest is a list of its own, one touch away."""

Find = Callable[[RecordQuery], RecordPage]


@dataclass(frozen=True)
class Lane:
    """The records of one option; ``value`` is "" for those that have none."""

    value: str
    title: str
    tone: str
    records: Sequence[Record]
    total: int
    condition: Mapping[str, Any]
    onward: frozenset[str] | None = None  # the lanes its cards may go to; None: any

    def leads_to(self, value: str) -> bool:
        """Whether its cards may be moved to the lane of this value, or stay there."""
        return self.onward is None or value == self.value or value in self.onward

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.total - len(self.records))


def lanes_of(
    by: FieldDefinition, query: RecordQuery, locale: str, none: str, find: Find
) -> list[Lane]:
    """A lane for each option in the owner's order, and one for ``none`` where there are such."""
    lanes = [
        _lane(query, {"field": by.key, "op": "is", "value": value}, find,
              (value, option_label(by, value, locale), tone_of(by, value)))
        for value in options_of(by)
    ]  # fmt: skip
    empty = _lane(query, {"field": by.key, "op": "is_empty"}, find, ("", none, "gray"))
    return [empty, *lanes] if empty.total or not lanes else lanes


def _lane(
    query: RecordQuery, leaf: Mapping[str, Any], find: Find, head: tuple[str, str, str]
) -> Lane:
    condition = filters.both(query.filter, {"all": [leaf]}) or {}
    page = find(replace(query, filter=condition, limit=LANE, offset=0))
    return Lane(*head, page.records, page.total or 0, condition)


def with_ways(lanes: Sequence[Lane], flow: Workflow | None, by: str, role: str) -> list[Lane]:
    """The lanes with where their cards may go, where they are the states of a form."""
    if flow is None or flow.field != by:
        return list(lanes)
    mover = Mover(role)
    return [replace(each, onward=onward(flow, each.value, mover)) for each in lanes]
