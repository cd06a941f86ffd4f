"""P09: a customer who asks to be forgotten leaves no trace but a fingerprint nobody can read."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.bulk import keeping as bulk
from regulars.form_builder.importing import files
from regulars.form_builder.importing.tables import import_error
from regulars.form_builder.origin import Origin
from regulars.form_builder.own_views.tables import own_view
from regulars.form_builder.people.erase_plan import EraseWish, plan_erasure
from regulars.form_builder.people.erasing import Erased, erase_person, reapply_erasures
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.people.wording import erase_lines, erase_plan_json
from regulars.form_builder.records import create_record, delete_record, get_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.privacy.consents import consents_of, ledger_of
from regulars.platform.privacy.erasure_log import erasure, erasures_of
from regulars.platform.privacy.ledger import consent_entry, verify_chain
from regulars.platform.privacy.suppressions import suppressed_among, suppression
from regulars.platform.web.idempotency import answer
from regulars.rule_engine.leases import read_database_clock
from regulars.rule_engine.tables import outbound
from tests.privacy.conftest import EMAIL, MOBILE, NAME, TRACES, Nest
from tests.support.clocks import NOW
from tests.support.rule_shop import SYSTEM, RuleShop

MANAGER = Access(2, "Mia", "manager", "en")


def erase(shop: RuleShop, record: int, confirm: str = NAME, **wish: Any) -> Erased:
    with shop.work() as uow:
        return erase_person(uow, SYSTEM, EraseWish("customers", record, confirm=confirm, **wish))


def dump(database: Database, uow: UnitOfWork) -> str:
    """Every value of every table of both stores, whatever the product thinks is in them."""
    said: list[str] = []
    with database.main_tx(write=False) as main:
        for connection in (uow.connection, main):
            inspector = sa.inspect(connection)
            for name in inspector.get_table_names():
                table = sa.Table(name, sa.MetaData(), autoload_with=connection)
                columns = [sa.cast(column, sa.Text) for column in table.columns]
                rows = connection.execute(sa.select(*columns))
                said += [f"{name}: {row}" for row in rows.all()]
    return "\n".join(said)


def traces_left(text: str) -> list[str]:
    lines = text.casefold().splitlines()
    return [line for line in lines if any(trace in line for trace in TRACES)]


def test_nothing_leads_to_the_canary_any_more(nest: Nest, tmp_path: Path) -> None:
    shop = nest.shop
    _leave_passing_traces(shop, tmp_path)
    with shop.work() as uow:
        bulk.create(
            uow, SYSTEM, "customers", [nest.canary],
            [{"field": "name", "do": "set", "value": NAME}], origin="page",
        )  # fmt: skip
        before = traces_left(dump(shop.database, uow))
        assert len(before) > 15
        assert [line for line in before if line.startswith("f_orders") and "for canary" in line]
    erase(shop, nest.canary)
    with shop.work() as uow:
        assert traces_left(dump(shop.database, uow)) == []
        assert suppressed_among(uow, [("sms", MOBILE), ("email", EMAIL)]) == {
            ("sms", MOBILE), ("email", EMAIL),
        }  # fmt: skip
        assert verify_chain(uow).is_whole


def test_no_file_of_the_installation_holds_a_trace(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    found = [
        (path.name, trace)
        for path in nest.shop.database.data_dir.rglob("*")
        if path.is_file()
        for trace in TRACES
        if trace in path.read_bytes().decode("utf-8", "replace").casefold()
    ]
    assert found == []


def test_the_books_stay_without_the_customer(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    order = nest.shop.read("orders", nest.order)
    assert (order["customer"], order["deliver_to"], str(order["amount"])) == (None, None, "100.00")
    copies = [order[key] for key in ("buyer_then", "born", "for_whom", "nth")]
    assert copies == [None, None, None, 0]
    note = nest.shop.read("notes", nest.note)
    assert [(row["who"], row["called"], row["then"]) for row in note["guests"]] == [(None,) * 3]
    assert note["text"] == "call ▇▇▇"
    assert nest.shop.read("notes", nest.mention)["about"] == []
    other = nest.shop.read("customers", nest.other)
    assert (other["name"], other["note"]) == ("Bystander", "sister of ▇▇▇, ▇▇▇")
    (message,) = nest.shop.messages()
    assert (message.record, message.address, message.body) == (0, None, {})
    assert (message.rule, message.channel, message.status) == ("greet", "sms", "sent")
    (run,) = nest.shop.runs()
    assert (run.record, run.entry_key, run.context) == (0, f"erased:{run.id}", {})
    assert nest.shop.trace(run.id) == []


def test_what_was_agreed_to_stays_as_a_bare_fact(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    with nest.shop.work() as uow:
        entries = {e.action: e for e in ledger_of(uow, "customers", nest.canary)}
        assert entries["grant"].evidence is None
        assert entries["grant"].source == "erased"
        assert consents_of(uow, "customers", nest.canary) == []


@pytest.mark.parametrize(
    "change",
    [
        {"action": "withdraw", "evidence": None, "source": "erased", "erased_at": NOW},
        {"evidence": "another", "source": "erased", "erased_at": NOW},
        {"evidence": None, "source": "elsewhere", "erased_at": NOW},
        {"evidence": None},
    ],
)
def test_erasing_texts_is_the_only_change_that_the_ledger_takes(
    nest: Nest, change: dict[str, Any]
) -> None:
    with pytest.raises(sa.exc.DatabaseError, match="only grows"), nest.shop.work() as uow:
        uow.execute(consent_entry.update().values(**change))


def test_texts_that_are_erased_behind_the_products_back_show(nest: Nest) -> None:
    with nest.shop.work() as uow:
        uow.execute(consent_entry.update().values(evidence=None, source="erased", erased_at=NOW))
        assert not verify_chain(uow).is_whole


def test_whoever_is_imported_again_is_not_written_to(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    back = nest.shop.customer(name="Canary again", mobile=MOBILE)
    nest.shop.order(back)
    nest.shop.tick()
    message = nest.shop.messages(record=back)[0]
    assert (message.status, message.reason) == ("suppressed", {"code": "on-suppression-list"})


def test_links_are_deleted_or_kept_as_chosen(nest: Nest) -> None:
    wish = {
        "relations": {"orders.customer": "keep", "notes.guests.who": "anonymise"},
        "reasons": {"orders.customer": "invoice of 2026"},
    }
    erase(nest.shop, nest.canary, **wish)
    order = nest.shop.read("orders", nest.order)
    assert (order["customer"], order["deliver_to"]) == (None, NAME)


def test_deleted_links_go_with_their_past(nest: Nest) -> None:
    erase(nest.shop, nest.canary, relations={"orders.customer": "delete"})
    with nest.shop.work() as uow, pytest.raises(NotFound):
        get_record(uow, SYSTEM, "orders", nest.order)
    with nest.shop.work() as uow:
        assert traces_left(dump(nest.shop.database, uow)) == []


def test_records_merged_into_the_person_are_forgotten_with_them(nest: Nest) -> None:
    twin = nest.shop.customer(name="Canary Twin", mobile="13755556666")
    with nest.shop.work() as uow:
        merge_people(uow, SYSTEM, MergeWish("customers", nest.canary, twin))
    erase(nest.shop, nest.canary)
    with nest.shop.work() as uow:
        text = dump(nest.shop.database, uow)
        assert traces_left(text) == []
        assert "13755556666" not in text
        assert suppressed_among(uow, [("sms", "13755556666")])


def test_somebody_in_the_recycle_bin_is_forgotten_too(shop: RuleShop) -> None:
    canary = shop.customer(name=NAME, mobile=MOBILE, agrees=False)
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "customers", canary, origin=Origin("page"))
    erase(shop, canary)
    with shop.work() as uow:
        assert traces_left(dump(shop.database, uow)) == []


@pytest.mark.parametrize(
    ("wish", "problems"),
    [
        ({"confirm": ""}, ["confirm erase-not-confirmed"]),
        ({"confirm": "Bystander"}, ["confirm erase-not-confirmed"]),
        (
            {
                "confirm": "x",
                "relations": {
                    "orders.customer": "keep", "notes.guests.who": "delete", "nope": "burn",
                },
            },
            [
                "reasons/orders.customer keep-needs-reason",
                "relations/notes.guests.who not-an-option", "relations/nope unknown-field",
                "confirm erase-not-confirmed",
            ],
        ),
    ],
)  # fmt: skip
def test_nothing_happens_before_it_is_confirmed(
    nest: Nest, wish: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        erase(nest.shop, nest.canary, **wish)
    assert [f"{p.path} {p.code}" for p in refused.value.problems] == problems
    assert nest.shop.read("customers", nest.canary)["name"] == NAME
    assert nest.shop.count(suppression) == 0
    with nest.shop.work() as uow:
        assert erasures_of(uow) == []


def test_only_an_owner_forgets_and_not_while_a_message_is_on_its_way(nest: Nest) -> None:
    with nest.shop.work() as uow, pytest.raises(Forbidden):
        erase_person(uow, MANAGER, EraseWish("customers", nest.canary, confirm=NAME))
    with nest.shop.work() as uow:
        lease = read_database_clock(uow).replace(year=2099)
        uow.execute(outbound.update().values(status="sending", token="held", due_at=lease))
    with pytest.raises(Conflict):
        erase(nest.shop, nest.canary)


def test_the_list_of_erasures_is_outside_the_workspace_and_names_nobody(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    with nest.shop.database.main_tx(write=False) as connection:
        (line,) = connection.execute(erasure.select()).all()
    assert (line.form, list(line.born), line.done_at is not None) == (
        "customers", [str(nest.canary)], True,
    )  # fmt: skip
    assert traces_left(json.dumps(dict(line._mapping), default=str)) == []


def test_a_restored_store_forgets_again(nest: Nest, tmp_path: Path) -> None:
    shop = nest.shop
    if not shop.database.is_sqlite:
        _come_back(shop, nest.canary)
    else:
        store = shop.database.path_of(shop.workspace.store)
        with closing(sqlite3.connect(store)) as now, closing(sqlite3.connect(tmp_path / "b")) as b:
            now.backup(b)
        erase(shop, nest.canary)
        with closing(sqlite3.connect(tmp_path / "b")) as b, closing(sqlite3.connect(store)) as now:
            b.backup(now)
    assert shop.read("customers", nest.canary)["name"] == NAME
    with shop.work() as uow:
        assert reapply_erasures(uow) == 1
    with shop.work() as uow:
        assert traces_left(dump(shop.database, uow)) == []
        assert reapply_erasures(uow) == 0


def test_another_person_who_got_the_number_of_a_record_is_left_alone(nest: Nest) -> None:
    erase(nest.shop, nest.canary)
    with nest.shop.work(NOW.replace(year=2027)) as uow:
        later = create_record(uow, SYSTEM, "customers", {"name": "New"}, origin=Origin("cli")).id
        table = sa.table("f_customers", sa.column("id"))
        uow.execute(table.update().where(table.c.id == later).values(id=nest.canary))
        assert reapply_erasures(uow) == 0
        assert get_record(uow, SYSTEM, "customers", nest.canary)["name"] == "New"


def _come_back(shop: RuleShop, record: int) -> None:
    """The row as a restore brings it back, on a database that is no file."""
    with shop.work() as uow:
        table = sa.Table("f_customers", sa.MetaData(), autoload_with=uow.connection)
        row = dict(uow.execute(table.select().where(table.c.id == record)).mappings().one())
    erase(shop, record)
    with shop.work() as uow:
        uow.execute(table.insert().values(**row))


def _leave_passing_traces(shop: RuleShop, folder: Path) -> None:
    """An uploaded file, a refused line, a kept answer of the API."""
    upload = folder / "people.csv"
    upload.write_text(f"name,mobile\n{NAME},137-1234-5678\n", encoding="utf-8")
    problems = [{"path": "mobile", "code": "not-unique", "params": {"value": MOBILE}}]
    body = json.dumps({"name": NAME})
    with shop.work() as uow:
        files.store_file(uow, upload, "people.csv", {})
        uow.execute(
            import_error.insert().values(batch=1, line=2, form="customers", problems=problems)
        )
        uow.execute(
            answer.insert().values(
                actor="token:1", key="k", asked_hash="h", status=201, at=uow.now, body=body,
                media_type="application/json",
            )
        )  # fmt: skip


def test_what_somebody_wrote_into_the_set_up_is_named_and_left_alone(nest: Nest) -> None:
    shop = nest.shop
    where = {"field": "name", "op": "is", "value": f" {NAME.upper()} "}
    with shop.work() as uow:
        raw = dict(store.get_draft(uow, "form", "customers").raw)
        assert plan_erasure(uow, SYSTEM, EraseWish("customers", nest.canary)).mentions == ()
        view = {"key": "hers", "label": "Hers", "where": where}
        store.save_draft(uow, SYSTEM, "form", {**raw, "views": [*raw.get("views", ()), view]})
        own = {"member": 1, "form": "customers", "position": 1, "view": view}
        uow.execute(own_view.insert().values(**own, changed_at=uow.now))
        plan = plan_erasure(uow, SYSTEM, EraseWish("customers", nest.canary))
        told = erase_plan_json(plan, "en")["mentions"]
        lines = erase_lines(plan, "en")
    assert told == ["Form “Customers”", "A view that a member keeps for themselves"]
    assert lines[-2:] == [f"– {each}" for each in told]
    erase(shop, nest.canary)
    with shop.work() as uow:
        assert uow.scalar(sa.select(own_view.c.view))["where"] == where
