"""``regulars bin …``: what was deleted, brought back or taken out for good."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.parting import restore_or_part
from regulars.form_builder.records import list_bin, purge_record
from regulars.platform.accounts.access import system_access

FORM = click.argument("form")
RECORD = click.argument("record", type=int, metavar="ID")


@click.group("bin")
def recycle_bin() -> None:
    """The recycle bin of a form."""


@recycle_bin.command("list")
@FORM
@click.pass_obj
def list_deleted(shell: Shell, form: str) -> None:
    """What was deleted, newest first."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        rows = list_bin(uow, system_access(shell.locale), form)
    told = [{**row, "deleted_at": row["deleted_at"].isoformat()} for row in rows]
    lines = [f"{row['record']}  {row['deleted_at']}  {row['title']}" for row in told]
    shell.answer({"records": told}, "\n".join(lines))


@recycle_bin.command("restore")
@FORM
@RECORD
@click.pass_obj
def restore(shell: Shell, form: str, record: int) -> None:
    """Bring a record back under its number; one that was merged takes back what was its own."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        found = restore_or_part(uow, access, form, record, origin=Origin("cli"))
    shell.answer({"id": found.id, "title": found.title}, f"{found.id}  {found.title}")


@recycle_bin.command("purge")
@FORM
@RECORD
@click.pass_obj
def purge(shell: Shell, form: str, record: int) -> None:
    """Take a record out of the bin for good. There is no way back."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        title = purge_record(uow, system_access(shell.locale), form, record)
    shell.answer({"id": record, "title": title}, f"{record}  {title}")
