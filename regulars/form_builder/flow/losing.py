"""States that a new version leaves out: not while records stand there, who could never leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.tables import build_tables
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def keep_states_in_use(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """Invalid, with how many records stand at each state that publishing would take away."""
    problems = [
        problem.under(f"form/{key}")
        for key in keys
        for problem in _lost(uow, before.find("form", key), after.get("form", key))
    ]
    if problems:
        raise Invalid(problems)


def _lost(uow: UnitOfWork, old: FormDefinition | None, new: FormDefinition) -> Iterator[Problem]:
    if old is None or old.workflow is None or (field := new.find(old.workflow.field)) is None:
        return
    for state in old.workflow.states:
        if state.value not in field.options and field.type == "choice":
            yield from held_state(uow, old, state.value)


def held_in_use(uow: UnitOfWork, key: str, value: str) -> list[Problem]:
    """The problem of taking this state of a form away; none where no record stands there."""
    form: FormDefinition | None = snapshot(uow).find("form", key)
    return [] if form is None else list(held_state(uow, form, value))


def held_state(uow: UnitOfWork, form: FormDefinition, value: str) -> Iterator[Problem]:
    """That records stand at a state of the published form, if any do."""
    flow, table = form.workflow, build_tables(form).main
    if flow is None or flow.field not in table.c:
        return
    n = uow.scalar(
        sa.select(sa.func.count()).select_from(table).where(table.c[flow.field] == value)
    )
    if n:
        said = {"state": state_name(form, value), "n": n}
        yield Problem("workflow/states", "state-in-use", said)
