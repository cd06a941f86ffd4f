"""Who somebody is to one record: what decides which ways they may go with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars.form_builder.definition import LINKED, FormDefinition
from regulars.form_builder.flow.definition import Workflow
from regulars.form_builder.flow.legal import Mover
from regulars.form_builder.storing import load_subform_rows
from regulars.form_builder.tables import FormTables
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

MANAGES = "manage_tasks"
"""Whoever holds this in a store is its manager."""


def mover_of(
    uow: UnitOfWork, access: Access, form: FormDefinition, tables: FormTables,
    stored: Mapping[str, Any], origin_kind: str,
) -> Mover:  # fmt: skip
    """The actor as one stored record sees them; what they are just typing does not count."""
    me, is_system = access.member_id, access.kind == "system"
    named = set(_naming(uow, form, tables, stored, me)) if me is not None else set()
    return Mover(
        "" if is_system else access.role, me is not None and stored.get("owner") == me,
        frozenset(named), manages(access, stored.get("unit")), origin_kind == "rule",
        is_system and origin_kind == "cli",
    )  # fmt: skip


def manages(access: Access, unit: int | None) -> bool:
    """Whether somebody manages the store of a record; one without a store is everybody's."""
    in_reach = unit is None or not access.unit_ids or unit in access.unit_ids
    return access.kind in ("member", "token") and access.can(MANAGES) and in_reach


def named_members(
    uow: UnitOfWork, form: FormDefinition, tables: FormTables, stored: Mapping[str, Any], key: str
) -> list[int]:
    """The members that a member or members field of a stored record holds."""
    field = form.find(key)
    if field is None:
        return []
    if not field.has_rows:
        value = stored.get(key)
        return [] if value is None else [int(value)]
    rows = load_subform_rows(uow, form, tables, key, [stored["id"]])
    return [row[LINKED] for row in rows.get(stored["id"], ()) if row[LINKED] is not None]


def _naming(
    uow: UnitOfWork, form: FormDefinition, tables: FormTables, stored: Mapping[str, Any], me: int
) -> Iterator[str]:
    flow = form.workflow
    for key in _asked(flow) if flow is not None else ():
        if me in named_members(uow, form, tables, stored, key):
            yield key


def _asked(flow: Workflow) -> list[str]:
    return sorted({key for each in flow.transitions for key in each.who.fields})
