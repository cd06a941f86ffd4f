"""Rows that are there already stay as they are, whether few are inserted or many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.platform.bulk import FEW
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_new, upsert
from regulars.rule_engine.tables import run, run_step

AT = datetime(2026, 3, 8, 2, 30, 0, 123456, tzinfo=UTC)
NASTY = ["'", '"', "\\", "{,}", "NULL", "", " 王芳 ", "\n", "é́", "😀"]


def _row(n: int) -> dict[str, Any]:
    word = NASTY[n % len(NASTY)]
    return {
        "rule": word, "version": 1, "form": "customers", "record": n, "entry_key": word,
        "status": "live", "iteration": 0, "attempts": 0, "seq": 0, "arm": "treatment",
        "cursor": None if n % 2 else word, "context": {word: [word, n]}, "chain": [word] * (n % 3),
        "reason": None if n % 3 else {"code": word}, "due_at": None if n % 4 else AT,
        "entered_at": AT + timedelta(microseconds=n), "created_at": AT,
    }  # fmt: skip


@pytest.mark.parametrize("many", [3, FEW, 5 * FEW])
def test_new_rows_go_in_whole_and_known_ones_stay(uow: UnitOfWork, many: int) -> None:
    rows = [_row(n) for n in range(many)]
    assert sorted(insert_new(uow, run, rows[:2], "record")) == [0, 1]
    changed = [{**row, "status": "done"} for row in rows]
    fresh = insert_new(uow, run, [*changed, *changed], "record")
    assert sorted(fresh) == list(range(2, many))
    found = uow.execute(sa.select(run).order_by(run.c.record)).mappings().all()
    assert [row["status"] for row in found] == ["live", "live", *["done"] * (many - 2)]
    for row, wanted in zip(found, rows, strict=True):
        assert {name: row[name] for name in wanted} == {**wanted, "status": row["status"]}


@pytest.mark.parametrize("many", [3, FEW, 5 * FEW])
def test_known_rows_take_the_changing_columns_and_no_others(uow: UnitOfWork, many: int) -> None:
    steps = [_step(n) for n in range(many)]
    upsert(uow, run_step, steps[:2], ("outcome", "output"))
    later = [{**step, "outcome": "done", "output": {"n": step["run"]}, "seq": 9} for step in steps]
    upsert(uow, run_step, [*steps, *later], ("outcome", "output"))
    found = uow.execute(sa.select(run_step).order_by(run_step.c.run)).mappings().all()
    assert [(row["outcome"], row["output"]["n"], row["seq"]) for row in found] == [
        ("done", n, 1) for n in range(many)
    ]
    assert [row["path"] for row in found] == [step["path"] for step in steps]


def _step(n: int) -> dict[str, Any]:
    word = NASTY[n % len(NASTY)]
    return {
        "run": n, "path": word, "iteration": 0, "seq": 1, "step": word, "do": "wait",
        "outcome": "waiting", "output": None, "attempts": 1, "started_at": AT,
    }  # fmt: skip
