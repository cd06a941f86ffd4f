"""The inbox of tasks and approvals, and what the shell shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
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
            unit=access.unit_ids[0] if access.unit_ids else None,
        )  # fmt: skip
        if problems := service.check_who(uow, wish):
            raise Invalid([replace(each, path="who") for each in problems])
        service.create_task(uow, access, wish)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, _FIELDS)
        return _page(uow, access, request.args.get("tab", ""), given.to_dict(), errors, 422)
    flash("tasks.added", title=wish.title)
    return go_to(url_for("tasks.index"))


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
    return go_to(url_for("tasks.index", tab=given.get("tab") or None))


def _page(
    uow: UnitOfWork, access: Access, tab: str, values: Mapping[str, str],
    errors: Mapping[str, list[str]], status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    shown = tab if tab in TABS else TABS[0]
    wanted = TasksWanted("done" if shown == "done" else "open", mine=shown == "mine")
    team = members.list_members(uow)
    people = [(str(each.id), each.name) for each in team if each.active]
    inbox = _inbox(uow, access, wanted, {each.id: each.name for each in team})
    return render(
        "tasks/inbox.html", status, inbox=inbox, tab=shown, values=values,
        errors=errors, people=people, mine=service.count_open(uow, access)[0],
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
    """Tasks about a record, for its timeline."""
    for state in ("open", "done"):
        for row in service.list_tasks(uow, access, TasksWanted(state, record=(form, record))):
            words = "outcome." + row.outcome if row.outcome else "state." + row.state
            params = {"title": row.title, "state": translate(f"tasks.{words}", access.locale)}
            at = row.finished_at or row.created_at
            yield Moment(at, "task", params, "list-checks", "blue", row.note)
