"""Making, finding and finishing tasks. What becomes of one is an event that rules may wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import list_members
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.roles import Role
from regulars.platform.accounts.units import list_units
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.events import Event, record_events
from regulars.platform.inserting import insert_new
from regulars.platform.prepared import Prepared
from regulars.platform.problems import Problem
from regulars.platform.registry import Registry
from regulars.platform.tasks.tables import task

OUTCOMES: Mapping[str, tuple[str, ...]] = {"task": ("done",), "approval": ("approved", "rejected")}
"""How each kind may end; the first is the good one."""

HELD_OUTCOMES = ("approved", "returned")
"""How a task of a record's approval may end."""

MAX_TITLE = 200
MAX_TEXT = 4000
PAGE = 50


@dataclass(frozen=True)
class NewTask:
    """Something to do. ``member`` or ``role`` says by whom; neither: by anybody of ``unit``."""

    title: str
    details: str | None = None
    kind: str = "task"
    form: str | None = None
    record: int | None = None
    unit: int | None = None
    member: int | None = None
    role: str | None = None
    due_at: datetime | None = None
    key: str | None = None
    rule: str | None = None
    run: int | None = None
    step: str | None = None
    held_by: str | None = None
    chain: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class TasksWanted:
    """Which tasks: open ones or finished ones; ``mine`` leaves out those of other people."""

    state: str = "open"
    mine: bool = False
    record: tuple[str, int] | None = None
    below: int | None = None


def create_task(uow: UnitOfWork, access: Access, wish: NewTask) -> int | None:
    """Put a task into the inbox; its id, None when one with this key is there already.

    Invalid with every problem.
    """
    problems = _problems(wish)
    if problems:
        raise Invalid(problems)
    row = {
        **asdict(wish), "title": wish.title.strip(), "chain": list(wish.chain), "state": "open",
        "created_at": uow.now, "created_by": access.actor,
    }  # fmt: skip
    made = insert_new(uow, task, [row], "id")
    return int(made[0]) if made else None


def _problems(wish: NewTask) -> list[Problem]:
    found = []
    if not wish.title.strip():
        found.append(Problem("title", "required"))
    if len(wish.title) > MAX_TITLE:
        found.append(Problem("title", "shape-max-length", {"n": MAX_TITLE}))
    if len(wish.details or "") > MAX_TEXT:
        found.append(Problem("details", "shape-max-length", {"n": MAX_TEXT}))
    if wish.kind not in OUTCOMES:
        found.append(Problem("kind", "shape-enum", {"allowed": sorted(OUTCOMES)}))
    return found


def check_who(uow: UnitOfWork, wish: NewTask) -> list[Problem]:
    """Why nobody would find this task: it is for a member, role or store that is not there."""
    found = []
    people = {each.id for each in list_members(uow) if each.active}
    if wish.member is not None and wish.member not in people:
        found.append(Problem("member", "no-such-colleague"))
    if wish.role is not None and wish.role not in roles_of(uow):
        found.append(Problem("role", "no-such-role", {"role": wish.role[:60]}))
    if wish.unit is not None and wish.unit not in {each.id for each in list_units(uow)}:
        found.append(Problem("unit", "no-such-store"))
    return found


def list_tasks(uow: UnitOfWork, access: Access, wanted: TasksWanted) -> list[Any]:
    """Tasks this person may see, those due first; finished ones newest first. At most a page."""
    statement = task.select().where(*_visible(access)).limit(PAGE)
    if wanted.state == "open":
        by_due = (task.c.due_at.is_(None), task.c.due_at, task.c.id)
        statement = statement.where(task.c.state == "open").order_by(*by_due)
    else:
        statement = statement.where(task.c.state != "open").order_by(task.c.id.desc())
    if wanted.mine:
        statement = statement.where(*_for_me(access))
    if wanted.record is not None:
        form, record = wanted.record
        statement = statement.where(task.c.form == form, task.c.record == record)
    if wanted.below is not None:
        statement = statement.where(task.c.id < wanted.below)
    return list(uow.execute(statement))


def count_open(uow: UnitOfWork, access: Access) -> tuple[int, int]:
    """How many open tasks are for this person, and how many of them are overdue."""
    row = _counted(access, access.held).first(uow.connection, {"now": uow.now})
    assert row is not None
    return int(row[0]), int(row[1])


@lru_cache(maxsize=500)
def _counted(access: Access, _held: Role) -> Prepared:
    """The question of `count_open`, which every page asks; it depends on the role as it is now."""
    now = sa.bindparam("now", type_=task.c.due_at.type)
    late = sa.func.coalesce(sa.func.sum(sa.case((task.c.due_at < now, 1), else_=0)), 0)
    counted = sa.select(sa.func.count(), late).select_from(task)
    return Prepared(counted.where(task.c.state == "open", *_visible(access), *_for_me(access)))


