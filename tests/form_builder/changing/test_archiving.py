"""Archive, restore and purge of fields whose records hold values."""

import copy
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing import archiving, ghosts
from regulars.form_builder.changing.used_by import uses_of_field, uses_of_form
from regulars.form_builder.definition import SYSTEM_FIELDS
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, delete_record, get_record, restore_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms

CLI = Origin("cli")
VISITS: dict[str, Any] = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "title": "{who}",
    "fields": [
        {"key": "who", "type": "text", "unique": True},
        {"key": "note", "type": "text", "label": {"en": "Note", "zh-Hans": "备注"}},
        {"key": "tags", "type": "tags"},
        {"key": "cost", "type": "money"},
        {"key": "double", "type": "formula", "formula": "cost * 2", "result": "money"},
        {
            "key": "rows",
            "type": "subform",
            "fields": [{"key": "what", "type": "text"}, {"key": "n", "type": "number"}],
        },
    ],
    "views": [{"key": "all", "columns": ["who", "note"], "sort": ["-note"]}],
}


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    wire()


@pytest.fixture
def access() -> Access:
    return system_access("en")


@pytest.fixture
def visits(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow, [VISITS])
    return uow


def make(uow: UnitOfWork, **values: Any) -> int:
    return create_record(uow, system_access("en"), "visits", values, origin=CLI).id


def values_of(uow: UnitOfWork, record: int) -> dict[str, Any]:
    found = get_record(uow, system_access("en"), "visits", record).values
    return {key: value for key, value in found.items() if key not in SYSTEM_FIELDS}


def without(raw: dict[str, Any], *keys: str) -> dict[str, Any]:
    form = copy.deepcopy(raw)
    form["fields"] = [each for each in form["fields"] if each["key"] not in keys]
    form.pop("views", None)
    return form


def test_an_archived_field_is_nowhere_and_comes_back_with_its_values(
    visits: UnitOfWork, access: Access
) -> None:
    record = make(visits, who="Ann", cost=5, tags=["vip"])
    archiving.archive_field(visits, access, "visits", "tags")
    form = catalog_of(visits).get_form("visits")
    assert form.find("tags") is None
    assert [each.key for each in form.archived] == ["tags"]
    assert "tags" not in values_of(visits, record)
    with pytest.raises(Invalid):
        make(visits, who="Bob", tags=["x"])
    other = make(visits, who="Bob")
    archiving.restore_field(visits, access, "visits", "tags")
    assert values_of(visits, record)["tags"] == frozenset({"vip"})
    assert values_of(visits, other)["tags"] == frozenset()


def test_a_field_in_use_is_not_archived_and_every_place_is_named(
    visits: UnitOfWork, access: Access
) -> None:
    with pytest.raises(Invalid) as caught:
        archiving.archive_field(visits, access, "visits", "cost")
    assert [(p.path, p.code) for p in caught.value.problems] == [
        ("form/visits/fields/3/formula", "unknown-field")
    ]
    assert catalog_of(visits).get_form("visits").find("cost") is not None


def test_what_a_new_version_leaves_out_is_archived(visits: UnitOfWork, access: Access) -> None:
    record = make(visits, who="Ann", note="likes tea")
    publish_forms(visits, [without(VISITS, "note")])
    assert set(archiving.archived_fields(visits, access, "visits")) == {"note"}
    publish_forms(visits, [VISITS])
    assert archiving.archived_fields(visits, access, "visits") == {}
    assert values_of(visits, record)["note"] == "likes tea"


def test_a_column_of_rows_is_archived_the_same_way(visits: UnitOfWork, access: Access) -> None:
    record = make(visits, who="Ann", rows=[{"what": "tea", "n": 2}])
    archiving.archive_field(visits, access, "visits", "rows.n")
    assert set(archiving.archived_fields(visits, access, "visits")) == {"rows.n"}
    assert "n" not in values_of(visits, record)["rows"][0]
    archiving.restore_field(visits, access, "visits", "rows.n")
    assert values_of(visits, record)["rows"][0]["n"] == 2


