"""Indexes that come and go while others write, on both databases."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records, tables
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.indexing import making
from regulars.form_builder.indexing.desk import IndexDesk, look_after
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from tests.support.clocks import MovableClock
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

ACCESS = system_access("en")
VIEW = {"key": "big", "type": "table", "sort": ["-total_spend"]}


@pytest.fixture(autouse=True)
def shop(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, (PRODUCTS, {**CUSTOMERS, "views": [VIEW]}, ORDERS))


def names(database: Database, workspace: Workspace, form: str) -> set[str]:
    with database.workspace_tx(workspace, write=False) as uow:
        table = catalog_of(uow).tables[form].main.name
        found = {str(i["name"]) for i in sa.inspect(uow.connection).get_indexes(table)}
    return {name for name in found if name.startswith("x_")}


def customer(uow: UnitOfWork, **values: Any) -> None:
    records.create_record(uow, ACCESS, "customers", {"name": "王芳", **values}, origin=API)


def test_an_index_comes_while_others_write_and_goes_when_nobody_wants_it(
    database: Database, workspace: Workspace
) -> None:
    done, written, mistakes = threading.Event(), [0], []

    def write() -> None:
        while not done.is_set():
            try:
                with database.workspace_tx(workspace) as uow:
                    customer(uow)
                written[0] += 1
            except Exception as error:
                mistakes.append(error)
                raise

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert look_after(database, workspace, database.clock()) == []
        made = names(database, workspace, "customers")
        before = written[0]
        while written[0] < before + 3 and writer.is_alive():
            done.wait(0.01)
    finally:
        done.set()
        writer.join()
    assert mistakes == []
    assert len(made) == 1
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, (CUSTOMERS,))
    assert IndexDesk(database).is_due(database.clock())
    IndexDesk(database).answer()
    assert names(database, workspace, "customers") == set()


def test_it_is_looked_after_once_for_each_publishing_and_again_after_hours(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    desk = IndexDesk(database)
    assert desk.is_due(clock())
    desk.answer()
    assert not desk.is_due(clock())
    clock.forward(hours=7)
    assert desk.is_due(clock())


def test_the_list_reads_its_order_from_the_index(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        for n in range(5):
            customer(uow, name=f"C{n}")
    look_after(database, workspace, database.clock())
    with database.workspace_tx(workspace, write=False) as uow:
        query = RecordQuery(sort=("-total_spend",), limit=2)
        page = records.find_records(uow, ACCESS, "customers", query)
        again = RecordQuery(sort=("-total_spend",), limit=3, cursor=page.next)
        rest = records.find_records(uow, ACCESS, "customers", again)
        table = catalog_of(uow).tables["customers"].main
        if uow.dialect == "sqlite":
            order = (table.c.total_spend.desc().nulls_last(), table.c.id.desc())
            statement = sa.select(table.c.id).order_by(*order).limit(5)
            compiled = str(statement.compile(uow.connection))
            told = uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (5, 0))
            assert "USING COVERING INDEX x_" in str(told.all())
    assert [each.id for each in (*page.records, *rest.records)] == [5, 4, 3, 2, 1]


def test_on_sqlite_a_large_table_waits_for_the_night(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    monkeypatch.setattr(making, "LARGE", 0)
    with database.workspace_tx(workspace) as uow:
        customer(uow)
        wanted = making.plan(uow)
    waits = any(wish.form == "customers" for wish in wanted.wait)
    assert waits == database.is_sqlite
    night = clock().replace(hour=19)  # three in the morning in Shanghai
    with database.workspace_tx(workspace, write=False, now=night) as uow:
        assert making.plan(uow).wait == ()


def test_what_broke_off_half_way_is_dropped_and_made_again(
    database: Database, workspace: Workspace
) -> None:
    look_after(database, workspace, database.clock())
    [name] = names(database, workspace, "customers")
    if not database.is_sqlite:
        with database.workspace_tx(workspace) as uow:
            about = sa.table("pg_index", sa.column("indisvalid"), sa.column("indexrelid"))
            wanted = sa.select(sa.cast(sa.cast(name, sa.Text), sa.dialects.postgresql.REGCLASS))
            uow.execute(
                about.update()
                .where(about.c.indexrelid == wanted.scalar_subquery())
                .values(indisvalid=False)
            )
        assert making.drop_broken(database, workspace) == [name]
        assert names(database, workspace, "customers") == set()
    assert making.drop_broken(database, workspace) == []
    look_after(database, workspace, database.clock())
    assert names(database, workspace, "customers") == {name}


def test_publishing_over_many_records_leaves_the_index_of_a_link_to_the_job(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SMALL", 0)
    link = {"key": "friend", "type": "link", "to": "customers"}
    with database.workspace_tx(workspace) as uow:
        customer(uow)
        publish_forms(uow, ({**CUSTOMERS, "fields": [*CUSTOMERS["fields"], link]},))
        [wanted] = making.plan(uow).own
    assert wanted[0] == "customers"
    assert look_after(database, workspace, database.clock()) == []
    with database.workspace_tx(workspace) as uow:
        assert making.plan(uow).own == ()
