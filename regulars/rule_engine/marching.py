"""Many runs through their steps within one transaction: those at the same step go together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from regulars.platform import logs
from regulars.platform.faultpoint import faultpoint
from regulars.rule_engine.steps.base import LiveRun
from regulars.rule_engine.walking import Walk, Walker


def march(walker: Walker, lives: Sequence[LiveRun], until: float) -> list[int]:
    """Take runs as far as they get; the numbers of those there was no time to begin with.

    ``until`` is by the monotonic clock. Runs that are under way by then go on later.
    """
    walks: list[Walk] = []
    left: list[int] = []
    for live in lives:
        if walks and time.monotonic() > until:
            left.append(live.id)
            continue
        with logs.about(run=live.id):
            walk = walker.begin(live)
        if walk is not None:
            walks.append(walk)
    while walks:
        walks = [walk for some in _by_place(walks) for walk in _step(walker, some, until)]
        if time.monotonic() > until:
            break
    left += [walk.live.id for walk in walks if not walk.steps]
    for walk in walks:
        if walk.steps:
            walker.put_off(walk)
    return left


def _by_place(walks: Sequence[Walk]) -> list[list[Walk]]:
    """Runs that stand at the same step, in the order in which they came."""
    found: dict[tuple[str, int, str | None], list[Walk]] = {}
    for walk in walks:
        found.setdefault(walk.place, []).append(walk)
    return list(found.values())


def _step(walker: Walker, walks: list[Walk], until: float) -> Iterator[Walk]:
    """One step of runs at one place; those who go on, and those there was no time for."""
    if walker.goes_together(walks):
        yield from walker.step_together(walks)
        faultpoint("run-mid")
        return
    for place, walk in enumerate(walks):
        if place and time.monotonic() > until:
            yield walk
            continue
        with logs.about(run=walk.live.id):
            goes_on = walker.step(walk)
        faultpoint("run-mid")
        if goes_on:
            yield walk
