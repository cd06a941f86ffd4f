"""Stores and departments: a tree that scopes what people see. A unit is closed, never deleted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Row

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.tables import unit
from regulars.platform.accounts.users import name_problems
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound
from regulars.platform.problems import Problem

_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")


@dataclass(frozen=True)
class Unit:
    """A store or department; ``depth`` counts the units above it."""

    id: int
    code: str
    name: str
    parent: int | None
    active: bool
    depth: int = 0


@dataclass(frozen=True)
class UnitValues:
    """What a form or the API says about a unit."""

    code: str
    name: str
    parent: int | None = None
    active: bool = True


def list_units(uow: UnitOfWork) -> list[Unit]:
    """Every unit, parents before their children, by name on each level."""
    rows = uow.execute(unit.select().order_by(unit.c.name, unit.c.id)).all()
    known = {row.id for row in rows}
    children: dict[int | None, list[Row[Any]]] = {}
    for row in rows:
        children.setdefault(row.parent if row.parent in known else None, []).append(row)
    found: list[Unit] = []
    waiting = [(row, 0) for row in reversed(children.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append(Unit(row.id, row.code, row.name, row.parent, row.active, depth))
        waiting.extend((child, depth + 1) for child in reversed(children.get(row.id, [])))
    return found


def get_unit(uow: UnitOfWork, unit_id: int) -> Unit:
    """The unit with this id."""
    for each in list_units(uow):
        if each.id == unit_id:
            return each
    raise NotFound()


def find_unit(uow: UnitOfWork, code: str) -> Unit | None:
    """The unit with this code, or None."""
    return next((each for each in list_units(uow) if each.code == code), None)


def get_by_code(uow: UnitOfWork, code: str) -> Unit:
    """The unit with this code."""
    found = find_unit(uow, code)
    if found is None:
        raise NotFound("no-unit", unit=code)
    return found


def with_descendants(units: Sequence[Unit], unit_ids: Sequence[int]) -> tuple[int, ...]:
    """The given units, the first one first, and everything below them."""
    found = dict.fromkeys(each for each in unit_ids if any(u.id == each for u in units))
    for each in units:  # parents come before children
        if each.parent in found:
            found.setdefault(each.id)
    return tuple(found)


def create_unit(uow: UnitOfWork, access: Access, values: UnitValues) -> Unit:
    """Open a store or department."""
    access.require("manage_units")
    _require_reach(access, [values.parent])
    _check(uow, values, None)
    made = uow.execute(unit.insert().values(**_row(values)))
    key = made.inserted_primary_key
    assert key is not None
    return get_unit(uow, key[0])


def update_unit(uow: UnitOfWork, access: Access, unit_id: int, values: UnitValues) -> Unit:
    """Rename, move, close or reopen a unit."""
    access.require("manage_units")
    known = get_unit(uow, unit_id)
    moved = [values.parent] if values.parent != known.parent else []
    _require_reach(access, [unit_id, *moved])
    _check(uow, values, unit_id)
    uow.execute(unit.update().where(unit.c.id == unit_id).values(**_row(values)))
    return get_unit(uow, unit_id)


def _require_reach(access: Access, unit_ids: Sequence[int | None]) -> None:
    """Whoever is bound to stores changes those, and takes no other one below them."""
    if (
        access.unit_ids
        and access.held.bound_by_units
        and not set(unit_ids) <= set(access.unit_ids)
    ):
        raise Forbidden("grant-outside-units")


def _row(values: UnitValues) -> dict[str, Any]:
    return {
        "code": values.code.strip(),
        "name": values.name.strip(),
        "parent": values.parent,
        "active": values.active,
    }


def _check(uow: UnitOfWork, values: UnitValues, own_id: int | None) -> None:
    problems = name_problems(values.name)
    units = list_units(uow)
    if not _CODE.match(values.code.strip()):
        problems.append(Problem("code", "bad-unit-code"))
    elif any(u.code == values.code.strip() and u.id != own_id for u in units):
        problems.append(Problem("code", "unit-code-taken", {"code": values.code.strip()}))
    if values.parent is not None:
        if values.parent not in {each.id for each in units}:
            problems.append(Problem("parent", "unknown-store"))
        elif own_id is not None and values.parent in with_descendants(units, [own_id]):
            problems.append(Problem("parent", "unit-inside-itself"))
    if problems:
        raise Invalid(problems)
