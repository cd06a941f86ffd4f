"""``regulars import``, ``regulars import undo``, ``regulars export``: files in and out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from regulars.cli.base import REFUSED, Shell
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import FORMATS, export_records
from regulars.form_builder.importing import batches, files, running
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.importing.error_file import write_error_file
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.importing.wording import batch_json, outcome_lines, problem_lines
from regulars.form_builder.web.shown import shown_as_asked
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json

LOOK_SECONDS = 0.5  # between looks at a batch that somebody else works on
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class FileOrCommand(click.Group):
    """``regulars import FORM FILE``: what is no subcommand is the form of a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the subcommand that is meant in front."""
        if args and args[0] not in self.commands and "--help" not in args[:1]:
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group("import", cls=FileOrCommand)
def import_group() -> None:
    """Bring a file's lines into forms."""


@dataclass
class Wishes:
    """What the options of ``import`` say beside the map."""

    key: str | None
    mode: str | None
    live: bool
    overrides: dict[str, Any] = field(default_factory=dict)


MODES = click.Choice(["insert", "update", "upsert"])
TABLE = click.Path(dir_okay=False, path_type=Path)


@import_group.command("file")
@click.argument("form")
@click.argument("file", type=FILE)
@click.option("--map", "map_file", type=FILE, help="Stored map (default: by column names).")
@click.option("--key", help="Recognise records by this unique field.")
@click.option("--mode", type=MODES, help="Default: upsert with a key, else insert.")
@click.option("--dry-run", is_flag=True, help="Try everything, keep nothing.")
@click.option("--live", is_flag=True, help="Let it start rules (default: it starts none).")
@click.option("--errors", type=TABLE, help="Write refused lines to this file (.csv or .xlsx).")
@click.pass_obj
def import_file(  # noqa: PLR0913 - one parameter per option
    shell: Shell, form: str, file: Path, map_file: Path | None, key: str | None, mode: str | None,
    dry_run: bool, live: bool, errors: Path | None,
) -> None:  # fmt: skip
    """Import FILE (.csv, .csv.gz, .xlsx) into FORM; the word ``file`` may be left out."""
    access = system_access(shell.locale)
    stored = None if map_file is None else _read_map(map_file)
    with shell.database.workspace_tx(shell.workspace) as uow:
        kept = files.store_file(uow, file, file.name, (stored or {}).get("file", {}))
        raw_map = stored or _suggested(uow, form, kept)
        raw_map = _with_wishes(raw_map, form, Wishes(key, mode, live))
        batch = batches.create_batch(uow, access, form, kept.id, raw_map)
        if dry_run:
            batches.start_check(uow, access, batch.id)
        else:
            batch = _started(uow, access, batch)
    done = work_on(shell, access, batch.id)
    if errors is not None and not dry_run:
        with shell.database.workspace_tx(shell.workspace) as uow:
            write_error_file(uow, access, done.id, errors)
    answer_batch(shell, access, done)
    if dry_run:
        with shell.database.workspace_tx(shell.workspace) as uow:
            batches.discard_batch(uow, access, done.id)


@import_group.command("undo")
@click.argument("batch", type=int)
@click.pass_obj
def undo_import(shell: Shell, batch: int) -> None:
    """Take the import BATCH back: what it made goes, what it changed comes back."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        batches.start_undo(uow, access, batch)
    answer_batch(shell, access, work_on(shell, access, batch))


@import_group.command("resume")
@click.argument("batch", type=int)
@click.pass_obj
def resume_import(shell: Shell, batch: int) -> None:
    """Go on with the import BATCH where it stopped."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        if batches.get_batch(uow, access, batch).state == "stopped":
            batches.start_batch(uow, access, batch)
    answer_batch(shell, access, work_on(shell, access, batch))


