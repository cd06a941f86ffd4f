"""Work: every event is done or can be done (I2), with or without a doorbell (I9), a pause stops
everything (I11), and all rows of one story belong together (I13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.events import event
from regulars.platform.hold import find_hold
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.self_check.breaches import SLACK, Asked, Look
from regulars.rule_engine.tables import (
    event_failure,
    mirror_member,
    mirror_state,
    outbound,
    rule_state,
    run,
    run_step,
)

FORGOTTEN = timedelta(hours=6)  # due work this old is nobody's any more


def given_up_events(asked: Asked) -> list[int]:
    """Events that could not be digested: nothing follows from them."""
    return asked.numbers(
        sa.select(event_failure.c.event).where(event_failure.c.gave_up.is_(sa.true()))
    )


def forgotten_work(asked: Asked) -> list[int]:
    """Whether work has been due for hours: the ticker alone would have done it long ago."""
    oldest = oldest_due(asked.uow)
    late = oldest is not None and asked.uow.now - oldest > FORGOTTEN
    return [0] if late else []


def sent_while_paused(asked: Asked) -> list[int]:
    """Messages that left after their rule was paused or archived."""
    return asked.numbers(
        sa.select(outbound.c.id)
        .join(rule_state, rule_state.c.rule == outbound.c.rule)
        .where(
            rule_state.c.state != "active",
            outbound.c.sending_at > _after(rule_state.c.changed_at, asked),
        )
    )


def step_while_paused(asked: Asked) -> list[int]:
    """Runs that did a step after their rule was paused or archived."""
    return asked.numbers(
        sa.select(run.c.id)
        .join(rule_state, rule_state.c.rule == run.c.rule)
        .join(run_step, run_step.c.run == run.c.id)
        .where(
            rule_state.c.state != "active",
            run_step.c.started_at > _after(rule_state.c.changed_at, asked),
        )
        .distinct()
    )


def sent_on_hold(asked: Asked) -> list[int]:
    """Messages that left while everything was on hold."""
    hold = find_hold(asked.uow)
    if hold is None:
        return []
    return asked.numbers(
        sa.select(outbound.c.id).where(outbound.c.sending_at > hold.since + SLACK)
    )


def _after(instant: sa.ColumnElement[Any], asked: Asked) -> sa.ColumnElement[Any]:
    """A moment a little after ``instant``: what was in hand then is let through."""
    if asked.uow.dialect == "postgresql":
        return instant + sa.cast(sa.literal(SLACK), sa.Interval())
    return sa.type_coerce(instant, sa.Integer()) + int(SLACK.total_seconds() * 1_000_000)


def message_of_another_run(asked: Asked) -> list[int]:
    """Messages whose run is not here, or is a run of another rule."""
    theirs = sa.exists().where(run.c.id == outbound.c.run, run.c.rule == outbound.c.rule)
    return asked.numbers(sa.select(outbound.c.id).where(outbound.c.run > 0, ~theirs))


def step_of_no_run(asked: Asked) -> list[int]:
    """Steps of a run that is not here."""
    theirs = sa.exists().where(run.c.id == run_step.c.run)
    return asked.numbers(sa.select(run_step.c.run).where(~theirs).distinct())


def member_of_no_mirror(asked: Asked) -> list[int]:
    """Members of a mirror that keeps no state here."""
    theirs = sa.exists().where(mirror_state.c.rule == mirror_member.c.rule)
    return asked.numbers(sa.select(mirror_member.c.record).where(~theirs))


def event_without_mark(asked: Asked) -> list[int]:
    """History that waits to be digested: it must start nothing."""
    return asked.numbers(
        sa.select(event.c.id).where(
            event.c.historic.is_(sa.true()), event.c.processed_at.is_(None)
        )
    )


LOOKS = (
    Look("I2", "given-up-events", given_up_events),
    Look("I2", "event-without-mark", event_without_mark),
    Look("I9", "forgotten-work", forgotten_work),
    Look("I11", "sent-while-paused", sent_while_paused),
    Look("I11", "step-while-paused", step_while_paused),
    Look("I11", "sent-on-hold", sent_on_hold),
    Look("I13", "message-of-another-run", message_of_another_run),
    Look("I13", "step-of-no-run", step_of_no_run),
    Look("I13", "member-of-no-mirror", member_of_no_mirror),
)