def test_the_key_of_an_archived_field_is_not_free(visits: UnitOfWork, access: Access) -> None:
    archiving.archive_field(visits, access, "visits", "tags")
    raw = dict(store.get_draft(visits, "form", "visits").raw)
    raw["fields"] = [*raw["fields"], {"key": "tags", "type": "text"}]
    store.save_draft(visits, access, "form", raw)
    with pytest.raises(Invalid) as caught:
        store.publish(visits, access, [("form", "visits")])
    assert {p.code for p in caught.value.problems} == {"key-of-archived", "field-type-fixed"}


def test_archived_values_go_through_the_recycle_bin(visits: UnitOfWork, access: Access) -> None:
    record = make(visits, who="Ann", note="likes tea", cost=3)
    publish_forms(visits, [without(VISITS, "note")])
    delete_record(visits, access, "visits", record, origin=CLI)
    restore_record(visits, access, "visits", record, origin=CLI)
    publish_forms(visits, [VISITS])
    assert values_of(visits, record)["note"] == "likes tea"


def test_a_purge_wants_the_name_and_an_archived_field(visits: UnitOfWork, access: Access) -> None:
    with pytest.raises(NotFound):
        archiving.purge_field(visits, access, "visits", "note", "note")
    publish_forms(visits, [without(VISITS, "note")])
    with pytest.raises(Invalid) as caught:
        archiving.purge_field(visits, access, "visits", "note", "yes")
    assert caught.value.problems[0].code == "confirm-by-name"
    ghost = archiving.purge_field(visits, access, "visits", "note", " 备注 ")
    assert archiving.archived_fields(visits, access, "visits") == {}
    assert [each.id for each in ghosts.list_ghosts(visits, "visits")] == [ghost.id]


def test_purged_values_can_be_downloaded_and_had_back(visits: UnitOfWork, access: Access) -> None:
    first = make(visits, who="Ann", note="=1+1")
    second = make(visits, who="Bob", note="tea, green")
    publish_forms(visits, [without(VISITS, "note")])
    ghost = archiving.purge_field(visits, access, "visits", "note", "Note")
    lines = "".join(archiving.values_as_csv(visits, access, ghost.id)).splitlines()
    assert lines == ["\ufeffid,Note", f"{first},'=1+1", f'{second},"tea, green"']
    assert archiving.take_back(visits, access, ghost.id) == "note"
    archiving.restore_field(visits, access, "visits", "note")
    assert values_of(visits, second)["note"] == "tea, green"


def test_a_new_field_may_take_the_key_of_a_purged_one(visits: UnitOfWork, access: Access) -> None:
    record = make(visits, who="Ann", note="old", tags=["a"])
    publish_forms(visits, [without(VISITS, "note", "tags")])
    gone = archiving.purge_field(visits, access, "visits", "note", "note")
    archiving.purge_field(visits, access, "visits", "tags", "tags")
    fresh = without(VISITS, "note", "tags")
    fresh["fields"] += [{"key": "note", "type": "number"}, {"key": "tags", "type": "tags"}]
    publish_forms(visits, [fresh])
    found = values_of(visits, record)
    assert (found["note"], found["tags"]) == (None, frozenset())
    with pytest.raises(Conflict):
        archiving.take_back(visits, access, gone.id)


def test_only_the_maintenance_drops_columns_and_only_when_the_time_has_come(
    database: Database, workspace: Workspace, access: Access
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [VISITS])
        publish_forms(uow, [without(VISITS, "note", "tags")])
        ghost = archiving.purge_field(uow, access, "visits", "note", "note")
        side = archiving.purge_field(uow, access, "visits", "tags", "tags", now=True)
        soon = uow.now
    with database.workspace_tx(workspace, now=soon + timedelta(days=29)) as uow:
        assert archiving.drop_due(uow) == 1
        assert not sa.inspect(uow.connection).has_table(side.moved[0].now)
        with pytest.raises(NotFound):
            archiving.take_back(uow, access, side.id)
    with database.workspace_tx(workspace, now=soon + timedelta(days=31)) as uow:
        assert archiving.drop_due(uow) == 1
        names = {c["name"] for c in sa.inspect(uow.connection).get_columns("f_visits")}
        assert not {move.now for move in ghost.moved} & names
        assert ghosts.list_ghosts(uow, "visits") == []
        assert make(uow, who="Ann")


