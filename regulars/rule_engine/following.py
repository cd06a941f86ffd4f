"""What rules know of people follows them: runs, messages, decisions, what mirrors keep.

A run that somebody is working on at this moment is fenced off: its token is taken, the step finds
its lease lost and does nothing, and the run goes on for the survivor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.platform.events import event
from regulars.platform.privacy.followers import Counts, Move, PersonFollower
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.digest_erasing import erase_from_digests
from regulars.rule_engine.leases import read_database_clock
from regulars.rule_engine.mirrors import Cause, refresh_some
from regulars.rule_engine.tables import decision, message_link, outbound, run, run_step

NOBODY = 0
"""The record of messages whose receiver was erased; no record has this id."""
_FOLLOWING = {"runs": run, "messages": outbound, "decisions": decision, "events": event}
_TOLD = ("message_sent", "message_failed", "consent_granted", "consent_withdrawn")


class RuleFollower(PersonFollower):
    """Runs, messages and mirrors of merged people."""

    def refuse_busy(self, uow: UnitOfWork, form: str, records: list[int]) -> None:
        """A message to one of them is with its provider right now: wait a few seconds.

        Runs and messages are locked here, before the people themselves, as the engine does it.
        """
        for table in (run, outbound):
            locked = _of(table, form, records).with_for_update().order_by(table.c.id)
            uow.execute(locked.with_only_columns(table.c.id)).all()
        sending = _of(outbound, form, records).where(
            outbound.c.status == "sending",
            outbound.c.token.is_not(None),
            outbound.c.due_at > read_database_clock(uow),
        )
        if uow.execute(sending.limit(1)).first() is not None:
            raise Conflict("person-busy")

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """How many runs and messages there are."""
        return {
            "runs": _count(uow, run, form, record, run.c.status != "skipped"),
            "messages": _count(uow, outbound, form, record, sa.true()),
        }

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """Runs and messages go over; of two runs that exclude each other the newer one stops."""
        stopped = _stop_newer(uow, move)
        moved: dict[str, Any] = {"stopped": stopped, "renamed": _rename(uow, move)}
        moved["contexts"] = _remember_in_contexts(uow, move.form, move.drop, move.keep)
        for name, table in _FOLLOWING.items():
            moved[name] = _hand_over(uow, table, move.form, move.drop, move.keep)
        return moved

    def settle(self, uow: UnitOfWork, access: Access, move: Move) -> None:
        """Who of them belongs to which tag or tier now; it starts nothing."""
        active = active_rules(uow)
        for pinned in book_of(uow).mirrors:
            if pinned.rule.subject == move.form and pinned.rule.key in active:
                refresh_some(uow, pinned, [move.keep, move.drop], Cause(all_historic=True))

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """What went over goes back; a run that was stopped stays stopped."""
        for name, table in _FOLLOWING.items():
            _hand_over(uow, table, move.form, move.keep, move.drop, moved.get(name, []))
        for run_id, key in moved.get("renamed", {}).items():
            uow.execute(run.update().where(run.c.id == int(run_id)).values(entry_key=key))
        _remember_in_contexts(uow, move.form, move.keep, move.drop, only=moved.get("contexts", []))

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Messages and runs stay as a bare count without address, text and values.

        A deleted run's number could be given out again, and a provider would take the messages of
        the new run for repeats of the old one's.
        """
        end_runs(
            uow, [run.c.form == form, run.c.record == record], "erased", {"code": "person-erased"}
        )
        theirs = sa.and_(outbound.c.form == form, outbound.c.record == record)
        keys = sa.select(outbound.c.idempotency_key).where(theirs)
        uow.execute(message_link.delete().where(message_link.c.outbound_key.in_(keys)))
        bare = {
            "record": NOBODY, "address": None, "body": {}, "merged": None,
            "decision": None, "provider_id": None,
            "reason": {"code": "person-erased"}, "token": None,
        }  # fmt: skip
        waiting = theirs & outbound.c.status.in_(("queued", "sending"))
        ended = {"status": "suppressed", "finished_at": uow.now}
        uow.execute(outbound.update().where(waiting).values(ended))
        messages = uow.execute(outbound.update().where(theirs).values(bare)).rowcount
        gone = sa.and_(run.c.form == form, run.c.record == record)
        steps = run_step.c.run.in_(sa.select(run.c.id).where(gone))
        uow.execute(run_step.delete().where(steps))
        runs = uow.execute(
            run.update()
            .where(gone)
            .values(
                record=NOBODY, entry_key=sa.literal("erased:") + sa.cast(run.c.id, sa.Text()),
                context={}, reason={"code": "person-erased"}, trigger_event=None, seen_event=None,
            )
        ).rowcount  # fmt: skip
        named = erase_from_digests(uow, form, record)
        return {"outbound": messages, "run": runs, "report_result": named}


