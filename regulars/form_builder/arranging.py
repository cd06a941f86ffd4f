"""How a table is laid out: widths, pinned columns, groups, summaries.

A view carries it under the keys ``widths`` (path → pixels), ``pinned`` (paths that stay at the
left), ``group`` (``[{"field", "by"}]``, at most two) and ``summaries`` (path → aggregate). What a
member changes for themselves has the same shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem

NARROWEST, WIDEST = 60, 800
MOST_PINNED, MOST_GROUPS, MOST_COLUMNS = 4, 2, 60
PERIODS = ("day", "week", "month", "quarter", "year")
AGGREGATES = ("count", "filled", "sum", "avg", "min", "max")
_ANY = AGGREGATES[:2]
_ORDERED = (*_ANY, "min", "max")
OFFERED: Mapping[Kind, tuple[str, ...]] = {
    Kind.NUMBER: AGGREGATES, Kind.DATE: _ORDERED, Kind.DATETIME: _ORDERED,
}  # fmt: skip
"""Which aggregates a column can have at its foot; every other kind can be counted."""
DATED = (Kind.DATE, Kind.DATETIME)
GROUPED = (Kind.CHOICE, Kind.LINK, Kind.BOOLEAN, Kind.NUMBER, *DATED)


@dataclass(frozen=True)
class Group:
    """One level of groups: records with the same value, or of the same period ``by``."""

    field: str
    by: str | None = None

    @classmethod
    def from_address(cls, text: str) -> Group:
        """``paid_at:month`` as an address names it."""
        path, _colon, by = text.partition(":")
        return cls(path, by if by in PERIODS else None)

    @property
    def address(self) -> str:
        """How an address names it."""
        return f"{self.field}:{self.by}" if self.by else self.field

    def as_json(self) -> dict[str, str]:
        """As a view carries it."""
        return {"field": self.field, **({"by": self.by} if self.by else {})}


@dataclass(frozen=True)
class Arrangement:
    """What a view, or a member, says of the table; empty parts say nothing."""

    columns: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    pinned: tuple[str, ...] = ()
    group: tuple[Group, ...] = ()
    summaries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Arrangement:
        """What a checked view says."""
        return cls(
            tuple(view.get("columns", ())),
            dict(view.get("widths", {})),
            tuple(view.get("pinned", ())),
            tuple(Group(each["field"], each.get("by")) for each in view.get("group", ())),
            dict(view.get("summaries", {})),
        )

    def as_json(self) -> dict[str, Any]:
        """As a view carries it; what is empty is left out."""
        every: dict[str, Any] = {
            "columns": list(self.columns),
            "widths": dict(self.widths),
            "pinned": list(self.pinned),
            "group": [each.as_json() for each in self.group],
            "summaries": dict(self.summaries),
        }
        return {name: value for name, value in every.items() if value}

    def places(self) -> Iterator[tuple[str, str]]:
        """Where each path stands below the view, columns left out: ``widths/amount`` → amount."""
        for name, given in (("widths", self.widths), ("summaries", self.summaries)):
            yield from ((f"{name}/{path}", path) for path in given)
        yield from ((f"pinned/{n}", path) for n, path in enumerate(self.pinned))
        yield from ((f"group/{n}/field", each.field) for n, each in enumerate(self.group))


def kind_at(catalog: FormCatalog, form_key: str, path: str) -> tuple[Kind | None, list[Problem]]:
    """What stands at a path, and why this reader may not count or group by it."""
    tree, problems = catalog.path(form_key, path)
    kind = tree.type.kind if not problems and tree.type is not None else None
    return kind, [Problem("", each.code, each.params) for each in problems]


def summary_problems(
    catalog: FormCatalog, form_key: str, path: str, aggregate: str
) -> list[Problem]:
    """Why a column cannot have this at its foot."""
    kind, problems = kind_at(catalog, form_key, path)
    if problems or kind is None:
        return problems or [Problem("", "unknown-field", {"field": path[:60]})]
    if aggregate not in OFFERED.get(kind, _ANY):
        return [Problem("", "cannot-summarise", {"field": path})]
    return []


def group_problems(catalog: FormCatalog, form_key: str, group: Group) -> list[Problem]:
    """Why records cannot be put into these groups."""
    kind, problems = kind_at(catalog, form_key, group.field)
    if problems or kind is None:
        return problems or [Problem("", "unknown-field", {"field": group.field[:60]})]
    if kind not in GROUPED or (group.by is not None and kind not in DATED):
        return [Problem("", "cannot-group", {"field": group.field})]
    return []


def arrangement_problems(
    catalog: FormCatalog, form_key: str, wanted: Arrangement
) -> list[Problem]:
    """Everything that cannot be grouped or summarised, at its place; unknown paths are told
    by the shape's own check."""
    found = []
    for n, group in enumerate(wanted.group):
        found += [p.under(f"group/{n}/field") for p in group_problems(catalog, form_key, group)]
    for path, each in wanted.summaries.items():
        problems = summary_problems(catalog, form_key, path, each)
        found += [p.under(f"summaries/{path}") for p in problems]
    return [each for each in found if each.code != "unknown-field"]


def usable(catalog: FormCatalog, form_key: str, wanted: Arrangement) -> Arrangement:
    """What is left of an arrangement for a reader: nothing that they may not count or group by."""
    group = tuple(g for g in wanted.group if not group_problems(catalog, form_key, g))
    summaries = {
        path: each
        for path, each in wanted.summaries.items()
        if not summary_problems(catalog, form_key, path, each)
    }
    return Arrangement(wanted.columns, wanted.widths, wanted.pinned, group, summaries)