def test_a_large_table_waits_for_the_night_where_a_drop_rewrites_it(
    database: Database, workspace: Workspace, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ghosts, "LARGE", 1)
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [VISITS])
        make(uow, who="Ann")
        publish_forms(uow, [without(VISITS, "note")])
        archiving.purge_field(uow, access, "visits", "note", "note", now=True)
        day = uow.now.astimezone(workspace.tz)
    noon, night = day.replace(hour=12) + timedelta(days=1), day.replace(hour=3) + timedelta(days=2)
    with database.workspace_tx(workspace, now=noon) as uow:
        assert archiving.drop_due(uow) == (0 if database.is_sqlite else 1)
    with database.workspace_tx(workspace, now=night) as uow:
        assert archiving.drop_due(uow) == (1 if database.is_sqlite else 0)


def test_unpublished_changes_stay_unpublished_when_a_field_is_archived(
    visits: UnitOfWork, access: Access
) -> None:
    draft = {**copy.deepcopy(VISITS), "label": "Calls"}
    store.save_draft(visits, access, "form", draft)
    archiving.archive_field(visits, access, "visits", "tags")
    assert snapshot(visits).get("form", "visits").label == "Visits"
    kept = store.get_draft(visits, "form", "visits")
    assert kept.raw["label"] == "Calls"
    assert [each["key"] for each in kept.raw["archived"]] == ["tags"]


SHOP_USES = {
    ("customers", "tier"): {("form", "orders", "fields/6/path")},
    ("orders", "paid_at"): {("form", "customers", "fields/9/field")},
    ("orders", "customer"): {
        ("form", "customers", "fields/6/via"),
        ("form", "orders", "title"),
        ("form", "orders", "fields/6/path"),
    },
    ("orders", "items.quantity"): {
        ("form", "orders", "fields/4/fields/3/formula"),
        ("form", "orders", "checks/0/must/formula"),
    },
    ("customers", "mobile"): {("form", "customers", "person/mobile")},
    ("products", "price"): set(),
}


@pytest.mark.parametrize("place", list(SHOP_USES), ids=".".join)
def test_every_place_that_uses_a_field_is_found(
    uow: UnitOfWork, access: Access, place: tuple[str, str]
) -> None:
    publish_forms(uow)
    found = uses_of_field(uow, access, *place)
    assert SHOP_USES[place] <= {(use.kind, use.key, use.path) for use in found}
    if not SHOP_USES[place]:
        assert found == []


def test_uses_say_where_in_words(uow: UnitOfWork, access: Access) -> None:
    publish_forms(uow)
    (use, *_rest) = uses_of_field(uow, access, "customers", "mobile")
    assert use.name == {
        "en": "Form “Customers”",
        "zh-Hans": "表单“客户”",
        "zh-Hant": use.name["zh-Hant"],
    }
    assert use.place["en"].startswith("Who the person is")


def test_what_needs_a_form_is_found(uow: UnitOfWork, access: Access) -> None:
    publish_forms(uow)
    keys = {use.key for use in uses_of_form(uow, access, "customers")}
    assert keys == {"orders"}
    assert {use.key for use in uses_of_form(uow, access, "orders")} == {"customers"}


def test_publishing_what_breaks_another_form_is_refused_with_the_place(
    uow: UnitOfWork, access: Access
) -> None:
    publish_forms(uow)
    draft = copy.deepcopy(dict(store.get_draft(uow, "form", "customers").raw))
    draft["fields"] = [each for each in draft["fields"] if each["key"] != "tier"]
    store.save_draft(uow, access, "form", draft)
    with pytest.raises(Invalid) as caught:
        store.publish(uow, access, [("form", "customers")])
    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == ("form/orders/fields/6/path", "breaks-elsewhere")
    assert "Orders" in problem.message("en")
    orders = copy.deepcopy(dict(store.get_draft(uow, "form", "orders").raw))
    orders["fields"] = [each for each in orders["fields"] if each["key"] != "tier"]
    store.save_draft(uow, access, "form", orders)
    assert store.publish(uow, access, [("form", "customers"), ("form", "orders")])
