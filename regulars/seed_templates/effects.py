"""What a pack can do once installed, in facts a shop owner cares about. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.seed_templates.pack import Pack

_BRANCHES = ("then", "else", "timed_out", "steps")


@dataclass(frozen=True)
class Effects:
    """Forms that hold people, channels written to, forms in which rules make records, roles."""

    person_forms: tuple[str, ...]
    channels: tuple[str, ...]
    sending_rules: tuple[str, ...]
    makes_records: tuple[str, ...]
    roles: tuple[str, ...] = ()


def effects_of(pack: Pack) -> Effects:
    """Read off the definitions; nothing is guessed."""
    rules = {each.key: list(steps_of(each.raw)) for each in pack.of_kind("rule")}
    every = [step for steps in rules.values() for step in steps]
    sends = [step for step in every if step.get("do") == "send_message"]
    makes = [step for step in every if step.get("do") == "create_record"]
    return Effects(
        tuple(each.key for each in pack.of_kind("form") if each.raw.get("person")),
        tuple(dict.fromkeys(str(step.get("channel", "")) for step in sends)),
        tuple(key for key, steps in rules.items() if any(is_sending(step) for step in steps)),
        tuple(dict.fromkeys(str(step.get("form", "")) for step in makes)),
        tuple(each.key for each in pack.of_kind("role")),
    )


def steps_of(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every step of a rule, those inside branches too."""
    waiting: list[Any] = list(raw.get("steps", ()))
    while waiting:
        step = waiting.pop(0)
        yield step
        for name in _BRANCHES:
            inside = step.get(name)
            waiting += (
                inside if isinstance(inside, Sequence) and not isinstance(inside, str) else ()
            )


def is_sending(step: Mapping[str, Any]) -> bool:
    """Whether a step writes to somebody outside."""
    return step.get("do") in ("send_message", "call_webhook")
