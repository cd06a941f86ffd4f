"""Forgetting somebody: everything that leads to them goes, what the books need stays without them.

What becomes of records that point to the person is chosen per link: ``anonymise`` (the default),
``delete``, or ``keep`` with a reason. What people agreed to stays as a bare fact, as the law wants
it; a digest of number and address keeps them from being written to if they are imported again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import removing, rollups, storing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing.ghosts import list_ghosts
from regulars.form_builder.origin import Origin
from regulars.form_builder.people import sweeps
from regulars.form_builder.people.anonymising import (
    blot_bin,
    blot_pasts,
    clear_links,
    delete_linked,
)
from regulars.form_builder.people.erase_plan import ErasePlan, EraseWish, check_wish, plan_erasure
from regulars.form_builder.people.identities import Person, open_person
from regulars.form_builder.people.person_log import log_person
from regulars.form_builder.people.tables import person_log
from regulars.form_builder.people.traces import Traces, traces_of
from regulars.form_builder.searching.building import forget_marked
from regulars.form_builder.searching.keeping import indexed_tables
from regulars.form_builder.searching.marking import mark
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.faultpoint import faultpoint
from regulars.platform.privacy import erasure_log
from regulars.platform.privacy.followers import person_followers
from regulars.platform.privacy.holdings import all_holdings
from regulars.platform.privacy.suppressions import ERASED, suppress
from regulars.platform.secure_delete import overwrite_deleted

CAPABILITY = "erase_people"
_STAYS = frozenset({"consent_entry", "person_log"})


@dataclass(frozen=True)
class Erased:
    """What was done: how much of what went, was anonymised or stayed."""

    form: str
    record: int
    counts: Mapping[str, int] = field(default_factory=dict)


def erase_person(uow: UnitOfWork, access: Access, wish: EraseWish) -> Erased:
    """Forget a person. There is no way back.

    Raises Invalid with every problem of the wish, Conflict while a message is on its way to them
    or when something that is to be deleted is still pointed to.
    """
    access.require(CAPABILITY)
    person = open_person(uow, access, wish.form, wish.record, verb="delete")
    plan = plan_erasure(uow, access, wish)
    check_wish(wish, plan)
    counts = _forget(uow, access, person, plan)
    erasure_log.log_erasure(
        uow, access.actor, person.form, person.born, {r.name: r.policy for r in plan.relations}
    )
    return Erased(person.form, person.id, counts)


def reapply_erasures(uow: UnitOfWork) -> int:
    """Erase again whoever the list names and a restored store brought back; how many.

    Records that carry a known number but were made at another time are other people.
    """
    access = system_access(uow.workspace.locale)
    done = 0
    catalog = catalog_of(uow)
    for line in erasure_log.erasures_of(uow, anywhere=True):
        if line.form not in catalog.forms:
            continue
        for record_id, born in line.born.items():
            person = _same_person(uow, access, line.form, record_id)
            if person is None or person.born.get(record_id) != born:
                continue
            wish = EraseWish(line.form, record_id, line.relations)
            plan = plan_erasure(uow, access, wish)
            _forget(uow, access, person, plan)
            done += 1
    uow.after_commit(lambda: erasure_log.mark_all_done(uow))
    return done


def _same_person(uow: UnitOfWork, access: Access, form: str, record_id: int) -> Person | None:
    try:
        return open_person(uow, access, form, record_id, verb="delete")
    except NotFound:
        return None


def _forget(uow: UnitOfWork, access: Access, person: Person, plan: ErasePlan) -> dict[str, int]:
    """Carry the plan out and have every text of the workspace looked through afterwards."""
    traces = traces_of(person.names, person.addresses, person.people.region)
    counts = _carry_out(uow, access, person, plan, traces)
    line = log_person(uow, access, person.form, person.id, "erased", {"counts": counts})
    sweeps.begin(uow, traces, line)
    return counts


def _carry_out(
    uow: UnitOfWork, access: Access, person: Person, plan: ErasePlan, traces: Traces
) -> dict[str, int]:
    overwrite_deleted(uow)
    for follower in person_followers:
        follower.refuse_busy(uow, person.form, list(person.ids))
    suppress(uow, person.addresses, ERASED)
    work = Writing(uow, access, catalog_of(uow), person.people.form, Origin("erasure", "none"))
    counts = _deal_with_links(work, person, plan, traces)
    faultpoint("erase-links")
    _delete_records(work, person)
    faultpoint("erase-records")
    for record_id in person.ids:
        for follower in person_followers:
            for name, n in follower.erase(uow, access, person.form, record_id).items():
                _count(counts, name, n)
    for holding in all_holdings():
        if holding.name not in _STAYS:
            _count(counts, holding.name, holding.delete(uow, person.form, person.ids))
    uow.execute(
        person_log.update()
        .where(person_log.c.form == person.form, person_log.c.record.in_(person.ids))
        .values(reason=None)
    )
    faultpoint("erase-tables")
    forget_marked(uow, indexed_tables(uow, work.catalog))
    return counts


def _count(counts: dict[str, int], name: str, n: int) -> None:
    if n:
        counts[name] = counts.get(name, 0) + n


def _deal_with_links(
    work: Writing, person: Person, plan: ErasePlan, traces: Traces
) -> dict[str, int]:
    counts: dict[str, int] = {}
    past: dict[str, set[int]] = {}
    for relation in plan.relations:
        if relation.policy == "delete":
            delete_linked(work, relation.source, relation.ids)
        else:
            clear_links(
                work, relation.source, relation.field, relation.ids,
                personal=relation.policy == "anonymise",
            )  # fmt: skip
        if relation.policy == "anonymise":
            past.setdefault(relation.form, set()).update(relation.owners)
        name = f"link:{relation.name}" if relation.is_seen else "unseen"
        _count(counts, f"{name}:{relation.policy}", len(relation.ids))
    for form_key, ids in past.items():
        blot_pasts(work.uow, work.catalog, form_key, sorted(ids), traces)
    blot_bin(work.uow, work.catalog, person, traces)
    return counts


def _delete_records(work: Writing, person: Person) -> None:
    """The rows of the person's own records: values, rows, tags, and fields that were put away."""
    uow, tables, ids = work.uow, person.people.tables, person.ids
    stored = storing.load_rows(uow, work.form, tables, ids, lock=True)
    linked = removing.let_go(work.form, {
        key: storing.load_subform_rows(uow, work.form, tables, key, ids) for key in tables.rows
    })  # fmt: skip
    for rows in tables.rows.values():
        storing.delete_rows(uow, rows.main, ids, "parent")
    for side in tables.sides.values():
        storing.delete_rows(uow, side, ids, "record")
    known = sa.MetaData()
    for ghost in list_ghosts(uow, person.form):
        for move in ghost.moved:
            if not move.column:
                table = sa.Table(move.now, known, autoload_with=uow.connection)
                owner: Any = table.c.get("parent", table.c.get("record"))
                if owner is not None:
                    uow.execute(table.delete().where(owner.in_(ids)))
    storing.delete_rows(uow, tables.main, ids)
    mark(uow, tables.main, ids)
    touched = rollups.Touched(person.form, [(row, None) for row in stored.values()])
    rollups.refresh(uow, work.catalog, [*linked, touched])
