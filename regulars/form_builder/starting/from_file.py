"""A form and its records out of one spreadsheet: look at it, make the form, bring the rows in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from regulars.form_builder import service
from regulars.form_builder.importing import batches, files
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.importing.files import StoredFile
from regulars.form_builder.importing.ownership import get_own_file
from regulars.form_builder.starting.beginning import free_key, keep_new
from regulars.form_builder.starting.spreadsheet import (
    TYPES,
    ColumnWish,
    few_values,
    form_of,
    map_of,
    wish_for,
    wishes_of,
)
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

MOST_LINES = 50_000
"""Lines that are looked through for options; a longer file gets texts instead."""
NONE = ""
"""The type of a column that is left out."""


def look_at(uow: UnitOfWork, access: Access, file_id: int) -> tuple[StoredFile, list[ColumnWish]]:
    """The file and a first wish for each of its columns."""
    file = get_own_file(uow, access, file_id)
    return file, wishes_of(file.columns, file.guesses, _options_in(uow, file))


def changed(
    wishes: Sequence[ColumnWish], names: Mapping[int, str], types: Mapping[int, str]
) -> list[ColumnWish]:
    """The wishes with the names and types that somebody chose, by number of the column.

    Raises Invalid where a type is none that a column can have, or nothing is left.
    """
    kept: list[ColumnWish] = []
    problems = []
    for number, wish in enumerate(wishes):
        kind = types.get(number, wish.type)
        if kind == NONE:
            continue
        if kind not in TYPES or (kind == "choice" and not wish.options):
            problems.append(Problem(f"type/{number}", "no-such-column-type", {}))
        name = names.get(number, wish.name)
        kept.append(wish_for(wish.column, name, kind, wish.options, kept))
    if not kept:
        problems.append(Problem("", "no-column-kept", {}))
    if problems:
        raise Invalid(problems)
    return kept


def begin(
    uow: UnitOfWork, access: Access, file: StoredFile, label: str, wishes: Sequence[ColumnWish]
) -> tuple[str, Batch]:
    """Make and publish the form, and let its rows come in; (key of the form, the import)."""
    access.require(service.CAPABILITY)
    access.require("import_records")
    name = label.strip()
    if not name:
        raise Invalid([Problem("label", "required")])
    raw = form_of(free_key(uow, name), name[:60], wishes)
    draft = keep_new(uow, access, raw, raw["label"], wish=name)
    service.publish_forms(uow, access, [draft.key])
    source = map_of(draft.key, wishes, file.guesses)
    batch = batches.create_batch(uow, access, draft.key, file.id, source)
    return draft.key, batches.start_batch(uow, access, batch.id)


def label_of(file: StoredFile) -> str:
    """What a form made of this file is called until somebody says better."""
    stem = file.name.rsplit("/", 1)[-1]
    for ending in (".gz", ".csv", ".tsv", ".txt", ".xlsx"):
        stem = stem.removesuffix(ending)
    return " ".join(stem.replace("_", " ").split())[:60] or file.name[:60]


def _options_in(uow: UnitOfWork, file: StoredFile) -> dict[str, list[str]]:
    with files.opened(uow, file.id) as path:
        table = files.table_of(path, file)
        lines = [cells for _number, cells in islice(table.lines(), MOST_LINES + 1)]
    return few_values(lines, file.columns) if len(lines) <= MOST_LINES else {}
