"""What installing a pack would change, definition by definition; nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import definition, snapshot
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem
from regulars.platform.strict_json import plain
from regulars.seed_templates.installed import Originals, find_installed, originals_of
from regulars.seed_templates.pack import Pack, PackDefinition
from regulars.seed_templates.versions import fits

CREATE, UPDATE, UNCHANGED, KEPT, DELETED = "create", "update", "unchanged", "kept", "deleted"
"""New · brought up to the pack's version · nothing to do · the owner's own version stays · the
owner deleted it, so it stays deleted."""


@dataclass(frozen=True)
class Change:
    """What becomes of one definition of the pack."""

    kind: str
    key: str
    label: Text
    action: str

    @property
    def writes(self) -> bool:
        """Whether installing touches the definition."""
        return self.action in (CREATE, UPDATE)


@dataclass(frozen=True)
class Plan:
    """The whole of it: the changes, and the problems that forbid them."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    is_new: bool
    is_new_version: bool

    @property
    def is_nothing(self) -> bool:
        """Installing would change nothing at all."""
        return not self.is_new_version and not any(each.writes for each in self.changes)


@dataclass(frozen=True)
class _Present:
    """The definitions of the workspace as far as the plan needs them."""

    bodies: Mapping[tuple[str, str], Mapping[str, Any]]  # published
    known: Mapping[tuple[str, str], bool]  # every (kind, key) there ever was → archived
    drafted: frozenset[tuple[str, str]]  # somebody is working on it


def plan_install(uow: UnitOfWork, pack: Pack) -> Plan:
    """Compare the pack with its originals and with what the workspace has."""
    present, originals = _present(uow), originals_of(uow, pack.key)
    problems = list(_requirements(uow, pack))
    changes = []
    for each in pack.definitions:
        action = _action(each, present, originals)
        if action is None:
            place = f"{each.kind}s/{each.key}.json"
            problems.append(Problem(place, "pack-key-taken", {"label": each.label}))
        else:
            changes.append(Change(each.kind, each.key, each.label, action))
    before = find_installed(uow, pack.key)
    is_new_version = before is None or before.version != pack.version
    return Plan(tuple(changes), tuple(problems), before is None, is_new_version)


def canonical(raw: Mapping[str, Any]) -> Any:
    """A definition as the store keeps it, for comparing."""
    return plain(raw)


def _present(uow: UnitOfWork) -> _Present:
    wanted = (definition.c.kind, definition.c.key, definition.c.archived_at, definition.c.draft)
    rows = uow.execute(sa.select(*wanted)).all()
    known = {(row.kind, row.key): row.archived_at is not None for row in rows}
    drafted = frozenset((row.kind, row.key) for row in rows if row.draft is not None)
    bodies = {name: each.raw for name, each in snapshot(uow).items.items()}
    return _Present(bodies, known, drafted)


def _action(each: PackDefinition, present: _Present, originals: Originals) -> str | None:
    """None when the key belongs to something the pack did not bring."""
    name = (each.kind, each.key)
    fresh, mine, brought = canonical(each.raw), present.bodies.get(name), originals.get(name)
    if brought is None:
        if name not in present.known:
            return CREATE
        return UNCHANGED if mine == fresh else None
    if present.known.get(name, True):
        return DELETED
    if brought == fresh or mine == fresh:
        return UNCHANGED
    untouched = mine == brought and name not in present.drafted
    return UPDATE if untouched else KEPT


def _requirements(uow: UnitOfWork, pack: Pack) -> Sequence[Problem]:
    problems = []
    for position, need in enumerate(pack.requires):
        place, have = f"pack.json/requires/{position}", find_installed(uow, need["key"])
        wanted = need.get("version", ">=0")
        if have is None:
            problems.append(Problem(place, "pack-missing", {"pack": need["key"]}))
        elif not fits(have.version, wanted):
            words = {"pack": need["key"], "have": have.version, "wanted": wanted}
            problems.append(Problem(place, "pack-other-version", words))
    return problems
