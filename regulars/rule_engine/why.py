"""Why a rule does, did or does not act for one person: every question it asks, with the answer.

The same functions decide as when the rule runs, so the explanation cannot drift from the deed. As
of an earlier instant the same is asked of the record as it was then (`past_sight`), of the wording
that was published then, and of what people had said by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.rows import StoredRecords
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import definition_version
from regulars.platform.errors import NotFound
from regulars.platform.events import event
from regulars.platform.expressions.findings import Finding, explain_result
from regulars.platform.formats import Formats
from regulars.platform.i18n import pick, translate
from regulars.rule_engine.book import PinnedRule, book_of, pinned_rule
from regulars.rule_engine.checks import trigger_form
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.durations import Length
from regulars.rule_engine.entering import arm_of, key_text, last_entries, live_in_group
from regulars.rule_engine.matching import fits, form_of, link_of
from regulars.rule_engine.past_sight import PastSight
from regulars.rule_engine.past_states import state_at
from regulars.rule_engine.people import Person
from regulars.rule_engine.scans import fixed_key, table_of
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.tables import (
    decision,
    mirror_member,
    outbound,
    run,
)
from regulars.rule_engine.triggers.base import TriggerKind, trigger_kinds
from regulars.rule_engine.why_sending import GateQuestions

LATEST_EVENTS = 50
STILL_NOW = timedelta(seconds=30)  # somebody who asks about now has not gone back in time


@dataclass(frozen=True)
class Answer:
    """One question: ``holds`` True, False, or None where it is neither good nor bad.

    ``code`` has words at ``rules.why.<code>``; ``finding`` says it leaf by leaf.
    """

    code: str
    holds: bool | None
    params: dict[str, Any] = field(default_factory=dict)
    finding: Finding | None = None

    def as_json(self, locale: str) -> dict[str, Any]:
        """The shape outside clients read."""
        told: dict[str, Any] = {
            "code": self.code, "holds": self.holds,
            "text": translate(f"rules.why.{self.code}", locale, **self.params),
        }  # fmt: skip
        if self.finding is not None:
            told["finding"] = self.finding.as_json()
        return told


@dataclass(frozen=True)
class Explanation:
    """Every question a rule asks about one person as of ``at``."""

    rule: str
    record: int
    at: datetime
    answers: tuple[Answer, ...]

    @property
    def acts(self) -> bool:
        """Whether nothing stands in the way."""
        return all(answer.holds is not False for answer in self.answers)

    def as_json(self, locale: str) -> dict[str, Any]:
        """The shape outside clients read."""
        return {
            "rule": self.rule, "record": self.record, "at": self.at, "acts": self.acts,
            "answers": [answer.as_json(locale) for answer in self.answers],
        }  # fmt: skip


def explain_rule(uow: UnitOfWork, access: Access, key: str, record: int) -> Explanation:
    """Why the rule acts, or not, for this record at the instant that the transaction means."""
    access.require("edit_rules")
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        raise NotFound("no-rule", key=key)
    require_people(pinned.rule)
    then = _published_then(uow, pinned)
    table = table_of(pinned)
    scope = scope_conditions(uow, access, pinned.catalog, pinned.rule.subject, table, "read")
    if uow.execute(sa.select(table.c.id).where(table.c.id == record, *scope)).first() is None:
        form = pinned.catalog.get_form(pinned.rule.subject)
        raise NotFound("no-record", form=form.label, id=record)
    asking = _Asking(uow, access, then or pinned, record)
    first = () if then else (Answer("not-published-then", False),)
    return Explanation(key, record, uow.now, (*first, *asking.all()))


def _published_then(uow: UnitOfWork, pinned: PinnedRule) -> PinnedRule | None:
    """The wording that was published at the instant meant; None before the first."""
    version = uow.scalar(
        sa.select(sa.func.max(definition_version.c.version)).where(
            definition_version.c.kind == "rule",
            definition_version.c.key == pinned.rule.key,
            definition_version.c.published_at <= uow.now,
        )
    )
    if version is None or version == pinned.version:
        return None if version is None else pinned
    return pinned_rule(uow, pinned.rule.key, version)


class _Asking:
    def __init__(self, uow: UnitOfWork, access: Access, pinned: PinnedRule, record: int) -> None:
        self.uow = uow
        self.access = access
        self.pinned = pinned
        self.rule: Rule = pinned.rule
        self.record = record
        shop = uow.workspace
        self.formats = Formats(access.locale, shop.zone, shop.currency, uow.now)
        self.is_past = uow.now < uow.database.clock() - STILL_NOW
        kind = PastSight if self.is_past else RunSight
        self.sight = kind(uow, self.rule.subject, record, {})

    def all(self) -> Iterator[Answer]:
        if not self.sight.is_there:
            yield Answer("not-there-then", False)
            return
        yield self._state()
        yield from self._when()
        if self.rule.is_mirror:
            yield self._membership()
            return
        yield from self._trigger()
        yield from self._entry()
        yield from self._sending()

    def _state(self) -> Answer:
        """Whether the rule ran then; who paused it, or why it paused itself."""
        found = state_at(self.uow, self.rule.key, self.uow.now)
        then = "-then" if self.is_past and found.certain else ""
        if found.state == "active":
            return Answer(f"active{then}", True)
        if found.since is None or not found.certain:
            return Answer(f"paused{then}", False)
        told = {"at": self.formats.datetime(found.since), "by": found.by}
        if not found.reason:
            return Answer("paused-by", False, told)
        params = {k: v for k, v in found.reason.items() if k != "code"}
        why = translate(f"rules.stopped.{found.reason['code']}", self.formats.locale, **params)
        return Answer("paused-itself", False, {**told, "why": why})

    def _when(self) -> Iterator[Answer]:
        if not self.rule.when:
            return
        catalog = self.pinned.catalog
        tree, problems = catalog.condition(self.rule.subject, self.rule.when)
        if problems:
            yield Answer("broken", False)
            return
        if catalog_for(self.uow, self.access).condition(self.rule.subject, self.rule.when)[1]:
            return  # it asks about what this reader does not see: nor do they get the answer
        found = explain_result(
            tree, catalog.shapes, self.sight.row(), self.sight.context, self.formats
        )
        yield Answer("fits" if found.holds else "does-not-fit", found.holds, finding=found)

    def _membership(self) -> Answer:
        value = self.uow.scalar(
            sa.select(mirror_member.c.value).where(
                mirror_member.c.rule == self.rule.key, mirror_member.c.record == self.record
            )
        )
        return Answer("member" if value else "no-member", None, {"value": self._label(value)})

    def _label(self, value: str | None) -> str:
        """What a mirror keeps, as the form's option for it is called."""
        form = self.pinned.catalog.forms.get(self.rule.subject)
        field = form.find(self.rule.sets.field) if form and self.rule.sets else None
        option = field.options.get(value or "", {}) if field else {}
        return pick(option.get("label"), self.formats.locale) or value or ""

    def _trigger(self) -> Iterator[Answer]:
        kind = trigger_kinds.get(self.rule.trigger.on)
        if not kind.by_event:
            return
        seen = self._happened(kind)
        when = {"at": self.formats.datetime(seen)} if seen else {}
        yield Answer("event-seen-at" if seen else "no-event", None if seen else False, when)
        held = self.uow.execute(
            decision.select()
            .where(
                decision.c.rule == self.rule.key, decision.c.form == self.rule.subject,
                decision.c.record == self.record, decision.c.at <= self.uow.now,
            )
            .order_by(decision.c.id.desc())
            .limit(1)
        ).first()  # fmt: skip
        if held is not None:
            when = {"at": self.formats.datetime(held.at)}
            yield Answer(f"held-{held.reason['code']}", None, when)

    def _happened(self, kind: TriggerKind) -> datetime | None:
        """When what starts the rule happened last, by then."""
        trigger, subject = self.rule.trigger, self.rule.subject
        records = StoredRecords(self.uow, self.pinned.catalog)
        about = [event.c.form == subject, event.c.record == self.record]
        form, link = form_of(trigger, subject), link_of(self.pinned.catalog, trigger, subject)
        if kind.about_records and link is not None:
            table = self.pinned.catalog.tables[form].main
            tree, _problems = self.pinned.catalog.path(form, link)
            leads_to = expressing.value_sql(self.uow, self.pinned.catalog, tree, table)
            linked = sa.select(table.c.id).where(leads_to == self.record)
            about = [event.c.form == form, event.c.record.in_(linked)]
        rows = self.uow.execute(
            event.select()
            .where(
                event.c.kind == kind.name, event.c.at <= self.uow.now,
                event.c.historic.is_(sa.false()), *about,
            )
            .order_by(event.c.id.desc())
            .limit(LATEST_EVENTS)
        )  # fmt: skip
        return next((row.at for row in rows if fits(records, trigger, subject, row)), None)

    def _entry(self) -> Iterator[Answer]:
        key = self._key()
        runs = self.uow.execute(
            run.select()
            .where(
                run.c.rule == self.rule.key, run.c.form == self.rule.subject,
                run.c.record == self.record, run.c.entered_at <= self.uow.now,
            )
            .order_by(run.c.id.desc())
        ).all()  # fmt: skip
        same = next((each for each in runs if each.entry_key == key), None)
        if same is not None:
            code = "backlog" if same.status == "skipped" else "entered-already"
            when = self.formats.datetime(same.entered_at)
            yield Answer(code, False, {"at": when, "run": same.id})
            yield from self._received(same.id)
        elif runs:
            when = self.formats.datetime(runs[0].entered_at)
            yield Answer("entered-before", None, {"at": when, "run": runs[0].id})
        yield from self._limits()

    def _received(self, run_id: int) -> Iterator[Answer]:
        """What became of the messages of the run that they are or were in."""
        for row in self.uow.execute(
            outbound.select().where(outbound.c.run == run_id).order_by(outbound.c.id)
        ):
            locale = self.formats.locale
            state = translate(f"messages.state.{row.status}", locale)
            told: dict[str, Any] = {"state": state, "message": row.id, "why": ""}
            told["at"] = self.formats.datetime(row.finished_at or row.due_at)
            if row.reason:
                params = {k: v for k, v in row.reason.items() if k != "code"}
                told["why"] = translate(f"messages.reason.{row.reason['code']}", locale, **params)
            yield Answer("message-held" if row.reason else "message-state", None, told)

    def _key(self) -> str | None:
        """The entry key of an entry now; None where only the event would tell it."""
        if self.rule.entry.key is not None:
            _tree, problems = self.pinned.entry_scope.formula(self.rule.entry.key)
            if problems or trigger_form(self.rule) is not None:
                return None
            return key_text(self.sight.value(self.pinned.entry_scope, self.rule.entry.key))
        if trigger_kinds.get(self.rule.trigger.on).by_event:
            return None
        return fixed_key(self.uow, self.rule)

    def _limits(self) -> Iterator[Answer]:
        entry = self.rule.entry
        if entry.min_gap_days is not None:
            last = last_entries(self.uow, self.rule, [self.record]).get(self.record)
            gap = Length(entry.min_gap_days, "day")
            if last and gap.after(last, self.uow.workspace.tz) > self.uow.now:
                yield Answer("gap", False, {"n": entry.min_gap_days})
        if entry.group is not None and entry.max_live_per_group is not None:
            live = self._live_then(entry.group)
            if live >= entry.max_live_per_group:
                yield Answer("group", False, {"group": entry.group})
        if arm_of(self.rule, self.record) == "control":
            yield Answer("control", False, {"n": self.rule.guards.control_group})

    def _live_then(self, group: str) -> int:
        """How many runs of the group they were in."""
        if not self.is_past:
            return live_in_group(self.uow, self.rule, [self.record]).get(self.record, 0)
        found: int = self.uow.scalar(
            sa.select(sa.func.count()).where(
                run.c.form == self.rule.subject, run.c.record == self.record,
                run.c.group_key == group, run.c.status != "skipped",
                run.c.entered_at <= self.uow.now,
                sa.or_(run.c.finished_at.is_(None), run.c.finished_at > self.uow.now),
            )
        )  # fmt: skip
        return found

    def _sending(self) -> Iterator[Answer]:
        form = self.pinned.catalog.get_form(self.rule.subject)
        purpose = self.pinned.purpose
        if form.person is None or purpose is None:
            return
        person = Person(form, self.record, self.sight.row())
        asking = GateQuestions(
            self.uow, self.rule.guards, purpose, self.formats, is_past=self.is_past
        )
        channels = {
            step.settings["channel"]
            for step in self.rule.walk()
            if step.do == "send_message" and "to" not in step.settings
        }
        for channel in sorted(channels):
            for code, holds, params in asking.about(person, channel):
                yield Answer(code, holds, params)
