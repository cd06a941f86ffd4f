"""Goals as a kind of definition: what their JSON may say, and every way in which it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from regulars.platform.definitions.kinds import DefinitionKind
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem
from regulars.rule_engine.goals.definition import Goal, slots_of


@cache
def goal_schema() -> dict[str, Any]:
    """The JSON Schema of a goal."""
    return packaged("regulars.rule_engine.goals", "goal.schema.json")


@cache
def _validator() -> Any:
    return validator(goal_schema())


def goal_problems(raw: Any) -> list[Problem]:
    """Every way a goal's JSON departs from its schema, or speaks of places it does not have."""
    found = shape_problems(_validator(), raw)
    return found or [*_place_problems(raw["places"]), *_slot_problems(raw)]


def _place_problems(places: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """Names are taken once, and a place needs only what is asked before it."""
    known: set[str] = set()
    for position, each in enumerate(places):
        if each["key"] in known:
            yield Problem(f"places/{position}/key", "duplicate-key", {"key": each["key"]})
        for name in ("of", "links_to", "leads_to"):
            if name in each and each[name] not in known:
                yield Problem(f"places/{position}/{name}", "no-such-place", {"place": each[name]})
        known.add(each["key"])


def _slot_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    known = {each["key"] for each in raw["places"]}
    for part in ("rule", "messages"):
        for path, name in slots_of(raw.get(part, ()), part):
            if name not in known:
                yield Problem(path.replace("//", "/"), "no-such-place", {"place": name[:60]})


def goal_kind() -> DefinitionKind:
    """The kind ``goal``."""
    return DefinitionKind(
        "goal", goal_schema(), goal_problems, Goal.from_json, capability="edit_rules"
    )
