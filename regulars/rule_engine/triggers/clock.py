"""scan, once, date_field, manual: the clock or a person starts the rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.durations import CLOCK_SCHEMA, MOMENT_SCHEMA, read_moment
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.triggers.base import KEY_SETTING, Settings, TriggerKind


class Scan(TriggerKind):
    """Look over all subjects every hour, day, week or month; who meets ``when`` enters."""

    name = "scan"
    by_event = False
    settings: ClassVar[Settings] = {
        "every": {"enum": ["hour", "day", "week", "month"]},
        "at": CLOCK_SCHEMA,
        "weekday": {"type": "integer", "minimum": 0, "maximum": 6},
        "day": {"type": "integer", "minimum": 1, "maximum": 28},
        "misfire": {"enum": ["run_once", "skip", "each"]},
    }
    required_settings = ("every",)

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        every = trigger.settings.get("every")
        if "weekday" in trigger.settings and every != "week":
            yield Problem("weekday", "only-for-weekly")
        if "day" in trigger.settings and every != "month":
            yield Problem("day", "only-for-monthly")
        is_report = meaning.rule is not None and meaning.rule.is_report
        if trigger.settings.get("misfire") == "each" and not is_report:
            yield Problem("misfire", "only-for-reports")


class Once(TriggerKind):
    """At one moment: ``at`` in the shop's time. Who meets ``when`` then enters, once."""

    name = "once"
    by_event = False
    settings: ClassVar[Settings] = {"at": MOMENT_SCHEMA}
    required_settings = ("at",)

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        try:
            read_moment(trigger.settings["at"])
        except ValueError:
            yield Problem("at", "not-a-datetime", {"value": trigger.settings["at"]})


class DateField(TriggerKind):
    """On the day a date ``field`` of the subject names, or ``offset`` days before (-) or after it.

    ``yearly`` goes by day and month; where 29 February falls in common years, the workspace says.
    """

    name = "date_field"
    by_event = False
    settings: ClassVar[Settings] = {
        "field": KEY_SETTING,
        "offset": {"type": "integer", "minimum": -366, "maximum": 366},
        "at": CLOCK_SCHEMA,
        "yearly": {"type": "boolean"},
    }
    required_settings = ("field",)

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        shape = meaning.catalog.shapes.find(meaning.subject)
        key = str(trigger.settings["field"])
        field = shape.field(key) if shape else None
        if shape is not None and field is None:
            yield Problem("field", "unknown-field", {"field": key, "form": shape.label})
        elif field is not None and field.type.kind not in (Kind.DATE, Kind.DATETIME):
            yield Problem("field", "not-a-date-field", {"field": field.label or key})


class Manual(TriggerKind):
    """A person starts it for chosen records."""

    name = "manual"
    by_event = False