@import_group.command("list")
@click.pass_obj
def list_imports(shell: Shell) -> None:
    """The latest imports and what became of them."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = batches.list_batches(uow, access)
        data = [batch_json(uow, each, shell.locale) for each in found]
    lines = [
        f"{each['id']:>5}  {each['state']:9}  {each['form']}  {each['file']['name']}"
        for each in data
    ]
    shell.answer(_plain(data), "\n".join(lines))


@click.command("export")
@click.argument("form")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--where", type=FILE, help="Only records that meet this condition (JSON).")
@click.option("--columns", help="Only these columns, by their keys with commas.")
@click.option("--sort", help="In this order: keys with commas, - in front to turn it round.")
@click.pass_obj
def export(
    shell: Shell, form: str, file: Path, where: Path | None, columns: str | None, sort: str | None
) -> None:
    """Write the records of FORM to FILE (.csv or .xlsx)."""
    if file.suffix.lower().lstrip(".") not in FORMATS:
        raise click.UsageError("FILE must end with .csv or .xlsx.")
    condition = None if where is None else _read_json(where)
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        shown = shown_as_asked(uow, access, form, {"columns": columns, "sort": sort})
        count = export_records(uow, access, form, file, condition, shown=shown)
    shell.answer({"records": count, "file": str(file)}, f"{file}: {count}")


def _started(uow: UnitOfWork, access: Access, batch: Batch) -> Batch:
    """The batch, started; or the one of the same file that was killed on its way."""
    twin = batches.find_running_twin(uow, batch)
    if twin is None:
        return batches.start_batch(uow, access, batch.id)
    batches.discard_batch(uow, access, batch.id)
    return batches.get_batch(uow, access, twin)


def _suggested(uow: UnitOfWork, form: str, kept: files.StoredFile) -> dict[str, Any]:
    """The map by column names; Invalid when not one column is called like a field."""
    catalog = catalog_of(uow)
    guesses = {str(each["column"]): each for each in kept.guesses}
    raw_map = suggest_map(catalog.get_form(form), catalog.forms, kept.columns, guesses)
    if not raw_map["targets"][0]["fields"]:
        raise Invalid([Problem("map", "import-nothing-matches", {"columns": list(kept.columns)})])
    return raw_map


def _with_wishes(raw_map: Mapping[str, Any], form: str, wishes: Wishes) -> dict[str, Any]:
    """The map with the options of the command in it; they are about the targets of ``form``."""
    chosen = {k: v for k, v in (("key", wishes.key), ("mode", wishes.mode)) if v is not None}
    targets = [
        {**target, **chosen} if isinstance(target, dict) and target.get("form") == form else target
        for target in raw_map.get("targets", [])
    ]
    automation = {"automation": "live"} if wishes.live else {}
    return {**raw_map, **automation, "targets": targets}


def _plain(data: Any) -> Any:
    """Instants as texts, as the API writes them."""
    return json.loads(json.dumps(data, default=lambda value: value.isoformat()))


def _read_map(path: Path) -> dict[str, Any]:
    found = _read_json(path)
    if not isinstance(found, dict):
        raise Invalid([Problem("map", "bad-import-map")])
    return found


def _read_json(path: Path) -> Any:
    try:
        return parse_json(path.read_bytes())
    except BadJson as error:
        raise click.UsageError(f"{path}: {error.message('en')}") from None


def work_on(shell: Shell, access: Access, batch_id: int) -> Batch:
    """Do the work here, or watch whoever was faster; the batch as it stands afterwards."""
    with _bar(shell) as show:
        while True:
            running.run_batch(shell.database, shell.workspace, batch_id, show)
            with shell.database.workspace_tx(shell.workspace, write=False) as uow:
                batch = batches.get_batch(uow, access, batch_id)
            if not batch.is_working:
                return batch
            show(batch.phase, batch.work_done, batch.work_total)
            time.sleep(LOOK_SECONDS)


@contextmanager
def _bar(shell: Shell) -> Iterator[running.Watch]:
    """A progress bar on the terminal; nothing with ``--json``."""
    if shell.as_json:
        yield running.nobody
        return
    with click.progressbar(range(0), length=1, width=40, file=sys.stderr) as bar:

        def show(phase: str, done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.label = phase
            bar.update(done - bar.pos)

        yield show


def answer_batch(shell: Shell, access: Access, batch: Batch) -> None:
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        data = batch_json(uow, batch, shell.locale)
        lines = outcome_lines(uow, batch, shell.locale)
        lines += problem_lines(uow, access, batch, shell.locale)
    shell.answer(_plain(data), "\n".join(lines))
    if batch.state == "stopped" or (batch.check or {}).get("error"):
        click.get_current_context().exit(REFUSED)
