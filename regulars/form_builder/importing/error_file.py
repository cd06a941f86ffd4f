"""The refused lines of an import as a file: the columns as they came, and why, to mend and bring
in again.
"""

from __future__ import annotations

import csv
from pathlib import Path

from regulars.form_builder.importing import batches, files
from regulars.form_builder.importing.figures import guard, unguard
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.problems import Problem


def write_error_file(uow: UnitOfWork, access: Access, batch_id: int, path: Path) -> int:
    """Write the refused lines of a batch as CSV; how many.

    The reasons are in the language of whoever asks. Raises BadFile when the upload is no longer
    kept.
    """
    batch = batches.get_batch(uow, access, batch_id)
    reasons = _reasons(uow, access, batch_id)
    file = files.get_file(uow, batch.file)
    count = 0
    extra = [i18n.translate(f"importing.{word}", access.locale) for word in ("line", "reason")]
    with (
        files.opened(uow, file.id) as source,
        path.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow([*map(guard, file.columns), *extra])
        for number, cells in files.table_of(source, file).lines():
            if number in reasons:
                count += 1
                writer.writerow([*_even(cells, len(file.columns)), number, guard(reasons[number])])
    return count


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


def _even(cells: list[str], width: int) -> list[str]:
    """A line as wide as the heading: too many cells go together into the last."""
    plain = [guard(unguard(cell)) for cell in cells]
    if len(plain) <= width:
        return plain + [""] * (width - len(plain))
    return [*plain[: width - 1], ", ".join(plain[width - 1 :])]
