"""Derived values that went wrong are found and put right, slice by slice and at night."""

import pytest
import sqlalchemy as sa

from regulars.form_builder import counters, health, records, verification, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.verification import ComparisonDesk, compare_all, last_comparison
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import workspace_counter
from regulars.platform.health.findings import Place
from tests.support.clocks import MovableClock
from tests.support.shop_forms import publish_forms

ACCESS = system_access("en")


@pytest.fixture(autouse=True)
def shop(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        for name in ("王芳", "Straße", "İstanbul"):
            who = records.create_record(
                uow, ACCESS, "customers", {"name": name, "tags": ["vip"]}, origin=API
            )
            items = [{"quantity": 2, "price": "1.50"}]
            body = {"customer": who.id, "items": items}
            records.create_record(uow, ACCESS, "orders", body, origin=API)


def spoil(database: Database, workspace: Workspace) -> None:
    """What a person with a database tool might do."""
    with database.workspace_tx(workspace) as uow:
        tables = catalog_of(uow).tables
        people, orders = tables["customers"], tables["orders"]
        uow.execute(people.main.update().where(people.main.c.id == 2).values(order_count=7))
        uow.execute(people.main.update().where(people.main.c.id == 2).values(name__ci="strasse!"))
        uow.execute(orders.main.update().where(orders.main.c.id == 1).values(customer=99))
        uow.execute(people.sides["tags"].insert().values(record=55, value="lost"))
        row = orders.rows["items"].main
        uow.execute(row.update().where(row.c.parent == 3).values(parent=77))


def kinds(drifts: list[verifying.Drift]) -> set[tuple[str, str, tuple[int, ...]]]:
    return {(each.kind, each.field, each.ids) for each in drifts}


def test_a_sound_shop_has_nothing_wrong(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        for form in ("products", "customers", "orders"):
            assert verifying.look_at_all(uow, catalog_of(uow), form) == []
        assert counters.lagging(uow, catalog_of(uow)) == []


def test_everything_that_was_spoilt_is_found_and_put_right(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    spoil(database, workspace)
    with database.workspace_tx(workspace) as uow:
        catalog = catalog_of(uow)
        assert kinds(verifying.look_at_all(uow, catalog, "customers")) == {
            ("rollup", "order_count", (1, 2)),
            ("rollup", "total_spend", (1,)),
            ("rollup", "last_order_at", (1,)),
            ("folded", "name", (2,)),
            ("tag", "tags", (55,)),
        }
        assert kinds(verifying.look_at_all(uow, catalog, "orders")) == {
            ("rollup", "amount", (3,)),
            ("link", "customer", (1,)),
            ("row", "items", (3,)),
        }
    done = compare_all(database, workspace, repair=True, now=clock)
    assert {(c.kind, c.wrong - c.mended) for c in done.found if c.wrong > c.mended} == {
        ("link", 1)
    }
    again = compare_all(database, workspace, repair=False, now=clock)
    assert [(c.kind, c.field, c.sample) for c in again.found] == [("link", "customer", (1,))]


def test_slices_end_to_end_see_every_record_once(
    database: Database, workspace: Workspace, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "SLICE", 2)
    spoil(database, workspace)
    done = compare_all(database, workspace, repair=False, now=clock)
    assert done.records == 6
    assert sum(c.wrong for c in done.found) == 9
    assert all(c.mended == 0 for c in done.found)


def test_at_night_it_goes_on_a_few_slices_at_a_time_and_rests_till_the_next(
    database: Database, workspace: Workspace, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "SLICE", 1)
    monkeypatch.setattr(verification, "SLICES_A_TICK", 3)
    spoil(database, workspace)
    desk = ComparisonDesk(database)
    assert not desk.is_due(clock())  # noon in Shanghai
    clock.forward(hours=14)
    rounds = 0
    while desk.is_due(clock()):
        desk.answer()
        rounds += 1
    assert rounds > 5
    with database.workspace_tx(workspace, write=False) as uow:
        last, going = last_comparison(uow)
        assert records.get_record(uow, ACCESS, "customers", 2)["order_count"] == 1
    assert going is None
    assert last is not None
    assert last.records == 6
    clock.forward(hours=1)
    assert not desk.is_due(clock())
    clock.forward(hours=23)
    assert desk.is_due(clock())


def test_counters_that_stand_too_low_are_found_and_raised(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    serials = workspace_counter.c.name.startswith("serial:orders.order_no")

    def lower(uow: UnitOfWork) -> None:
        uow.execute(workspace_counter.update().where(serials).values(value=1))
        if uow.dialect == "sqlite":
            ids = workspace_counter.c.name == "id:f_customers"
            uow.execute(workspace_counter.update().where(ids).values(value=0))
        else:
            uow.execute(sa.select(sa.func.setval("f_customers_id_seq", 1)))

    place = Place(database, workspace, clock())
    with database.workspace_tx(workspace) as uow:
        lower(uow)
    found = {(each.code, each.params["given"]) for each in health.numbers(place)}
    assert found == {("counter-behind", 3)}
    assert all(each.text("en") and each.cure("zh-Hans") for each in health.numbers(place))
    assert health.raise_numbers(place) == 2
    assert list(health.numbers(place)) == []
    with database.workspace_tx(workspace) as uow:
        fresh = records.create_record(uow, ACCESS, "customers", {"name": "new"}, origin=API)
        order = records.create_record(uow, ACCESS, "orders", {"customer": fresh.id}, origin=API)
    assert (fresh.id, str(order.values["order_no"])[-4:]) == (4, "0004")


def test_a_missing_unique_index_is_made_unless_values_stand_twice(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    place = Place(database, workspace, clock())
    with database.workspace_tx(workspace) as uow:
        main = catalog_of(uow).tables["products"].main
        (index,) = (each for each in main.indexes if each.unique)
        index.drop(uow.connection)
        for name in ("a", "b"):
            records.create_record(uow, ACCESS, "products", {"sku": name, "name": name}, origin=API)
        uow.execute(main.update().values(sku="a"))
    assert [each.params["field"] for each in health.unique_indexes(place)] == ["sku"]
    assert health.make_unique(place) == 0, "two records share a value"
    with database.workspace_tx(workspace) as uow:
        uow.execute(main.update().where(main.c.name == "b").values(sku="b"))
    assert health.make_unique(place) == 1
    assert list(health.unique_indexes(place)) == []
