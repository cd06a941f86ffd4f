"""The groups of a table and what stands at its foot, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from regulars.form_builder.arranging import DATED, OFFERED, PERIODS, Arrangement, Group, kind_at
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.field_types.choice import options_of
from regulars.form_builder.saying_numbers import SAID
from regulars.form_builder.summing import Summary, Sums, summarise
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web import filters
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.values import (
    Cell,
    field_at_path,
    places_of,
    target_of,
    text_of,
    tone_of,
)
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.types import Kind
from regulars.platform.web.rendering import formats, translate

_AVERAGE_PLACES = 2
_COUNTED = ("count", "filled")
Titles = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class Sum:
    """What one column comes to: its ``aggregate`` and the outcome in words."""

    title: str
    aggregate: str
    words: str


@dataclass(frozen=True)
class GroupRow:
    """The heading of one group: its name, how many records, their sums, and where they are.

    ``url`` is their own list, ``inside`` the address of what stands below the heading, ``state``
    the same as a list.
    """

    name: str
    tone: str
    count: int
    sums: list[Sum | None]
    url: str
    inside: str
    state: ListState


@dataclass(frozen=True)
class Footed:
    """The sums of a whole list by columns, and its groups; ``is_more`` when some are left out."""

    count: int
    foot: list[Sum | None]
    by: str = ""
    groups: Sequence[GroupRow] = ()
    is_more: bool = False

    @property
    def has_foot(self) -> bool:
        """Whether anything stands at the foot."""
        return any(self.foot)


def footed(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    state: ListState, paths: Sequence[str],
) -> Footed | None:  # fmt: skip
    """The sums and the first level of groups that a table asks for; None when it asks for none."""
    laid = state.laid_out(form, catalog)
    shown = {path: each for path, each in laid.summaries.items() if path in paths}
    wanted = replace(laid, summaries=shown, group=laid.group[:1])
    if not (wanted.group or shown):
        return None
    query = replace(state.query(form), count=False, offset=0)
    found = summarise(uow, access, form.key, query, wanted)
    writer = _Writer(uow, access, catalog, form, wanted)
    foot = writer.sums(found.whole, paths)
    if not wanted.group:
        return Footed(found.whole.count, foot)
    groups = writer.rows(found, state, laid.group, paths)
    return Footed(found.whole.count, foot, writer.words_of(wanted.group[0]), groups, found.is_more)


@dataclass(frozen=True)
class _Writer:
    """Says the sums of one list in the reader's language."""

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    form: FormDefinition
    wanted: Arrangement

    def sums(self, found: Sums, paths: Sequence[str]) -> list[Sum | None]:
        """What stands below each column; None below one that is not summed up."""
        return [self._sum(path, found) for path in paths]

    def rows(
        self, found: Summary, state: ListState, every: Sequence[Group], paths: Sequence[str]
    ) -> list[GroupRow]:
        """The headings of the groups, in the owner's order where there is one."""
        group = self.wanted.group[0]
        field = field_at_path(self.form, group.field, self.catalog)
        if field is None:
            return []
        titles = self._titles(field, found.groups)
        rest = ",".join(each.address for each in every[1:]) or "-"
        made = []
        for sums in _ordered(field, found.groups, titles):
            where = filters.both(state.filter, sums.condition)
            inner = replace(state, filter=where, group=rest, page=1)
            made.append(
                GroupRow(
                    self._name(field, group, sums.keys[0], titles),
                    tone_of(field, sums.keys[0]) if field.options and sums.keys[0] else "",
                    sums.count, self.sums(sums, paths), inner.url(), inner.inside_url(), inner,
                )
            )  # fmt: skip
        return made

    def words_of(self, group: Group) -> str:
        """What the records are grouped by."""
        field = field_at_path(self.form, group.field, self.catalog)
        name = i18n.pick(field.name, self.access.locale) if field is not None else group.field
        return f"{name} · {translate(f'grid.by.{group.by}')}" if group.by else name

    def _sum(self, path: str, found: Sums) -> Sum | None:
        aggregate = self.wanted.summaries.get(path)
        field = field_at_path(self.form, path, self.catalog)
        if aggregate is None or field is None:
            return None
        value = found.values.get(path)
        words = "–" if value is None else self._said(field, aggregate, value)
        return Sum(i18n.pick(field.name, self.access.locale), aggregate, words)

    def _said(self, field: FieldDefinition, aggregate: str, value: Any) -> str:
        fmt = formats()
        if aggregate in _COUNTED:
            return fmt.number(value)
        if not isinstance(value, Decimal):
            return self._plain(field, value, {})
        places = places_of(field) if family_of(field.type) == "number" else 0
        if aggregate == "avg":
            places = max(places, _AVERAGE_PLACES)
        if field.type == "money":
            return fmt.money(value, field.settings.get("currency"), places)
        say = SAID.get(field.type)
        return say(value, fmt, places) if say is not None else fmt.number(value, places)

    def _name(self, field: FieldDefinition, group: Group, key: Any, titles: Titles) -> str:
        if key is None:
            return translate("records.none")
        if isinstance(key, date) and group.by in ("month", "quarter"):
            month = formats().month(key)
            return month if group.by == "month" else translate("grid.quarter-from", month=month)
        if isinstance(key, date) and group.by is not None:
            day = formats().date(key)
            said = {"year": str(key.year), "week": translate("grid.week-from", day=day)}
            return said.get(group.by, day)
        return self._plain(field, key, titles)

    def _plain(self, field: FieldDefinition, value: Any, titles: Titles) -> str:
        yes_no = (translate("records.yes"), translate("records.no"))
        return text_of(Cell(field, value, titles), formats(), yes_no)

    def _titles(self, field: FieldDefinition, groups: Sequence[Sums]) -> Titles:
        target = target_of(field)
        ids = [each.keys[0] for each in groups if isinstance(each.keys[0], int)]
        if not target or not ids:
            return {}
        return titles_of(self.uow, self.access, self.catalog, {target: ids})


def _ordered(field: FieldDefinition, groups: Sequence[Sums], titles: Titles) -> Sequence[Sums]:
    """A choice in the owner's order; everything else as it was found."""
    order = {value: n for n, value in enumerate(options_of(field))}
    if not order:
        return groups
    return sorted(groups, key=lambda each: order.get(str(each.keys[0]), len(order)))


def group_choices(
    form: FormDefinition, catalog: FormCatalog, columns: Sequence[tuple[str, FieldDefinition]]
) -> list[tuple[str, str]]:
    """What a table can be grouped by, as (address, words); days also by longer periods."""
    found = []
    for path, field in columns:
        kind, problems = kind_at(catalog, form.key, path)
        if problems or kind not in (
            Kind.CHOICE,
            Kind.LINK,
            Kind.BOOLEAN,
            Kind.DATE,
            Kind.DATETIME,
        ):
            continue
        name = i18n.pick(field.name, formats().locale)
        if kind in DATED:
            found += [(f"{path}:{by}", f"{name} · {translate(f'grid.by.{by}')}") for by in PERIODS]
        else:
            found.append((path, name))
    return found


def offered_sums(form: FormDefinition, catalog: FormCatalog, path: str) -> tuple[str, ...]:
    """What can stand below a column; nothing below what this reader may not count."""
    kind, problems = kind_at(catalog, form.key, path)
    return () if problems or kind is None else OFFERED.get(kind, _COUNTED)
