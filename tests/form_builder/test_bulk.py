"""Changing many records at once: looked at first, never over somebody's own change, taken back."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder.bulk import keeping, telling
from regulars.form_builder.bulk.desk import BulkDesk, Lost, claim, take_turn
from regulars.form_builder.bulk.keeping import BulkEdit
from regulars.form_builder.bulk.tables import bulk_edit
from regulars.form_builder.history import history_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import create_record, get_record, update_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.events import event
from regulars.platform.retrying import in_transaction
from tests.security.shop_of_two import role
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")
EVERY = RecordQuery()
VIP = [{"field": "tags", "do": "add", "value": ["vip"]}]


@pytest.fixture
def people(uow: UnitOfWork) -> list[int]:
    publish_forms(uow)
    given = (
        {"name": "Ann", "tags": ["old"]}, {"name": "Bo", "tags": ["vip"]}, {"name": "Cy"},
    )  # fmt: skip
    return [
        create_record(uow, OWNER, "customers", each, origin=Origin("cli")).id for each in given
    ]


def looked_at(
    uow: UnitOfWork, changes: Sequence[Mapping[str, Any]], form: str = "customers",
    chosen: Any = EVERY,
) -> BulkEdit:  # fmt: skip
    return keeping.create(uow, OWNER, form, chosen, changes, origin="api")


def value(uow: UnitOfWork, record: int, key: str, form: str = "customers") -> Any:
    return get_record(uow, OWNER, form, record).values[key]


def test_looking_changes_nothing_and_doing_it_changes_what_was_said(
    uow: UnitOfWork, people: list[int]
) -> None:
    bulk = looked_at(uow, VIP)
    assert bulk.state == "checked"
    assert telling.counts_of(uow, bulk) == {"ready": 2, "unchanged": 1}
    assert [get_record(uow, OWNER, "customers", each).version for each in people] == [1, 1, 1]
    [first, second] = telling.samples_of(uow, OWNER, bulk)
    assert (first[0], dict(first[1].changes)) == ("Ann", {"tags": [["old"], ["old", "vip"]]})
    assert second[0] == "Cy"
    bulk = keeping.apply(uow, OWNER, "customers", bulk.id)
    assert telling.counts_of(uow, bulk) == {"changed": 2, "unchanged": 1}
    assert [sorted(value(uow, each, "tags")) for each in people] == [
        ["old", "vip"], ["vip"], ["vip"],
    ]  # fmt: skip
    assert history_of(uow, "customers", people[0])[0].ref == f"bulk:{bulk.id}"
    with pytest.raises(Conflict):
        keeping.apply(uow, OWNER, "customers", bulk.id)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"field": "price", "do": "set", "value": "3"}, ["3.00", "3.00"]),
        ({"field": "price", "do": "clear"}, [None, None]),
        ({"field": "price", "do": "increase", "value": "-0.05"}, ["0.05", None]),
        ({"field": "price", "do": "formula", "value": "LEN(name) * 2"}, ["6.00", "6.00"]),
    ],
)
def test_each_way_of_changing(
    uow: UnitOfWork, change: dict[str, Any], after: list[str | None]
) -> None:
    publish_forms(uow)
    ids = [
        create_record(
            uow, OWNER, "products", {"sku": sku, "name": name, "price": price},
            origin=Origin("cli"),
        ).id
        for sku, name, price in (("a", "Tea", "0.10"), ("b", "Cup", None))
    ]  # fmt: skip
    bulk = looked_at(uow, [change], "products")
    keeping.apply(uow, OWNER, "products", bulk.id)
    found = [value(uow, each, "price", "products") for each in ids]
    assert found == [None if each is None else Decimal(each) for each in after]
    keeping.undo(uow, OWNER, "products", bulk.id)
    assert [value(uow, each, "price", "products") for each in ids] == [Decimal("0.10"), None]


def test_what_fails_is_listed_with_its_reason_and_the_others_go_on(uow: UnitOfWork) -> None:
    publish_forms(uow)
    for n in range(25):
        price = "1" if n else "9"
        values = {"sku": str(n), "name": "Tea", "price": price}
        create_record(uow, OWNER, "products", values, origin=Origin("cli"))
    bulk = looked_at(uow, [{"field": "price", "do": "increase", "value": -5}], "products")
    assert telling.counts_of(uow, bulk) == {"ready": 1, "refused": 24}
    [reason] = telling.reasons_of(uow, OWNER, bulk)
    assert (reason.count, len(reason.records)) == (24, telling.LISTED)
    assert reason.problem.path == "price"
    bulk = keeping.apply(uow, OWNER, "products", bulk.id)
    assert telling.counts_of(uow, bulk) == {"changed": 1, "refused": 24}


def test_a_record_saved_after_the_look_keeps_what_was_saved(
    uow: UnitOfWork, people: list[int]
) -> None:
    bulk = looked_at(uow, [{"field": "tier", "do": "set", "value": "diamond"}])
    update_record(uow, OWNER, "customers", people[0], {"tier": None}, origin=Origin("page"))
    bulk = keeping.apply(uow, OWNER, "customers", bulk.id)
    assert telling.counts_of(uow, bulk) == {"changed": 2, "changed-since": 1}
    assert [value(uow, each, "tier") for each in people] == [None, "diamond", "diamond"]
    update_record(uow, OWNER, "customers", people[1], {"name": "Bob"}, origin=Origin("page"))
    bulk = keeping.undo(uow, OWNER, "customers", bulk.id)
    assert telling.counts_of(uow, bulk) == {
        "restored": 1, "changed-since": 1, "changed-after": 1,
    }  # fmt: skip
    assert [value(uow, each, "tier") for each in people] == [None, "diamond", "basic"]


def test_rules_start_only_when_that_is_wanted(uow: UnitOfWork, people: list[int]) -> None:
    def told() -> list[bool]:
        rows = uow.execute(event.select().where(event.c.kind == "record_updated"))
        return [bool(row.historic) for row in rows]

    quiet = looked_at(uow, VIP)
    keeping.apply(uow, OWNER, "customers", quiet.id)
    assert told() == [True, True]
    loud = looked_at(uow, [{"field": "tags", "do": "remove", "value": ["vip"]}])
    keeping.apply(uow, OWNER, "customers", loud.id, automation="live")
    assert told() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"field": "nothing", "do": "set", "value": 1}, "0/field", "unknown-field"),
        ({"field": "order_count", "do": "set", "value": 1}, "0/do", "bulk-cannot"),
        ({"field": "mobile", "do": "set", "value": "13800138000"}, "0/do", "bulk-cannot"),
        ({"field": "tier", "do": "increase", "value": 1}, "0/do", "bulk-cannot"),
        ({"field": "tier", "do": "set", "value": "gold"}, "0/value", "not-an-option"),
        ({"field": "tier", "do": "set", "value": None}, "0/value", "required"),
        ({"field": "birthday", "do": "formula", "value": "name"}, "0/value", "bulk-formula-type"),
        ({"field": "birthday", "do": "formula", "value": ""}, "0/value", "required"),
    ],
)
def test_changes_that_make_no_sense_are_refused(
    uow: UnitOfWork, people: list[int], change: dict[str, Any], place: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        looked_at(uow, [change])
    assert [(each.path, each.code) for each in refused.value.problems] == [
        (f"changes/{place}", code)
    ]


def test_many_are_left_to_a_worker_who_goes_on_where_another_stopped(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SMALL", 2)
    monkeypatch.setattr("regulars.form_builder.bulk.steps.CHUNK", 2)
    desk = BulkDesk(database)
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        for n in range(5):
            create_record(uow, OWNER, "customers", {"name": f"{n}"}, origin=Origin("cli"))
        bulk = looked_at(uow, VIP)
        assert bulk.state == "checking"
    for state, act in (("checked", keeping.apply), ("done", keeping.undo), ("undone", None)):
        assert desk.is_due(database.clock())
        desk.answer()
        assert not desk.is_due(database.clock())
        with database.workspace_tx(workspace) as uow:
            bulk = keeping.get(uow, OWNER, "customers", bulk.id)
            assert bulk.state == state
            if act is not None:
                act(uow, OWNER, "customers", bulk.id)
    with database.workspace_tx(workspace) as uow:
        assert telling.counts_of(uow, bulk) == {"restored": 5}


def test_a_clerk_who_saves_beside_it_loses_nothing(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SMALL", 2)
    monkeypatch.setattr("regulars.form_builder.bulk.steps.CHUNK", 4)
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        ids = [
            create_record(uow, OWNER, "customers", {"name": f"{n}"}, origin=Origin("cli")).id
            for n in range(24)
        ]
        bulk = looked_at(uow, [{"field": "tier", "do": "set", "value": "diamond"}])
    BulkDesk(database).answer()
    with database.workspace_tx(workspace) as uow:
        keeping.apply(uow, OWNER, "customers", bulk.id)

    def save(record: int) -> None:
        def work(uow: UnitOfWork) -> None:
            values = {"tier": None, "name": f"saved {record}"}
            update_record(uow, OWNER, "customers", record, values, origin=Origin("page"))

        in_transaction(database, workspace, work)

    with ThreadPoolExecutor(3) as pool:
        saving = [pool.submit(save, each) for each in reversed(ids[::2])]
        BulkDesk(database).answer()
        for each in saving:
            each.result()
    with database.workspace_tx(workspace) as uow:
        found = [get_record(uow, OWNER, "customers", each).values for each in ids]
        assert keeping.get(uow, OWNER, "customers", bulk.id).state == "done"
    # whoever came second wrote over the first on purpose: nobody saved on an older record
    assert [each["name"] for each in found[::2]] == [f"saved {each}" for each in ids[::2]]
    assert {each["tier"] for each in found[::2]} == {None}
    assert {each["tier"] for each in found[1::2]} == {"diamond"}


def test_a_worker_that_was_thought_dead_writes_nothing_more(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SMALL", 2)
    monkeypatch.setattr("regulars.form_builder.bulk.steps.CHUNK", 2)
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        for n in range(5):
            create_record(uow, OWNER, "customers", {"name": f"{n}"}, origin=Origin("cli"))
        bulk = looked_at(uow, VIP)
    taken = claim(database, workspace)
    assert taken is not None
    assert take_turn(database, workspace, *taken)
    assert claim(database, workspace) is None  # it is held
    with database.workspace_tx(workspace) as uow:
        uow.execute(bulk_edit.update().values(due_at=uow.now))  # its time has run out
    BulkDesk(database).answer()
    with pytest.raises(Lost):
        take_turn(database, workspace, *taken)
    with database.workspace_tx(workspace, write=False) as uow:
        assert telling.counts_of(uow, bulk) == {"ready": 5}
        assert keeping.get(uow, OWNER, "customers", bulk.id).state == "checked"


@pytest.mark.parametrize(
    ("lost", "counts", "left"),
    [("size", {"restored": 2}, ("Bo", 5)), ("name", {"kept": 2}, ("Gone", 0))],
)
def test_what_the_logic_set_beside_it_goes_back_with_it(
    uow: UnitOfWork, lost: str, counts: dict[str, int], left: tuple[str, int]
) -> None:
    logic = {
        "key": "gone", "when": {"field": "name", "op": "is", "value": "Gone"},
        "then": [{"set": {"field": "size", "value": 0}}],
    }  # fmt: skip
    fields = [
        {"key": "name", "type": "text"}, {"key": "size", "type": "number"},
        {"key": "about", "type": "link", "to": "things"}, {"key": "no", "type": "serial"},
    ]  # fmt: skip
    things = {"kind": "form", "key": "things", "label": "Things", "title": "{name}"}
    publish_forms(uow, ({**things, "fields": fields, "logic": [logic]},))
    ann, bo = (
        create_record(uow, OWNER, "things", {"name": name, "size": 5}, origin=Origin("cli")).id
        for name in ("Ann", "Bo")
    )
    kim = clerk_without(uow, "size")
    changes = [
        {"field": "name", "do": "set", "value": "Gone"},
        {"field": "about", "do": "set", "value": ann},
    ]
    bulk = keeping.create(uow, kim, "things", [ann, bo], changes, origin="api")
    keeping.apply(uow, kim, "things", bulk.id)
    assert (value(uow, bo, "size", "things"), value(uow, bo, "about", "things")) == (0, ann)
    kim = clerk_without(uow, lost)
    undone = keeping.undo(uow, kim, "things", bulk.id)
    assert telling.counts_of(uow, undone) == counts, telling.reasons_of(uow, OWNER, undone)
    assert tuple(value(uow, bo, key, "things") for key in ("name", "size")) == left


def clerk_without(uow: UnitOfWork, field: str) -> Access:
    """A clerk who may write every field but this one."""
    raw = role(forms={"things": {"fields": {field: "read_only"}}}, capabilities=[])
    store.save_draft(uow, OWNER, "role", raw)
    store.publish(uow, OWNER, [("role", "desk")])
    return Access(1, "Kim", "desk", "en", roles=roles_of(uow))
