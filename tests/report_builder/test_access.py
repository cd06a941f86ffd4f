"""A report obeys the reader's access: in rows, totals, filters and drills."""

from dataclasses import replace
from typing import Any

import pytest

from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.accounts.access import Access, public_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, NotFound
from regulars.report_builder.service import list_reports, run_report
from tests.report_builder.corner import OWNER, add, ask, open_shop

CLERK = Access(7, "Lin", "clerk", "en")
MANAGER = Access(8, "Mo", "manager", "en")


@pytest.fixture
def stores(uow: UnitOfWork) -> dict[str, int]:
    """Three sales in the east, two in the west (below it a kiosk with one), one nowhere."""
    open_shop(uow)
    east = create_unit(uow, OWNER, UnitValues("east", "East")).id
    west = create_unit(uow, OWNER, UnitValues("west", "West")).id
    kiosk = create_unit(uow, OWNER, UnitValues("kiosk", "Kiosk", parent=west)).id
    (buyer,) = add(uow, "people", {"name": "Ann"})
    for unit, count in ((east, 3), (west, 2), (kiosk, 1), (None, 1)):
        sale = {"store": unit, "buyer": buyer, "sold_at": "2026-01-05", "lines": [{"what": "tea"}]}
        add(uow, "sales", *([sale] * count))
    return {"east": east, "west": west, "kiosk": kiosk}


def test_a_clerk_sees_no_reports(uow: UnitOfWork, stores: dict[str, int]) -> None:
    with pytest.raises(Forbidden):
        ask(uow, access=CLERK)


def test_the_public_sees_no_reports(uow: UnitOfWork, stores: dict[str, int]) -> None:
    with pytest.raises(Forbidden):
        ask(uow, access=public_access("en"))


def test_a_manager_counts_the_records_of_the_own_stores(
    uow: UnitOfWork, stores: dict[str, int]
) -> None:
    manager = replace(MANAGER, unit_ids=(stores["west"], stores["kiosk"]))

    result = ask(uow, access=manager, dimensions=[{"as": "store", "field": "store"}])

    assert sorted(row[1] for row in result.rows) == [1, 1, 2]  # what has no store is everybody's
    assert result.totals == (None, 4)


def test_rows_of_a_subform_follow_their_record(uow: UnitOfWork, stores: dict[str, int]) -> None:
    manager = replace(MANAGER, unit_ids=(stores["east"],))

    assert ask(uow, access=manager, source="sales.lines").rows == ((4,),)
    assert ask(uow, source="sales.lines", params={"unit": "east"}).rows == ((3,),)


def test_an_analysis_and_its_drill_stay_within_the_stores(
    uow: UnitOfWork, stores: dict[str, int]
) -> None:
    add(uow, "people", {"name": "Bo"})
    (other,) = add(uow, "people", {"name": "Cy"})
    add(uow, "sales", {"store": stores["west"], "buyer": other, "sold_at": "2026-01-06"})
    manager = replace(MANAGER, unit_ids=(stores["east"],))
    raw: dict[str, Any] = {
        "analysis": "repurchase",
        "subject": "buyer",
        "at": "sold_at",
        "by": "orders",
    }

    result = ask(uow, access=manager, **raw)
    drill = result.drill[0]

    assert result.rows[0][:2] == (1, 1)
    assert drill is not None
    query = RecordQuery(filter=drill.of("buyers"), count=True)
    assert find_records(uow, OWNER, drill.form, query).total == 1


@pytest.mark.parametrize(("unit", "count"), [("west", 3), ("kiosk", 1), ("east", 3)])
def test_the_store_filter_holds_what_lies_below(
    uow: UnitOfWork, stores: dict[str, int], unit: str, count: int
) -> None:
    assert ask(uow, params={"unit": unit}).rows == ((count,),)
    assert ask(uow, params={"unit": str(stores[unit])}).rows == ((count,),)
    assert ask(uow, params={"unit": {"id": stores[unit]}}).rows == ((count,),)


def test_reports_need_the_capability_to_be_listed_and_saved(
    uow: UnitOfWork, stores: dict[str, int]
) -> None:
    with pytest.raises(Forbidden):
        list_reports(uow, CLERK)
    with pytest.raises(Forbidden):
        store.save_draft(uow, CLERK, "report", {"kind": "report"})


def test_an_unknown_report_is_named(uow: UnitOfWork) -> None:
    with pytest.raises(NotFound) as missing:
        run_report(uow, OWNER, "nowhere")

    assert missing.value.message("en") == "There is no report called “nowhere”."


def test_the_products_own_tables_can_be_counted(uow: UnitOfWork, stores: dict[str, int]) -> None:
    by_name = [{"as": "name", "field": "name"}]

    result = ask(uow, source="sys_units", dimensions=by_name, sort=["name"])

    assert [row[0] for row in result.rows] == ["East", "Kiosk", "West"]
    manager = replace(MANAGER, unit_ids=(stores["east"],))
    assert ask(uow, source="sys_units", access=manager).rows == ((1,),)
