"""Mirrors by what happened: only whom an event may move is looked at, for all mirrors at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.dependencies import dependencies
from regulars.platform.expressions.tree import Node
from regulars.rule_engine.book import PinnedRule, active_rules, book_of
from regulars.rule_engine.entering import MAX_CHAIN
from regulars.rule_engine.mirror_passes import Turns, differences_of
from regulars.rule_engine.mirrors import BrokenMirror, Cause, Move, apply, raise_gen, trees_of
from regulars.rule_engine.tables import mirror_state
from regulars.rule_engine.ways import ways_to

TURNS = ("mirror_entered", "mirror_left")

Ways = Mapping[str, Collection[str]]


def follow(uow: UnitOfWork, events: Sequence[Any]) -> int:
    """Bring the mirrors up to date for everybody these events are about; how many turned."""
    turned = 0
    for every in by_subject(active_mirrors(uow)):
        mirrors, moving = _concerned(uow, every, events)
        chains = candidates(uow, mirrors[0], moving) if mirrors else {}
        if chains:
            turned += refresh(uow, mirrors, sorted(chains), Cause(chains))
    return turned


def _concerned(
    uow: UnitOfWork, every: Sequence[PinnedRule], events: Sequence[Any]
) -> tuple[list[PinnedRule], list[Any]]:
    """The mirrors that any of the events may move, and those events.

    Nothing is asked about membership itself: what it brings about is told as a change of the
    record, so the turns of mirrors move nobody. Events of one kind are asked about once.
    """
    moved_by: dict[Any, set[str]] = {}
    moving = []
    for happened in events:
        if happened.kind in TURNS:
            continue
        is_change = happened.kind == "record_updated" and happened.changes is not None
        sort = (happened.form, *happened.changes) if is_change else None
        if sort not in moved_by:
            moved_by[sort] = {
                each.rule.key for each in every if not is_change or _reads_of(uow, each, happened)
            }
        if moved_by[sort]:
            moving.append(happened)
    keys = set().union(*moved_by.values())
    return [each for each in every if each.rule.key in keys], moving


def _reads_of(uow: UnitOfWork, pinned: PinnedRule, happened: Any) -> bool:
    """Whether a change is of something that the mirror reads; what mirrors write mostly is not."""
    read = _read(uow, pinned).get(happened.form, frozenset())
    return read is None or not read.isdisjoint(happened.changes)


def _read(uow: UnitOfWork, pinned: PinnedRule) -> Mapping[str, frozenset[str] | None]:
    """Form → the fields of it that a mirror reads; None where any may count."""
    known: dict[str, Any] = book_of(uow).seen.derived.setdefault("mirrors-read", {})
    key = pinned.rule.key
    if key not in known:
        known[key] = _reading(pinned)
    found: Mapping[str, frozenset[str] | None] = known[key]
    return found


def _reading(pinned: PinnedRule) -> Mapping[str, frozenset[str] | None]:
    catalog, subject = pinned.catalog, pinned.rule.subject
    ways = ways_to(catalog, subject)
    try:
        trees = trees_of(pinned)
    except BrokenMirror:
        return dict.fromkeys((subject, *ways))
    places = {place for tree in trees for place in dependencies(tree, catalog.shapes).fields}
    summed = {plan.rows for plan in catalog.rollups if (plan.form, plan.field) in places}
    return {
        form: None
        if form in summed
        else frozenset(links) | {key for owner, key in places if owner == form}
        for form, links in {subject: set(), **ways}.items()
    }


def active_mirrors(uow: UnitOfWork) -> list[PinnedRule]:
    """The mirrors that are not paused and whose people are there, in the owner's order."""
    mirrors = book_of(uow).mirrors
    active = active_rules(uow) if mirrors else set()
    return [
        pinned
        for pinned in mirrors
        if pinned.rule.key in active and pinned.rule.subject in pinned.catalog.tables
    ]


def by_subject(mirrors: Iterable[PinnedRule]) -> list[list[PinnedRule]]:
    """Mirrors of the same people together."""
    found: dict[str, list[PinnedRule]] = {}
    for pinned in mirrors:
        found.setdefault(pinned.rule.subject, []).append(pinned)
    return list(found.values())


def refresh(
    uow: UnitOfWork, mirrors: Sequence[PinnedRule], records: Sequence[int], cause: Cause
) -> int:
    """Bring membership right for some people; mirrors that wait for their first look wait on."""
    keys = [pinned.rule.key for pinned in mirrors]
    rows = uow.execute(
        sa.select(mirror_state.c.rule, mirror_state.c.version).where(mirror_state.c.rule.in_(keys))
    )
    versions = {rule: version for rule, version in rows}  # noqa: C416 - rows are not pairs to mypy
    settled = [each for each in mirrors if versions.get(each.rule.key) == each.version]
    moved = differences_of(uow, settled, records)
    if not moved:
        return 0
    by_key = {each.rule.key: each for each in settled if each.rule.key in moved}
    held = {key for key in sorted(by_key) if raise_gen(uow, by_key[key])}
    found = _still(uow, settled, moved)
    turning = [each for each in settled if each.rule.key in held & found.keys()]
    return apply(uow, [Move(each, found[each.rule.key], cause) for each in turning])


