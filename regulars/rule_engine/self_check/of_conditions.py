"""Conditions mean the same in SQL, where everybody is looked over, and in Python, where one person
is asked about (I10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.rows import StoredRecords
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.matching import holds
from regulars.rule_engine.self_check.breaches import Asked, Look

SAMPLE = 40  # people per condition: half of them the newest, half from anywhere
LOOKS_AGAIN = 3  # somebody may change a record between two questions
_SPREAD = 2654435761  # a prime: people of all ages, the same ones within a day


def disagreeing(asked: Asked) -> Iterator[int]:
    """People about whom SQL and Python disagree."""
    for pinned in book_of(asked.uow).rules.values():
        if pinned.rule.subject in pinned.catalog.tables:
            for condition in _conditions(pinned):
                yield from _disagreeing(asked.uow, pinned, condition)


def _conditions(pinned: PinnedRule) -> Iterator[Mapping[str, Any]]:
    choices = pinned.rule.sets.choose if pinned.rule.sets else ()
    for raw in (pinned.rule.when, *(each.when for each in choices)):
        if raw:
            yield raw


def _disagreeing(uow: UnitOfWork, pinned: PinnedRule, condition: Mapping[str, Any]) -> list[int]:
    wrong = _sample(uow, pinned)
    for _ in range(LOOKS_AGAIN):
        wrong = _differences(uow, pinned, condition, wrong)
        if not wrong:
            break
    return wrong


def _sample(uow: UnitOfWork, pinned: PinnedRule) -> list[int]:
    table = pinned.catalog.tables[pinned.rule.subject].main
    newest = sa.select(table.c.id).order_by(table.c.id.desc()).limit(SAMPLE // 2)
    ids = list(uow.execute(newest).scalars())
    start = uow.now.toordinal() * _SPREAD % max(ids, default=1)
    anywhere = sa.select(table.c.id).where(table.c.id >= start).order_by(table.c.id)
    found = uow.execute(anywhere.limit(SAMPLE // 2)).scalars()
    return sorted({*ids, *found})


def _differences(
    uow: UnitOfWork, pinned: PinnedRule, condition: Mapping[str, Any], ids: list[int]
) -> list[int]:
    """Those of ``ids`` about whom the two disagree now."""
    tree, problems = pinned.catalog.condition(pinned.rule.subject, condition)
    if problems:
        return []  # a form has changed; the rule says so itself
    table = pinned.catalog.tables[pinned.rule.subject].main
    records = StoredRecords(uow, pinned.catalog)
    rows = {each: records.linked(pinned.rule.subject, each) for each in ids}
    python = {each for each, row in rows.items() if row is not None and holds(records, tree, row)}
    wrong: set[int] = set()
    modes: tuple[expressing.Mode, ...] = ("single", "scan")
    for mode in modes:
        meant = expressing.where_sql(uow, pinned.catalog, tree, table, mode=mode)
        statement = sa.select(table.c.id).where(table.c.id.in_(ids), meant)
        wrong |= python ^ set(uow.execute(statement).scalars())
    return sorted(wrong)


LOOKS = (Look("I10", "disagreeing", disagreeing),)
