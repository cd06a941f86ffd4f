"""notify_staff: a word to a group of the shop's own people, through the outbox as messages go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.platform.i18n import pick
from regulars.platform.privacy.purposes import SERVICE
from regulars.platform.problems import Problem, under
from regulars.rule_engine.channels.accounts import find_account
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.definition import Step
from regulars.rule_engine.durations import LENGTH_SCHEMA
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.merging import MissingValues, fill_in
from regulars.rule_engine.rendering import Voice
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
from regulars.rule_engine.steps.messages import SAME_DAY, expiry
from regulars.rule_engine.steps.tasks import check_words


class NotifyStaff(StepKind):
    """Write ``text`` to the staff group kept under the key ``to``; it may hold merge fields.

    ``not_later_than``: so long after it was meant (a day by default) it is not sent any more.
    """

    name = "notify_staff"
    icon = "megaphone"
    settings: ClassVar[Settings] = {
        "to": NAME_SETTING,
        "text": {"$ref": "#/$defs/text"},
        "not_later_than": {"oneOf": [{"const": SAME_DAY}, *LENGTH_SCHEMA["oneOf"]]},
    }
    required_settings = ("to", "text")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        yield from under("text", check_words(step.settings.get("text"), meaning))

    def perform(self, work: StepWork) -> Answer:
        own, run, locale = work.step.settings, work.run, work.uow.workspace.locale
        account = find_account(work.uow, own["to"])
        provider = providers.find(account.provider) if account is not None else None
        if provider is None or not provider.staff:
            raise StepFailed("no-staff-group", key=own["to"])
        links = LinkWriter(work.uow.workspace.id, work.key, {})
        voice = Voice(work.uow, catalog_of(work.uow), locale, links)
        try:
            text = fill_in(
                pick(own["text"], locale),
                lambda field: voice.words(field, work.scope, work.sight),
            )
        except MissingValues as gaps:
            raise StepFailed("missing-merge-value", paths=gaps.paths, message="") from gaps
        work.seen.update(to=own["to"], text=text)
        work.effects.messages.append({
            "idempotency_key": work.key, "run": run.id, "rule": work.rule.key,
            "rule_version": run.version, "step": work.step.id, "message": own["to"],
            "message_version": 0, "form": run.form, "record": run.record, "purpose": SERVICE,
            "channel": provider.name, "address": own["to"], "locale": locale,
            "body": {"text": text}, "merged": None,
            "status": "queued", "reason": None, "due_at": work.uow.now,
            "meant_at": run.meant_at, "expires_at": expiry(work), "attempts": 0,
            "created_at": work.uow.now, "finished_at": None,
        })  # fmt: skip
        return Done(output={"key": work.key})
