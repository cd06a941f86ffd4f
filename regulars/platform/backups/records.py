"""The list of backups: asked for, claimed with an UPDATE, good or failed. In the main store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from regulars.platform import ids
from regulars.platform.backups.plans import Plan
from regulars.platform.backups.tables import backup, backup_plan
from regulars.platform.errors import NotFound, RegularsError

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
_WAITING = sa.or_(
    backup.c.state.in_(("due", "running")),
    sa.and_(backup.c.then.is_not(None), backup.c.then_at.is_(None), backup.c.state == "good"),
)


@dataclass(frozen=True)
class Backup:
    """One backup. ``workspace_id`` None: the people and their accounts."""

    id: int
    workspace_id: int | None
    kind: str
    state: str
    file: str
    size: int | None
    rows_done: int
    rows_total: int | None
    problem: dict[str, Any] | None
    then: dict[str, Any] | None
    then_at: datetime | None
    asked_by: str
    created_at: datetime
    finished_at: datetime | None
    token: str | None
    attempts: int

    def words(self, locale: str) -> str:
        """What went wrong, as a sentence."""
        problem = self.problem or {"code": "refused", "params": {}}
        return RegularsError(problem["code"], **problem["params"]).message(locale)

    @property
    def is_under_way(self) -> bool:
        """Whether somebody works on it, or on what follows it."""
        return self.state in ("due", "running") or (self.then is not None and self.then_at is None)


@dataclass(frozen=True)
class Wish:
    """A backup somebody asks for. ``slot`` lets the same wish in only once."""

    workspace_id: int | None
    kind: str
    asked_by: str
    slot: str = ""
    then: dict[str, Any] | None = None


def ask(connection: Connection, wish: Wish, *, now: datetime, state: str = "due") -> int | None:
    """Put it on the list; its id, None when the slot is taken."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    stamp = now.strftime("%Y-%m-%d-%H%M%S")
    file = f"{_folder(wish.workspace_id)}/{stamp}-{wish.kind}-{ids.new_code(6).lower()}.tar.gz"
    values = {
        "workspace_id": wish.workspace_id,
        "slot": wish.slot or f"{wish.kind}:{ids.new_token(12)}",
        "kind": wish.kind,
        "state": state,
        "due_at": now,
        "attempts": 0,
        "file": file,
        "rows_done": 0,
        "asked_by": wish.asked_by,
        "then": wish.then,
        "created_at": now,
    }
    statement = build(backup).values(**values).on_conflict_do_nothing().returning(backup.c.id)
    made: int | None = connection.execute(statement).scalar()
    return made


def in_slot(wish: Wish, slot: str) -> Wish:
    """The same wish, let in once under this name."""
    return replace(wish, slot=slot)


def slots(connection: Connection) -> set[str]:
    """The names of the daily backups there have been."""
    known = sa.select(backup.c.slot).where(backup.c.kind == "daily")
    return set(connection.execute(known).scalars())


def is_waiting(connection: Connection, *, now: datetime) -> bool:
    """Whether there is anything to claim."""
    found = sa.select(sa.exists().where(_WAITING, backup.c.due_at <= now))
    return bool(connection.execute(found).scalar())


def claim(connection: Connection, *, now: datetime) -> Backup | None:
    """Take the next one in hand for a while; None when nothing is due."""
    first = (
        sa.select(backup.c.id)
        .where(_WAITING, backup.c.due_at <= now)
        .order_by(backup.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    chosen = connection.execute(first).scalar()
    if chosen is None:
        return None
    state = sa.case((backup.c.state == "good", "good"), else_="running")
    connection.execute(
        backup.update()
        .where(backup.c.id == chosen)
        .values(
            state=state, token=ids.new_token(12), due_at=now + LEASE,
            attempts=backup.c.attempts + 1,
        )
    )  # fmt: skip
    return get(connection, chosen)


def keep_up(connection: Connection, held: Backup, *, now: datetime, **values: Any) -> bool:
    """Write down how far it is and lengthen the lease; False when somebody else has it."""
    done = connection.execute(
        backup.update()
        .where(backup.c.id == held.id, backup.c.token == held.token)
        .values(due_at=now + LEASE, **values)
    )
    return bool(done.rowcount)


def get(connection: Connection, backup_id: int) -> Backup:
    """The backup with this number."""
    row = connection.execute(backup.select().where(backup.c.id == backup_id)).first()
    if row is None:
        raise NotFound()
    return _backup(row)


def of_workspace(connection: Connection, workspace_id: int | None) -> list[Backup]:
    """Every backup of a workspace, the newest first."""
    mine = backup.c.workspace_id == workspace_id
    if workspace_id is None:
        mine = backup.c.workspace_id.is_(None)
    rows = connection.execute(backup.select().where(mine).order_by(backup.c.id.desc()))
    return [_backup(row) for row in rows]


def last_good(connection: Connection, workspace_id: int | None) -> Backup | None:
    """The newest backup that could be read back."""
    made = [each for each in of_workspace(connection, workspace_id) if each.kind != "taken"]
    return next((each for each in made if each.state == "good"), None)


def settle_taken(connection: Connection, taken: Backup, size: int, *, now: datetime) -> None:
    """A file from outside is whole and may be restored."""
    connection.execute(
        backup.update()
        .where(backup.c.id == taken.id)
        .values(state="good", size=size, finished_at=now)
    )


def forget(connection: Connection, backup_ids: set[int]) -> None:
    """Take backups off the list."""
    connection.execute(backup.delete().where(backup.c.id.in_(backup_ids)))


def plan_of(connection: Connection, workspace_id: int) -> Plan:
    """What a workspace wishes; the usual where it has said nothing."""
    row = connection.execute(
        backup_plan.select().where(backup_plan.c.workspace_id == workspace_id)
    ).first()
    if row is None:
        return Plan()
    return Plan(row.daily, row.hour, row.keep_days, row.keep_weeks)


def set_plan(connection: Connection, workspace_id: int, plan: Plan) -> None:
    """Remember what a workspace wishes."""
    connection.execute(backup_plan.delete().where(backup_plan.c.workspace_id == workspace_id))
    connection.execute(backup_plan.insert().values(workspace_id=workspace_id, **vars(plan)))


def _folder(workspace_id: int | None) -> str:
    return "accounts" if workspace_id is None else f"w_{workspace_id}"


def _backup(row: Row[Any]) -> Backup:
    return Backup(**{name: getattr(row, name) for name in Backup.__dataclass_fields__})
