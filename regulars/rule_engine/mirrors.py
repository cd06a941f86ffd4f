"""Mirrors: a tag or a choice follows a condition, both ways, set-based.

Membership is a table; who entered or left is told exactly when a row really came or went, so
events and membership cannot disagree. A look-over of everybody reads outside of any lock and
applies its differences only if nobody changed the membership since (`gen`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.platform import columns
from regulars.platform.db import UnitOfWork
from regulars.platform.events import Event, record_events
from regulars.platform.expressions.shared_pass import relations, shared_pass
from regulars.platform.expressions.tree import Node
from regulars.platform.inserting import insert_new
from regulars.rule_engine import mirror_values
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.definition import Sets
from regulars.rule_engine.tables import mirror_member, mirror_past, mirror_state

SLICE = 2000
YES = sa.literal(True, columns.Flag())


@dataclass(frozen=True)
class Turn:
    """One person's change of membership: ``before`` and ``after`` are values, None = no member."""

    record: int
    before: str | None
    after: str | None


@dataclass
class Cause:
    """What made people turn: the rules in between, and whether it is only history."""

    chains: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    historic: frozenset[int] = frozenset()
    all_historic: bool = False

    def is_historic(self, record: int) -> bool:
        """Whether this person's turn starts nothing."""
        return self.all_historic or record in self.historic


@dataclass(frozen=True)
class Move:
    """Who turns at one mirror, and why."""

    pinned: PinnedRule
    turns: Sequence[Turn]
    cause: Cause


def refresh_some(uow: UnitOfWork, pinned: PinnedRule, records: Sequence[int], cause: Cause) -> int:
    """Bring membership right for some people, inside the caller's transaction."""
    state = state_of(uow, pinned)
    if state.version != pinned.version or not differences(uow, pinned, records):
        return 0  # a new version is looked over as a whole, first
    raise_gen(uow, pinned)
    turns = differences(uow, pinned, records)
    return apply(uow, [Move(pinned, turns, cause)])


def differences(
    uow: UnitOfWork, pinned: PinnedRule, records: Sequence[int] | None = None
) -> list[Turn]:
    """Who should turn: of everybody, or of these people only."""
    wanted = wanted_values(uow, pinned, records).subquery()
    held = sa.select(mirror_member.c.record, mirror_member.c.value).where(
        mirror_member.c.rule == pinned.rule.key
    )
    if records is not None:
        held = held.where(mirror_member.c.record.in_(records))
    now = held.subquery()
    fresh = (
        sa.select(wanted.c.record, now.c.value.label("before"), wanted.c.value.label("after"))
        .select_from(wanted.outerjoin(now, wanted.c.record == now.c.record))
        .where(sa.or_(now.c.value.is_(None), now.c.value != wanted.c.value))
    )
    gone = (
        sa.select(now.c.record, now.c.value.label("before"))
        .select_from(now.outerjoin(wanted, wanted.c.record == now.c.record))
        .where(wanted.c.record.is_(None))
    )
    turns = [Turn(row.record, row.before, row.after) for row in uow.execute(fresh)]
    turns += [Turn(row.record, row.before, None) for row in uow.execute(gone)]
    return sorted(turns, key=lambda turn: turn.record)


def wanted_values(
    uow: UnitOfWork, pinned: PinnedRule, records: Sequence[int] | None
) -> sa.Select[Any]:
    """``record, value`` of everybody who should be a member as of now."""
    rule, sets = pinned.rule, sets_of(pinned)
    if rule.subject not in pinned.catalog.tables:
        raise BrokenMirror(rule.key)
    table = pinned.catalog.tables[rule.subject].main
    trees = trees_of(pinned)
    if records is None and relations(trees):
        return _together(uow, pinned, sets, trees)
    mode: expressing.Mode = "scan" if records is None else "single"
    whom, *choices = (
        expressing.where_sql(uow, pinned.catalog, tree, table, mode=mode) for tree in trees
    )
    value = value_of(sets, choices)
    statement = sa.select(table.c.id.label("record"), value.label("value")).where(whom)
    if sets.choose and sets.otherwise is None:
        statement = statement.where(value.is_not(None))
    return statement if records is None else statement.where(table.c.id.in_(records))


def _together(
    uow: UnitOfWork, pinned: PinnedRule, sets: Sets, trees: Sequence[Node]
) -> sa.Select[Any]:
    """The same of everybody, with one pass over what several conditions count."""
    target = expressing.target_of(uow, pinned.catalog, mode="scan")
    table = pinned.catalog.tables[pinned.rule.subject].main
    found = shared_pass(trees, target, table).subquery()
    whom, *choices = (found.c[f"c{place}"] == YES for place in range(len(trees)))
    value = value_of(sets, choices)
    statement = sa.select(found.c.id.label("record"), value.label("value")).where(whom)
    if sets.choose and sets.otherwise is None:
        statement = statement.where(value.is_not(None))
    return statement


def value_of(sets: Sets, choices: Sequence[Any]) -> Any:
    """What a member gets: the tag, or the value behind the first choice that holds."""
    if sets.add is not None:
        return sa.literal(sets.add, sa.Text())
    cases = [
        (held, sa.literal(choice.value, sa.Text()))
        for held, choice in zip(choices, sets.choose, strict=True)
    ]
    otherwise = sa.null() if sets.otherwise is None else sa.literal(sets.otherwise, sa.Text())
    return sa.case(*cases, else_=otherwise)


def trees_of(pinned: PinnedRule) -> list[Node]:
    """Its condition, and those of its choices; BrokenMirror when one means nothing any more."""
    choices = (_tree(pinned, each.when) for each in sets_of(pinned).choose)
    return [_tree(pinned, pinned.rule.when), *choices]


