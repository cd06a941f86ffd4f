"""What rules add to a person's timeline: messages, runs, consents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regulars.form_builder.timeline import LATEST, Moment
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.i18n import Text, find_text, translate
from regulars.platform.privacy.consents import ledger_of
from regulars.rule_engine.measuring.winning import winners_of
from regulars.rule_engine.reach import veiled
from regulars.rule_engine.tables import outbound, run

_TONES = {"sent": "green", "failed": "red", "unknown": "orange"}


def rule_moments(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterable[Moment]:
    """The latest messages, runs and consents of one record, for those who may see rules."""
    yield from _consents(uow, access, form, record)
    if access.can("edit_rules"):
        yield from _messages(uow, access, form, record)
        yield from _runs(uow, form, record)
        yield from _won(uow, access, form, record)


def _messages(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterator[Moment]:
    rows = uow.execute(
        outbound.select()
        .where(outbound.c.form == form, outbound.c.record == record)
        .order_by(outbound.c.id.desc())
        .limit(LATEST)
    )
    for row in rows:
        params = {
            "message": _label(uow, "message", row.message),
            "channel": translate(f"rules.channel.{row.channel}", access.locale),
            "state": translate(f"messages.state.{row.status}", access.locale),
        }
        text = veiled(access, form, row.body.get("text") or row.body.get("subject"))
        tone = _TONES.get(row.status, "gray")
        at = row.finished_at or row.created_at
        yield Moment(at, "message", params, "send", tone, text, place=("message", row.id))


def _runs(uow: UnitOfWork, form: str, record: int) -> Iterator[Moment]:
    rows = uow.execute(
        run.select()
        .where(run.c.form == form, run.c.record == record, run.c.status != "skipped")
        .order_by(run.c.id.desc())
        .limit(LATEST)
    )
    for row in rows:
        params = {"rule": _label(uow, "rule", row.rule)}
        yield Moment(row.entered_at, "run", params, "route", "blue", place=("run", row.id))


def _won(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterator[Moment]:
    """The rules whose goal this record counts for."""
    for winner in winners_of(uow, access, form, record):
        params = {"rule": _label(uow, "rule", winner.rule)}
        yield Moment(winner.at, "won", params, "award", "green", place=("run", winner.run))


def _consents(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterator[Moment]:
    for entry in ledger_of(uow, form, record, LATEST):
        params = {
            "purpose": find_text(f"expressions.purpose.{entry.purpose}", access.locale)
            or entry.purpose,
            "channel": translate(f"rules.channel.{entry.channel}", access.locale),
        }
        granted = entry.action == "grant"
        icon, tone = ("shield-check", "green") if granted else ("shield-alert", "orange")
        kind = "consent-granted" if granted else "consent-withdrawn"
        yield Moment(entry.at, kind, params, icon, tone)


def _label(uow: UnitOfWork, kind: str, key: str) -> Text:
    found = snapshot(uow).find(kind, key)
    return found.label if found is not None else key
