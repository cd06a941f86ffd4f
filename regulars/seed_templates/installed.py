"""What is installed: each pack's version, the original of every definition, its sample data.

The originals are what a later upgrade compares with: what the pack brought, what it brings now,
what the owner made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.i18n import Text

pack_install = sa.Table(
    "pack_install",
    workspace_metadata,
    sa.Column("pack", columns.Text, primary_key=True),
    sa.Column("version", columns.Text, nullable=False),
    sa.Column("label", columns.Json, nullable=False),
    sa.Column("installed_at", columns.Instant, nullable=False),
    sa.Column("installed_by", columns.Text, nullable=False),
    sa.Column("changed_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
pack_original = sa.Table(
    "pack_original",
    workspace_metadata,
    sa.Column("pack", columns.Text, primary_key=True),
    sa.Column("kind", columns.Text, primary_key=True),
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("version", columns.Text, nullable=False),  # of the pack that brought it
    sa.Column("body", columns.Json, nullable=False),
    sqlite_strict=True,
)
pack_sample = sa.Table(
    "pack_sample",
    workspace_metadata,
    sa.Column("batch", columns.BigInt, primary_key=True),  # what its records carry, below nought
    sa.Column("pack", columns.Text, nullable=False, unique=True),
    sa.Column("counts", columns.Json, nullable=False),  # [[form, records]] in the order of writing
    sa.Column("units", columns.Json, nullable=False),  # ids of the stores it opened
    sa.Column("added_at", columns.Instant, nullable=False),
    sa.Column("added_by", columns.Text, nullable=False),
    sqlite_strict=True,
)


@dataclass(frozen=True)
class Installed:
    """One installed pack."""

    pack: str
    version: str
    label: Text
    installed_at: datetime
    installed_by: str


@dataclass(frozen=True)
class Sample:
    """The sample data of one pack as it was added; ``counts`` in the order of writing."""

    pack: str
    batch: int
    counts: tuple[tuple[str, int], ...]
    units: tuple[int, ...]
    added_at: datetime
    added_by: str

    @property
    def total(self) -> int:
        """How many records it brought."""
        return sum(count for _form, count in self.counts)


Originals = Mapping[tuple[str, str], Mapping[str, Any]]


def list_installed(uow: UnitOfWork) -> list[Installed]:
    """Every installed pack, by key."""
    rows = uow.execute(pack_install.select().order_by(pack_install.c.pack))
    return [
        Installed(row.pack, row.version, row.label, row.installed_at, row.installed_by)
        for row in rows
    ]


def find_installed(uow: UnitOfWork, pack: str) -> Installed | None:
    """The installed pack of this key, or None."""
    return next((each for each in list_installed(uow) if each.pack == pack), None)


def originals_of(uow: UnitOfWork, pack: str) -> Originals:
    """(kind, key) → what the pack brought when it last changed that definition."""
    rows = uow.execute(pack_original.select().where(pack_original.c.pack == pack))
    return {(row.kind, row.key): row.body for row in rows}


def keep_originals(
    uow: UnitOfWork, pack: str, version: str, bodies: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    """Note what the pack brought for these definitions, in place of what it brought before."""
    for kind, key in bodies:
        uow.execute(
            pack_original.delete().where(
                pack_original.c.pack == pack,
                pack_original.c.kind == kind,
                pack_original.c.key == key,
            )
        )
    rows = [
        {"pack": pack, "kind": kind, "key": key, "version": version, "body": dict(body)}
        for (kind, key), body in bodies.items()
    ]
    if rows:
        uow.connection.execute(pack_original.insert(), rows)


def note_install(uow: UnitOfWork, pack: str, version: str, label: Text, by: str) -> None:
    """Remember that the pack is installed in this version."""
    said = label if isinstance(label, str) else dict(label)
    values = {"version": version, "label": said, "changed_at": uow.now}
    changed = uow.execute(
        pack_install.update().where(pack_install.c.pack == pack).values(**values)
    )
    if not changed.rowcount:
        uow.execute(
            pack_install.insert().values(
                pack=pack, installed_at=uow.now, installed_by=by, **values
            )
        )


def find_sample(uow: UnitOfWork, pack: str) -> Sample | None:
    """The pack's sample data, or None when there is none (any more)."""
    row = uow.execute(pack_sample.select().where(pack_sample.c.pack == pack)).first()
    if row is None:
        return None
    counts = tuple((form, count) for form, count in row.counts)
    return Sample(row.pack, row.batch, counts, tuple(row.units), row.added_at, row.added_by)


def note_sample(uow: UnitOfWork, sample: Sample) -> None:
    """Remember what was added, so that it can be removed."""
    uow.execute(
        pack_sample.insert().values(
            batch=sample.batch,
            pack=sample.pack,
            counts=[list(each) for each in sample.counts],
            units=list(sample.units),
            added_at=sample.added_at,
            added_by=sample.added_by,
        )
    )


def forget_sample(uow: UnitOfWork, pack: str) -> None:
    """The sample data is gone."""
    uow.execute(pack_sample.delete().where(pack_sample.c.pack == pack))
