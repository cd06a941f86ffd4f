"""run_report: a report as of the run's own instant, to each reader what that reader may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from regulars.form_builder.people_forms import MEMBERS
from regulars.platform import i18n
from regulars.platform.accounts.roles import ROLES
from regulars.platform.privacy.purposes import SERVICE
from regulars.platform.problems import Problem
from regulars.rule_engine import digest_words, digests
from regulars.rule_engine.channels.accounts import find_account
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.definition import Step
from regulars.rule_engine.durations import LENGTH_SCHEMA, Length
from regulars.rule_engine.reporting import Page
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    Answer,
    Done,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
)

WAYS = ("email", "staff", "today")


class RunReport(StepKind):
    """Run ``report`` over ``period`` for its ``readers`` and send it through ``channel``.

    ``readers`` are roles and e-mail addresses of members (the owners, if none are named); each
    gets it as they may see it, in their language. ``today`` shows it on their first page only;
    ``staff`` writes it into the group ``to``, as the first reader's role sees it. Nothing is sent
    where there is nothing to say and ``skip_empty`` is on, or after ``not_later_than``. All that
    one run has for a reader leaves in one message, with the last step that has something.
    """

    name = "run_report"
    writes = True
    icon = "chart-column"
    settings: ClassVar[Settings] = {
        "report": NAME_SETTING,
        "period": {"type": "string", "minLength": 1, "maxLength": 40},
        "readers": {
            "type": "array", "minItems": 1, "maxItems": 50, "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "maxLength": 254},
        },
        "channel": {"enum": list(WAYS)},
        "to": NAME_SETTING,
        "skip_empty": {"type": "boolean"},
        "not_later_than": LENGTH_SCHEMA,
    }  # fmt: skip
    required_settings = ("report", "channel")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        own = step.settings
        yield from digests.reports_of().check(meaning.snapshot, own["report"], own.get("period"))
        if (own["channel"] == "staff") is not ("to" in own):
            yield Problem("to", "required" if own["channel"] == "staff" else "only-for-staff")
        for n, reader in enumerate(own.get("readers", ())):
            yield from _check_reader(f"readers/{n}", reader, own["channel"], meaning)

    def perform(self, work: StepWork) -> Answer:
        at, own = work.run.entered_at, work.step.settings
        kept = digests.kept_rows(work.uow, work.rule, work.step, at)
        read = [row for row in kept if row.page is not None]
        work.seen.update(
            report=own["report"], readers=[row.reader for row in kept],
            period=[kept[0].since, kept[0].until] if kept else None,
        )  # fmt: skip
        if not kept:
            raise StepFailed("no-reader")
        if not read:
            raise StepFailed("report-not-read", error=kept[0].error)
        letters = (
            []
            if own["channel"] == "today"
            else digests.letters(work.uow, work.rule, work.step, at)
        )
        for rows in letters:
            work.effects.messages.append(_message(work, rows))
            for row in rows:
                digests.note_message(work.uow, row.id, _key(work, row))
        return Done(output={"kept": [row.id for row in read], "sent": len(letters)})


def _check_reader(place: str, reader: str, channel: str, meaning: Meaning) -> Iterator[Problem]:
    if "@" in reader:
        if channel == "staff":
            yield Problem(place, "group-reads-as-a-role")
    elif reader not in ROLES and meaning.snapshot.find("role", reader) is None:
        yield Problem(place, "no-such-role", {"role": reader})


def _key(work: StepWork, row: Any) -> str:
    """The message's name: the same however often the step is tried."""
    return f"{work.key}:{row.member}"


def _message(work: StepWork, rows: Sequence[Any]) -> dict[str, Any]:
    """The queued message with the kept results for one reader."""
    row, at = rows[0], work.uow.now
    readings = [_reading(work, each) for each in rows]
    label = i18n.pick(work.rule.label, row.locale)
    channel, body = "email", digest_words.mail(readings, label)
    if row.channel == "staff":
        channel, body = _staff_channel(work, row.address), digest_words.note(readings)
    return {
        "idempotency_key": _key(work, row), "run": work.run.id, "rule": work.rule.key,
        "rule_version": work.run.version, "step": work.step.id, "message": row.report,
        "message_version": 0, "form": MEMBERS.key if row.member else "", "record": row.member,
        "purpose": SERVICE, "channel": channel, "address": row.address, "locale": row.locale,
        "body": body, "status": "queued", "reason": None, "due_at": at,
        "meant_at": row.scheduled_for, "expires_at": _expiry(work, rows),
        "attempts": 0, "created_at": at, "finished_at": None,
    }  # fmt: skip


def _staff_channel(work: StepWork, key: str) -> str:
    account = find_account(work.uow, key)
    provider = providers.find(account.provider) if account is not None else None
    if provider is None or not provider.staff:
        raise StepFailed("no-staff-group", key=key)
    return provider.name


def _reading(work: StepWork, row: Any) -> digest_words.Reading:
    page, shop = Page.from_json(row.page), work.uow.workspace
    return digest_words.Reading(page, row.report, row.scheduled_for, row.locale, shop)


def _expiry(work: StepWork, rows: Sequence[Any]) -> datetime | None:
    """A late report is better than none, unless the rule says so of all that go together."""
    steps = {step.id: step.settings for step in work.rule.steps}
    given = [steps[row.step].get("not_later_than") for row in rows]
    if None in given:
        return None
    at, zone = rows[0].scheduled_for, work.uow.workspace.tz
    return max(Length.from_json(each).after(at, zone) for each in given)
