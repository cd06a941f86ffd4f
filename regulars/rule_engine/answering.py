"""What an event means for runs that are under way: an exit, an answer, a withdrawn consent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.platform import columns
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import definition_version
from regulars.platform.privacy.consents import is_granted
from regulars.platform.tasks.service import cancel_of_runs
from regulars.rule_engine.book import PinnedRule, pinned_rule
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.matching import fits, form_of, of_this_run, subject_of
from regulars.rule_engine.tables import outbound, run
from regulars.rule_engine.triggers.base import trigger_kinds


def answer_runs(uow: UnitOfWork, events: Sequence[Any]) -> None:
    """Let live runs end or go on that wait for what happened."""
    listening = _listening(uow)
    records = StoredRecords(uow, catalog_of(uow))
    for happened in events:
        for pinned in listening:
            for subject in sorted(_subjects(records, pinned, happened)):
                for row in _live(uow, pinned, subject):
                    _answer(uow, records, pinned, row, happened)
        if happened.kind == "consent_withdrawn":
            _withdraw(uow, happened)
        elif happened.kind == "task_done":
            _wake_approved(uow, happened)


def end_runs(
    uow: UnitOfWork, where: Iterable[Any], outcome: str, reason: dict[str, Any]
) -> list[int]:
    """End live runs now and take back what they have queued; the ids of the ended runs."""
    ids = list(
        uow.execute(
            run.update()
            .where(run.c.status == "live", *where)
            .values(
                status="done", outcome=outcome, reason=reason, token=None, due_at=None,
                finished_at=uow.now,
            )
            .returning(run.c.id)
        ).scalars()
    )  # fmt: skip
    for start in range(0, len(ids), 5000):
        uow.execute(
            outbound.update()
            .where(
                outbound.c.run.in_(ids[start : start + 5000]), outbound.c.status == "queued"
            )
            .values(
                status="suppressed", finished_at=uow.now,
                reason={"code": "run-ended", "outcome": outcome},
            )
        )  # fmt: skip
    cancel_of_runs(uow, ids)
    return ids


def _listening(uow: UnitOfWork) -> list[PinnedRule]:
    """The versions that have live runs and wait for anything at all.

    One look for each version: a hundred thousand runs that wait are not counted for it.
    """
    kept = definition_version
    alive = sa.exists().where(
        run.c.status == "live", run.c.rule == kept.c.key, run.c.version == kept.c.version
    )
    versions = uow.execute(
        sa.select(kept.c.key, kept.c.version)
        .where(kept.c.kind == "rule", alive)
        .order_by(kept.c.key, kept.c.version)
    )
    found = [pinned_rule(uow, key, version) for key, version in versions]
    return [pinned for pinned in found if pinned is not None and pinned.listens_to]


def _subjects(records: StoredRecords, pinned: PinnedRule, happened: Any) -> set[int]:
    """Whom an event is about, for each thing a rule listens to; conditions come later."""
    found: set[int] = set()
    rule = pinned.rule
    for trigger in pinned.listens_to:
        kind = trigger_kinds.get(trigger.on)
        if kind.event_kind != happened.kind:
            continue
        if kind.about_records and form_of(trigger, rule.subject) != happened.form:
            continue
        subject = subject_of(records, trigger, rule.subject, happened)
        if subject is not None:
            found.add(subject)
    return found


def _live(uow: UnitOfWork, pinned: PinnedRule, subject: int) -> list[Any]:
    """The person's live runs, as they stand once nobody is working on them."""
    return list(
        uow.execute(
            run.select()
            .where(
                run.c.status == "live",
                run.c.form == pinned.rule.subject,
                run.c.record == subject,
                run.c.rule == pinned.rule.key,
                run.c.version == pinned.version,
            )
            .order_by(run.c.id)
            .with_for_update()
        )
    )


def _answer(
    uow: UnitOfWork, records: StoredRecords, pinned: PinnedRule, row: Any, happened: Any
) -> None:
    rule = pinned.rule
    for each in rule.exits:
        is_later = happened.at >= row.entered_at and of_this_run(each.trigger, row, happened)
        if is_later and fits(records, each.trigger, rule.subject, happened):
            told = {"code": "exit", "on": happened.kind, "event": happened.id}
            end_runs(uow, [run.c.id == row.id], each.outcome, told)
            return
    step = pinned.steps.get(row.cursor or "")
    if step is None or row.wait_kind != "wait_for" or row.seen_event is not None:
        return
    wanted = [Trigger.from_json(raw) for raw in step.settings["any"]]
    is_later = happened.at >= row.anchor_at
    if is_later and any(
        of_this_run(trigger, row, happened) and fits(records, trigger, rule.subject, happened)
        for trigger in wanted
    ):
        _wake(uow, row, happened)


def _wake(uow: UnitOfWork, row: Any, happened: Any) -> None:
    """Make the run due now. A worker that is just timing it out will see the answer, too."""
    soon = sa.literal(uow.now, columns.Instant())
    uow.execute(
        run.update()
        .where(run.c.id == row.id, run.c.status == "live", run.c.seen_event.is_(None))
        .values(
            seen_event=happened.id,
            meant_at=happened.at,
            due_at=sa.case((run.c.token.is_(None), soon), else_=run.c.due_at),
        )
    )


def _wake_approved(uow: UnitOfWork, happened: Any) -> None:
    """The run that asked goes on now; it looks at the answer itself."""
    soon = sa.literal(uow.now, columns.Instant())
    uow.execute(
        run.update()
        .where(
            run.c.id == (happened.data or {}).get("run"),
            run.c.status == "live",
            run.c.wait_kind == "approval",
        )
        .values(
            meant_at=happened.at,
            due_at=sa.case((run.c.token.is_(None), soon), else_=run.c.due_at),
        )
    )


def _withdraw(uow: UnitOfWork, happened: Any) -> None:
    """End the person's runs of a purpose they no longer agree to on any channel the rule uses."""
    data = happened.data or {}
    purpose, channel = str(data.get("purpose")), str(data.get("channel"))
    rows = uow.execute(
        run.select().where(
            run.c.status == "live",
            run.c.form == happened.form,
            run.c.record == happened.record,
            run.c.purpose == purpose,
        )
    )
    for row in list(rows):
        pinned = pinned_rule(uow, row.rule, row.version)
        channels = _channels(pinned) if pinned else set()
        others = channels - {channel}
        if channel in channels and not any(
            is_granted(uow, row.form, row.record, purpose, other) for other in others
        ):
            told = {"code": "consent-withdrawn", "purpose": purpose, "channel": channel}
            end_runs(uow, [run.c.id == row.id], "consent_withdrawn", told)


def _channels(pinned: PinnedRule) -> set[str]:
    return {
        step.settings["channel"]
        for step in pinned.rule.walk()
        if step.do == "send_message" and "to" not in step.settings
    }
