"""Finding records that may be one person: over a whole form, for one record, while typing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.guarding import require_whole_people, sees_people_whole
from regulars.form_builder.history import history
from regulars.form_builder.linking import chunks
from regulars.form_builder.people.grouping import POSSIBLE, Group, find_groups
from regulars.form_builder.people.likeness import Likeness, Sketch, compare
from regulars.form_builder.people.person_forms import PersonForm, person_form
from regulars.form_builder.people.tables import distinct_people
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.inserting import insert_new
from regulars.platform.problems import Problem

CAPABILITY = "merge_records"
MOST_HINTS = 3
_MOST_COMPARED = 200
_KEPT_SEARCHES = 32


@dataclass(frozen=True)
class Member:
    """One record of a group: what people know it by."""

    id: int
    title: str
    sketch: Sketch


@dataclass(frozen=True)
class Doubles:
    """Records that seem to be one person."""

    group: Group
    members: tuple[Member, ...]

    def member(self, record_id: int) -> Member:
        """The member with this id."""
        return next(each for each in self.members if each.id == record_id)


@dataclass(frozen=True)
class LookAlike:
    """A stored record that resembles the one being written."""

    id: int
    title: str
    sketch: Sketch
    likeness: Likeness


def find_duplicates(
    uow: UnitOfWork, access: Access, form_key: str, *, least: int = POSSIBLE
) -> list[Doubles]:
    """Every group of records that seem to be one person, the likeliest first.

    Only records that the actor may change take part.
    """
    access.require(CAPABILITY)
    people = person_form(catalog_of(uow), form_key)
    require_whole_people(access, people.form)
    groups = _searches.groups(uow, people, least)
    shown = _sketches(uow, access, people, {one for group in groups for one in group.ids})
    titles = titles_of(uow, access, catalog_for(uow, access), {form_key: shown})
    found = []
    for group in groups:
        if all(one in shown for one in group.ids):
            members = [Member(i, titles.get((form_key, i), f"#{i}"), shown[i]) for i in group.ids]
            found.append(Doubles(group, tuple(members)))
    return found


def look_alikes(
    uow: UnitOfWork, access: Access, form_key: str, values: Mapping[str, Any], *,
    besides: int | None = None,
) -> list[LookAlike]:  # fmt: skip
    """Stored records that resemble one with these values (plain or as typed), likeliest first."""
    people = person_form(catalog_of(uow), form_key)
    if not sees_people_whole(access, people.form):
        return []
    wanted = people.sketch(0, values)
    close = _closest(wanted, [
        sketch for sketch in _near(uow, access, people, wanted) if sketch.id != besides
    ])  # fmt: skip
    titles = titles_of(uow, access, catalog_for(uow, access), {form_key: [s.id for s, _ in close]})
    return [
        LookAlike(sketch.id, titles.get((form_key, sketch.id), f"#{sketch.id}"), sketch, likeness)
        for sketch, likeness in close
    ]


def tell_apart(uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int]) -> None:
    """Remember that these records are different people; they are not offered again."""
    access.require(CAPABILITY)
    people = person_form(catalog_of(uow), form_key)
    known = _sketches(uow, access, people, ids)
    missing = sorted(set(ids) - set(known))
    if len(set(ids)) < 2 or missing:
        raise Invalid([Problem("ids", "two-people-needed", {"missing": missing})])
    ordered = sorted(set(ids))
    rows = [
        {"form": form_key, "first": a, "second": b, "actor": access.actor, "at": uow.now}
        for n, a in enumerate(ordered)
        for b in ordered[n + 1 :]
    ]
    insert_new(uow, distinct_people, rows, "first")


def _closest(wanted: Sketch, stored: Iterable[Sketch]) -> list[tuple[Sketch, Likeness]]:
    found = [(sketch, compare(wanted, sketch)) for sketch in stored]
    likely = [(sketch, likeness) for sketch, likeness in found if likeness.score >= POSSIBLE]
    return sorted(likely, key=lambda each: (-each[1].score, each[0].id))[:MOST_HINTS]


def _near(uow: UnitOfWork, access: Access, people: PersonForm, wanted: Sketch) -> list[Sketch]:
    """Records that share an address, a birthday or the name with ``wanted``."""
    table, parts = people.tables.main, []
    for part, value in (("mobile", wanted.phone), ("email", wanted.email), ("name", wanted.name)):
        field = people.field(part)
        if field is not None and value:
            folded = f"{field.key}__ci"
            parts.append(table.c[folded if folded in table.c else field.key] == value)
    born = people.field("birthday")
    if born is not None and wanted.birthday is not None:
        parts.append(table.c[born.key] == wanted.birthday)
    if not parts:
        return []
    statement = (
        sa.select(*people.compared_columns())
        .where(
            sa.or_(*parts),
            *scope_conditions(uow, access, catalog_of(uow), people.key, table, "read"),
        )
        .order_by(table.c.id)
        .limit(_MOST_COMPARED)
    )
    return [people.sketch_of_row(row) for row in uow.execute(statement)]


def _sketches(
    uow: UnitOfWork, access: Access, people: PersonForm, ids: Iterable[int]
) -> dict[int, Sketch]:
    """The sketches of these records, as far as the actor may change them."""
    table, found = people.tables.main, {}
    limits = scope_conditions(uow, access, catalog_of(uow), people.key, table, "update")
    for some in chunks(sorted(set(ids))):
        statement = sa.select(*people.compared_columns()).where(table.c.id.in_(some), *limits)
        for row in uow.execute(statement):
            found[row[0]] = people.sketch_of_row(row)
    return found


class _Searches:
    """Whole forms searched lately; a search is good until a record of the form changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[object, list[Group]] = OrderedDict()

    def groups(self, uow: UnitOfWork, people: PersonForm, least: int) -> list[Group]:
        name = (self._state(uow, people), least)
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return self._known[name]
        found = _search(uow, people, least)
        with self._lock:
            self._known[name] = found
            while len(self._known) > _KEPT_SEARCHES:
                self._known.popitem(last=False)
        return found

    def _state(self, uow: UnitOfWork, people: PersonForm) -> object:
        latest = uow.scalar(
            sa.select(sa.func.max(history.c.id)).where(history.c.form == people.key)
        )
        apart = uow.scalar(
            sa.select(sa.func.count())
            .select_from(distinct_people)
            .where(distinct_people.c.form == people.key)
        )
        changed = uow.scalar(sa.select(sa.func.max(people.tables.main.c.updated_at)))
        count = uow.scalar(sa.select(sa.func.count()).select_from(people.tables.main))
        store = (uow.database.url, str(uow.database.data_dir), uow.workspace.id)
        return (
            store,
            people.key,
            tuple(sorted((people.form.person or {}).items())),
            latest,
            changed,
            apart,
            count,
        )


def _search(uow: UnitOfWork, people: PersonForm, least: int) -> list[Group]:
    rows = uow.execute(sa.select(*people.compared_columns()))
    sketches = [people.sketch_of_row(row) for row in rows]
    apart = uow.execute(
        sa.select(distinct_people.c.first, distinct_people.c.second).where(
            distinct_people.c.form == people.key
        )
    )
    return find_groups(sketches, {(first, second) for first, second in apart}, least)


_searches = _Searches()
