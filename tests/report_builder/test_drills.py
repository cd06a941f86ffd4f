"""Every number leads to exactly the records it counts, whatever the records and the report."""

import random
from typing import Any

import pytest

from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.db import UnitOfWork
from regulars.report_builder.result import Drill, Result
from regulars.report_builder.service import Wish, run_inline
from tests.report_builder.corner import OWNER, add, ask, local, open_shop

COUNT = {"as": "n", "aggregate": "count"}
PAID = {
    "as": "n_paid",
    "aggregate": "count",
    "where": {"field": "paid", "op": "is", "value": True},
}
NOTES = (None, "Tea", "TEA", "tea time", "ähnlich", 'it\'s "so"', "100%", "=1+1", "北京")
WHAT = ("tea", "Tea", "cup", None)
PATHS = ("note", "paid", "buyer", "buyer.tier", "buyer.name", "due", "amount", "buyer.tags")
TIMES = ("sold_at", "due", "buyer.created_at")


def fill(uow: UnitOfWork, seed: int) -> random.Random:
    """Random people and sales around the turn of a year, with gaps in every field."""
    chance = random.Random(seed)

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.8 else None

    people = add(
        uow,
        "people",
        *(
            {
                "name": f"{name} {n}",
                "tier": maybe(chance.choice(["gold", "basic"])),
                "tags": chance.sample(["vip", "new", "old"], chance.randint(0, 2)),
            }
            for n, name in enumerate(("Ann", "ann", "王", "Zoë"))
        ),
    )
    rows = [
        {
            "note": chance.choice(NOTES),
            "buyer": maybe(chance.choice(people)),
            "sold_at": maybe(f"2025-12-{chance.randint(28, 31)}T{chance.randint(0, 23):02}:59:59")
            if chance.random() < 0.5
            else f"2026-01-{chance.randint(1, 20):02}T00:00:00",
            "due": maybe(f"2026-0{chance.randint(1, 3)}-0{chance.randint(1, 9)}"),
            "paid": maybe(chance.random() < 0.5),
            "amount": maybe(str(chance.choice([0, 1, "2.50", 99]))),
            "lines": [
                {
                    "what": chance.choice(["tea", "Tea", "cup", None]),
                    "pieces": chance.randint(1, 3),
                }
                for _ in range(chance.randint(0, 3))
            ],
        }
        for _ in range(40)
    ]
    add(uow, "sales", *rows)
    return chance


def found(uow: UnitOfWork, drill: Drill, column: str | None = None) -> int | None:
    query = RecordQuery(filter=drill.of(column), limit=1, count=True)
    return find_records(uow, OWNER, drill.form, query).total


def random_report(chance: random.Random) -> dict[str, Any]:
    dimensions: list[dict[str, Any]] = []
    if chance.random() < 0.6:
        by = chance.choice(["day", "week", "month", "quarter", "year"])
        dimensions.append({"as": "when", "field": chance.choice(TIMES), "by": by})
    for path in chance.sample(PATHS, chance.randint(0, 2)):
        dimensions.append({"as": path.replace(".", "_"), "field": path})
    raw: dict[str, Any] = {"from": "sales", "dimensions": dimensions, "measures": [COUNT, PAID]}
    if chance.random() < 0.4:
        raw["where"] = {"field": "amount", "op": "gte", "value": 1}
    if chance.random() < 0.4:
        raw["at"] = "sold_at"
    return raw


@pytest.mark.parametrize("seed", range(5))
def test_rows_and_totals_lead_to_what_they_count(uow: UnitOfWork, seed: int) -> None:
    open_shop(uow)
    chance = fill(uow, seed)

    for _ in range(4):
        raw = random_report(chance)
        timed = "at" in raw or any("by" in each for each in raw["dimensions"])
        params = {"period": {"from": "2025-12-30", "to": "2026-01-10"}} if timed else {}
        now = local("2026-01-05T12:00") if chance.random() < 0.5 else None
        result = run_inline(uow, OWNER, raw, Wish(params, now))

        assert_numbers_lead_to_records(uow, raw, result)


def assert_numbers_lead_to_records(uow: UnitOfWork, raw: Any, result: Result) -> None:
    for n, row in enumerate(result.rows):
        drill = result.drill[n]
        assert drill is not None
        assert found(uow, drill, "n") == row[-2], (raw, row, drill.condition)
        assert found(uow, drill, "n_paid") == row[-1], (raw, row)
    assert result.totals is not None
    assert result.total_drill is not None
    assert found(uow, result.total_drill, "n") == result.totals[-2], raw
    assert found(uow, result.total_drill, "n_paid") == result.totals[-1], raw


@pytest.mark.parametrize("seed", range(2))
def test_rows_of_a_subform_lead_to_the_records_that_hold_them(uow: UnitOfWork, seed: int) -> None:
    open_shop(uow)
    fill(uow, seed)

    result = ask(
        uow,
        [{"as": "sales", "aggregate": "count_distinct", "field": "parent"}],
        source="sales.lines",
        dimensions=[
            {"as": "what", "field": "what"},
            {"as": "month", "field": "parent.sold_at", "by": "month"},
        ],
    )

    assert result.rows
    for n, row in enumerate(result.rows):
        drill = result.drill[n]
        assert drill is not None
        assert drill.form == "sales"
        assert found(uow, drill) == row[-1], (row, drill.condition)


def test_a_ratio_leads_to_what_is_divided(uow: UnitOfWork) -> None:
    open_shop(uow)
    add(uow, "sales", {"paid": True}, {"paid": False}, {"paid": True})

    result = ask(uow, [COUNT, PAID, {"as": "share", "ratio": ["n_paid", "n"]}])
    drill = result.drill[0]

    assert drill is not None
    assert found(uow, drill, "share") == 2
    assert found(uow, drill, "n") == 3
