"""``regulars form gallery|copy|from-file|undo|redo``: beginning forms, and steps of a draft."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.base import Shell
from regulars.cli.importing import FILE, answer_batch, work_on
from regulars.form_builder import service
from regulars.form_builder.importing import files
from regulars.form_builder.starting import beginning, from_file
from regulars.form_builder.starting.gallery import gallery
from regulars.platform import i18n
from regulars.platform.accounts.access import system_access


def add_drafts(group: click.Group) -> None:
    """Add the commands to ``regulars form``."""
    for command in (show_gallery, copy, start_from_file, undo, redo):
        group.add_command(command)


@click.command("gallery", help="The forms ready made; with NAME begin one as a draft.")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--label", default="", help="Its name, instead of the ready-made one.")
@click.pass_obj
def show_gallery(shell: Shell, name: str | None, label: str) -> None:
    """List them, or begin one."""
    if name is None:
        found = {key: i18n.pick(raw["label"], shell.locale) for key, raw in gallery().items()}
        data = [{"name": key, "label": words} for key, words in found.items()]
        shell.answer(data, "\n".join(f"{key}  {words}" for key, words in found.items()))
        return
    with shell.database.workspace_tx(shell.workspace) as uow:
        draft = beginning.begin_ready_made(uow, system_access(shell.locale), name, label)
    shell.answer({"key": draft.key}, draft.key)


@click.command("copy", help="Begin a form like KEY, as a draft and without its records.")
@click.argument("key", metavar="KEY")
@click.option("--label", default="", help="The name of the copy.")
@click.pass_obj
def copy(shell: Shell, key: str, label: str) -> None:
    """Make the copy."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        draft = beginning.copy_form(uow, system_access(shell.locale), key, label)
    shell.answer({"key": draft.key}, draft.key)


@click.command("from-file", help="Make a form of a spreadsheet (.csv, .xlsx) with its rows.")
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--label", default="", help="The name of the form (default: that of the file).")
@click.pass_obj
def start_from_file(shell: Shell, file: Path, label: str) -> None:
    """Guess the types, publish the form, bring the rows in."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        kept = files.store_file(uow, file, file.name, {}, access.actor)
        kept, wishes = from_file.look_at(uow, access, kept.id)
        name = label or from_file.label_of(kept)
        _key, batch = from_file.begin(uow, access, kept, name, wishes)
    answer_batch(shell, access, work_on(shell, access, batch.id))


@click.command("undo", help="Take the last step of the draft of KEY back.")
@click.argument("key", metavar="KEY")
@click.pass_obj
def undo(shell: Shell, key: str) -> None:
    """One step back."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        draft = service.undo_step(uow, system_access(shell.locale), key)
    shell.answer({"key": draft.key, "changed": draft.changed}, draft.key)


@click.command("redo", help="Take the step of the draft of KEY again that was taken back.")
@click.argument("key", metavar="KEY")
@click.pass_obj
def redo(shell: Shell, key: str) -> None:
    """One step forward."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        draft = service.redo_step(uow, system_access(shell.locale), key)
    shell.answer({"key": draft.key, "changed": draft.changed}, draft.key)
