"""The refused lines of an import as a file: the columns as they came, and why, to mend and bring
in again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl

from regulars.form_builder.importing import batches, files
from regulars.form_builder.importing.figures import guard, unguard
from regulars.form_builder.importing.reading import Table
from regulars.form_builder.workbook_cells import text_cell
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.problems import Problem

FORMATS = ("csv", "xlsx")


def write_error_file(uow: UnitOfWork, access: Access, batch_id: int, path: Path) -> int:
    """Write the refused lines of a batch to ``path`` (.csv or .xlsx); how many.

    The columns stand as in the upload, then the line's number and the reasons, in the language of
    whoever asks. Raises BadFile when the upload is no longer kept.
    """
    batch = batches.get_batch(uow, access, batch_id)
    file = files.get_file(uow, batch.file)
    with files.opened(uow, file.id) as source:
        lines = list(_refused(uow, access, batch_id, files.table_of(source, file)))
    extra = [i18n.translate(f"importing.{word}", access.locale) for word in ("line", "reason")]
    write = _write_workbook if path.suffix.lower() == ".xlsx" else _write_csv
    write([[*file.columns, *extra], *lines], path)
    return len(lines)


def _refused(
    uow: UnitOfWork, access: Access, batch_id: int, table: Table
) -> Iterator[list[str | int]]:
    reasons = _reasons(uow, access, batch_id)
    for number, cells in table.lines():
        if number in reasons:
            yield [*_even(cells, len(table.columns)), number, reasons[number]]


def _write_csv(lines: Sequence[Sequence[str | int]], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        for line in lines:
            writer.writerow([guard(each) if isinstance(each, str) else each for each in line])


def _write_workbook(lines: Sequence[Sequence[str | int]], path: Path) -> None:
    """Every cell as the text it came as; none is a formula."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        sheet.append([text_cell(sheet, str(each)) if each != "" else None for each in line])
    book.save(path)


def _reasons(uow: UnitOfWork, access: Access, batch_id: int) -> dict[int, str]:
    """Line → why, in words; a line refused by two forms says so twice."""
    found: dict[int, dict[str, None]] = {}
    for line, _form, problems in batches.refused_lines(uow, access, batch_id, None):
        for problem in problems:
            found.setdefault(line, {})[told(problem, access.locale)] = None
    return {line: " ".join(words) for line, words in found.items()}


def told(problem: Problem, locale: str) -> str:
    """A problem in one sentence, with the field it is about in front."""
    field = problem.params.get("field")
    words = problem.message(locale)
    if not field:
        return words
    named = i18n.translate(
        "importing.at-field", locale, field=i18n.pick(field, locale), words=words
    )
    return str(named)


def _even(cells: Sequence[str], width: int) -> list[str]:
    """A line as wide as the heading: too many cells go together into the last."""
    plain = [unguard(cell) for cell in cells]
    if len(plain) <= width:
        return plain + [""] * (width - len(plain))
    return [*plain[: width - 1], ", ".join(plain[width - 1 :])]
