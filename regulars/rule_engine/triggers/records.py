"""record_created, record_updated, record_deleted: something was written into a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.triggers.base import KEY_SETTING, Happened, Settings, TriggerKind

_ANY_VALUE = {"type": ["string", "number", "boolean", "null"]}


class RecordCreated(TriggerKind):
    """A record is new. One entry per record."""

    name = "record_created"
    about_records = True

    def entry_key(self, trigger: Trigger, happened: Happened) -> str:
        return f"{happened.form}:{happened.record}"


class RecordUpdated(TriggerKind):
    """A record changed: one of ``fields``, and the one named there ``from`` and ``to`` values."""

    name = "record_updated"
    about_records = True
    latest_only = True
    settings: ClassVar[Settings] = {
        "fields": {"type": "array", "minItems": 1, "maxItems": 50, "items": KEY_SETTING},
        "from": _ANY_VALUE,
        "to": _ANY_VALUE,
    }

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        own, changes = trigger.settings, happened.changes or {}
        wanted = own.get("fields")
        if not wanted:
            return True
        moved = [changes[key] for key in wanted if key in changes]
        if "from" in own:
            moved = [pair for pair in moved if pair[0] == own["from"]]
        if "to" in own:
            moved = [pair for pair in moved if pair[1] == own["to"]]
        return bool(moved)

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        form = meaning.catalog.forms.get(trigger.form or meaning.subject)
        for position, key in enumerate(trigger.settings.get("fields", ())):
            if form is not None and form.find(key) is None:
                place = f"fields/{position}"
                yield Problem(place, "unknown-field", {"field": key, "form": form.label})
        if {"from", "to"} & trigger.settings.keys() and len(
            trigger.settings.get("fields", ())
        ) != 1:
            yield Problem("fields", "from-to-needs-one-field")


class RecordDeleted(TriggerKind):
    """A record went to the recycle bin; ``where`` cannot be asked any more.

    It starts a rule about the record that one of its own links leads to.
    """

    name = "record_deleted"
    about_records = True

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        if trigger.where:
            yield Problem("where", "deleted-record-has-no-values")
        if "." in (trigger.link or ""):
            yield Problem("link", "deleted-record-leads-nowhere")
