"""States on a record's page and in the inbox: moving, taking back, handing over."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.flow import deciding, offering
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.records import get_record
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.record_pages import record_page
from regulars.form_builder.web.task_pages import tasks
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound, VersionConflict
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem
from regulars.platform.tasks import service
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to


@records.post("/records/<int:record_id>/to-state")
@workspace_page("read_records")
def to_state(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Take the record to another state."""
    given = request.form
    to = given.get("to", "")

    def work() -> None:
        offering.move(
            uow, access, form_key, record_id, to, note=given.get("comment", ""),
            version=given.get("version", type=stored_id),
        )  # fmt: skip
        flash("flow.moved", state=_name(uow, form_key, to))

    return _tried(uow, access, (form_key, record_id), work)


@records.post("/records/<int:record_id>/withdraw")
@workspace_page("read_records")
def withdraw(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Take one's own request back."""

    def work() -> None:
        deciding.withdraw(uow, access, form_key, record_id, request.form.get("comment", ""))
        flash("flow.withdrawn")

    get_record(uow, access, form_key, record_id)
    return _tried(uow, access, (form_key, record_id), work)


@records.post("/records/<int:record_id>/ask-again")
@workspace_page("update_records")
def ask_again(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Ask for the signatures of a state in which nobody is being asked."""

    def work() -> None:
        deciding.ask_again(uow, access, form_key, record_id)
        flash("flow.asked")

    get_record(uow, access, form_key, record_id, verb="update")
    return _tried(uow, access, (form_key, record_id), work)


@tasks.post("/tasks/<int:task_id>/decide")
@workspace_page("enter")
def decide(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Approve a record, or send it back with a reason."""
    given = request.form
    outcome = "returned" if given.get("outcome") == "returned" else "approved"

    def work() -> None:
        service.finish_task(
            uow, access, task_id, outcome, given.get("note", ""), given.get("to") or None
        )
        flash(f"flow.{outcome}")

    return _tried(uow, access, _about(uow, access, task_id), work)


@tasks.post("/tasks/<int:task_id>/hand-over")
@workspace_page("enter")
def hand_over(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Give one's turn to a colleague."""
    given = request.form

    def work() -> None:
        member = given.get("member", 0, type=stored_id)
        deciding.hand_over(uow, access, task_id, member, given.get("comment", ""))
        flash("flow.handed-over")

    return _tried(uow, access, _about(uow, access, task_id), work)


@tasks.post("/tasks/<int:task_id>/add-signer")
@workspace_page("enter")
def add_signer(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Ask one colleague more."""
    given = request.form

    def work() -> None:
        member, before = given.get("member", 0, type=stored_id), given.get("when") != "after"
        deciding.add_signer(
            uow, access, task_id, member, before=before, note=given.get("comment", "")
        )
        flash("flow.added")

    return _tried(uow, access, _about(uow, access, task_id), work)


def _about(uow: UnitOfWork, access: Access, task_id: int) -> tuple[str, int]:
    found = service.get_task(uow, access, task_id, lock=False)
    if found.form is None:
        raise NotFound("no-task")
    return found.form, found.record


def _tried(
    uow: UnitOfWork, access: Access, place: tuple[str, int], work: Callable[[], None]
) -> ResponseReturnValue:
    """Do it and go back; what stands in the way is said on the record's page."""
    try:
        with uow.savepoint():
            work()
    except (Invalid, VersionConflict) as error:
        changed = [Problem("", "moved-meanwhile")]
        problems = error.problems if isinstance(error, Invalid) else changed
        return record_page(uow, access, *place, problems)
    if request.form.get("back") == "tasks":
        return go_to(url_for("tasks.index"))
    return go_to(url_for("records.show", form_key=place[0], record_id=place[1]))


def _name(uow: UnitOfWork, form_key: str, value: str) -> Text:
    return state_name(catalog_of(uow).get_form(form_key), value)