def get_task(uow: UnitOfWork, access: Access, task_id: int, *, lock: bool = True) -> Any:
    """One task; NotFound when it is not there or not for this person's eyes."""
    statement = task.select().where(task.c.id == task_id, *_visible(access))
    found = uow.execute(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFound("no-task")
    return found


@dataclass(frozen=True)
class Ending:
    """How somebody ends a task; ``to`` is the state a record is sent back to."""

    outcome: str | None = None
    note: str = ""
    to: str | None = None


class TaskHolder(Protocol):
    """Who decides what becomes of tasks of its own, such as approvals of records."""

    def finish(self, uow: UnitOfWork, access: Access, found: Any, ending: Ending) -> None:
        """End the task ``found``; it was read without being locked."""


task_holders: Registry[TaskHolder] = Registry("holder of tasks")


def finish_task(
    uow: UnitOfWork, access: Access, task_id: int, outcome: str | None = None, note: str = "",
    to: str | None = None,
) -> Any:  # fmt: skip
    """Say that it is done, and how; Conflict when somebody was faster.

    ``to`` is for approvals of records only: the state that it is sent back to.
    """
    found = get_task(uow, access, task_id, lock=False)
    if len(note) > MAX_TEXT:
        raise Invalid([Problem("note", "shape-max-length", {"n": MAX_TEXT})])
    holder = task_holders.get(found.held_by) if found.held_by else None
    allowed = OUTCOMES[found.kind] if holder is None else HELD_OUTCOMES
    wanted = outcome or allowed[0]
    if wanted not in allowed:
        raise Invalid([Problem("outcome", "shape-enum", {"allowed": list(allowed)})])
    if holder is not None:
        holder.finish(uow, access, found, Ending(wanted, note, to))
    else:
        settle(uow, access, get_task(uow, access, task_id), wanted, note)
    return find_task(uow, task_id)


def settle(uow: UnitOfWork, access: Access, found: Any, outcome: str, note: str) -> None:
    """Close a task that is locked; Conflict when it is over."""
    if found.state != "open":
        raise Conflict("task-is-over", by=found.finished_by or "")
    uow.execute(
        task.update()
        .where(task.c.id == found.id)
        .values(
            state="done", outcome=outcome, note=note.strip() or None, finished_at=uow.now,
            finished_by=access.name,
        )
    )  # fmt: skip
    record_events(uow, [_event(uow, found, "task_done", access.actor, outcome=outcome)])


def cancel_tasks(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take open tasks back."""
    for start in range(0, len(ids), 1000):
        some = task.c.id.in_(ids[start : start + 1000])
        uow.execute(
            task.update()
            .where(some, task.c.state == "open")
            .values(state="cancelled", finished_at=uow.now)
        )


def give_task(
    uow: UnitOfWork, task_id: int, *, member: int | None, role: str | None,
    due_at: datetime | None,
) -> None:  # fmt: skip
    """Put an open task into somebody else's inbox, with the time they have."""
    uow.execute(
        task.update()
        .where(task.c.id == task_id, task.c.state == "open")
        .values(member=member, role=role, due_at=due_at, overdue_told_at=None)
    )


def cancel_of_runs(uow: UnitOfWork, runs: Sequence[int]) -> None:
    """Take back what runs that are over still wait for."""
    for start in range(0, len(runs), 1000):
        uow.execute(
            task.update()
            .where(
                task.c.run.in_(runs[start : start + 1000]),
                task.c.state == "open",
                task.c.kind == "approval",
            )
            .values(state="cancelled", finished_at=uow.now)
        )


def any_overdue(uow: UnitOfWork) -> bool:
    """Whether there is an open task whose time has passed and nobody was told of."""
    return bool(uow.scalar(sa.select(sa.exists().where(*_overdue(uow)))))


def _overdue(uow: UnitOfWork) -> tuple[Any, ...]:
    untold = task.c.overdue_told_at.is_(None)
    return (task.c.state == "open", task.c.due_at <= uow.now, untold)


def tell_overdue(uow: UnitOfWork) -> int:
    """Tell once of every open task whose time has passed; how many."""
    late = list(
        uow.execute(
            task.select()
            .where(*_overdue(uow))
            .order_by(task.c.id)
            .limit(500)
            .with_for_update(skip_locked=True)
        )
    )
    ids = [row.id for row in late]
    if ids:
        uow.execute(task.update().where(task.c.id.in_(ids)).values(overdue_told_at=uow.now))
        record_events(uow, [_event(uow, row, "task_overdue", "system") for row in late])
    return len(ids)


def hand_over(uow: UnitOfWork, key: str, *, role: str, due_at: datetime) -> None:
    """Give an open task to another role, with new time for it."""
    uow.execute(
        task.update()
        .where(task.c.key == key, task.c.state == "open")
        .values(role=role, member=None, due_at=due_at, overdue_told_at=None)
    )


def find_task(uow: UnitOfWork, task_id: int | None) -> Any:
    """A task that was just made, for whoever made it."""
    return uow.execute(task.select().where(task.c.id == task_id)).one()


def find_by_key(uow: UnitOfWork, key: str) -> Any:
    """The task a rule made, None when there is none."""
    return uow.execute(task.select().where(task.c.key == key)).first()


def _visible(access: Access) -> list[Any]:
    """Who manages tasks sees all of their stores; others see what is for them."""
    if access.kind == "system":
        return []
    in_reach: Any = sa.true()
    if access.unit_ids:
        in_reach = sa.or_(task.c.unit.is_(None), task.c.unit.in_(access.unit_ids))
    if access.can("manage_tasks"):
        return [in_reach]
    return [sa.or_(_is_mine(access), sa.and_(_for_my_role(access), in_reach))]


def _for_me(access: Access) -> list[Any]:
    return [sa.or_(_is_mine(access), _for_my_role(access))]


def _is_mine(access: Access) -> Any:
    return sa.false() if access.member_id is None else task.c.member == access.member_id


def _for_my_role(access: Access) -> Any:
    nobodys = sa.or_(task.c.role.is_(None), task.c.role == access.role)
    return sa.and_(task.c.member.is_(None), nobodys)


def _event(uow: UnitOfWork, row: Any, kind: str, actor: str, **more: Any) -> Event:
    data = {"task": row.id, "run": row.run, "rule": row.rule, "step": row.step, **more}
    return Event(
        kind, row.form, row.record, data=data, actor=actor, chain=tuple(row.chain), at=uow.now
    )
