"""How far each entry of a rule came: a message left, was opened, clicked, answered, redeemed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.definition import Redeemed
from regulars.rule_engine.policy_keeping import policy_of
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.tables import outbound, run, run_step

TOLD = ("opened", "clicked", "replied")
Reached = Mapping[str, set[int]]
"""Stage → the runs that came as far. A stage that nobody measures is not there."""


def reached_by(uow: UnitOfWork, access: Access, pinned: PinnedRule) -> Reached:
    """The runs of a rule by how far they came, of those this reader may see."""
    found: dict[str, set[int]] = {"sent": set(), **{stage: set() for stage in TOLD}}
    for row in _sent(uow, access, pinned.rule.key):
        found["sent"].add(row.run)
        for stage in TOLD:
            if getattr(row, f"{stage}_at") is not None:
                found[stage].add(row.run)
    if not found["opened"] and not _tells_openings(uow, pinned):
        del found["opened"]
    if pinned.rule.redeemed is not None:
        found["redeemed"] = _redeemed(uow, access, pinned, pinned.rule.redeemed)
    return found


def _sent(uow: UnitOfWork, access: Access, rule: str) -> Sequence[Any]:
    wanted = [outbound.c[name] for name in ("run", *(f"{stage}_at" for stage in TOLD))]
    return uow.execute(
        sa.select(*wanted).where(
            outbound.c.rule == rule,
            outbound.c.status == "sent",
            *seen_rows(uow, access, outbound),
        )
    ).all()


def _tells_openings(uow: UnitOfWork, pinned: PinnedRule) -> bool:
    """Only mails tell, and only where the shop asks for it."""
    sends = [step for step in pinned.rule.walk() if step.do == "send_message"]
    mails = any(step.settings["channel"] == "email" for step in sends)
    return mails and policy_of(uow).open_pixel


def _redeemed(uow: UnitOfWork, access: Access, pinned: PinnedRule, redeemed: Redeemed) -> set[int]:
    """Runs of which a record they made meets the condition by now."""
    made = _made(uow, access, pinned.rule.key, redeemed.form)
    catalog = pinned.catalog
    if not made or redeemed.form not in catalog.tables:
        return set()
    table = catalog.tables[redeemed.form].main
    tree, problems = catalog.condition(redeemed.form, redeemed.where)
    if problems:
        return set()
    where = [
        expressing.where_sql(uow, catalog, tree, table),
        *scope_conditions(uow, access, catalog, redeemed.form, table, "read"),
    ]
    found: set[int] = set()
    for some in chunks(sorted(made)):
        used = uow.execute(sa.select(table.c.id).where(table.c.id.in_(some), *where))
        found.update(made[record] for record in used.scalars())
    return found


def _made(uow: UnitOfWork, access: Access, rule: str, form: str) -> dict[int, int]:
    """Record of a form → the run of the rule that made it."""
    rows = uow.execute(
        sa.select(run_step.c.run, run_step.c.output)
        .join(run, run.c.id == run_step.c.run)
        .where(run.c.rule == rule, run_step.c.do == "create_record", *seen_rows(uow, access, run))
    )
    return {
        int(row.output["record"]): row.run
        for row in rows
        if row.output and row.output.get("form") == form
    }
