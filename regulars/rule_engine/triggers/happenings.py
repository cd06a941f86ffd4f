"""Mirrors, consents and messages as triggers: what other parts of the engine tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.problems import Problem
from regulars.platform.tasks.service import OUTCOMES
from regulars.rule_engine.definition import Rule, Trigger
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.triggers.base import KEY_SETTING, Happened, Settings, TriggerKind


class _MirrorTurn(TriggerKind):
    """Shared by mirror_entered and mirror_left: ``rule`` names the mirror, ``value`` its value."""

    settings: ClassVar[Settings] = {
        "rule": KEY_SETTING,
        "value": {"type": "string", "maxLength": 60},
    }
    required_settings = ("rule",)

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        data = happened.data or {}
        wanted = trigger.settings.get("value")
        return bool(data.get("rule") == trigger.settings["rule"]) and wanted in (
            None,
            data.get("value"),
        )

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        mirror: Rule | None = meaning.snapshot.find("rule", trigger.settings["rule"])
        if mirror is None or not mirror.is_mirror:
            yield Problem("rule", "no-such-mirror", {"rule": trigger.settings["rule"]})
            return
        if mirror.subject != meaning.subject:
            yield Problem("rule", "mirror-of-other-form", {"rule": mirror.label})
        values = {choice.value for choice in mirror.sets.choose} if mirror.sets else set()
        if mirror.sets and mirror.sets.otherwise:
            values.add(mirror.sets.otherwise)
        wanted = trigger.settings.get("value")
        if wanted is not None and values and wanted not in values:
            yield Problem("value", "not-a-mirror-value", {"allowed": sorted(values)})


class MirrorEntered(_MirrorTurn):
    """The subject now has what a mirror keeps."""

    name = "mirror_entered"


class MirrorLeft(_MirrorTurn):
    """The subject no longer has what a mirror keeps."""

    name = "mirror_left"


class _ConsentTurn(TriggerKind):
    """Shared by consent_granted and consent_withdrawn; ``purpose`` and ``channel`` narrow it."""

    settings: ClassVar[Settings] = {"purpose": KEY_SETTING, "channel": {"enum": list(CHANNELS)}}

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        return _agrees(trigger.settings, happened.data or {}, ("purpose", "channel"))


class ConsentGranted(_ConsentTurn):
    """The person agreed to something they had not agreed to before."""

    name = "consent_granted"


class ConsentWithdrawn(_ConsentTurn):
    """The person no longer agrees."""

    name = "consent_withdrawn"


class MessageTurn(TriggerKind):
    """Something became of a message; ``of`` names the step that sent it.

    As an exit or inside a wait it means a message of this very run; as a rule's own trigger any
    message to the subject, narrowed by ``rule`` and ``message``.
    """

    settings: ClassVar[Settings] = {
        "of": KEY_SETTING, "rule": KEY_SETTING, "message": KEY_SETTING,
    }  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        own = trigger.settings
        wanted = {"step": own.get("of"), "rule": own.get("rule"), "message": own.get("message")}
        return _agrees(wanted, happened.data or {}, ("step", "rule", "message"))

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        own = trigger.settings
        wanted, other, text = own.get("of"), own.get("rule"), own.get("message")
        rule = meaning.snapshot.find("rule", other) if other else meaning.rule
        if rule is None:
            yield Problem("rule", "no-such-rule", {"rule": other})
        elif wanted is not None:
            step = rule.step_called(wanted)
            if step is None or step.do != "send_message":
                yield Problem("of", "no-such-sending-step", {"step": wanted})
        if text is not None and meaning.snapshot.find("message", text) is None:
            yield Problem("message", "no-message", {"key": text})


class TaskTurn(TriggerKind):
    """Something became of a task; ``of`` names the step that asked for it.

    As a rule's own trigger ``rule`` says whose task it was. ``ended`` narrows how.
    """

    settings: ClassVar[Settings] = {
        "of": KEY_SETTING,
        "rule": KEY_SETTING,
        "ended": {"enum": sorted({each for some in OUTCOMES.values() for each in some})},
    }

    def __init__(self, name: str) -> None:
        self.name = name

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        data = happened.data or {}
        own = trigger.settings
        wanted = {"step": own.get("of"), "rule": own.get("rule"), "outcome": own.get("ended")}
        return _agrees(wanted, data, ("step", "rule", "outcome"))

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        wanted, other = trigger.settings.get("of"), trigger.settings.get("rule")
        rule = meaning.snapshot.find("rule", other) if other else meaning.rule
        if rule is None:
            yield Problem("rule", "no-such-rule", {"rule": other})
        elif wanted is not None:
            step = rule.step_called(wanted)
            if step is None or step.do not in ("create_task", "approval"):
                yield Problem("of", "no-such-task-step", {"step": wanted})


TASK_TURNS = (TaskTurn("task_done"), TaskTurn("task_overdue"))
MESSAGE_TURNS = tuple(
    MessageTurn(f"message_{turn}") for turn in ("sent", "failed", "opened", "clicked", "replied")
)


def _agrees(wanted: Mapping[str, Any], data: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return all(wanted.get(name) in (None, data.get(name)) for name in names)
