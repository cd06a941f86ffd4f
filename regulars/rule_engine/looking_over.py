"""Looking over everybody for a mirror: read outside of any lock, write in slices, lose no race."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.rule_engine import mirror_values
from regulars.rule_engine.book import PinnedRule, active_rules, book_of
from regulars.rule_engine.clocking import Between, Now
from regulars.rule_engine.definition import Sets
from regulars.rule_engine.history_marks import (
    has_news,
    latest_history,
    touched_by_history,
)
from regulars.rule_engine.mirror_following import is_kept_by_events
from regulars.rule_engine.mirror_passes import differences_of, passes_of
from regulars.rule_engine.mirrors import (
    SLICE,
    BrokenMirror,
    Cause,
    Move,
    Turn,
    apply,
    differences,
    raise_gen_from,
    sets_of,
    slices,
    state_of,
)
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.tables import mirror_member, mirror_state

TRIES = 5
AT_ONCE = timedelta(0)
CALM = timedelta(seconds=15)  # an import rests so long before everybody is looked over

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a look-over found, and on which state of the membership it stands."""

    gen: int
    turns: Sequence[Turn]
    leavers: Sequence[Turn]  # members by a former version that kept something else
    former: Sets | None
    cause: Cause
    read_at: datetime
    history_to: datetime | None = None


Found = tuple[PinnedRule, Finding]


def look_over_due(database: Database, workspace: Workspace, now: Now, *, anyway: bool) -> int:
    """Look over the mirrors whose time has come (or all of them); how many were."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        keys = due_mirrors(uow, anyway=anyway)
    return look_over_some(database, workspace, now, keys)


def look_over_some(
    database: Database, workspace: Workspace, now: Now, keys: Sequence[str],
    between: Between = lambda: None,
) -> int:  # fmt: skip
    """Look over these mirrors; how many were. ``between`` is called after each slice of people."""
    done, at = 0, (database, workspace, now)
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        rules = book_of(uow).rules
        groups = passes_of(rules[key] for key in keys if key in rules)
    for group in groups:
        names = [pinned.rule.key for pinned in group]
        settled = _look_over_together(*at, names, between) if len(names) > 1 else set()
        done += len(settled)
        for key in names:
            if key not in settled:
                done += _look_over_alone(*at, key, between)
    return done


def _look_over_alone(
    database: Database, workspace: Workspace, now: Now, key: str, between: Between
) -> bool:
    try:
        return look_over(database, workspace, now, key, between)
    except BrokenMirror:
        log.warning("Mirror %s speaks of fields that are gone; it is left alone.", key)
        return False


def _look_over_together(
    database: Database, workspace: Workspace, now: Now, keys: Sequence[str], between: Between
) -> set[str]:
    """Look over mirrors that one pass serves; those that nobody else changed meanwhile."""
    _make_states(database, workspace, now, keys)
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        rules = book_of(uow).rules
        mirrors = [rules[key] for key in keys if key in rules]
        begun = [_begin(uow, pinned) for pinned in mirrors]
        turns = differences_of(uow, mirrors)
        found = [
            (pinned, _with_turns(uow, pinned, each, turns.get(pinned.rule.key, ())))
            for pinned, each in zip(mirrors, begun, strict=True)
        ]
    faultpoint("mirror-read")
    at = (database, workspace, now)
    return _settle(*at, [each for each in found if not each[1].leavers], between)


def _make_states(database: Database, workspace: Workspace, now: Now, keys: Sequence[str]) -> None:
    """Give mirrors that are new their row of state."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        known = set(uow.execute(sa.select(mirror_state.c.rule)).scalars())
    fresh = [key for key in keys if key not in known]
    if fresh:
        with database.workspace_tx(workspace, now=now()) as uow:
            rules = book_of(uow).rules
            for key in fresh:
                if key in rules:
                    state_of(uow, rules[key])


def due_mirrors(uow: UnitOfWork, *, anyway: bool) -> list[str]:
    """Keys of the mirrors to look over now."""
    mirrors = book_of(uow).mirrors
    if not mirrors:
        return []
    active = active_rules(uow)
    states = {row.rule: row for row in uow.execute(mirror_state.select())}
    clock, latest = uow.database.clock(), latest_history(uow)
    return [
        pinned.rule.key
        for pinned in mirrors
        if pinned.rule.key in active
        and _is_due(uow, pinned, states.get(pinned.rule.key), clock, latest, anyway=anyway)
    ]


def _is_due(
    uow: UnitOfWork, pinned: PinnedRule, state: Any, clock: datetime, latest: datetime | None, *,
    anyway: bool,
) -> bool:  # fmt: skip
    if state is None or state.version != pinned.version or state.as_of is None:
        return True
    if anyway:
        return bool(state.as_of != uow.now) or has_news(
            latest, state.history_to, clock, calm=AT_ONCE
        )
    schedule = Schedule.of(pinned.rule.trigger)
    slots = schedule.due(state.as_of, uow.now, uow.workspace.tz) if schedule else []
    if slots and not is_kept_by_events(uow, pinned):
        return True
    return has_news(latest, state.history_to, clock, calm=CALM)


