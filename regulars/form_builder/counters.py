"""Whether the counters of record ids and serial numbers stand behind every number that was given.

A counter that stands too low (after a store was put together by hand) would give a number twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.serial import DEFAULT_PATTERN, counter_name
from regulars.form_builder.serials import counts_now, go_on_counting, raise_counts
from regulars.form_builder.tables import all_tables
from regulars.platform.db import UnitOfWork

LOOKED_AT = 2000
"""How many of the newest records of a form are read for the numbers they carry."""
_PART = re.compile(r"\{(YYYY|YY|MM|DD|0{1,12}|UNIT)\}")
_WIDTHS = {"YYYY": r"\d{4}", "YY": r"\d{2}", "MM": r"\d{2}", "DD": r"\d{2}", "UNIT": r".*?"}


@dataclass(frozen=True)
class Lag:
    """A counter that stands at ``at`` although ``given`` was given; no ``field``: record ids."""

    form: str
    field: str
    counter: str
    at: int
    given: int


def lagging(uow: UnitOfWork, catalog: FormCatalog) -> list[Lag]:
    """Every counter that stands too low."""
    now = counts_now(uow)
    found: list[Lag] = []
    for form in catalog.forms.values():
        found += _ids(uow, catalog, form, now)
        for field in form.fields:
            if field.type == "serial":
                found += _serials(uow, catalog, form, field, now)
    return found


def catch_up(uow: UnitOfWork, catalog: FormCatalog) -> int:
    """Let every such counter go on behind the numbers that were given; how many there were."""
    found = lagging(uow, catalog)
    for each in found:
        if each.field:
            raise_counts(uow, {each.counter: each.given})
    for form in {each.form for each in found if not each.field}:
        for table in all_tables(catalog.tables[form]):
            if "id" in table.c:
                go_on_counting(uow, table, 0)
    return len(found)


def _ids(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, now: dict[str, int]
) -> Iterator[Lag]:
    for table in all_tables(catalog.tables[form.key]):
        if "id" not in table.c:
            continue
        highest = uow.scalar(sa.select(sa.func.max(table.c.id))) or 0
        name = f"id:{table.name}"
        if highest > now.get(name, 0):
            yield Lag(form.key, "", name, now.get(name, 0), highest)


def _serials(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, field: FieldDefinition,
    now: dict[str, int],
) -> Iterator[Lag]:  # fmt: skip
    table, read = catalog.tables[form.key].main, _reader(field)
    newest = (
        sa.select(table.c[field.key], table.c.created_at, table.c.unit)
        .where(table.c[field.key].is_not(None))
        .order_by(table.c.id.desc())
        .limit(LOOKED_AT)
    )
    given: dict[str, int] = {}
    for text, at, unit in uow.execute(newest):
        match = read.fullmatch(str(text))
        if match is not None:
            name = _counter(form, field, at, unit, uow.workspace.tz)
            given[name] = max(given.get(name, 0), int(match["count"]))
    for name, number in given.items():
        if number > now.get(name, 0):
            yield Lag(form.key, field.key, name, now.get(name, 0), number)


def _counter(
    form: FormDefinition, field: FieldDefinition, at: datetime, unit: Any, zone: ZoneInfo
) -> str:
    return counter_name(form.key, field, at.astimezone(zone).date(), unit)


def _reader(field: FieldDefinition) -> re.Pattern[str]:
    """What takes the count out of a serial number."""
    pattern = str(field.settings.get("pattern", DEFAULT_PATTERN))
    made, last = "", 0
    for part in _PART.finditer(pattern):
        made += re.escape(pattern[last : part.start()])
        made += _WIDTHS.get(part[1]) or r"(?P<count>\d+)"
        last = part.end()
    return re.compile(made + re.escape(pattern[last:]))
