"""With and without an index on the time field a report has the same rows."""

import random
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.report_builder.asking import ask as asked
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.ground import stand_on
from regulars.report_builder.plain import compiled_for
from tests.report_builder.corner import OWNER, add_sales, ask, open_shop

REPORT: dict[str, Any] = {
    "kind": "report",
    "key": "by_day",
    "label": "By day",
    "from": "sales",
    "dimensions": [{"as": "when", "field": "sold_at", "by": "day"}],
    "measures": [{"as": "n", "aggregate": "count"}],
}


def publish(uow: UnitOfWork) -> None:
    store.save_draft(uow, OWNER, "report", REPORT)
    store.publish(uow, OWNER, [("report", "by_day")])


def statement(uow: UnitOfWork) -> str:
    made = compiled_for(asked(uow, OWNER, ReportDefinition.from_json(REPORT), {}, None))
    return str(made.compile(dialect=uow.connection.dialect))


@pytest.mark.parametrize("by", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("seed", range(3))
def test_joined_and_searched_periods_agree(uow: UnitOfWork, by: str, seed: int) -> None:
    open_shop(uow)
    chance = random.Random(seed)
    edges = ("00:00:00", "23:59:59.999999")
    days = [f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" for _ in range(60)]
    add_sales(uow, *((f"{day}T{chance.choice(edges)}", "1") for day in days))
    by_field = {"as": "when", "field": "sold_at", "by": by}
    params = {"period": {"from": "2025-02-10", "to": "2025-11-20"}}

    searched = ask(uow, dimensions=[by_field], params=params)
    publish(uow)
    joined = ask(uow, dimensions=[by_field], params=params)

    assert stand_on(uow, catalog_of(uow), OWNER, _moment(uow), "sales").is_indexed("sold_at")
    assert joined.rows == searched.rows
    assert joined.totals == searched.totals


def _moment(uow: UnitOfWork) -> Any:
    return asked(uow, OWNER, ReportDefinition.from_json(REPORT), {}, None).moment


def test_publishing_a_report_indexes_its_time_once(uow: UnitOfWork) -> None:
    open_shop(uow)
    publish(uow)
    table = catalog_of(uow).source().table("sales").name
    before = sa.inspect(uow.connection).get_indexes(table)

    store.save_draft(uow, OWNER, "report", {**REPORT, "label": "Every day"})
    store.publish(uow, OWNER, [("report", "by_day")])

    after = sa.inspect(uow.connection).get_indexes(table)
    assert [each["column_names"] for each in before].count(["sold_at"]) == 1
    assert len(after) == len(before)


def test_an_indexed_report_reads_a_calendar_and_another_searches(uow: UnitOfWork) -> None:
    open_shop(uow)
    add_sales(uow, ("2025-01-01", "1"), ("2025-01-03", "1"))

    assert "calendar" not in statement(uow)
    publish(uow)
    assert "calendar" in statement(uow)
    if uow.dialect == "sqlite":
        assert "CROSS JOIN" in statement(uow)


def test_two_dimensions_by_time_go_together(uow: UnitOfWork) -> None:
    open_shop(uow)
    publish(uow)
    add_sales(uow, ("2025-01-31T12:00", "1"), ("2025-02-01T12:00", "1"))

    result = ask(
        uow,
        dimensions=[
            {"as": "month", "field": "sold_at", "by": "month"},
            {"as": "week", "field": "sold_at", "by": "week"},
        ],
    )

    assert result.rows == (
        (date(2025, 1, 1), date(2025, 1, 27), 1),
        (date(2025, 2, 1), date(2025, 1, 27), 1),
    )
