"""Rules a pack brought: those that write to people wait for the owner, the others work at once."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.service import pause_rule
from regulars.seed_templates.effects import is_sending, steps_of
from regulars.seed_templates.pack import PackDefinition


def start_rules(
    uow: UnitOfWork, access: Access, fresh: Sequence[PackDefinition], *, demo: bool
) -> tuple[str, ...]:
    """Pause the rules among ``fresh`` that write to people, unless this is the demo.

    Answers the keys of those paused. Publishing has started all of them.
    """
    sending = tuple(
        each.key
        for each in fresh
        if each.kind == "rule" and any(is_sending(step) for step in steps_of(each.raw))
    )
    if demo:
        return ()
    for key in sending:
        pause_rule(uow, access, key)
    return sending
