"""Deciding on a record: approve, return, hand over, ask one more, take back.

Whoever decides first locks the record, then the request, so that two who press at the same moment
come one after the other: the second sees what the first has done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from regulars.form_builder import writing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow import asking
from regulars.form_builder.flow.definition import Approval, Workflow
from regulars.form_builder.flow.entries import note_down
from regulars.form_builder.flow.moving import MANAGES
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.flow.signing import with_extra
from regulars.form_builder.flow.tables import approval_signer
from regulars.form_builder.origin import Origin
from regulars.form_builder.records_seen import sees_record
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import get_member, list_members, member_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.tasks import service as tasks
from regulars.platform.tasks.service import Ending


@dataclass(frozen=True)
class Case:
    """One open request, locked, with its form and the approval it follows."""

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    form: FormDefinition
    flow: Workflow
    approval: Approval
    request: Any

    @property
    def place(self) -> tuple[str, int]:
        """The record."""
        return self.form.key, self.request.record


class Approvals:
    """The tasks of approvals in the inbox."""

    def finish(self, uow: UnitOfWork, access: Access, found: Any, ending: Ending) -> None:
        """Sign, or send the record back."""
        if ending.outcome == "approved":
            approve(uow, access, found, ending.note)
        else:
            give_back(uow, access, found, ending.note, ending.to)


def approve(uow: UnitOfWork, access: Access, found: Any, note: str) -> None:
    """Sign; after the last signature the record goes on. Conflict when it is over."""
    case, signer = opened(uow, access, found)
    _may_sign(case, signer)
    _signed(case, signer, found, "approved", note)
    if asking.go_on(uow, access, case.form, case.request, case.approval):
        _conclude(case, case.approval.approved, "approved", note)


def give_back(uow: UnitOfWork, access: Access, found: Any, note: str, to: str | None) -> None:
    """Send the record back to an earlier state; why has to be said."""
    case, signer = opened(uow, access, found)
    _may_sign(case, signer)
    target, problems = to or case.approval.returned[0], []
    if not note.strip():
        problems.append(Problem("note", "return-needs-reason"))
    if target not in case.approval.returned:
        allowed = [state_name(case.form, each) for each in case.approval.returned]
        problems.append(Problem("to", "not-a-way-back", {"allowed": allowed}))
    if problems:
        raise Invalid(problems)
    _signed(case, signer, found, "returned", note)
    _conclude(case, target, "returned", note)


def withdraw(uow: UnitOfWork, access: Access, form_key: str, record: int, note: str = "") -> None:
    """Whoever asked takes the question back."""
    request = asking.live_request(uow, form_key, record)
    if request is None:
        raise NotFound("no-open-approval")
    case = _case(uow, access, request)
    if request.applicant != access.actor and access.kind != "system":
        raise Forbidden("not-your-request", name=request.applicant_name)
    if case.approval.withdrawn is None:
        raise Conflict("cannot-withdraw")
    note_down(uow, access, case.place, "withdrawn", note=note, request=request.id)
    _conclude(case, case.approval.withdrawn, "withdrawn", note)


def ask_again(uow: UnitOfWork, access: Access, form_key: str, record: int) -> None:
    """Ask for the signatures of a state in which nobody is being asked."""
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    tables = catalog.tables[form_key]
    stored = load_rows(uow, form, tables, [record], lock=True).get(record)
    flow = form.workflow
    if stored is None or flow is None:
        raise NotFound("no-record", form=form.label, id=record)
    state = flow.at(stored.get(flow.field))
    if state.approval is None or asking.live_request(uow, form_key, record) is not None:
        raise Conflict("nothing-to-ask")
    made = asking.open_request(uow, access, form, tables, stored, state)
    if made is None:
        raise Invalid([Problem(flow.field, "approval-without-signer")])
    asking.note_asked(uow, access, (form_key, record), made)


def opened(uow: UnitOfWork, access: Access, found: Any) -> tuple[Case, Any]:
    """The request and the signer of a task, locked; Conflict when it is over."""
    signer = uow.execute(
        approval_signer.select().where(approval_signer.c.task == found.id)
    ).first()
    if signer is None or found.state != "open":
        raise Conflict("task-is-over", by=found.finished_by or "")
    case = _case(uow, access, asking.find_request(uow, signer.request))
    now = next(each for each in asking.signers_of(uow, signer.request) if each.id == signer.id)
    if now.state != "open":
        raise Conflict("task-is-over", by=now.decided_name or "")
    return case, now


def _case(uow: UnitOfWork, access: Access, request: Any) -> Case:
    """The record first, then the request: in this order everybody locks."""
    catalog = catalog_of(uow)
    form = catalog.get_form(request.form)
    stored = load_rows(uow, form, catalog.tables[form.key], [request.record], lock=True)
    request = asking.find_request(uow, request.id, lock=True)
    flow, row = form.workflow, stored.get(request.record)
    if request.status != "open":
        raise Conflict("task-is-over", by="")
    state = flow.at(row.get(flow.field)) if flow is not None and row is not None else None
    if flow is None or state is None or state.approval is None or state.value != request.state:
        raise Conflict("approval-changed")
    return Case(uow, access, catalog, form, flow, state.approval, request)


def signs(access: Access, signer: Any) -> bool:
    """Whether it is this person's signature that is wanted."""
    if signer.member is not None:
        return bool(signer.member == access.member_id)
    in_reach = not access.unit_ids or signer.unit is None or signer.unit in access.unit_ids
    return access.kind != "system" and signer.role == access.role and in_reach


