"""``migrate``: bring the stores up to this version, or back to where they were before."""

from __future__ import annotations

from functools import partial

import click

from regulars import wiring
from regulars.cli.base import Shell
from regulars.platform.backups.upgrading import bring_up, newest_way_back, step_back
from regulars.platform.db import Database
from regulars.platform.errors import NotFound


@click.command()
@click.option("--back", is_flag=True, help="To where everything was before the last upgrade.")
@click.option("--yes", is_flag=True, help="Go back without asking.")
@click.pass_obj
def migrate(shell: Shell, back: bool, yes: bool) -> None:
    """Bring every store up to this version, after a backup. Starting the product does it, too."""
    wiring.wire()
    database = Database(shell.config.database_url, shell.config.data_dir)
    say = partial(click.echo, err=True)
    try:
        if back:
            _go_back(shell, database, yes)
            return
        changed = bring_up(database, shell.config.backup_dir, say)
        words = f"{changed} stores were brought up." if changed else "Every store is up to date."
        shell.answer({"changed": changed}, words)
    finally:
        database.close()


def _go_back(shell: Shell, database: Database, yes: bool) -> None:
    path = newest_way_back(shell.config.backup_dir)
    if path is None:
        raise NotFound("no-way-back")
    if not yes:
        click.echo(f"What was entered since {path.name} is lost. Stop Regulars first.", err=True)
        click.confirm("Go back?", abort=True, err=True)
    stores = step_back(database, path, partial(click.echo, err=True))
    words = "Everything is as it was. Now install and start the version before this one."
    shell.answer({"stores": stores, "from": str(path)}, words)
