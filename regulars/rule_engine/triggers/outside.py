"""form_submitted, webhook, event: somebody outside the engine says that something happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.triggers.base import KEY_SETTING, Happened, Settings, TriggerKind

EVENT, HOOK_EVENT = "event", "webhook"
BY_HAND = ("page", "public")  # where a filled-in form comes from
_ANY_VALUE: Mapping[str, Any] = {"type": ["string", "number", "boolean"]}
_VALUES: Mapping[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 10,
    "additionalProperties": _ANY_VALUE,
}


class FormSubmitted(TriggerKind):
    """Somebody filled in a form on a page; imports, programs and rules do not count."""

    name = "form_submitted"
    happens = "record_created"
    about_records = True

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        return (happened.data or {}).get("origin") in BY_HAND

    def entry_key(self, trigger: Trigger, happened: Happened) -> str:
        return f"{happened.form}:{happened.record}"


class NamedEvent(TriggerKind):
    """A program or a rule told of an event by ``name``; ``data`` names values it must carry."""

    name = EVENT
    about_records = True
    settings: ClassVar[Settings] = {"name": KEY_SETTING, "data": _VALUES}
    required_settings = ("name",)

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        data = happened.data or {}
        own = trigger.settings
        return data.get("name") == own["name"] and carries(data.get("data"), own.get("data"))


class Webhook(TriggerKind):
    """A program posted to the address ``hook``; ``type`` and ``data`` narrow what it said."""

    name = HOOK_EVENT
    about_records = True
    settings: ClassVar[Settings] = {
        "hook": KEY_SETTING,
        "type": {"type": "string", "minLength": 1, "maxLength": 120},
        "data": _VALUES,
    }
    required_settings = ("hook",)

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        data = happened.data or {}
        own = trigger.settings
        if data.get("hook") != own["hook"] or own.get("type") not in (None, data.get("type")):
            return False
        return carries(data.get("body"), own.get("data"))

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        for name in trigger.settings.get("data", {}):
            if not all(name.split(".")):
                yield Problem("data", "bad-data-path", {"path": name[:60]})


def carries(body: Any, wanted: Mapping[str, Any] | None) -> bool:
    """Whether what was said holds each wanted value at its path (``order.status``)."""
    return all(found_at(body, path) == value for path, value in (wanted or {}).items())


def found_at(body: Any, path: str) -> Any:
    """The value at a path of JSON objects and lists (``order.items.0.name``); None without."""
    for part in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body
