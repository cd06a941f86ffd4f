"""The rows a change of type would not keep whole, as a CSV file to go through."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from regulars.form_builder.changing.retypes import get_retype, losses
from regulars.form_builder.importing.figures import guard
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

PAGE = 1000


def losses_as_csv(uow: UnitOfWork, access: Access, number: int) -> Iterator[str]:
    """The file line by line: record, value before, value after, why."""
    get_retype(uow, access, number)
    heads = ("record", "before", "after", "why")
    words = [i18n.translate(f"forms.retype.column-{head}", access.locale) for head in heads]
    yield "\ufeff" + _line(words)
    last = 0
    while found := losses(uow, access, number, after=last, limit=PAGE):
        for each in found:
            why = each.problem.message(access.locale)
            yield _line([str(each.record), guard(each.before), guard(each.after), why])
        last = found[-1].row


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
