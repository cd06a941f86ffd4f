"""What publishing a change would break in definitions that nobody is publishing.

A definition breaks when its own check finds a problem afterwards that it had not before. This
holds for every kind, and for every place that its check looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.places import named, place_in_words
from regulars.platform.definitions.snapshot import Published, Snapshot, snapshot
from regulars.platform.problems import Problem


@dataclass(frozen=True)
class Break:
    """One definition that would have a problem; the problem's path lies within it."""

    item: Published
    problem: Problem

    @property
    def place(self) -> dict[str, str]:
        """Where it is, in every language."""
        return place_in_words(self.item.kind, self.item.raw, self.problem.path)

    @property
    def name(self) -> dict[str, str]:
        """What people call the definition, with its kind, in every language."""
        return named(self.item.kind, self.item.raw)

    def as_problem(self) -> Problem:
        """The break as a problem of whoever publishes the change."""
        why = {locale: self.problem.message(locale) for locale in i18n.LOCALES}
        path = f"{self.item.kind}/{self.item.key}/{self.problem.path}"
        return Problem(
            path, "breaks-elsewhere", {"name": self.name, "place": self.place, "why": why}
        )


def breaks(before: Snapshot, after: Snapshot) -> Iterator[Break]:
    """The first new problem at each place of a definition that is the same before and after."""
    for name, item in after.items.items():
        if before.items.get(name) is not item:
            continue
        found = kinds.get(item.kind).check(item.parsed, after)
        if not found:
            continue
        known = {_place(each) for each in kinds.get(item.kind).check(item.parsed, before)}
        fresh = {each.path: each for each in reversed(found) if _place(each) not in known}
        yield from (Break(item, problem) for problem in reversed(fresh.values()))


def uses_of(uow: UnitOfWork, kind: str, key: str) -> list[Break]:
    """Every other definition that would have a problem without this one."""
    seen = snapshot(uow)
    seen.get(kind, key)
    items = {name: item for name, item in seen.items.items() if name != (kind, key)}
    return list(breaks(seen, Snapshot(seen.number + 1, items, before=seen)))


def _place(problem: Problem) -> tuple[str, str]:
    return problem.path, problem.code
