"""``regulars task …``: the inbox of tasks and approvals."""

from __future__ import annotations

from typing import Any

import click

from regulars.cli.base import Shell
from regulars.form_builder.api_tasks import task_json
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import Invalid
from regulars.platform.instants import read_instant
from regulars.platform.tasks import service
from regulars.platform.tasks.service import NewTask, TasksWanted

OUTCOMES = ("done", "approved", "rejected")


@click.group("task")
def task() -> None:
    """What is to be done, by whom and by when."""


@task.command("list")
@click.option("--done", is_flag=True, help="Finished ones, newest first.")
@click.option("--before", type=int, metavar="ID", help="Of finished ones: older than this task.")
@click.pass_obj
def list_tasks(shell: Shell, done: bool, before: int | None) -> None:
    """Open tasks, those due first, fifty at a time."""
    wanted = TasksWanted("done" if done else "open", below=before)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        rows = service.list_tasks(uow, system_access(shell.locale), wanted)
    told = [_plain(row) for row in rows]
    lines = [f"{each['id']}  {each['due_at'] or '-'}  {each['title']}" for each in told]
    shell.answer({"tasks": told}, "\n".join(lines))


@task.command("add")
@click.argument("title")
@click.option("--details", help="More words about it.")
@click.option("--role", help="For whoever has this role (default: everybody).")
@click.option("--member", type=int, metavar="ID", help="For one member.")
@click.option("--due", metavar="ISO8601", help="By when.")
@click.pass_obj
def add(
    shell: Shell, title: str, details: str | None, role: str | None, member: int | None,
    due: str | None,
) -> None:  # fmt: skip
    """Put a task into the inbox."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        due_at = read_instant(uow, due, "due_at")
        wish = NewTask(title, details, role=role, member=member, due_at=due_at)
        problems = service.check_who(uow, wish)
        if problems:
            raise Invalid(problems)
        made = service.create_task(uow, system_access(shell.locale), wish)
        told = _plain(service.find_task(uow, made))
    shell.answer(told, f"{told['id']}  {told['title']}")


@task.command("finish")
@click.argument("task_id", type=int, metavar="ID")
@click.option(
    "--outcome", type=click.Choice(["done", "approved", "rejected"]), help="How it ended."
)
@click.option("--note", default="", help="A word about it.")
@click.pass_obj
def finish(shell: Shell, task_id: int, outcome: str | None, note: str) -> None:
    """Say that a task is done; an approval ends approved or rejected."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        done = service.finish_task(uow, system_access(shell.locale), task_id, outcome, note)
        told = _plain(done)
    shell.answer(told, f"{told['id']}  {told['outcome']}")


def _plain(row: Any) -> dict[str, Any]:
    """The task as the API tells it, instants in writing."""
    return {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in task_json(row).items()
    }
