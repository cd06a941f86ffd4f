"""Approvals that wait too long, or for somebody who is gone: handed on, or shown as stuck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow import asking
from regulars.form_builder.flow.definition import Approval, Signer
from regulars.form_builder.flow.due import due_at
from regulars.form_builder.flow.entries import note_down
from regulars.form_builder.flow.moving import named_members
from regulars.form_builder.flow.signers import Asked, people_of
from regulars.form_builder.flow.tables import approval_signer
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.members import Member, list_members
from regulars.platform.accounts.tables import member
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.tasks import service as tasks
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces

AT_ONCE = 200


class ApprovalDesk:
    """The open approvals of every workspace of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("approvals", lambda _now: self.answer(), is_due=self.is_due),)

    def is_due(self, now: datetime) -> bool:
        """Whether something waits too long, or for somebody who is gone, anywhere."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                if uow.execute(_waiting(uow).limit(1)).first() is not None:
                    return True
        return False

    def answer(self) -> None:
        """One round over every workspace."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, now=self.database.clock()) as uow:
                hand_on(uow)


def hand_on(uow: UnitOfWork) -> int:
    """Hand on what waits too long or for nobody; how many were looked at."""
    found = list(uow.execute(_waiting(uow).limit(AT_ONCE)))
    team = list_members(uow)
    for row in found:
        _hand_on(uow, row, team)
    return len(found)


def _waiting(uow: UnitOfWork) -> sa.Select[Any]:
    """Open turns that are overdue and were not handed on, or whose member is not here any more."""
    signer = approval_signer.c
    gone = sa.select(member.c.id).where(member.c.active == sa.false())
    late = sa.and_(signer.due_at <= uow.now, signer.escalated_at.is_(None))
    lost = sa.and_(signer.member.in_(gone), signer.stuck_at.is_(None))
    return (
        sa.select(approval_signer)
        .where(signer.state == "open", sa.or_(late, lost))
        .order_by(signer.id)
    )


def _hand_on(uow: UnitOfWork, row: Any, team: Sequence[Member]) -> None:
    catalog = catalog_of(uow)
    form = catalog.forms.get(row.form)
    flow = form.workflow if form is not None else None
    stored: Any = None
    if form is not None:
        tables = catalog.tables[form.key]
        stored = load_rows(uow, form, tables, [row.record], lock=True).get(row.record)
    request = asking.find_request(uow, row.request, lock=True)
    signer = next(each for each in asking.signers_of(uow, request.id) if each.id == row.id)
    state = flow.at(stored.get(flow.field)) if flow is not None and stored is not None else None
    if request.status != "open" or signer.state != "open":
        return
    if form is None or state is None or state.approval is None or state.value != request.state:
        asking.close(uow, request, "cancelled")
        return
    active = [each for each in team if each.active]
    taker = _taker(uow, form, stored, state.approval, signer, active)
    _give(uow, signer, request, state.approval, taker, team)


def _taker(
    uow: UnitOfWork, form: FormDefinition, stored: Any, approval: Approval, signer: Any,
    active: list[Member],
) -> Asked | None:  # fmt: skip
    """Who takes a turn over: whom the owner named; the store's manager where nobody is left."""
    tables = catalog_of(uow).tables[form.key]
    is_lost = signer.member is not None and signer.member not in {each.id for each in active}
    wanted = [approval.escalate] if approval.escalate is not None else []
    if is_lost:
        wanted.append(Signer("manager"))
    asked = {(s.member, s.role) for s in asking.signers_of(uow, signer.request)}
    for each in wanted:
        found = people_of(
            uow, each, signer.unit, lambda key: named_members(uow, form, tables, stored, key),
            active,
        )  # fmt: skip
        for person in found:
            if (person.member, person.role) not in asked:
                return person
    return None


def _give(
    uow: UnitOfWork, signer: Any, request: Any, approval: Approval, taker: Asked | None,
    team: Sequence[Member],
) -> None:  # fmt: skip
    place, system = (request.form, request.record), system_access(uow.workspace.locale)
    names = {each.id: each.name for each in team}
    lost = any(each.id == signer.member and not each.active for each in team)
    if taker is None:
        marks = {"escalated_at": uow.now, **({"stuck_at": uow.now} if lost else {})}
        asking.change_signer(uow, signer.id, **marks)
        if lost:
            who = names.get(signer.member)
            note_down(uow, system, place, "stuck", other=who, request=request.id)
        return
    until = due_at(approval.due, uow.now, uow.workspace.tz)
    tasks.give_task(uow, signer.task, member=taker.member, role=taker.role, due_at=until)
    asking.change_signer(
        uow, signer.id, member=taker.member, role=taker.role, due_at=until,
        escalated_at=uow.now, stuck_at=None,
    )  # fmt: skip
    other = names.get(taker.member) if taker.member is not None else taker.role
    action = "replaced" if lost else "escalated"
    note_down(uow, system, place, action, other=other, request=request.id)