def _may_sign(case: Case, signer: Any) -> None:
    access = case.access
    if access.kind == "system":
        raise Forbidden("approval-needs-a-person")
    if not signs(access, signer):
        raise Forbidden("not-your-signature")
    if case.approval.four_eyes and access.kind != "member":
        raise Forbidden("approval-needs-a-person")  # nobody can tell whose eyes a key has
    others = asking.signers_of(case.uow, case.request.id)
    if any(each.decided_by == access.actor for each in others):
        raise Conflict("signed-already")
    if case.approval.four_eyes and case.request.applicant == access.actor:
        raise Forbidden("own-request")


def _signed(case: Case, signer: Any, found: Any, outcome: str, note: str) -> None:
    uow, access = case.uow, case.access
    asking.change_signer(
        uow, signer.id, state=outcome, decided_at=uow.now, decided_by=access.actor,
        decided_name=access.name, stuck_at=None,
    )  # fmt: skip
    tasks.settle(uow, access, tasks.find_task(uow, found.id), outcome, note)
    note_down(uow, access, case.place, outcome, note=note, request=case.request.id)


def _conclude(case: Case, target: str, status: str, note: str) -> None:
    """The request is over; the record goes where that leads."""
    asking.close(case.uow, case.request, status)
    origin = Origin("page", note=note or None, decides=True, ref=f"approval:{case.request.id}")
    deciding = replace(case.access, role="owner", unit_ids=(), assigned_ids=None)
    work = Writing(case.uow, deciding, case.catalog, case.form, origin)
    draft = RowDraft(0, {case.flow.field: target}, id=case.request.record)
    writing.prepare(work, [draft])
    if draft.problems:
        raise Invalid(draft.problems)
    writing.store(work, [draft])


def hand_over(uow: UnitOfWork, access: Access, task_id: int, member: int, note: str = "") -> None:
    """Give one's turn to a colleague; whoever manages tasks may give anybody's."""
    case, signer, found = _held(uow, access, task_id)
    name = _fresh_signer(case, member)
    tasks.give_task(uow, found.id, member=member, role=None, due_at=found.due_at)
    asking.change_signer(uow, signer.id, member=member, role=None, stuck_at=None)
    note_down(
        uow, access, case.place, "handed-over", note=note, other=name, request=case.request.id
    )


def add_signer(
    uow: UnitOfWork, access: Access, task_id: int, member: int, *, before: bool, note: str = ""
) -> None:
    """Ask one colleague more, to sign before oneself or behind."""
    case, signer, found = _held(uow, access, task_id)
    name = _fresh_signer(case, member)
    known = [asking.slot_of(each) for each in asking.signers_of(uow, case.request.id)]
    row = {"member": member, "role": None, "unit": signer.unit, "extra_of": signer.id,
           "waits_for": None if before else signer.id}  # fmt: skip
    fresh = asking.add_slot(uow, case.request, row)
    if before:
        tasks.cancel_tasks(uow, [found.id])
    for was, now in zip(known, with_extra(known, signer.id, fresh, before=before), strict=False):
        if was != now:
            asking.change_signer(
                uow, now.id, state=now.state, waits_for=now.waits_for, task=None, due_at=None
            )
    asking.go_on(uow, access, case.form, case.request, case.approval)
    action = "added-before" if before else "added-behind"
    note_down(uow, access, case.place, action, note=note, other=name, request=case.request.id)


def _held(uow: UnitOfWork, access: Access, task_id: int) -> tuple[Case, Any, Any]:
    found = tasks.get_task(uow, access, task_id, lock=False)
    if found.held_by != asking.HOLDER:
        raise Conflict("not-an-approval")
    case, signer = opened(uow, access, found)
    if not signs(access, signer) and not access.can(MANAGES):
        raise Forbidden("not-your-signature")
    return case, signer, found


def _fresh_signer(case: Case, member: int) -> str:
    """The name of an active colleague who is not asked already and may see the record."""
    chosen = next((each for each in list_members(case.uow) if each.id == member), None)
    if chosen is None or not chosen.active:
        raise Invalid([Problem("member", "no-such-colleague")])
    known = asking.signers_of(case.uow, case.request.id)
    if any(each.member == member and each.state != "skipped" for each in known):
        raise Invalid([Problem("member", "asked-already", {"name": chosen.name})])
    if any(each.decided_by == f"member:{member}" for each in known):
        raise Invalid([Problem("member", "asked-already", {"name": chosen.name})])
    if not _sees(case, member):
        raise Invalid([Problem("member", "cannot-see-record", {"name": chosen.name})])
    return chosen.name


def _sees(case: Case, member: int) -> bool:
    return sees_record(
        case.uow, member_access(case.uow, get_member(case.uow, member)), *case.place
    )