def _still(uow: UnitOfWork, mirrors: Sequence[PinnedRule], moved: Turns) -> Turns:
    """What has turned, now that nobody else changes these mirrors.

    The same is asked again where others may have been faster; SQLite lets one in at a time to
    write.
    """
    if uow.dialect == "sqlite":
        return moved
    records = sorted({turn.record for turns in moved.values() for turn in turns})
    return differences_of(uow, mirrors, records)


def candidates(
    uow: UnitOfWork, pinned: PinnedRule, events: Sequence[Any]
) -> dict[int, tuple[str, ...]]:
    """Subjects whose membership these events may change, with the rules that caused the event."""
    found: dict[int, tuple[str, ...]] = {}
    ways = ways_to(pinned.catalog, pinned.rule.subject)
    heard = [
        each for each in events if each.record is not None and len(each.chain) < MAX_CHAIN
    ]  # fmt: skip
    linked = _linked(uow, pinned.catalog, ways, heard)
    for happened in heard:
        chain = tuple(happened.chain)
        for subject in _touched(pinned.rule.subject, ways, linked, happened):
            if len(chain) >= len(found.get(subject, ())):
                found[subject] = chain
    return found


def _touched(
    subject: str, ways: Ways, linked: Mapping[tuple[str, int], Collection[int]], happened: Any
) -> Iterator[int]:
    if happened.form == subject:
        yield happened.record
    gone = (happened.data or {}).get("links", {}) if happened.kind == "record_deleted" else {}
    for link in ways.get(happened.form or "", ()):
        for value in (*(happened.changes or {}).get(link, ()), gone.get(link)):
            record = value.get("id") if isinstance(value, Mapping) else value
            if isinstance(record, int):
                yield record
    yield from linked.get((happened.form, happened.record), ())


def _linked(
    uow: UnitOfWork, catalog: FormCatalog, ways: Ways, events: Sequence[Any]
) -> dict[tuple[str, int], list[int]]:
    """Whom the records of the events point to now: one question for each form."""
    found: dict[tuple[str, int], list[int]] = {}
    for form in {each.form for each in events} & ways.keys() & catalog.tables.keys():
        table = catalog.tables[form].main
        ids = sorted({each.record for each in events if each.form == form})
        wanted = sa.select(table.c.id, *(table.c[link] for link in sorted(ways[form])))
        for row in uow.execute(wanted.where(table.c.id.in_(ids))):
            found[form, row[0]] = [value for value in row[1:] if value is not None]
    return found


def is_kept_by_events(uow: UnitOfWork, pinned: PinnedRule) -> bool:
    """Whether events alone keep a mirror right: neither time nor anybody else moves it.

    Such a mirror need not be looked over at its set times.
    """
    known: dict[str, bool] = book_of(uow).seen.derived.setdefault("mirrors-kept-by-events", {})
    key = pinned.rule.key
    if key not in known:
        try:
            trees = trees_of(pinned)
        except BrokenMirror:
            return False
        known[key] = _reads_near(pinned, trees) and not _moves_with_time(uow, pinned, trees)
    return known[key]


def _moves_with_time(uow: UnitOfWork, pinned: PinnedRule, trees: Sequence[Node]) -> bool:
    table = pinned.catalog.tables[pinned.rule.subject].main
    with expressing.watched_moment(uow, system_access(uow.workspace.locale)) as moment:
        for tree in trees:
            expressing.where_sql(uow, pinned.catalog, tree, table)
    return moment.was_asked


def _reads_near(pinned: PinnedRule, trees: Sequence[Node]) -> bool:
    """Whether only the people themselves and what points to them is read."""
    catalog, subject = pinned.catalog, pinned.rule.subject
    near = {subject, *ways_to(catalog, subject)}
    places = {
        place for tree in trees for place in dependencies(tree, catalog.shapes).fields
    }  # fmt: skip
    rows = {plan.rows for plan in catalog.rollups if (plan.form, plan.field) in places}
    if any(plan.form in rows for plan in catalog.rollups):
        return False  # sums over sums: the event that moves them is further away
    fields = (catalog.shapes.forms[form].field(key) for form, key in places if form in near)
    if any(field is not None and field.through for field in fields):
        return False
    return {form for form, _key in places} | rows <= near
