"""``regulars rules results`` and ``run-now``: the reports that rules send."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import pick, translate
from regulars.rule_engine import digest_keeping
from regulars.rule_engine.api_digests import head_json


@click.command("results")
@click.argument("key", metavar="KEY")
@click.option("--before", type=int, metavar="ID", help="Older than this one.")
@click.pass_obj
def results(shell: Shell, key: str, before: int | None) -> None:
    """The reports that a rule has sent, newest first, with the time each covers."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = digest_keeping.list_results(uow, access, key, below=before)
    every = translate("reports.period.all", shell.locale)
    lines = [
        f"{each.id}  {each.at:%Y-%m-%dT%H:%MZ}  {each.reader}  {pick(each.title, shell.locale)}  "
        + (each.error or (each.page.period if each.page else "") or every)
        for each in found.rows
    ]
    shown = [head_json(each, shell.locale) for each in found.rows]
    shell.answer({"results": shown, "next": found.next}, "\n".join(lines))


@click.command("run-now")
@click.argument("key", metavar="KEY")
@click.pass_obj
def run_now(shell: Shell, key: str) -> None:
    """Run the reports of a rule now, besides its schedule."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        at = digest_keeping.run_now(uow, system_access(shell.locale), key)
    shell.answer(
        {"rule": key, "at": at.isoformat()}, translate("digests.running-now", shell.locale)
    )
