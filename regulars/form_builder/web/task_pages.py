"""The inbox of tasks and approvals, and what the shell shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import get_record
from regulars.form_builder.timeline import Moment
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web.approval_lines import ApprovalLine, approval_lines
from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.i18n import translate
from regulars.platform.problems import Problem
from regulars.platform.tasks import service
from regulars.platform.tasks.service import NewTask, TasksWanted
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem

tasks = Blueprint("tasks", __name__, url_prefix="/w/<workspace>")

TABS = ("mine", "all", "done")
_FIELDS = ("title", "details", "who", "due")


@dataclass(frozen=True)
class Inbox:
    """The tasks of one tab, with the names of what and whom they are about."""

    rows: Sequence[Any]
    titles: Mapping[tuple[str, int], str]
    names: Mapping[int, str]
    now: datetime
    approvals: Mapping[int, ApprovalLine] = field(default_factory=dict)

    @property
    def n_open(self) -> int:
        """How many wait to be done."""
        return sum(row.state == "open" for row in self.rows)

    def is_late(self, row: Any) -> bool:
        """Whether its time has passed."""
        return row.state == "open" and row.due_at is not None and row.due_at < self.now


@tasks.get("/tasks")
@workspace_page("enter")
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What there is to do, due first."""
    return _page(uow, access, request.args.get("tab", ""), {}, {})


@tasks.post("/tasks")
@workspace_page("enter")
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Add a task by hand."""
    given = request.form
    try:
        wish = NewTask(
            given.get("title", ""), given.get("details", "").strip() or None,
            member=given.get("who", type=stored_id), due_at=_end_of(uow, given.get("due", "")),
            unit=access.unit_ids[0] if access.unit_ids else None, **_about(uow, access),
        )  # fmt: skip
        if problems := service.check_who(uow, wish):
            raise Invalid([replace(each, path="who") for each in problems])
        service.create_task(uow, access, wish)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, _FIELDS)
        return _page(uow, access, request.args.get("tab", ""), given.to_dict(), errors, 422)
    flash("tasks.added", title=wish.title)
    return go_to(_back_to(wish.form, wish.record) or url_for("tasks.index"))


@tasks.post("/tasks/<int:task_id>/finish")
@workspace_page("enter")
def finish(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Say that it is done, approved or rejected."""
    given = request.form
    done = service.finish_task(
        uow, access, task_id, given.get("outcome") or None, given.get("note", "")
    )
    flash("tasks.finished", title=done.title)
    if given.get("back") == "today":
        return go_to(url_for("home.workspace_home"))
    if given.get("back") == "record" and (record := _back_to(done.form, done.record)):
        return go_to(record)
    return go_to(url_for("tasks.index", tab=given.get("tab") or None))


def record_tasks(uow: UnitOfWork, access: Access, form: str, record: int) -> Inbox:
    """The tasks about a record that this reader may see: open ones first."""
    rows = [
        row
        for state in ("open", "done")
        for row in service.list_tasks(uow, access, TasksWanted(state, record=(form, record)))
    ]
    names = {each.id: each.name for each in members.list_members(uow)} if rows else {}
    return Inbox(rows, {}, names, uow.now, approval_lines(uow, access, rows))


def colleagues(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Whom a task may be for, as choices."""
    return [(str(each.id), each.name) for each in members.list_members(uow) if each.active]


def _about(uow: UnitOfWork, access: Access) -> dict[str, Any]:
    """The record that a new task is about; NotFound for one that this person does not see."""
    form = request.form.get("form", "")
    record = request.form.get("record", type=stored_id)
    if not form or record is None:
        return {}
    get_record(uow, access, form, record)
    return {"form": form, "record": record}


def _back_to(form: str | None, record: int | None) -> str:
    """The tasks on the page of a record; "" for a task about none."""
    if form is None or record is None:
        return ""
    return url_for("records.show", form_key=form, record_id=record, tab="tasks")


def _page(
    uow: UnitOfWork, access: Access, tab: str, values: Mapping[str, str],
    errors: Mapping[str, list[str]], status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    shown = tab if tab in TABS else TABS[0]
    wanted = TasksWanted("done" if shown == "done" else "open", mine=shown == "mine")
    team = members.list_members(uow)
    inbox = _inbox(uow, access, wanted, {each.id: each.name for each in team})
    return render(
        "tasks/inbox.html", status, inbox=inbox, tab=shown, values=values,
        errors=errors, people=colleagues(uow), mine=service.count_open(uow, access)[0],
    )  # fmt: skip


def _inbox(
    uow: UnitOfWork, access: Access, wanted: TasksWanted, names: Mapping[int, str]
) -> Inbox:
    rows = service.list_tasks(uow, access, wanted)
    about: dict[str, set[int]] = {}
    for row in rows:
        if row.form is not None and access.scope(row.form, "read") != "none":
            about.setdefault(row.form, set()).add(row.record)
    titles = titles_of(uow, access, catalog_for(uow, access), about)
    return Inbox(rows, titles, names, uow.now, approval_lines(uow, access, rows))


def _end_of(uow: UnitOfWork, text: str) -> datetime | None:
    """The last minute of a day as a web form writes it, in the shop's zone."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid([Problem("due", "not-a-date", {"value": text[:40]})]) from None
    return datetime.combine(day, time(23, 59), uow.workspace.tz)


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """The inbox, with how much is waiting."""
    waiting, _late = service.count_open(uow, access)
    yield NavItem(
        url_for("tasks.index"), "list-checks", "nav.tasks", order=10, count=waiting or None
    )


def task_moments(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterator[Moment]:
    """Tasks about a record, for its timeline; approvals of the record tell of themselves."""
    for state in ("open", "done"):
        for row in service.list_tasks(uow, access, TasksWanted(state, record=(form, record))):
            if row.held_by is not None:
                continue
            words = "outcome." + row.outcome if row.outcome else "state." + row.state
            params = {"title": row.title, "state": translate(f"tasks.{words}", access.locale)}
            at = row.finished_at or row.created_at
            yield Moment(at, "task", params, "list-checks", "blue", row.note)
