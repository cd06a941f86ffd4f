"""The whole check, once: every invariant of the rule engine, asked of one workspace's store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import definition_version
from regulars.platform.store_notes import read_note, write_note
from regulars.rule_engine.leases import read_database_clock
from regulars.rule_engine.self_check import of_conditions, of_messages, of_runs, of_work
from regulars.rule_engine.self_check.breaches import SHOWN, Asked, Breach

LOOKS = (*of_runs.LOOKS, *of_messages.LOOKS, *of_work.LOOKS, *of_conditions.LOOKS)
_NOTE = "self_check"


@dataclass(frozen=True)
class Checked:
    """What one check found. ``versions`` are the hashes of the published versions of rules."""

    at: datetime
    breaches: tuple[Breach, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def check(uow: UnitOfWork, known: Mapping[str, str] | None = None) -> Checked:
    """Ask everything now. ``known`` are the hashes of versions that an earlier check saw."""
    asked = Asked(uow, read_database_clock(uow))
    found = [look.breach(asked) for look in LOOKS]
    versions = _hashes(uow)
    changed = [key for key, was in (known or {}).items() if versions.get(key, was) != was]
    if changed:
        numbers = tuple(int(key.rpartition(":")[2]) for key in changed[:SHOWN])
        found.append(Breach("I7", "version-changed", len(changed), numbers))
    return Checked(uow.now, tuple(each for each in found if each is not None), versions)


def check_now(database: Database, workspace: Workspace, now: datetime) -> Checked:
    """Ask everything and keep the answer for whoever wants to see it."""
    with database.workspace_tx(workspace, write=False, now=now) as uow:
        last = last_check(uow)
        done = check(uow, last.versions if last else None)
    with database.workspace_tx(workspace, now=now) as uow:
        write_note(uow.connection, _NOTE, _as_json(done), now=now)
    return done


def last_check(uow: UnitOfWork) -> Checked | None:
    """What the last check that was kept found."""
    note = read_note(uow.connection, _NOTE)
    if note is None:
        return None
    breaches = [
        Breach(each["invariant"], each["what"], each["n"], tuple(each["examples"]))
        for each in note["breaches"]
    ]
    return Checked(datetime.fromisoformat(note["at"]), tuple(breaches), note["versions"])


def _as_json(done: Checked) -> dict[str, Any]:
    return {
        "at": done.at.isoformat(), "versions": dict(done.versions),
        "breaches": [asdict(each) for each in done.breaches],
    }  # fmt: skip


def _hashes(uow: UnitOfWork) -> dict[str, str]:
    rows = uow.execute(sa.select(definition_version).where(definition_version.c.kind == "rule"))
    return {f"{row.key}:{row.version}": _hash(row.body) for row in rows}


def _hash(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