def _of(table: sa.Table, form: str, records: Iterable[int]) -> sa.Select[Any]:
    return table.select().where(table.c.form == form, table.c.record.in_(list(records)))


def _count(uow: UnitOfWork, table: sa.Table, form: str, record: int, also: Any) -> int:
    found: int = uow.scalar(
        sa.select(sa.func.count()).where(table.c.form == form, table.c.record == record, also)
    )
    return found


def _stop_newer(uow: UnitOfWork, move: Move) -> list[int]:
    """Of the live runs that may not run side by side for one person, all but the oldest end."""
    rows = uow.execute(
        sa.select(run.c.id, run.c.rule, run.c.group_key, run.c.entry_key)
        .where(
            run.c.form == move.form,
            run.c.record.in_((move.keep, move.drop)),
            run.c.status == "live",
        )
        .order_by(run.c.entered_at, run.c.id)
    )
    seen: set[tuple[str, ...]] = set()
    newer = []
    for row in rows:
        names: set[tuple[str, ...]] = {("entry", row.rule, row.entry_key)}
        if row.group_key:
            names.add(("group", row.group_key))
        if names & seen:
            newer.append(row.id)
        else:
            seen |= names
    reason = {"code": "person-merged"}
    return end_runs(uow, [run.c.id.in_(newer)], "merged", reason) if newer else []


def _rename(uow: UnitOfWork, move: Move) -> dict[str, str]:
    """Runs that both went through keep apart by name; id → the entry key they had."""
    other = run.alias("other")
    clashing = uow.execute(
        sa.select(run.c.id, run.c.entry_key)
        .join(
            other,
            sa.and_(
                other.c.rule == run.c.rule,
                other.c.form == run.c.form,
                other.c.entry_key == run.c.entry_key,
                other.c.record == move.keep,
            ),
        )
        .where(run.c.form == move.form, run.c.record == move.drop)
    ).all()
    for row in clashing:
        renamed = f"{row.entry_key} (merge {move.id})"
        uow.execute(run.update().where(run.c.id == row.id).values(entry_key=renamed))
    return {str(row.id): row.entry_key for row in clashing}


def _hand_over(
    uow: UnitOfWork, table: sa.Table, form: str, giver: int, taker: int,
    only: list[int] | None = None,
) -> list[int]:  # fmt: skip
    """Rows of one person become the other's; the ids that did."""
    where = [table.c.form == form, table.c.record == giver]
    if table is event:
        where.append(event.c.kind.in_(_TOLD))
    values: dict[str, Any] = {"record": taker}
    if table is run:
        live = sa.and_(run.c.status == "live", run.c.token.is_not(None))
        now = sa.literal(uow.now, columns.Instant())
        values |= {"due_at": sa.case((live, now), else_=run.c.due_at), "token": None}
    if only is None:
        changed = table.update().where(*where).values(values).returning(table.c.id)
        return sorted(uow.execute(changed).scalars())
    done: list[int] = []
    for start in range(0, len(only), 1000):
        some = table.c.id.in_(only[start : start + 1000])
        changed = table.update().where(*where, some).values(values).returning(table.c.id)
        done += uow.execute(changed).scalars()
    return sorted(done)


def _remember_in_contexts(
    uow: UnitOfWork, form: str, giver: int, taker: int, only: list[int] | None = None
) -> list[int]:
    """Live runs that know one person by a name (``trigger``, ``friend``) know the other."""
    known = sa.type_coerce(run.c.context, sa.Text())
    rows = uow.execute(
        sa.select(run.c.id, run.c.context).where(
            run.c.status == "live", known.contains(f'["{form}",{giver}]', autoescape=True)
        )
    ).all()
    changed = []
    for row in rows:
        if only is None or row.id in only:
            context = _renamed(row.context, form, giver, taker)
            uow.execute(run.update().where(run.c.id == row.id).values(context=context))
            changed.append(row.id)
    return changed


def _renamed(context: Mapping[str, Any], form: str, giver: int, taker: int) -> dict[str, Any]:
    return {
        name: [form, taker] if found == [form, giver] else found for name, found in context.items()
    }
