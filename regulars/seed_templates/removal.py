"""Removing a pack's sample data: everything it brought and everything rules made of it, for good.

Own records are never touched. A sample record that an own one points to stays, with what it
points to itself: it has become the owner's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import removing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.history import history, trash
from regulars.form_builder.linking import chunks
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.tables import api_token, invitation, member, unit
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.seed_templates.forgetting import forget_records, forget_reports
from regulars.seed_templates.installed import Sample, find_sample, forget_sample

Ids = dict[str, set[int]]


@dataclass(frozen=True)
class Pointer:
    """Record ``record`` of ``form`` links to ``target``; ``on_delete`` is the link's own."""

    form: str
    record: int
    target: int
    on_delete: str


@dataclass(frozen=True)
class Removed:
    """How many records went, and how many stay because own records need them, by form."""

    gone: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def total_gone(self) -> int:
        """All forms together."""
        return sum(self.gone.values())

    @property
    def total_kept(self) -> int:
        """All forms together."""
        return sum(self.kept.values())


def remove_sample(uow: UnitOfWork, access: Access, pack_key: str) -> Removed:
    """Take the sample data of a pack out again; Conflict when there is none."""
    access.require("install_packs")
    sample = find_sample(uow, pack_key)
    if sample is None:
        raise Conflict("sample-gone")
    catalog = catalog_of(uow)
    going = _tagged(uow, catalog, sample.batch)
    _add_followers(uow, catalog, going)
    kept = _needed_by_others(uow, catalog, going)
    for form, ids in kept.items():
        going[form] -= ids
    _untag(uow, catalog, kept)
    for key in _links_first(catalog, [form for form, ids in going.items() if ids]):
        work = Writing(uow, access, catalog, catalog.get_form(key), Origin("pack", "none"))
        removing.delete(work, sorted(going[key]), into_trash=False)
    for form, ids in going.items():
        forget_records(uow, form, ids)
    forget_reports(uow, sample.added_at)
    _empty_bin(uow, sample)
    _close_units(uow, catalog, sample)
    forget_sample(uow, pack_key)
    return Removed(_counts(going), _counts(kept))


def _counts(ids: Ids) -> dict[str, int]:
    return {form: len(found) for form, found in ids.items() if found}


def _tagged(uow: UnitOfWork, catalog: FormCatalog, batch: int) -> Ids:
    """The records that carry the batch."""
    found: Ids = {}
    for form, tables in catalog.tables.items():
        main = tables.main
        found[form] = set(uow.execute(sa.select(main.c.id).where(main.c.batch == batch)).scalars())
    return found


def _add_followers(uow: UnitOfWork, catalog: FormCatalog, going: Ids) -> None:
    """What rules made about sample records goes with them: a coupon for a made-up customer."""
    grew = True
    while grew:
        grew = False
        for form in list(going):
            for pointer in _pointers(uow, catalog, form, going[form]):
                known = pointer.record in going.setdefault(pointer.form, set())
                if not known and _goes_along(uow, pointer):
                    going[pointer.form].add(pointer.record)
                    grew = True


def _goes_along(uow: UnitOfWork, pointer: Pointer) -> bool:
    """A record that only rules ever wrote, and that makes no sense without its target."""
    if pointer.on_delete != "cascade":
        return False
    origins = uow.execute(
        sa.select(history.c.origin).where(
            history.c.form == pointer.form, history.c.record == pointer.record
        )
    ).scalars()
    return set(origins) == {"rule"}


def _needed_by_others(uow: UnitOfWork, catalog: FormCatalog, going: Ids) -> Ids:
    """Sample records that something which stays points to, and what those point to in turn."""
    kept: Ids = {form: set() for form in going}
    grew = True
    while grew:
        grew = False
        for form, ids in going.items():
            for pointer in _pointers(uow, catalog, form, ids - kept[form]):
                stays = pointer.record not in going.get(pointer.form, ())
                if stays or pointer.record in kept[pointer.form]:
                    grew |= pointer.target not in kept[form]
                    kept[form].add(pointer.target)
    return kept


def _pointers(
    uow: UnitOfWork, catalog: FormCatalog, form: str, ids: Iterable[int]
) -> list[Pointer]:
    """Every record that links to one of ``ids``, by itself or in a row of a subform."""
    found = []
    wanted = sorted(ids)
    for source, link in catalog.links_to(form):
        owner, dot, _rows = source.partition(".")
        table = catalog.source().table(source)
        holder = table.c.parent if dot else table.c.id
        policy = "" if dot else str(link.settings.get("on_delete", "refuse"))
        for some in chunks(wanted):
            column = table.c[link.key]
            rows = uow.execute(
                sa.select(holder.label("holder"), column.label("target")).where(column.in_(some))
            )
            found += [Pointer(owner, row.holder, row.target, policy) for row in rows]
    return found


def _untag(uow: UnitOfWork, catalog: FormCatalog, kept: Ids) -> None:
    """What stays is the owner's from now on."""
    for form, ids in kept.items():
        table = catalog.tables[form].main
        for some in chunks(sorted(ids)):
            uow.execute(table.update().where(table.c.id.in_(some)).values(batch=None))


def _links_first(catalog: FormCatalog, forms: Sequence[str]) -> list[str]:
    """The forms so that each comes before those its records point to."""
    waiting, ordered = list(forms), []
    while waiting:
        free = [
            form
            for form in waiting
            if not any(
                source.partition(".")[0] in waiting and source.partition(".")[0] != form
                for source, _link in catalog.links_to(form)
            )
        ]
        ordered += free or waiting[:1]
        waiting = [form for form in waiting if form not in ordered]
    return ordered


def _empty_bin(uow: UnitOfWork, sample: Sample) -> None:
    """Sample records that lie in the recycle bin leave it for good."""
    rows = uow.execute(
        sa.select(trash.c.form, trash.c.record).where(trash.c.batch == sample.batch)
    ).all()
    by_form: Ids = {}
    for row in rows:
        by_form.setdefault(row.form, set()).add(row.record)
    uow.execute(trash.delete().where(trash.c.batch == sample.batch))
    for form, ids in by_form.items():
        forget_records(uow, form, ids)


def _close_units(uow: UnitOfWork, catalog: FormCatalog, sample: Sample) -> None:
    """Stores the sample opened go, unless somebody or something is in them by now."""
    used = set(uow.execute(sa.select(unit.c.parent)).scalars())
    for form, tables in catalog.tables.items():
        places: list[Any] = [tables.main.c.unit]
        places += [
            tables.main.c[each.key]
            for each in catalog.get_form(form).fields
            if each.type == "unit"
        ]
        for column in places:
            used.update(uow.execute(sa.select(column).distinct()).scalars())
    used |= _units_of_people(uow)
    unused = [each for each in sample.units if each not in used]
    uow.execute(unit.delete().where(unit.c.id.in_(unused)))


def _units_of_people(uow: UnitOfWork) -> set[int]:
    """The stores that members, tokens and open invitations are bound to."""
    bound = list(uow.execute(sa.select(member.c.unit_ids)).scalars())
    with uow.database.main_tx(write=False) as connection:
        for table in (api_token, invitation):
            mine = table.c.workspace_id == uow.workspace.id
            bound += connection.execute(sa.select(table.c.unit_ids).where(mine)).scalars()
    return {each for unit_ids in bound for each in unit_ids or ()}