def look_over(
    database: Database, workspace: Workspace, now: Now, key: str, between: Between = lambda: None
) -> bool:
    """Bring one mirror right for everybody; False when others kept changing it meanwhile."""
    for _ in range(TRIES):
        _make_states(database, workspace, now, [key])
        with database.workspace_tx(workspace, write=False, now=now()) as uow:
            pinned = book_of(uow).rules.get(key)
            if pinned is None:
                return False
            found = _begin(uow, pinned)
            if not found.leavers:
                found = _with_turns(uow, pinned, found, differences(uow, pinned))
        faultpoint("mirror-read")
        if _settle(database, workspace, now, [(pinned, found)], between) and not found.leavers:
            return True
    log.info("Mirror %s changes too often just now; the next tick looks again.", key)
    return False


def _begin(uow: UnitOfWork, pinned: PinnedRule) -> Finding:
    """On what a look-over stands; noted before anything else is read."""
    read_at = uow.database.clock()
    state = state_of(uow, pinned)
    former = former_sets(state.applied)
    leavers = []
    if former is not None and _keeps_other_things(former, sets_of(pinned)):
        members = uow.execute(
            mirror_member.select().where(mirror_member.c.rule == pinned.rule.key)
        )
        leavers = [Turn(row.record, row.value, None) for row in members]
    cause = Cause(all_historic=state.version != pinned.version)
    return Finding(state.gen, (), leavers, former, cause, read_at, state.history_to)


def _with_turns(
    uow: UnitOfWork, pinned: PinnedRule, begun: Finding, turns: Sequence[Turn]
) -> Finding:
    """What was found; whose turn is only history is asked where somebody turns."""
    if not turns or begun.cause.all_historic:
        return replace(begun, turns=turns)
    quiet = touched_by_history(uow, pinned, begun.history_to)
    return replace(begun, turns=turns, cause=Cause(historic=frozenset(quiet)))


def _settle(
    database: Database, workspace: Workspace, now: Now, found: Sequence[Found], between: Between
) -> set[str]:  # fmt: skip
    """Apply what was found, some people at a time; the mirrors that nobody else changed meanwhile.

    A mirror that somebody else changed is left alone from there on.
    """
    seen = {pinned.rule.key: each.gen for pinned, each in found}
    for part in _parts(found):
        with database.workspace_tx(workspace, now=now()) as uow:
            held = {key for key in sorted(part) if _raise(uow, seen, key, {})}
            _apply(uow, [each for each in found if each[0].rule.key in held], part)
            faultpoint("mirror-mid")
        between()
    with database.workspace_tx(workspace, now=now()) as uow:
        done = {pinned.rule.key: _settled(uow, pinned, each) for pinned, each in found}
        return {key for key in sorted(done) if _raise(uow, seen, key, done[key])}


def _parts(found: Sequence[Found]) -> list[dict[str, list[Turn]]]:
    """The turns of some people each, by mirror: whoever turns at several is in one part."""
    turns = [(pinned.rule.key, (*each.leavers, *each.turns)) for pinned, each in found]
    people = sorted({turn.record for _key, some in turns for turn in some})
    count = sum(len(some) for _key, some in turns)
    size = max(1, SLICE * len(people) // max(1, count))
    place = {record: n // size for n, record in enumerate(people)}
    parts: list[dict[str, list[Turn]]] = [{} for _ in slices(people, size)]
    for key, some in turns:
        for turn in some:
            parts[place[turn.record]].setdefault(key, []).append(turn)
    return parts


def _raise(uow: UnitOfWork, seen: dict[str, int], key: str, values: Mapping[str, Any]) -> bool:
    """Raise a mirror's number where it still is as seen; it is forgotten where it is not."""
    if key not in seen:
        return False
    if not raise_gen_from(uow, key, seen[key], values):
        del seen[key]
        return False
    seen[key] += 1
    return True


def _settled(uow: UnitOfWork, pinned: PinnedRule, found: Finding) -> dict[str, Any]:
    """A mirror's state when everything that was found is applied."""
    done: dict[str, Any] = {"applied": applied_json(pinned)}
    if not found.leavers:
        done |= {"as_of": uow.now, "history_to": found.read_at, "version": pinned.version}
    return done


def _apply(
    uow: UnitOfWork, found: Sequence[Found], part: Mapping[str, Sequence[Turn]]
) -> None:  # fmt: skip
    moves = []
    for pinned, each in found:
        some = part[pinned.rule.key]
        if each.leavers:
            _let_go(uow, pinned, each, some)
        else:
            moves.append(Move(pinned, some, each.cause))
    apply(uow, moves)


def _let_go(uow: UnitOfWork, pinned: PinnedRule, found: Finding, some: Sequence[Turn]) -> None:
    """Take away what a former version of the rule kept somewhere else."""
    assert found.former is not None
    mirror_values.write(uow, [(Move(pinned, some, Cause(all_historic=True)), found.former)])
    uow.execute(
        mirror_member.delete().where(
            mirror_member.c.rule == pinned.rule.key,
            mirror_member.c.record.in_([turn.record for turn in some]),
        )
    )


def applied_json(pinned: PinnedRule) -> dict[str, Any]:
    """What the members of a mirror carry, as it is stored."""
    sets = sets_of(pinned)
    return {"form": pinned.rule.subject, "field": sets.field, "add": sets.add}


def former_sets(applied: Mapping[str, Any] | None) -> Sets | None:
    """What the members of a mirror carry now."""
    return None if not applied else Sets(applied["field"], applied.get("add"))


def _keeps_other_things(former: Sets, now: Sets) -> bool:
    return (former.field, former.add) != (now.field, now.add)


def members_of(uow: UnitOfWork, rule: str) -> int:
    """How many people a mirror holds."""
    counted = sa.select(sa.func.count()).where(mirror_member.c.rule == rule)
    return int(uow.scalar(counted))
