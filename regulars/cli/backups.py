"""``backup``, ``restore``, and what follows a restore, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.backups.after import resume_sending, waiting_work
from regulars.platform.backups.checking import check_backup
from regulars.platform.backups.deleting import drop_workspace
from regulars.platform.backups.making import Order, make_backup, scratch_folder
from regulars.platform.backups.restoring import Restoring
from regulars.platform.backups.service import (
    Offer,
    look_into,
    restore_as_new,
    restore_everything,
    restore_over,
    target_of,
)
from regulars.platform.db import Workspace
from regulars.platform.errors import Conflict
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import get_workspace, list_workspaces

archive_argument = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@archive_argument
@click.option("--with-secrets", is_flag=True, help="Put the secret key into it, too.")
@click.option("--no-check", is_flag=True, help="Do not try to read it back afterwards.")
@click.pass_obj
def backup(shell: Shell, file: Path, with_secrets: bool, no_check: bool) -> None:
    """Write everything into one file; with -w, one workspace only."""
    if file.exists():
        raise click.UsageError(f"{file} is there already. Choose another name.")
    order = _order(shell, file, with_secrets)
    with _bar("Backing up") as tell:
        made = make_backup(shell.database, order, tell)
    if not no_check:
        with scratch_folder(shell.database) as scratch:
            check_backup(file, Path(scratch))
    data = {"file": str(file), "bytes": made.size, "rows": made.total, "checked": not no_check}
    words = f"{file}: {made.total} rows, {made.size / 1e6:.1f} MB."
    if not no_check:
        words += " It was read back and is good."
    if not with_secrets:
        words += "\nKeep the file secret_key of the data folder apart: sealed settings need it."
    shell.answer(data, words)


@click.command()
@archive_argument
@click.option("--as", "name", metavar="NAME", help="As a new workspace with this name.")
@click.option("--yes", is_flag=True, help="Replace what is here without asking.")
@click.pass_obj
def restore(shell: Shell, file: Path, name: str | None, yes: bool) -> None:
    """Bring a backup back; with -w, only that workspace. Nothing is sent until you say so."""
    if not file.is_file():
        raise click.UsageError(f"There is no file {file}.")
    offer = look_into(file)
    if offer.scope == "installation" and not name and not shell.workspace_key:
        places = _restore_all(shell, offer, yes)
    else:
        places = [_restore_one(shell, offer, name, yes)]
    data = [{"key": each.key, "name": each.name} for each in places]
    lines = [f"{each.name} is as it was on {offer.made_at:%Y-%m-%d %H:%M} UTC." for each in places]
    lines.append("Nothing is sent until you say: regulars workspace resume KEY")
    shell.answer(data, "\n".join(lines))


@click.command("delete")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.pass_obj
def delete(shell: Shell, key: str, yes: bool) -> None:
    """Remove a workspace for good, after a last backup of it."""
    place, now = get_workspace(shell.database, key), shell.database.clock()
    _ask(f"This deletes {place.name} with everything in it.", key, yes)
    path = _keep_safe(shell, Order("workspace", [place], Path(), now))
    with scratch_folder(shell.database) as scratch:
        check_backup(path, Path(scratch))
    drop_workspace(shell.database, place, now=now)
    words = f"{place.name} is deleted. To bring it back: regulars restore {path}"
    shell.answer({"key": key, "backup": str(path)}, words)


@click.command("resume")
@click.argument("key")
@click.option("--drop-waiting", is_flag=True, help="Never send what waited in the backup.")
@click.pass_obj
def resume(shell: Shell, key: str, drop_waiting: bool) -> None:
    """Let rules run and messages leave again after a restore."""
    place, now = get_workspace(shell.database, key), shell.database.clock()
    with shell.database.workspace_tx(place, now=now) as uow:
        if find_hold(uow) is None:
            raise Conflict("not-held", name=place.name)
        waiting = waiting_work(uow)
        resume_sending(uow, system_access(shell.locale), drop=drop_waiting)
    what = "dropped" if drop_waiting else "leave now"
    words = f"{place.name} sends again." + (f" {waiting} waiting: {what}." if waiting else "")
    shell.answer({"key": key, "waiting": waiting, "dropped": drop_waiting}, words)


def _order(shell: Shell, file: Path, with_secrets: bool) -> Order:
    now = shell.database.clock()
    if shell.workspace_key:
        place = get_workspace(shell.database, shell.workspace_key)
        return Order("workspace", [place], file, now)
    places = list_workspaces(shell.database, archived=True)
    secret = shell.config.secret_key if with_secrets else None
    return Order("installation", places, file, now, secret or None)


def _restore_all(shell: Shell, offer: Offer, yes: bool) -> list[Workspace]:
    here = list_workspaces(shell.database, archived=True)
    if here:
        names = ", ".join(each.name for each in here)
        _ask(f"This replaces everything here ({names}) and all accounts.", "replace", yes)
        _keep_safe(shell, Order("installation", here, Path(), shell.database.clock()))
    with _bar("Restoring") as tell:
        job = Restoring(shell.database, offer.path, shell.database.clock(), tell)
        return restore_everything(offer, job)


def _restore_one(shell: Shell, offer: Offer, name: str | None, yes: bool) -> Workspace:
    store = offer.only_store(shell.workspace_key)
    key = str(offer.workspaces[store]["key"])
    target = None if name else target_of(shell.database, offer, key)
    if target is not None:
        _ask(f"This replaces everything in {target.name}.", target.key, yes)
        _keep_safe(shell, Order("workspace", [target], Path(), shell.database.clock()))
    with _bar("Restoring") as tell:
        now = shell.database.clock()
        job = Restoring(shell.database, offer.path, now, tell, members="create")
        if target is None:
            return restore_as_new(offer, job, name=name or "", key=key)
        restore_over(offer, target, job, store)
        return target


def _keep_safe(shell: Shell, order: Order) -> Path:
    """What is replaced can be brought back."""
    folder = shell.config.backup_dir / "replaced"
    path = folder / f"{order.now:%Y-%m-%d-%H%M%S}.tar.gz"
    kept = Order(order.scope, order.places, path, order.now)
    with _bar("Keeping what is here now") as tell:
        make_backup(shell.database, kept, tell)
    click.echo(f"What was here is in {path}", err=True)
    return path


def _ask(what: str, word: str, yes: bool) -> None:
    if yes:
        return
    typed = click.prompt(f"{what} Type {word} to go on", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise click.Abort


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A line that moves on a terminal and is silent elsewhere."""
    shown = sys.stderr.isatty()

    def tell(done: int, total: int) -> None:
        if shown:
            part = f"{done * 100 // total} %" if total else str(done)
            click.echo(f"\r{title} … {part} ", nl=False, err=True)

    yield tell
    if shown:
        click.echo(f"\r{title} … done   ", err=True)
