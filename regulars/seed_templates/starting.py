"""Rules a pack brought: those that write to people wait for the owner, the others work at once."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.service import pause_rule
from regulars.rule_engine.today import groups, show_groups
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
    _show_groups(uow, access, fresh)
    if demo:
        return ()
    for key in sending:
        pause_rule(uow, access, key)
    return sending


def _show_groups(uow: UnitOfWork, access: Access, fresh: Sequence[PackDefinition]) -> None:
    """Show the groups that a pack's tags make on the first page, beside those shown before."""
    brought = {
        each.key for each in fresh if each.kind == "rule" and "add" in (each.raw.get("sets") or {})
    }
    known = groups(uow)
    shown = [each.rule for each in known if each.is_shown or each.rule in brought]
    if brought and shown:
        show_groups(uow, access, shown)
