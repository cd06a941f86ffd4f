"""Asking for signatures and taking the question back: requests, signers and their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow.definition import Approval, State
from regulars.form_builder.flow.due import due_at
from regulars.form_builder.flow.entries import note_down
from regulars.form_builder.flow.moving import named_members
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.flow.signers import Asked, asked_for
from regulars.form_builder.flow.signing import Slot, progress
from regulars.form_builder.flow.tables import approval_request, approval_signer
from regulars.form_builder.linking import chunks
from regulars.form_builder.tables import FormTables
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import pick, translate
from regulars.platform.inserting import insert_new
from regulars.platform.tasks import service as tasks
from regulars.platform.tasks.service import NewTask

HOLDER = "approvals"
"""The name under which the inbox knows whose tasks these are."""


def open_request(
    uow: UnitOfWork, access: Access, form: FormDefinition, tables: FormTables,
    stored: Mapping[str, Any], state: State,
) -> int | None:  # fmt: skip
    """Ask everybody whose signature the state wants; the request, None where nobody is there."""
    approval = state.approval
    assert approval is not None
    unit = stored.get("unit")
    asked = asked_for(
        uow, approval, unit, lambda key: named_members(uow, form, tables, stored, key)
    )
    if asked is None:
        return None
    row = {
        "form": form.key, "record": stored["id"], "state": state.value, "needs": approval.needs,
        "status": "open", "applicant": access.actor, "applicant_name": access.name,
        "opened_at": uow.now,
    }  # fmt: skip
    made = insert_new(uow, approval_request, [row], "id")
    if not made:
        return None
    request = find_request(uow, int(made[0]))
    _put_signers(uow, request, asked, approval, unit)
    go_on(uow, access, form, request, approval)
    return int(request.id)


def _put_signers(
    uow: UnitOfWork, request: Any, asked: Sequence[Asked], approval: Approval, unit: int | None
) -> None:
    before: int | None = None
    for each in asked:
        row = {"member": each.member, "role": each.role, "unit": unit, "waits_for": before}
        fresh = add_slot(uow, request, row)
        before = fresh if approval.needs == "in_order" else None


def add_slot(uow: UnitOfWork, request: Any, row: Mapping[str, Any]) -> int:
    """One more signer of a request, waiting; their id."""
    whole = {
        "request": request.id, "form": request.form, "record": request.record,
        "state": "waiting", **row,
    }  # fmt: skip
    return int(insert_new(uow, approval_signer, [whole], "id")[0])


def go_on(
    uow: UnitOfWork, access: Access, form: FormDefinition, request: Any, approval: Approval
) -> bool:
    """Give those whose turn it is their task, let go of who is no longer asked; whether done."""
    signers = signers_of(uow, request.id)
    following = progress(request.needs, [slot_of(each) for each in signers])
    by_id = {each.id: each for each in signers}
    let_go(uow, [by_id[each] for each in following.skipped], "skipped")
    for number in following.opened:
        give_turn(uow, access, form, request, by_id[number], approval)
    return following.done


def give_turn(
    uow: UnitOfWork, access: Access, form: FormDefinition, request: Any, signer: Any,
    approval: Approval,
) -> None:  # fmt: skip
    """Make it somebody's turn: a task in their inbox, with its time."""
    until = due_at(approval.due, uow.now, uow.workspace.tz)
    locale = uow.workspace.locale
    words = {"form": pick(form.label, locale),
             "state": pick(state_name(form, request.state), locale)}  # fmt: skip
    title = translate("flow.task-title", locale, **words)
    wish = NewTask(
        title[: tasks.MAX_TITLE], None, "approval", form.key, request.record, signer.unit,
        signer.member, signer.role, until, held_by=HOLDER,
    )  # fmt: skip
    made = tasks.create_task(uow, access, wish)
    change_signer(uow, signer.id, state="open", task=made, due_at=until)


def let_go(uow: UnitOfWork, signers: Iterable[Any], state: str) -> None:
    """These signers are not asked any more; their tasks leave the inbox."""
    going = list(signers)
    tasks.cancel_tasks(uow, [each.task for each in going if each.task is not None])
    for each in going:
        change_signer(uow, each.id, state=state)


def cancel_open(uow: UnitOfWork, form: str, records: Sequence[int], status: str) -> None:
    """Close what is still being asked for about these records."""
    for some in chunks(sorted(records)):
        about = (approval_request.c.form == form, approval_request.c.record.in_(some))
        live = approval_request.select().where(*about, approval_request.c.status == "open")
        for request in list(uow.execute(live.with_for_update())):
            close(uow, request, status)


def close(uow: UnitOfWork, request: Any, status: str) -> None:
    """A request is over; whoever was still to sign is let go."""
    left = [each for each in signers_of(uow, request.id) if each.state in ("waiting", "open")]
    let_go(uow, left, "skipped")
    uow.execute(
        approval_request.update()
        .where(approval_request.c.id == request.id)
        .values(status=status, closed_at=uow.now)
    )


def live_request(uow: UnitOfWork, form: str, record: int) -> Any:
    """The request that is open about a record, None where there is none."""
    about = (approval_request.c.form == form, approval_request.c.record == record)
    return uow.execute(
        approval_request.select().where(*about, approval_request.c.status == "open")
    ).first()


def find_request(uow: UnitOfWork, number: int, *, lock: bool = False) -> Any:
    """One request; with ``lock`` nobody else decides on it meanwhile."""
    statement = approval_request.select().where(approval_request.c.id == number)
    return uow.execute(statement.with_for_update() if lock else statement).one()


def signers_of(uow: UnitOfWork, request: int) -> list[Any]:
    """Everybody who is or was asked, in order."""
    about = approval_signer.c.request == request
    return list(uow.execute(approval_signer.select().where(about).order_by(approval_signer.c.id)))


def slot_of(row: Any) -> Slot:
    """A stored signer as the pure part sees it."""
    return Slot(row.id, row.state, row.waits_for, row.extra_of)


def change_signer(uow: UnitOfWork, number: int, **values: Any) -> None:
    """Set columns of one signer."""
    uow.execute(approval_signer.update().where(approval_signer.c.id == number).values(**values))


def note_asked(uow: UnitOfWork, access: Access, place: tuple[str, int], request: int) -> None:
    """A line in the log: somebody asked once more."""
    note_down(uow, access, place, "asked", request=request)
