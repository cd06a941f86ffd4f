"""All published definitions of a workspace at one moment, parsed once per process.

A workspace carries a number that every publish raises; a request reads that number and reuses the
snapshot it already has when nothing changed.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.definitions.kinds import kinds
from regulars.platform.errors import NotFound
from regulars.platform.prepared import Prepared

log = logging.getLogger(__name__)

definition = sa.Table(
    "definition",
    workspace_metadata,
    sa.Column("kind", columns.Text, primary_key=True),
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("draft", columns.Json),
    sa.Column("draft_at", columns.Instant),
    sa.Column("draft_by", columns.Text),
    sa.Column("draft_tag", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("published", columns.BigInt),
    sa.Column("position", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("pack", columns.Text),
    sa.Column("archived_at", columns.Instant),
    sqlite_strict=True,
)
definition_version = sa.Table(
    "definition_version",
    workspace_metadata,
    sa.Column("kind", columns.Text, primary_key=True),
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("version", columns.BigInt, primary_key=True),
    sa.Column("body", columns.Json, nullable=False),
    sa.Column("published_at", columns.Instant, nullable=False),
    sa.Column("published_by", columns.Text, nullable=False),
    sqlite_strict=True,
)
workspace_counter = sa.Table(
    "workspace_counter",
    workspace_metadata,
    sa.Column("name", columns.Text, primary_key=True),
    sa.Column("value", columns.BigInt, nullable=False),
    sqlite_strict=True,
)


NUMBER = sa.select(workspace_counter.c.value).where(workspace_counter.c.name == "definitions")
"""The number that every publish raises, as a question."""
_NUMBER = Prepared(NUMBER)


@dataclass(frozen=True)
class Published:
    """One published definition: its raw JSON, its version, its parsed object."""

    kind: str
    key: str
    version: int
    raw: Mapping[str, Any]
    parsed: Any
    published_at: datetime | None = None


@dataclass(frozen=True)
class Broken:
    """A published definition whose stored JSON cannot be read any more; the others go on."""

    kind: str
    key: str
    version: int


@dataclass(frozen=True)
class Snapshot:
    """Every published definition at one number. ``derived`` caches what builders compute of it.

    ``before`` is what an overlaid snapshot stood on: what is published until now.
    """

    number: int
    items: Mapping[tuple[str, str], Published]
    derived: dict[str, Any] = field(default_factory=dict, compare=False)
    broken: tuple[Broken, ...] = ()
    before: Snapshot | None = field(default=None, compare=False, repr=False)

    def find(self, kind: str, key: str) -> Any | None:
        """The parsed definition, or None."""
        found = self.items.get((kind, key))
        return None if found is None else found.parsed

    def get(self, kind: str, key: str) -> Any:
        """The parsed definition; NotFound otherwise."""
        found = self.find(kind, key)
        if found is None:
            raise NotFound(f"no-{kind}", key=key)
        return found

    def version(self, kind: str, key: str) -> int:
        """The published version number of a definition that exists."""
        return self.items[kind, key].version

    def all(self, kind: str) -> dict[str, Any]:
        """Every parsed definition of one kind by key, in the owner's order."""
        return {p.key: p.parsed for p in self.items.values() if p.kind == kind}

    def overlaid(self, fresh: Iterable[Published]) -> Snapshot:
        """This snapshot as it will be once ``fresh`` is published."""
        items = dict(self.items)
        for each in fresh:
            items[each.kind, each.key] = each
        still = tuple(each for each in self.broken if (each.kind, each.key) not in items)
        return Snapshot(self.number + 1, items, broken=still, before=self)


_KEPT = 64
_cache: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()


def snapshot(uow: UnitOfWork) -> Snapshot:
    """The published definitions as this transaction sees them."""
    known = uow.memo.get("snapshot")
    if known is not None:
        return known  # type: ignore[no-any-return]
    number = definitions_number(uow)
    name = (str(uow.database.data_dir) + uow.database.url, uow.workspace.store)
    cached = _cache.get(name)
    if cached is None or cached.number != number:
        cached = _load(uow, number)
        if not uow.memo.get("changes-definitions"):
            _keep(name, cached)
    uow.memo["snapshot"] = cached
    return cached


def _keep(name: tuple[str, str], fresh: Snapshot) -> None:
    """Only what is committed: after a roll-back another transaction takes the same number."""
    _cache[name] = fresh
    while len(_cache) > _KEPT:
        _cache.popitem(last=False)


def raise_number(uow: UnitOfWork) -> None:
    """Tell every process that definitions changed; takes effect with this commit."""
    changed = uow.execute(
        workspace_counter.update()
        .where(workspace_counter.c.name == "definitions")
        .values(value=workspace_counter.c.value + 1)
    )
    if not changed.rowcount:
        uow.execute(workspace_counter.insert().values(name="definitions", value=1))
    uow.memo["changes-definitions"] = True
    uow.memo.pop("snapshot", None)


def set_definitions_number(uow: UnitOfWork, number: int) -> None:
    """Let every process read the definitions anew; for a store that was filled from outside."""
    name = workspace_counter.c.name == "definitions"
    uow.execute(workspace_counter.delete().where(name))
    uow.execute(workspace_counter.insert().values(name="definitions", value=number))
    uow.memo["changes-definitions"] = True
    uow.memo.pop("snapshot", None)


def is_current(uow: UnitOfWork, number: int) -> bool:
    """Whether ``number``, read just now, is that of the definitions this transaction has read."""
    known: Snapshot | None = uow.memo.get("snapshot")
    return known is None or known.number == number


def definitions_number(uow: UnitOfWork) -> int:
    """The number that every publish raises; 0 before the first."""
    return _NUMBER.scalar(uow.connection) or 0


def _load(uow: UnitOfWork, number: int) -> Snapshot:
    joined = definition.join(
        definition_version,
        sa.and_(
            definition.c.kind == definition_version.c.kind,
            definition.c.key == definition_version.c.key,
            definition.c.published == definition_version.c.version,
        ),
    )
    body = sa.type_coerce(definition_version.c.body, columns.Text()).label("raw_body")
    about = (definition_version.c.kind, definition_version.c.key, definition_version.c.version)
    statement = (
        sa.select(*about, body, definition_version.c.published_at)
        .select_from(joined)
        .where(definition.c.archived_at.is_(None))
        .order_by(definition.c.position, definition.c.key)
    )
    items: dict[tuple[str, str], Published] = {}
    broken = []
    for row in uow.execute(statement):
        found = _read(row)
        if isinstance(found, Broken):
            log.error("The %s %s cannot be read any more.", found.kind, found.key)
            broken.append(found)
        else:
            items[row.kind, row.key] = found
    return Snapshot(number, items, broken=tuple(broken))


def _read(row: Any) -> Published | Broken:
    try:
        raw = json.loads(row.raw_body)
        parsed = kinds.get(row.kind).parse(raw)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Broken(row.kind, row.key, row.version)
    return Published(row.kind, row.key, row.version, raw, parsed, row.published_at)
