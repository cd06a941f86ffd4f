"""Every goal a shop may choose: its own, those of packs, and the few that the platform knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import known_keys
from regulars.platform.errors import NotFound
from regulars.platform.registry import Registry
from regulars.rule_engine.goals.definition import Goal

GoalSource = Callable[[], Iterable[Mapping[str, Any]]]
goal_sources: Registry[GoalSource] = Registry("source of goals")
"""Who else brings goals that need no installing, such as packs that come with the product."""


@cache
def general_goals() -> tuple[Goal, ...]:
    """The goals that suit any trade."""
    folder = resources.files("regulars.rule_engine.goals") / "shipped"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda f: f.name
    )
    return tuple(Goal.from_json(json.loads(each.read_text("utf-8"))) for each in files)


def list_goals(uow: UnitOfWork) -> list[Goal]:
    """The workspace's own goals, then those on the shelf; one thrown away does not come back."""
    own = snapshot(uow).all("goal")
    known = known_keys(uow, "goal")
    found = dict(own)
    for source in goal_sources:
        for raw in source():
            if raw["key"] not in known:
                found.setdefault(str(raw["key"]), Goal.from_json(raw))
    for goal in general_goals():
        if goal.key not in known:
            found.setdefault(goal.key, goal)
    return list(found.values())


def get_goal(uow: UnitOfWork, key: str) -> Goal:
    """One goal; NotFound otherwise."""
    for goal in list_goals(uow):
        if goal.key == key:
            return goal
    raise NotFound("no-goal", key=key[:60])
