"""Installing a pack: checked as a whole, written in one transaction, the same again on a dry run.

Installing twice changes nothing. What the owner changed stays as it is, what the owner deleted
stays deleted, and the original of every definition is kept for a later upgrade to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.store import publish, save_draft
from regulars.platform.errors import Invalid
from regulars.platform.faultpoint import faultpoint
from regulars.platform.problems import Problem
from regulars.seed_templates import sampling
from regulars.seed_templates.effects import Effects, effects_of
from regulars.seed_templates.installed import (
    Sample,
    find_sample,
    keep_originals,
    note_install,
    originals_of,
)
from regulars.seed_templates.pack import Pack, PackDefinition
from regulars.seed_templates.planning import Plan, canonical, plan_install
from regulars.seed_templates.starting import start_rules


@dataclass(frozen=True)
class Wishes:
    """How to install: with sample data or not; a demo starts the rules that send as well."""

    sample: bool = False
    demo: bool = False


@dataclass(frozen=True)
class Outcome:
    """What installing did, or would do when ``is_dry``."""

    pack: Pack
    plan: Plan
    effects: Effects
    paused: tuple[str, ...] = ()  # rules that wait for the owner's word
    sample: Sample | None = None  # sample data added by this call
    is_dry: bool = False

    @property
    def is_nothing(self) -> bool:
        """Everything was there already."""
        return self.plan.is_nothing and self.sample is None


class _Undo(Exception):
    """Leaves the savepoint of a dry run."""


def install(uow: UnitOfWork, access: Access, pack: Pack, wishes: Wishes) -> Outcome:
    """Install or bring up to the pack's version; Invalid with every problem, nothing written."""
    access.require("install_packs")
    plan = plan_install(uow, pack)
    if plan.problems:
        raise Invalid(plan.problems)
    outcome = Outcome(pack, plan, effects_of(pack))
    if not plan.is_nothing:
        paused = _write(uow, access, pack, plan, wishes)
        outcome = replace(outcome, paused=paused)
    if wishes.sample and pack.sample and find_sample(uow, pack.key) is None:
        outcome = replace(outcome, sample=sampling.add_sample(uow, access, pack))
    return outcome


def preview(uow: UnitOfWork, access: Access, pack: Pack, wishes: Wishes) -> Outcome:
    """The same work, taken back before anybody sees it."""
    memo, outcome = dict(uow.memo), None
    try:
        with uow.savepoint():
            outcome = install(uow, access, pack, wishes)
            raise _Undo
    except _Undo:
        assert outcome is not None
    finally:
        uow.memo.clear()
        uow.memo.update(memo)
    return replace(outcome, is_dry=True)


def _write(
    uow: UnitOfWork, access: Access, pack: Pack, plan: Plan, wishes: Wishes
) -> tuple[str, ...]:
    wanted = {(each.kind, each.key) for each in plan.changes if each.writes}
    fresh = [each for each in pack.definitions if (each.kind, each.key) in wanted]
    _publish(uow, access, pack, fresh)
    _keep(uow, pack, plan)
    note_install(uow, pack.key, pack.version, pack.label, access.name)
    return start_rules(uow, access, fresh, demo=wishes.demo)


def _publish(uow: UnitOfWork, access: Access, pack: Pack, fresh: Sequence[PackDefinition]) -> None:
    """All drafts, then all versions at once, so that definitions may need each other."""
    problems: list[Problem] = []
    for each in fresh:
        faultpoint("pack-draft")
        try:
            save_draft(uow, access, each.kind, each.raw)
        except Invalid as invalid:
            problems += [p.under(f"{each.kind}/{each.key}") for p in invalid.problems]
    if problems:
        raise Invalid(problems)
    publish(uow, access, [(each.kind, each.key) for each in fresh], pack=pack.key)
    faultpoint("pack-published")


def _keep(uow: UnitOfWork, pack: Pack, plan: Plan) -> None:
    """Keep the original of what was written, and of what was there already just so."""
    known = originals_of(uow, pack.key)
    written = {(each.kind, each.key) for each in plan.changes if each.writes}
    bodies = {
        (each.kind, each.key): canonical(each.raw)
        for each in pack.definitions
        if (each.kind, each.key) in written or (each.kind, each.key) not in known
    }
    keep_originals(uow, pack.key, pack.version, bodies)
