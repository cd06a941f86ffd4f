"""A formula that is frozen when a record is made says the same for as long as the record lives."""

from typing import Any

import pytest

from regulars.form_builder import verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history, history_of
from regulars.form_builder.origin import API
from regulars.form_builder.people.traces import BLOT
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import (
    create_record,
    delete_record,
    find_records,
    get_record,
    restore_record,
    update_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")


def frozen(key: str, formula: str, result: str) -> dict[str, Any]:
    """A field whose value is computed once."""
    kept = {"type": "formula", "freeze": "on_create"}
    return {"key": key, "formula": formula, "result": result, **kept}


FROZEN = {
    "code": ("RANDOM_CODE(8)", "text"), "at_first": ("points * 2", "number"),
    "since": ("NOW()", "datetime"), "day": ("TODAY()", "date"), "many": ("points > 3", "boolean"),
    "price": ("points * 1.25", "money"),
}  # fmt: skip
FORM: dict[str, Any] = {
    "kind": "form", "key": "cards", "label": "Cards",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "points", "type": "number", "decimals": 0},
        *(frozen(key, *parts) for key, parts in FROZEN.items()),
        {"key": "lines", "type": "subform", "label": "Lines", "fields": [
            {"key": "n", "type": "number"}, frozen("double", "n * 2", "number"),
        ]},
    ],
}  # fmt: skip


@pytest.fixture
def card(uow: UnitOfWork) -> int:
    publish_forms(uow, [FORM])
    given = {"name": "Ann", "points": 5, "lines": [{"n": 3}]}
    return create_record(uow, OWNER, "cards", given, origin=API).id


def kept(uow: UnitOfWork, card: int) -> dict[str, Any]:
    values = get_record(uow, OWNER, "cards", card).values
    return {key: values[key] for key in FROZEN}


def rows(uow: UnitOfWork, card: int) -> list[tuple[Any, Any]]:
    lines = get_record(uow, OWNER, "cards", card).values["lines"]
    return [(row["n"], row["double"]) for row in lines]


def test_it_stays_through_changes_and_the_recycle_bin(uow: UnitOfWork, card: int) -> None:
    before = kept(uow, card)
    assert None not in before.values()
    update_record(uow, OWNER, "cards", card, {"points": 1}, origin=API)
    assert kept(uow, card) == before
    delete_record(uow, OWNER, "cards", card, origin=API)
    restore_record(uow, OWNER, "cards", card, origin=API)
    assert kept(uow, card) == before


def test_in_rows_it_is_computed_when_the_row_is_new(uow: UnitOfWork, card: int) -> None:
    (line,) = get_record(uow, OWNER, "cards", card).values["lines"]
    assert rows(uow, card) == [(3, 6)]
    changed = [{"n": 100}, {"id": line["id"], "n": 5}]
    update_record(uow, OWNER, "cards", card, {"lines": changed}, origin=API)
    assert rows(uow, card) == [(100, 200), (5, 6)]
    delete_record(uow, OWNER, "cards", card, origin=API)
    restore_record(uow, OWNER, "cards", card, origin=API)
    assert rows(uow, card) == [(100, 200), (5, 6)]


def test_rows_sent_as_they_are_change_nothing(uow: UnitOfWork, card: int) -> None:
    (line,) = get_record(uow, OWNER, "cards", card).values["lines"]
    for version, n in ((1, 3), (2, None), (2, None)):
        same = {"lines": [{"id": line["id"], "n": n}]}
        update_record(uow, OWNER, "cards", card, same, origin=API)
        assert get_record(uow, OWNER, "cards", card).version == version
    update_record(uow, OWNER, "cards", card, {"lines": [{"n": None}]}, origin=API)
    assert rows(uow, card) == [(None, None)]
    (line,) = get_record(uow, OWNER, "cards", card).values["lines"]
    again = {"lines": [{"id": line["id"], "n": None}]}
    update_record(uow, OWNER, "cards", card, again, origin=API)
    assert get_record(uow, OWNER, "cards", card).version == 3


def test_the_history_tells_what_it_was_at_first(uow: UnitOfWork, card: int) -> None:
    made = history_of(uow, "cards", card)[-1].changes
    assert [made["at_first"][1], made["price"][1], made["many"][1]] == ["10", "6.25", True]
    assert made["day"][1] == kept(uow, card)["day"].isoformat()


def test_the_doctor_holds_it_against_the_history(uow: UnitOfWork, card: int) -> None:
    others = [
        create_record(uow, OWNER, "cards", {"points": n}, origin=API).id for n in (1, None, 7)
    ]
    catalog = catalog_of(uow)
    assert verifying.look_at_all(uow, catalog, "cards") == []
    table = catalog.tables["cards"].main
    uow.execute(table.update().where(table.c.id == card).values(at_first=11, code="MINE"))
    uow.execute(table.update().where(table.c.id == others[0]).values(since=None))
    drifts = verifying.look_at_all(uow, catalog, "cards")
    assert [(each.kind, each.field, each.ids) for each in drifts] == [
        ("frozen", "code", (card,)),
        ("frozen", "at_first", (card,)),
        ("frozen", "since", (others[0],)),
    ]
    for each in drifts:
        verifying.mend(uow, catalog, each)
    assert verifying.look_at_all(uow, catalog, "cards") == drifts


def test_what_the_history_no_longer_tells_is_not_held_against_anybody(
    uow: UnitOfWork, card: int
) -> None:
    catalog = catalog_of(uow)
    table = catalog.tables["cards"].main
    uow.execute(table.update().where(table.c.id == card).values(at_first=11, code=None))
    made = {"code": [None, f"{BLOT}"], "day": [None, None]}
    uow.execute(history.update().values(changes=made))
    assert verifying.look_at_all(uow, catalog, "cards") == []


def test_it_is_found_and_sorted_like_any_value(uow: UnitOfWork, card: int) -> None:
    was = kept(uow, card)
    day = was["day"].isoformat()
    for field, op, value in (
        ("code", "is", was["code"].lower()), ("code", "contains", was["code"][2:5]),
        ("at_first", "is", "10"), ("day", "is", day), ("many", "is", True),
        ("since", "on_or_before", day), ("price", "between", ["6.24", "6.26"]),
    ):  # fmt: skip
        query = RecordQuery(filter={"field": field, "op": op, "value": value}, sort=(f"-{field}",))
        assert len(find_records(uow, OWNER, "cards", query).records) == 1, field
