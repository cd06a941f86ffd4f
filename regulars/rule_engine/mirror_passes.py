"""Many mirrors at once: what they count about the same rows is counted once for all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.kept_queries import ask
from regulars.platform import columns
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.shared_pass import Among, flags_of, shareable
from regulars.platform.expressions.tree import Node, Path
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.mirrors import (
    YES,
    BrokenMirror,
    Turn,
    differences,
    sets_of,
    trees_of,
    value_of,
)
from regulars.rule_engine.tables import mirror_member

MOST_TOGETHER = 20  # mirrors in one statement
_PEOPLE = sa.bindparam("people", type_=columns.BigInt, expanding=True)

log = logging.getLogger(__name__)

Turns = dict[str, list[Turn]]


def passes_of(mirrors: Iterable[PinnedRule]) -> list[list[PinnedRule]]:
    """Mirrors in groups that one pass serves: of one form, counting the same rows.

    A mirror that shares nothing is a group of its own.
    """
    groups: list[tuple[PinnedRule, set[Path], list[PinnedRule]]] = []
    for pinned in mirrors:
        counted = _counted(pinned)
        for first, known, members in groups:
            same = first.catalog is pinned.catalog and first.rule.subject == pinned.rule.subject
            if same and counted & known and len(members) < MOST_TOGETHER:
                known |= counted
                members.append(pinned)
                break
        else:
            groups.append((pinned, counted, [pinned]))
    return [members for _first, _known, members in groups]


def _counted(pinned: PinnedRule) -> set[Path]:
    try:
        return shareable(trees_of(pinned))
    except BrokenMirror:
        return set()


def differences_of(
    uow: UnitOfWork, mirrors: Sequence[PinnedRule], records: Sequence[int] | None = None
) -> Turns:
    """Who should turn, by mirror: of everybody, or of these people only.

    The same as `differences` of each; a broken mirror has no turns.
    """
    if records is not None and not records:
        return {}
    found: Turns = {}
    for group in passes_of(mirrors):
        if len(group) > 1:
            found |= _together(uow, group, records)
        else:
            try:
                found[group[0].rule.key] = differences(uow, group[0], records)
            except BrokenMirror:
                log.warning("Mirror %s speaks of fields that are gone.", group[0].rule.key)
    return {key: turns for key, turns in found.items() if turns}


def _together(
    uow: UnitOfWork, mirrors: Sequence[PinnedRule], records: Sequence[int] | None
) -> Turns:
    found: Turns = {pinned.rule.key: [] for pinned in mirrors}
    keys = list(found)
    for row in _compared(uow, mirrors, records):
        for key, before, after in zip(keys, row[1::2], row[2::2], strict=True):
            if before != after:
                found[key].append(Turn(row[0], before, after))
    for rule, record, value in uow.execute(_departed(mirrors, records)):
        found[rule].append(Turn(record, value, None))
    return {key: sorted(turns, key=lambda turn: turn.record) for key, turns in found.items()}


def _compared(
    uow: UnitOfWork, mirrors: Sequence[PinnedRule], records: Sequence[int] | None
) -> Iterable[Sequence[Any]]:
    """``id, before, after, before, after, …`` of whoever is not what some mirror wants.

    After each batch of events it is asked about some people: that question is kept for a while.
    """
    if records is None:
        return uow.execute(_comparison(uow, mirrors, None))
    access = system_access(uow.workspace.locale)
    name = ("mirrors", *((pinned.rule.key, pinned.version) for pinned in mirrors))
    rows = ask(
        uow, access, mirrors[0].catalog, name, lambda: _comparison(uow, mirrors, _PEOPLE),
        {_PEOPLE.key: list(records)}, passing=True,
    )  # fmt: skip
    return [tuple(row.values()) for row in rows]


def _comparison(
    uow: UnitOfWork, mirrors: Sequence[PinnedRule], among: Among | None
) -> sa.Select[Any]:
    first = mirrors[0]
    table = first.catalog.tables[first.rule.subject].main
    trees: list[Node] = [tree for pinned in mirrors for tree in trees_of(pinned)]
    mode: expressing.Mode = "scan" if among is None else "single"
    target = expressing.target_of(uow, first.catalog, mode=mode)
    found = flags_of(trees, target, table, among).subquery()
    flags = iter(found.c[f"c{place}"] == YES for place in range(len(trees)))
    joined: sa.FromClause = found
    columns: list[Any] = [found.c.id]
    moved = []
    for pinned in mirrors:
        member = mirror_member.alias()
        held = sa.and_(member.c.rule == pinned.rule.key, member.c.record == found.c.id)
        joined = joined.outerjoin(member, held)
        wanted = _wanted(pinned, flags)
        columns += [member.c.value, wanted]
        moved.append(member.c.value.is_distinct_from(wanted))
    named = [column.label(f"v{place}") for place, column in enumerate(columns)]
    return sa.select(*named).select_from(joined).where(sa.or_(*moved))


def _wanted(pinned: PinnedRule, flags: Iterator[Any]) -> Any:
    """What somebody should have: nothing for whoever the mirror does not mean."""
    sets = sets_of(pinned)
    whom = next(flags)
    choices = [next(flags) for _choice in sets.choose]
    return sa.case((whom, value_of(sets, choices)), else_=sa.null())


def _departed(mirrors: Sequence[PinnedRule], records: Sequence[int] | None) -> sa.Select[Any]:
    """Members whose record is not there any more."""
    first = mirrors[0]
    table = first.catalog.tables[first.rule.subject].main
    gone = ~sa.exists().where(table.c.id == mirror_member.c.record)
    found = sa.select(mirror_member.c.rule, mirror_member.c.record, mirror_member.c.value).where(
        mirror_member.c.rule.in_([pinned.rule.key for pinned in mirrors]), gone
    )
    return found if records is None else found.where(mirror_member.c.record.in_(records))
