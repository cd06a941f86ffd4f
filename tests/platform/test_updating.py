"""Each row takes values of its own, whether few are changed or many."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from regulars.platform.bulk import FEW
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_missing
from regulars.platform.updating import update_each
from regulars.rule_engine.tables import run

AT = datetime(2026, 3, 8, 2, 30, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("many", [1, 3, FEW, 5 * FEW])
def test_each_row_takes_its_own_values_and_strangers_stay(uow: UnitOfWork, many: int) -> None:
    insert_missing(uow, run, [
        {
            "id": n, "rule": "r", "version": 1, "form": "f", "record": n, "entry_key": "",
            "status": "live", "iteration": 0, "attempts": 0, "seq": 0, "arm": "treatment",
            "context": {}, "chain": [], "token": "mine" if n % 3 else "other's",
            "reason": {"code": "old"}, "entered_at": AT, "created_at": AT,
        }
        for n in range(many)
    ])  # fmt: skip
    update_each(uow, run, [
        {
            "b_id": n, "b_token": "mine", "v_token": None, "v_status": "done", "v_seq": n,
            "v_context": {"'\\": [n, None]}, "v_reason": None if n % 2 else {"code": "{,}"},
            "v_due_at": AT + timedelta(microseconds=n),
        }
        for n in range(many)
    ])  # fmt: skip
    for row in uow.execute(sa.select(run)):
        if row.id % 3 == 0:
            assert (row.token, row.status, row.reason) == ("other's", "live", {"code": "old"})
            continue
        assert (row.token, row.status, row.seq) == (None, "done", row.id)
        assert row.context == {"'\\": [row.id, None]}
        assert row.reason == (None if row.id % 2 else {"code": "{,}"})
        assert row.due_at == AT + timedelta(microseconds=row.id)


def test_nothing_to_change_changes_nothing(uow: UnitOfWork) -> None:
    update_each(uow, run, [])
    assert uow.scalar(sa.select(sa.func.count()).select_from(run)) == 0
