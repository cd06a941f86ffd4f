"""Runs: entered once (I1), moved under a token only (I3), due or waiting (I6), pinned (I7), and
never their own cause (I8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from regulars.platform.definitions.snapshot import definition_version
from regulars.platform.events import event
from regulars.rule_engine.entering import MAX_CHAIN
from regulars.rule_engine.self_check.breaches import Asked, Look
from regulars.rule_engine.tables import fire, run, run_step

LONGEST_LEASE = timedelta(days=1)
LONGEST_WAIT = timedelta(days=366 * 20)
_BEFORE_THE_MOVE = ("failed", "retrying")


def entered_twice(asked: Asked) -> list[int]:
    """Runs of the same rule, person and entry key."""
    same = (run.c.rule, run.c.form, run.c.record, run.c.entry_key)
    return asked.numbers(
        sa.select(sa.func.max(run.c.id)).group_by(*same).having(sa.func.count() > 1)
    )


def slot_twice(asked: Asked) -> list[int]:
    """Two fires of one rule for the same moment."""
    same = (fire.c.rule, fire.c.scheduled_for)
    return asked.numbers(
        sa.select(sa.func.max(fire.c.id)).group_by(*same).having(sa.func.count() > 1)
    )


def step_without_move(asked: Asked) -> list[int]:
    """A step whose line is there though its run has not come so far."""
    return asked.numbers(
        sa.select(run.c.id)
        .join(run_step, run_step.c.run == run.c.id)
        .where(run_step.c.seq > run.c.seq, run_step.c.outcome.not_in(_BEFORE_THE_MOVE))
        .distinct()
    )


def step_twice(asked: Asked) -> list[int]:
    """Two steps of one run in the same place of its trace."""
    return asked.numbers(
        sa.select(run_step.c.run)
        .group_by(run_step.c.run, run_step.c.seq)
        .having(sa.func.count() > 1)
        .distinct()
    )


def neither_due_nor_waiting(asked: Asked) -> list[int]:
    """A live run that nobody will ever look at again."""
    never = run.c.due_at > asked.uow.now + LONGEST_WAIT
    latest = max(asked.clock, asked.uow.now) + LONGEST_LEASE
    leased = sa.and_(run.c.token.is_not(None), run.c.due_at > latest)
    return asked.numbers(
        sa.select(run.c.id).where(
            run.c.status == "live", sa.or_(run.c.due_at.is_(None), never, leased)
        )
    )


def over_and_due(asked: Asked) -> list[int]:
    """A run that is over and yet holds a lease or is due."""
    return asked.numbers(
        sa.select(run.c.id).where(
            run.c.status != "live", sa.or_(run.c.due_at.is_not(None), run.c.token.is_not(None))
        )
    )


def without_version(asked: Asked) -> list[int]:
    """A live run whose pinned version of the rule is gone."""
    version = sa.exists().where(
        definition_version.c.kind == "rule",
        definition_version.c.key == run.c.rule,
        definition_version.c.version == run.c.version,
    )
    return asked.numbers(sa.select(run.c.id).where(run.c.status == "live", ~version))


def endless_chains(asked: Asked) -> Iterator[int]:
    """Runs and events at the end of too long a chain of rules."""
    for table in (run, event):
        chained = sa.type_coerce(table.c.chain, sa.Text()) != "[]"
        rows = asked.uow.execute(sa.select(table.c.id, table.c.chain).where(chained))
        most = MAX_CHAIN + (table is event)  # what a run changes is told with its own rule added
        yield from (row.id for row in rows if len(row.chain) > most)


LOOKS = (
    Look("I1", "entered-twice", entered_twice),
    Look("I1", "slot-twice", slot_twice),
    Look("I3", "step-without-move", step_without_move),
    Look("I3", "step-twice", step_twice),
    Look("I6", "neither-due-nor-waiting", neither_due_nor_waiting),
    Look("I6", "over-and-due", over_and_due),
    Look("I7", "without-version", without_version),
    Look("I8", "endless-chain", endless_chains),
)
