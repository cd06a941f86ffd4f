"""The one question about a file's dates that nobody but its owner can answer.

``5/3/24`` is the fifth of March in one shop and the third of May in another. Where the cells of a
column can be read both ways, the page asks once for the whole file; the answer is kept with the
map, so the next file of this kind is not asked about again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from regulars.form_builder.importing.moments import ORDERS, read_ordered
from regulars.form_builder.web.import_choices import Choices, ColumnChoice, Place
from regulars.platform.formats import Formats
from regulars.platform.problems import Problem

INPUT = "day_order"


def day_orders(chosen: Choices, formats: Formats) -> tuple[str, list[tuple[str, str, str]]]:
    """A cell that can be read several ways, and what it would mean in each: (order, words, "").

    Nothing to choose where no column is unsure.
    """
    for sample in (each for column in chosen.columns if column.unsure for each in column.samples):
        read = dict(_read(sample))
        if len(set(read.values())) > 1:
            return sample, [(order, formats.date(day, "long"), "") for order, day in read.items()]
    return "", []


def ordered(chosen: Choices, order: str) -> Choices:
    """The answer put into every unsure column that was not set otherwise by hand."""
    if order not in ORDERS:
        return chosen
    columns = tuple(
        replace(each, way=order) if each.unsure and each.way == each.guessed else each
        for each in chosen.columns
    )
    return replace(chosen, columns=columns, day_order=order)


def unanswered(chosen: Choices, places: Sequence[Place]) -> list[Problem]:
    """The problem that the question is still open and a date depends on it."""
    dated = {each.value for each in places if each.field.type in ("date", "datetime")}
    waits = any(_is_open(each) and each.place in dated for each in chosen.columns)
    return [Problem(INPUT, "choose-day-order")] if waits and not chosen.day_order else []


def _is_open(column: ColumnChoice) -> bool:
    return column.unsure and column.way == column.guessed


def _read(sample: str) -> Iterator[tuple[str, date]]:
    for order in ORDERS:
        try:
            moment = read_ordered(sample, order)
        except ValueError:
            continue
        yield order, moment.date() if isinstance(moment, datetime) else moment
