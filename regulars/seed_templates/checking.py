"""What a pack's definitions mean together, looked at in an empty workspace of the mind. Pure."""

from __future__ import annotations

from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.snapshot import Published, Snapshot
from regulars.platform.problems import Problem, under
from regulars.seed_templates.pack import Pack


def meaning_problems(pack: Pack) -> list[Problem]:
    """Everything that would keep the pack from being published where nothing else is."""
    items = [
        Published(each.kind, each.key, 1, each.raw, kinds.get(each.kind).parse(each.raw))
        for each in pack.definitions
    ]
    alone = Snapshot(0, {}).overlaid(items)
    return [
        problem
        for each in items
        for problem in under(
            f"{each.kind}s/{each.key}.json", kinds.get(each.kind).check(each.parsed, alone)
        )
    ]
