"""Another type for a field at work: rehearsed, done beside the writers, undone."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.changing import ghosts, retypes, working
from regulars.form_builder.changing.retypes import Retype
from regulars.form_builder.history import history_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import (
    create_record,
    delete_record,
    get_record,
    restore_record,
    update_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import definitions_number
from regulars.platform.errors import Conflict, Invalid, RegularsError
from regulars.platform.retrying import in_transaction
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

CLI = Origin("cli")
OWNER = system_access("en")
VISITS: dict[str, Any] = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "title": "{who}",
    "fields": [
        {"key": "who", "type": "text", "unique": True},
        {"key": "spent", "type": "text", "label": "Spent", "required": False},
        {"key": "marks", "type": "tags"},
        {"key": "day", "type": "date"},
        {
            "key": "items",
            "type": "subform",
            "fields": [{"key": "what", "type": "text"}, {"key": "n", "type": "text"}],
        },
    ],
}
SPENT = ["10", "2.5", "a lot", "", "1,000", "7.555"]


class Shop:
    """A form with six visits."""

    def __init__(self, database: Database, workspace: Workspace) -> None:
        self.database, self.workspace = database, workspace
        with database.workspace_tx(workspace) as uow:
            publish_forms(uow, [PRODUCTS, CUSTOMERS, ORDERS, VISITS])
        self.ids = [self.make(who=f"V{n}", spent=text) for n, text in enumerate(SPENT)]

    def do(self, action: Callable[[UnitOfWork], Any]) -> Any:
        with self.database.workspace_tx(self.workspace) as uow:
            return action(uow)

    def make(self, form: str = "visits", **values: Any) -> int:
        return int(self.do(lambda u: create_record(u, OWNER, form, values, origin=CLI).id))

    def write(self, record: int, **values: Any) -> None:
        self.do(lambda u: update_record(u, OWNER, "visits", record, values, origin=CLI))

    def values(self, key: str) -> list[Any]:
        def read(uow: UnitOfWork) -> list[Any]:
            return [get_record(uow, OWNER, "visits", each).values[key] for each in self.ids]

        found: list[Any] = self.do(read)
        return found

    def check(self, ref: str, **wish: Any) -> Retype:
        begun: Retype = self.do(lambda u: retypes.begin(u, OWNER, "visits", ref, wish))
        return self.finish(begun)

    def run(self, job: Retype) -> Retype:
        self.do(lambda u: retypes.confirm(u, OWNER, job.id))
        return self.finish(job)

    def undo(self, job: Retype) -> Retype:
        begun: Retype = self.do(lambda u: retypes.begin_undo(u, OWNER, job.id))
        return self.finish(begun)

    def finish(self, job: Retype) -> Retype:
        working.run_due(self.database, self.workspace)
        found: Retype = self.do(lambda u: retypes.get_retype(u, OWNER, job.id))
        return found

    def losses(self, job: Retype) -> list[tuple[str, str, str]]:
        found = self.do(lambda u: retypes.losses(u, OWNER, job.id))
        return [(loss.before, loss.after, loss.code) for loss in found]


@pytest.fixture
def shop(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(working, "BATCH", 2)
    monkeypatch.setattr(working, "BREATH_SECONDS", 0)
    return Shop(database, workspace)


MONEY = {"type": "money", "decimals": 2}


def test_the_rehearsal_counts_and_lists_every_lossy_row_and_changes_nothing(shop: Shop) -> None:
    job = shop.check("spent", **MONEY)
    assert (job.state, job.n_lossy) == ("checked", 2)
    assert job.counts == {"rows": 6, "filled": 5, "changed": 1, "lost": 1}
    assert shop.losses(job) == [
        ("a lot", "", "not-a-number"),
        ("7.555", "7.56", "rounded"),
    ]
    assert shop.values("spent") == ["10", "2.5", "a lot", None, "1,000", "7.555"]


def test_the_change_gives_new_values_and_keeps_the_old_ones(shop: Shop) -> None:
    job = shop.run(shop.check("spent", **MONEY))
    assert (job.state, job.error) == ("done", None)
    money = [Decimal(10), Decimal("2.50"), None, None, Decimal(1000), Decimal("7.56")]
    assert shop.values("spent") == money
    (ghost,) = shop.do(lambda u: ghosts.list_ghosts(u, "visits"))
    assert (ghost.id, ghost.reason, ghost.raw["type"]) == (job.ghost, "retyped", "text")
    later = shop.make(who="new", spent="3.20")
    assert shop.do(lambda u: get_record(u, OWNER, "visits", later).values["spent"]) == Decimal(
        "3.20"
    )
    with pytest.raises(Invalid):
        shop.write(shop.ids[0], spent="a lot")


def test_a_version_is_published_and_unpublished_changes_stay(shop: Shop) -> None:
    def rename(uow: UnitOfWork) -> None:
        draft = {**VISITS, "label": "Calls"}
        store.save_draft(uow, OWNER, "form", draft)

    job = shop.check("spent", **MONEY)
    shop.do(rename)
    shop.run(job)
    draft = shop.do(lambda u: store.get_draft(u, "form", "visits"))
    assert (draft.published, draft.raw["label"]) == (2, "Calls")
    assert draft.raw["fields"][1] == {"key": "spent", "label": "Spent", "required": False, **MONEY}


def test_an_undo_brings_every_old_value_back(shop: Shop) -> None:
    job = shop.run(shop.check("spent", **MONEY))
    back = shop.undo(job)
    assert (back.state, back.n_lossy) == ("checked", 0)
    assert shop.run(back).state == "done"
    assert shop.values("spent") == ["10", "2.5", "a lot", None, "1,000", "7.555"]


def test_an_undo_after_new_writes_takes_them_along_and_says_what_it_cannot(shop: Shop) -> None:
    job = shop.run(shop.check("marks", type="choice", options=[{"value": "a"}, {"value": "b"}]))
    assert job.state == "done"
    shop.write(shop.ids[0], marks="b")
    shop.run(shop.undo(job))
    assert shop.values("marks")[:2] == [frozenset({"b"}), frozenset()]
    spent = shop.run(shop.check("spent", **MONEY))
    shop.write(shop.ids[2], spent="4.00")
    shop.run(shop.undo(spent))
    assert shop.values("spent")[1:4] == ["2.5", "4.00", None]


def test_writes_during_the_change_are_not_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, gone = shop.ids[0], shop.ids[1], shop.ids[4]
    fresh: list[int] = []

    def meanwhile(name: str) -> None:
        if name == "retype-before-swap":
            shop.write(first, spent="99")
            shop.write(second, spent=None)
            shop.do(lambda u: delete_record(u, OWNER, "visits", gone, origin=CLI))
            fresh.append(shop.make(who="fresh", spent="5"))

    job = shop.check("spent", **MONEY)
    monkeypatch.setattr(working, "faultpoint", meanwhile)
    assert shop.run(job).state == "done"
    shop.ids = [first, second, *fresh]
    assert shop.values("spent") == [Decimal(99), None, Decimal(5)]


def test_a_column_of_rows_changes_its_type(shop: Shop) -> None:
    shop.write(shop.ids[0], items=[{"what": "tea", "n": "2"}, {"what": "cup", "n": "x"}])
    job = shop.check("items.n", type="number")
    assert shop.losses(job) == [("x", "", "not-a-number")]
    assert shop.run(job).state == "done"
    assert [row["n"] for row in shop.values("items")[0]] == [Decimal(2), None]


def test_texts_become_options_and_tags_and_come_back(shop: Shop) -> None:
    for record, text in zip(shop.ids, ["Tea", "tea", "Cup", "", "Cup", "Cup"], strict=True):
        shop.write(record, spent=text)
    job = shop.run(shop.check("spent", type="choice"))
    assert job.state == "done"
    assert job.after["options"][0]["label"] == "Cup"
    assert shop.values("spent")[0] == shop.values("spent")[1]
    tags = shop.run(shop.check("spent", type="tags"))
    assert tags.state == "done"
    assert [len(each) for each in shop.values("spent")] == [1, 1, 1, 0, 1, 1]
    assert shop.run(shop.undo(tags)).state == "done"
    assert shop.values("spent")[3] is None


def test_texts_become_several_choices_levels_and_addresses(shop: Shop) -> None:
    texts = ["Tea、Cup", "tea", "Cup; Tea", "", "Cup", "Cup"]
    for record, text in zip(shop.ids, texts, strict=True):
        shop.write(record, spent=text)
    several = shop.run(shop.check("spent", type="choices"))
    assert (several.state, shop.losses(several)) == ("done", [])
    assert [len(each) for each in shop.values("spent")] == [2, 1, 2, 0, 1, 1]
    assert shop.run(shop.undo(several)).state == "done"
    assert shop.values("spent")[0] == "Tea、Cup"

    texts = ["Food / Tea", "food/tea", "Food / Cake", "", "Ware", "Ware"]
    for record, text in zip(shop.ids, texts, strict=True):
        shop.write(record, spent=text)
    levels = shop.run(shop.check("spent", type="cascade"))
    assert (levels.state, shop.losses(levels)) == ("done", [])
    assert shop.values("spent") == ["food.tea", "food.tea", "food.cake", None, "ware", "ware"]
    assert shop.run(shop.check("spent", type="text")).state == "done"
    assert shop.values("spent")[0] == "Food / Tea"
    assert shop.run(shop.check("spent", type="address")).state == "done"
    assert shop.values("spent")[0] == "Food / Tea"


def test_texts_become_links_by_a_unique_field(shop: Shop) -> None:
    ann = shop.make("customers", name="Ann", mobile="13800001234")
    shop.write(shop.ids[0], spent="138 0000 1234")
    job = shop.check("spent", type="link", to="customers", by="mobile")
    assert job.counts["filled"] - job.counts["lost"] == 1
    assert shop.run(job).state == "done"
    assert shop.values("spent")[0] == ann
    text = shop.run(shop.check("spent", type="text"))
    assert text.state == "done"
    assert shop.values("spent")[0] == "Ann"


@pytest.mark.parametrize(
    ("ref", "wish", "code"),
    [
        ("spent", {"type": "formula", "formula": "1"}, "cannot-become"),
        ("day", {"type": "phone"}, "cannot-become"),
        ("spent", {"type": "nonsense"}, "cannot-become"),
        ("items.n", {"type": "tags"}, "not-in-subform"),
        ("spent", {"type": "link", "to": "nowhere", "by": "x"}, "unpublished-form"),
        ("spent", {"type": "link", "to": "customers", "by": "name"}, "link-key-not-unique"),
        ("spent", {"type": "link", "to": "customers"}, "required"),
        ("spent", {"type": "number", "colour": 1}, "unknown-key"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, ref: str, wish: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        shop.do(lambda u: retypes.begin(u, OWNER, "visits", ref, wish))
    assert code in {problem.code for problem in caught.value.problems}


def test_a_change_that_breaks_somebody_is_refused_with_the_place(shop: Shop) -> None:
    def begin(uow: UnitOfWork) -> None:
        retypes.begin(uow, OWNER, "orders", "paid_at", {"type": "text"})

    with pytest.raises(Invalid) as caught:
        shop.do(begin)
    assert ("form/customers/fields/9/result", "breaks-elsewhere") in {
        (p.path, p.code) for p in caught.value.problems
    } or {p.code for p in caught.value.problems} == {"breaks-elsewhere"}


def test_a_unique_field_that_would_hold_a_value_twice_is_not_changed(shop: Shop) -> None:
    shop.write(shop.ids[0], who="12.0")
    shop.write(shop.ids[1], who="12")
    job = shop.check("who", type="number")
    assert job.counts["doubles"]["n"] == 1
    with pytest.raises(Invalid):
        shop.do(lambda u: retypes.confirm(u, OWNER, job.id))


def test_a_cancelled_change_leaves_the_field_as_it_is(shop: Shop) -> None:
    job = shop.check("spent", **MONEY)
    shop.do(lambda u: retypes.cancel(u, OWNER, job.id))
    with pytest.raises(Conflict):
        shop.do(lambda u: retypes.confirm(u, OWNER, job.id))
    assert shop.values("spent")[2] == "a lot"


def test_a_form_published_in_between_is_noticed(shop: Shop) -> None:
    job = shop.check("spent", **MONEY)

    def again(uow: UnitOfWork) -> None:
        fields = [{**f, "required": True} if f["key"] == "spent" else f for f in VISITS["fields"]]
        publish_forms(uow, [{**VISITS, "fields": fields}])

    shop.do(again)
    with pytest.raises(Conflict) as caught:
        shop.do(lambda u: retypes.confirm(u, OWNER, job.id))
    assert caught.value.code == "retype-overtaken"


def test_decimals_of_a_number_can_change(shop: Shop) -> None:
    shop.run(shop.check("spent", type="number", decimals=2))
    job = shop.check("spent", type="number", decimals=0)
    assert ("2.50", "3", "rounded") in shop.losses(job)
    assert shop.run(job).state == "done"
    assert shop.values("spent")[1] == Decimal(3)


def test_old_columns_are_dropped_by_the_maintenance(shop: Shop, database: Database) -> None:
    job = shop.run(shop.check("day", type="datetime"))
    moved = shop.do(lambda u: ghosts.get_ghost(u, job.ghost or 0)).moved
    assert {move.column for move in moved} == {"day", f"day__o{job.id}"}
    shop.do(lambda u: ghosts.drop(u, job.ghost or 0))
    names = shop.do(
        lambda u: {c["name"] for c in sa.inspect(u.connection).get_columns("f_visits")}
    )
    assert not {move.now for move in moved} & names
    with pytest.raises(RegularsError):
        shop.do(lambda u: retypes.begin_undo(u, OWNER, job.id))


def test_a_day_becomes_midnight_in_the_shop(shop: Shop) -> None:
    shop.write(shop.ids[0], day="2024-03-01")
    assert shop.run(shop.check("day", type="datetime")).state == "done"
    assert shop.values("day")[0].isoformat() == "2024-02-29T16:00:00+00:00"
    assert shop.run(shop.check("day", type="date")).state == "done"
    assert shop.values("day")[0] == date(2024, 3, 1)


def stored_names(shop: Shop) -> set[str]:
    """Every column of the visits and every table that belongs to them."""

    def read(uow: UnitOfWork) -> set[str]:
        inspector = sa.inspect(uow.connection)
        tables = [name for name in inspector.get_table_names() if "visits" in name]
        return {c["name"] for t in tables for c in inspector.get_columns(t)} | set(tables)

    found: set[str] = shop.do(read)
    return found


@pytest.mark.parametrize("end", ["cancelled", "stopped"])
def test_a_change_that_ends_early_leaves_nothing_half_filled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    before = stored_names(shop)
    job = shop.check("spent", type="tags")
    shop.do(lambda u: retypes.confirm(u, OWNER, job.id))

    def meanwhile(name: str) -> None:
        if name == "retype-filling":
            monkeypatch.undo()
            assert stored_names(shop) > before
            if end == "stopped":
                raise RegularsError("retype-doubles")
            shop.do(lambda u: retypes.cancel(u, OWNER, job.id))

    monkeypatch.setattr(working, "faultpoint", meanwhile)
    assert shop.finish(job).state == end
    shop.finish(job)
    assert stored_names(shop) == before
    assert shop.values("spent")[0] == "10"
    assert shop.run(shop.check("spent", type="tags")).state == "done", "it can be tried again"


def test_what_lies_in_the_bin_comes_back_in_the_new_type(shop: Shop) -> None:
    kept, lost, cut = shop.ids[1], shop.ids[2], shop.ids[5]
    shop.write(kept, items=[{"what": "tea", "n": "2"}])
    for record in (kept, lost, cut):
        shop.do(lambda u, record=record: delete_record(u, OWNER, "visits", record, origin=CLI))
    shop.run(shop.check("spent", **MONEY))
    shop.run(shop.check("items.n", type="number"))
    for record in (kept, lost, cut):
        shop.do(lambda u, record=record: restore_record(u, OWNER, "visits", record, origin=CLI))
    shop.ids = [kept, lost, cut]
    assert shop.values("spent") == [Decimal("2.50"), None, Decimal("7.56")]
    assert shop.values("items")[0][0]["n"] == Decimal(2)
    told = shop.do(lambda u: history_of(u, "visits", lost))[0]
    assert (told.action, told.changes["spent"][0]) == ("restored", "a lot")


def test_a_writer_who_meets_the_swap_goes_through_with_the_new_type(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def write(uow: UnitOfWork) -> None:
        tries.append(definitions_number(uow))
        values = {"spent": "12"}
        update_record(uow, OWNER, "visits", shop.ids[0], values, origin=CLI)

    with ThreadPoolExecutor(1) as pool:
        writers: list[Future[None]] = []

        def meanwhile(name: str) -> None:
            if name == "retype-in-swap":
                writers.append(pool.submit(in_transaction, shop.database, shop.workspace, write))
                with pytest.raises(TimeoutError):
                    writers[0].result(0.4)

        job = shop.check("spent", **MONEY)
        monkeypatch.setattr(working, "faultpoint", meanwhile)
        assert shop.run(job).state == "done"
        writers[0].result(20)
    assert shop.values("spent")[0] == Decimal(12), "nothing of the writer is lost"
    one_writer_at_a_time = shop.do(lambda u: u.dialect) == "sqlite"
    assert len(tries) == (1 if one_writer_at_a_time else 2)


def test_words_become_a_formatted_text_and_words_again(shop: Shop) -> None:
    shop.run(shop.check("spent", type="rich_text"))
    assert shop.values("spent")[2].html == "<p>a lot</p>"
    shop.write(shop.ids[2], spent="<p>a <b>lot</b></p>")
    back = shop.run(shop.check("spent", type="text"))
    assert (shop.values("spent")[2], shop.losses(back)) == ("a lot", [])
    shop.run(shop.undo(back))
    assert shop.values("spent")[2].html == "<p>a <strong>lot</strong></p>"