def _tree(pinned: PinnedRule, raw: Mapping[str, Any] | None) -> Node:
    tree, problems = pinned.catalog.condition(pinned.rule.subject, raw)
    if problems:
        raise BrokenMirror(pinned.rule.key)
    return tree


class BrokenMirror(Exception):
    """A mirror whose condition no longer means anything, because a form changed."""


def sets_of(pinned: PinnedRule) -> Sets:
    """What a mirror keeps."""
    assert pinned.rule.sets is not None
    return pinned.rule.sets


def apply(uow: UnitOfWork, moves: Sequence[Move]) -> int:
    """Change membership, the past, the records and the outbox; how many really turned.

    Only who is really put in or taken out here is told, so two who find the same difference at the
    same time tell it once. Mirrors of the same people that keep the same field write each record
    once; every mirror tells its own turns.
    """
    done = [
        replace(move, turns=turned)
        for move in moves
        if (turned := [*_put_in(uow, move), *_carry_over(uow, move), *_take_out(uow, move)])
    ]
    mirror_values.write(uow, [(move, sets_of(move.pinned)) for move in done])
    record_events(uow, [told for move in done for told in _events(uow, move)])
    return sum(len(move.turns) for move in done)


def _put_in(uow: UnitOfWork, move: Move) -> list[Turn]:
    key, turns = move.pinned.rule.key, move.turns
    fresh = {turn.record: turn for turn in turns if turn.before is None and turn.after}
    rows = [
        {"rule": key, "record": record, "value": turn.after, "since": uow.now}
        for record, turn in fresh.items()
    ]
    return [fresh[record] for record in insert_new(uow, mirror_member, rows, "record")]


def _carry_over(uow: UnitOfWork, move: Move) -> list[Turn]:
    """Whoever stays with another value; together, who goes from the same one to the same one."""
    groups: dict[tuple[str, str], dict[int, Turn]] = {}
    for turn in move.turns:
        if turn.before is not None and turn.after is not None:
            groups.setdefault((turn.before, turn.after), {})[turn.record] = turn
    key, done = move.pinned.rule.key, list[Turn]()
    for (before, after), going in groups.items():
        for some in slices(sorted(going), SLICE):
            mine = mirror_member.c.rule == key, mirror_member.c.record.in_(some)
            held = uow.execute(
                sa.select(mirror_member.c.record, mirror_member.c.since)
                .where(*mine, mirror_member.c.value == before)
                .with_for_update()
            ).all()
            if held:
                uow.execute(
                    mirror_member.update()
                    .where(*mine, mirror_member.c.value == before)
                    .values(value=after, since=uow.now)
                )
                _remember(uow, key, [(row.record, before, row.since) for row in held])
                done += [going[row.record] for row in held]
    return done


def _take_out(uow: UnitOfWork, move: Move) -> list[Turn]:
    key = move.pinned.rule.key
    gone = {turn.record: turn for turn in move.turns if turn.after is None}
    done: list[Turn] = []
    for some in slices(sorted(gone), SLICE):
        taken = uow.execute(
            mirror_member.delete()
            .where(mirror_member.c.rule == key, mirror_member.c.record.in_(some))
            .returning(mirror_member.c.record, mirror_member.c.value, mirror_member.c.since)
        ).all()
        _remember(uow, key, [(row.record, row.value, row.since) for row in taken])
        done += [gone[row.record] for row in taken]
    return done


def _remember(uow: UnitOfWork, rule: str, members: Sequence[tuple[int, str, datetime]]) -> None:
    if members:
        uow.connection.execute(
            mirror_past.insert(),
            [
                {"rule": rule, "record": r, "value": v, "since": since, "until": uow.now}
                for r, v, since in members
            ],
        )


def _events(uow: UnitOfWork, move: Move) -> Iterator[Event]:
    rule, cause = move.pinned.rule, move.cause
    values = {value for turn in move.turns for value in (turn.before, turn.after)}
    data = {value: columns.written({"rule": rule.key, "value": value}) for value in values}
    for turn in move.turns:
        chain = (*cause.chains.get(turn.record, ()), rule.key)
        quiet = cause.is_historic(turn.record)
        for kind, value in (("mirror_left", turn.before), ("mirror_entered", turn.after)):
            if value is not None:
                yield Event(
                    kind, rule.subject, turn.record, data=data[value], chain=chain, historic=quiet,
                    at=uow.now,
                )  # fmt: skip


def state_of(uow: UnitOfWork, pinned: PinnedRule) -> Any:
    """The mirror's row of state; made when it is not there yet."""
    statement = mirror_state.select().where(mirror_state.c.rule == pinned.rule.key)
    row = uow.execute(statement).first()
    if row is None:
        insert_new(uow, mirror_state, [{"rule": pinned.rule.key, "gen": 0}], "rule")
        row = uow.execute(statement).one()
    return row


def raise_gen(uow: UnitOfWork, pinned: PinnedRule) -> bool:
    """Say that membership changes; whoever changes it after us waits for our commit.

    False where the members stand on another version of the rule.
    """
    same = mirror_state.c.rule == pinned.rule.key, mirror_state.c.version == pinned.version
    raised = uow.execute(
        mirror_state.update().where(*same).values(gen=mirror_state.c.gen + 1)
    )  # fmt: skip
    return raised.rowcount == 1


def raise_gen_from(uow: UnitOfWork, rule: str, seen: int, values: Mapping[str, Any]) -> bool:
    """Raise the number if it still is ``seen``; False when somebody was faster."""
    raised = uow.execute(
        mirror_state.update()
        .where(mirror_state.c.rule == rule, mirror_state.c.gen == seen)
        .values(gen=seen + 1, **values)
    )
    return raised.rowcount == 1


def slices(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """``items`` in parts of ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
