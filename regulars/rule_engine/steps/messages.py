"""send_message: the text is written down now; whether it may leave is decided when it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from regulars.form_builder.catalog import catalog_of
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.expressions.types import Kind
from regulars.platform.privacy.purposes import CHANNELS, needs_consent
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Step
from regulars.rule_engine.durations import LENGTH_SCHEMA, Length, at_local
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.merging import MissingValues, merge_fields
from regulars.rule_engine.message import Message
from regulars.rule_engine.opting_out import PIXEL_PART, with_way_out
from regulars.rule_engine.people import Person
from regulars.rule_engine.policy_keeping import policy_of
from regulars.rule_engine.rendering import Voice, is_format, offered_formats
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    PATH_SETTING,
    Answer,
    Done,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
    scope_of,
)
from regulars.rule_engine.steps.targets import check_target, target_of

SAME_DAY = "same_day"
LATEST_BY_DEFAULT = "24h"


class SendMessage(StepKind):
    """Send ``message`` through ``channel`` to the subject, or to the person ``to`` leads to.

    ``not_later_than``: so long after it was meant (a day by default) it is not sent any more;
    ``same_day`` is the end of the day on which it was meant.
    """

    name = "send_message"
    icon = "send"
    settings: ClassVar[Settings] = {
        "message": NAME_SETTING,
        "channel": {"enum": list(CHANNELS)},
        "to": PATH_SETTING,
        "not_later_than": {"oneOf": [{"const": SAME_DAY}, *LENGTH_SCHEMA["oneOf"]]},
    }
    required_settings = ("message", "channel")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        form, problems = check_target(step, meaning, "to")
        yield from problems
        if form is not None and form.person is None:
            yield Problem("to", "not-a-person-form", {"form": form.label})
        message: Message | None = meaning.snapshot.find("message", step.settings["message"])
        if message is None:
            yield Problem("message", "no-message", {"key": step.settings["message"]})
            return
        if step.settings["channel"] not in message.channels:
            yield Problem("channel", "message-without-channel", {"message": message.label})
            return
        purpose = meaning.rule.guards.purpose if meaning.rule else None
        if purpose not in (None, message.purpose):
            told = {"purpose": purpose, "message": message.label, "other": message.purpose}
            yield Problem("message", "purpose-mismatch", told)
        yield from check_merge_fields(message, step.settings["channel"], meaning)

    def perform(self, work: StepWork) -> Answer:
        seen = snapshot(work.uow)
        message: Message = seen.get("message", work.step.settings["message"])
        form_key, record = target_of(work, "to")
        person = _person(work, form_key, record)
        locale = person.locale(work.uow.workspace.locale)
        channel = work.step.settings["channel"]
        purpose = work.rule.guards.purpose or message.purpose
        links = LinkWriter(work.uow.workspace.id, work.key, message.links)
        voice = Voice(work.uow, catalog_of(work.uow), locale, links)
        body = self._written(work, message, channel, voice)
        if needs_consent(purpose):
            body = with_way_out(body, channel, locale, links)
            if channel == "email" and policy_of(work.uow).open_pixel:
                body = {**body, PIXEL_PART: links.opened()}
        address = person.address(channel)
        status, reason = _standing(work, address)
        row = {
            "idempotency_key": work.key, "run": work.run.id, "rule": work.rule.key,
            "rule_version": work.run.version, "step": work.step.id, "message": message.key,
            "message_version": seen.version("message", message.key), "form": form_key,
            "record": record, "purpose": purpose,
            "channel": channel, "address": address, "locale": locale, "body": body,
            "merged": [list(pair) for pair in voice.said] if channel == "sms" else None,
            "status": status, "reason": reason, "due_at": work.uow.now,
            "meant_at": work.run.meant_at, "expires_at": expiry(work), "attempts": 0,
            "created_at": work.uow.now,
            "finished_at": None if status == "queued" else work.uow.now,
        }  # fmt: skip
        work.seen.update(message=message.key, channel=channel, locale=locale, body=body)
        work.effects.messages.append(row)
        work.effects.links.extend(links.rows)
        output = {"key": work.key, "status": status}
        return Done(output={**output, "reason": reason} if reason else output)

    def _written(
        self, work: StepWork, message: Message, channel: str, voice: Voice
    ) -> dict[str, str]:
        try:
            return voice.parts(message.parts(channel, voice.locale), work.scope, work.sight)
        except MissingValues as gaps:
            if work.rule.is_campaign and work.run.arm == "control":
                return dict.fromkeys(message.parts(channel, voice.locale), "")  # nobody reads it
            raise StepFailed(
                "missing-merge-value", paths=gaps.paths, message=message.key
            ) from gaps


def check_merge_fields(message: Message, channel: str, meaning: Meaning) -> Iterator[Problem]:
    """Merge fields of a message that mean nothing in this rule; each is named once."""
    told: set[str] = set()
    for place, text in message.texts():
        if not place.startswith(f"channels/{channel}/"):
            continue
        for field in merge_fields(text):
            if field.written in told:
                continue
            told.add(field.written)
            if field.link is not None:
                continue  # the message itself knows its links
            tree, problems = scope_of(meaning).path(field.path)
            kind = tree.type.kind if tree.type else None
            params: dict[str, Any] = {"field": field.written, "message": message.label}
            if problems or kind is Kind.ROWS:
                yield Problem("message", "unknown-merge-field", params)
            elif field.format and not is_format(field.format):
                yield Problem("message", "unknown-merge-format", params)
            elif field.format and kind is not None and field.format not in offered_formats(kind):
                yield Problem("message", "merge-format-of-other-kind", params)


def expiry(work: StepWork) -> datetime:
    """The instant after which the message is not sent any more."""
    zone = work.uow.workspace.tz
    raw = work.step.settings.get("not_later_than", LATEST_BY_DEFAULT)
    if raw == SAME_DAY:
        return _end_of_day(work.run.meant_at, zone)
    return Length.from_json(raw).after(work.run.meant_at, zone)


def _end_of_day(instant: datetime, zone: ZoneInfo) -> datetime:
    tomorrow = instant.astimezone(zone).date() + timedelta(days=1)
    return at_local(datetime(tomorrow.year, tomorrow.month, tomorrow.day), zone)  # noqa: DTZ001


def _person(work: StepWork, form_key: str, record: int) -> Person:
    form = catalog_of(work.uow).get_form(form_key)
    if form.person is None:
        raise StepFailed("not-a-person", form=form_key)
    values = work.sight.record(form_key, record)
    if values is None:
        raise StepFailed("record-gone", path=work.step.settings.get("to", "subject"))
    return Person(form, record, values)


def _standing(work: StepWork, address: str | None) -> tuple[str, dict[str, Any] | None]:
    """Whether the message goes on its way at all; for the control group it does not."""
    if work.run.arm == "control":
        return "withheld", {"code": "control-group"}
    if not address:
        return "suppressed", {"code": "no-address"}
    return "queued", None
