"""``regulars form used-by|archive|restore|purge|retype``: changing forms that are at work."""

from __future__ import annotations

import json
from typing import Any

import click

from regulars.cli.base import Shell
from regulars.cli.definitions import say_uses
from regulars.form_builder.api_changes import replacement_json
from regulars.form_builder.changing import archiving, repairing, retypes, working
from regulars.form_builder.changing.retypes import Retype
from regulars.form_builder.changing.used_by import uses_of_field, uses_of_form
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import RegularsError

SHOWN_LOSSES = 20


def add_changing(group: click.Group) -> None:
    """Add the commands to ``regulars form``."""
    for command in (used, replace, archive, restore, purge, retype):
        group.add_command(command)
    group.add_command(used, "used")


@click.command("used-by", help="Every place that uses the form KEY, or its FIELD.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD", required=False)
@click.pass_obj
def used(shell: Shell, key: str, field: str | None) -> None:
    """List the uses."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = uses_of_field(uow, access, key, field) if field else uses_of_form(uow, access, key)
    say_uses(shell, found)


@click.command("replace", help="Let everything that uses FIELD of the form KEY use OTHER.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD")
@click.argument("other", metavar="OTHER")
@click.option("--dry-run", is_flag=True, help="Only say what would be replaced.")
@click.pass_obj
def replace(shell: Shell, key: str, field: str, other: str, dry_run: bool) -> None:
    """Repair the uses of one field."""
    access = system_access(shell.locale)
    work = repairing.plan if dry_run else repairing.repair
    with shell.database.workspace_tx(shell.workspace, write=not dry_run) as uow:
        found = work(uow, access, key, field, other)
    data = [replacement_json(each, shell.locale) for each in found]
    lines = [f"{e['name']}  {e['place']}  {e['before']} → {e['after'] or '?'}" for e in data]
    shell.answer(data, "\n".join(lines))


@click.command("archive", help="Put FIELD of the form KEY away; its values are kept.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD")
@click.pass_obj
def archive(shell: Shell, key: str, field: str) -> None:
    """Archive one field."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        version = archiving.archive_field(uow, system_access(shell.locale), key, field)
    shell.answer({"version": version}, f"{key} {version}")


@click.command("restore", help="Bring the archived FIELD of the form KEY back with its values.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD")
@click.pass_obj
def restore(shell: Shell, key: str, field: str) -> None:
    """Restore one field."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        version = archiving.restore_field(uow, system_access(shell.locale), key, field)
    shell.answer({"version": version}, f"{key} {version}")


@click.command("purge", help="Take the archived FIELD of the form KEY away for good.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD")
@click.option("--yes", is_flag=True, help="Do it; without this only what would go is said.")
@click.option("--now", is_flag=True, help="Drop the values soon instead of in 30 days.")
@click.pass_obj
def purge(shell: Shell, key: str, field: str, yes: bool, now: bool) -> None:
    """Purge one field."""
    access = system_access(shell.locale)
    if not yes:
        with shell.database.workspace_tx(shell.workspace, write=False) as uow:
            known = sorted(archiving.archived_fields(uow, access, key))
        shell.answer({"archived": known, "purged": False}, "\n".join(known))
        return
    with shell.database.workspace_tx(shell.workspace) as uow:
        ghost = archiving.purge_field(uow, access, key, field, field, now=now)
    data = {"field": ghost.field, "purged": True, "drop_at": ghost.drop_at.isoformat()}
    shell.answer(data, f"{ghost.field} {data['drop_at']}")


@click.command("retype", help="Change the TYPE of FIELD of the form KEY; lossy rows are listed.")
@click.argument("key", metavar="KEY")
@click.argument("field", metavar="FIELD")
@click.argument("wanted", metavar="TYPE")
@click.option("--settings", default="{}", help='More of the field as JSON: {"decimals": 2}.')
@click.option("--dry-run", is_flag=True, help="Only say what would be lost.")
@click.option("--accept-losses", is_flag=True, help="Go on although some rows lose something.")
@click.pass_obj
def retype(  # noqa: PLR0913 - one parameter per option
    shell: Shell, key: str, field: str, wanted: str, settings: str, dry_run: bool,
    accept_losses: bool,
) -> None:  # fmt: skip
    """Rehearse, and do it unless something would be lost."""
    access = system_access(shell.locale)
    wish = {"type": wanted, **_settings(settings)}
    with shell.database.workspace_tx(shell.workspace) as uow:
        job = retypes.begin(uow, access, key, field, wish)
    job = _worked(shell, job)
    if not dry_run and job.state == "checked":
        if job.n_lossy and not accept_losses:
            _say(shell, job)
            raise RegularsError("retype-loses", n=job.n_lossy)
        with shell.database.workspace_tx(shell.workspace) as uow:
            retypes.confirm(uow, access, job.id)
        job = _worked(shell, job)
    _say(shell, job)
    if job.state == "stopped":
        raise RegularsError("retype-stopped")


def _settings(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise click.UsageError("--settings wants a JSON object.")
    return found


def _worked(shell: Shell, job: Retype) -> Retype:
    working.run_job(shell.database, shell.workspace, job.id)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        return retypes.get_retype(uow, system_access(shell.locale), job.id)


def _say(shell: Shell, job: Retype) -> None:
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = retypes.losses(uow, access, job.id, limit=SHOWN_LOSSES)
    lost = [
        {"record": each.record, "before": each.before, "after": each.after,
         "why": each.problem.message(shell.locale)}
        for each in found
    ]  # fmt: skip
    lines = [f"{job.state}  {dict(job.counts)}"]
    lines += [f"#{e['record']}  {e['before']} → {e['after'] or '-'}  {e['why']}" for e in lost]
    data = {"id": job.id, "state": job.state, "counts": dict(job.counts), "losses": lost}
    shell.answer(data, "\n".join(lines))
