"""Drafts and versions: what is kept, what publishing refuses, what never changes."""

import copy
from typing import Any

import pytest

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Forbidden, Invalid, NotFound, VersionConflict
from regulars.wiring import wire
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

NOTES: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [{"key": "text", "type": "text"}],
}


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    wire()


@pytest.fixture
def access() -> Access:
    return system_access("en")


def changed(raw: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(raw), **values}


def test_a_draft_is_not_published_until_it_is(uow: UnitOfWork, access: Access) -> None:
    draft = store.save_draft(uow, access, "form", NOTES)
    assert (draft.published, draft.changed, draft.tag) == (None, True, 1)
    assert snapshot(uow).find("form", "notes") is None
    assert store.publish(uow, access, [("form", "notes")]) == {("form", "notes"): 1}
    assert snapshot(uow).get("form", "notes").key == "notes"
    assert not store.get_draft(uow, "form", "notes").changed


def test_publishing_without_changes_keeps_the_version(uow: UnitOfWork, access: Access) -> None:
    publish_forms(uow, [NOTES])
    assert store.publish(uow, access, [("form", "notes")]) == {("form", "notes"): 1}


def test_a_published_version_stays_as_it_was(uow: UnitOfWork, access: Access) -> None:
    publish_forms(uow, [NOTES])
    publish_forms(uow, [changed(NOTES, label="Remarks")])
    assert store.get_version(uow, "form", "notes", 1).label == "Notes"
    assert store.get_version(uow, "form", "notes", 2).label == "Remarks"


def test_shape_problems_come_all_together_and_nothing_is_kept(
    uow: UnitOfWork, access: Access
) -> None:
    broken = {
        "kind": "form",
        "key": "Bad Key",
        "label": "x",
        "colour": 1,
        "fields": [{"key": "a", "type": "rainbow"}, {"key": "b", "type": "choice"}],
    }
    with pytest.raises(Invalid) as caught:
        store.save_draft(uow, access, "form", broken)
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("key", "shape-pattern"),
        ("colour", "unknown-key"),
        ("fields/0/type", "unknown-field-type"),
        ("fields/1/options", "required"),
    }
    with pytest.raises(NotFound):
        store.get_draft(uow, "form", "Bad Key")


def test_meaning_is_checked_over_the_whole_set(uow: UnitOfWork, access: Access) -> None:
    store.save_draft(uow, access, "form", ORDERS)
    with pytest.raises(Invalid) as caught:
        store.publish(uow, access, [("form", "orders")])
    assert ("form/orders/fields/1/to", "unpublished-form") in {
        (p.path, p.code) for p in caught.value.problems
    }
    for form in (CUSTOMERS, PRODUCTS):
        store.save_draft(uow, access, "form", form)
    keys = [("form", "customers"), ("form", "orders"), ("form", "products")]
    assert set(store.publish(uow, access, keys).values()) == {1}


def test_a_formula_nobody_can_compute_is_named_at_its_field(
    uow: UnitOfWork, access: Access
) -> None:
    fields = [
        {"key": "a", "type": "formula", "formula": "b + 1", "result": "number"},
        {"key": "b", "type": "formula", "formula": "a + 1", "result": "number"},
        {"key": "c", "type": "formula", "formula": "1 + ", "result": "number"},
        {"key": "d", "type": "formula", "formula": "nothing * 2", "result": "number"},
    ]
    store.save_draft(uow, access, "form", changed(NOTES, fields=fields))
    found = store.check_drafts(uow, [("form", "notes")])
    codes = {
        (p.path.split("/")[3], p.code) for p in found if p.path.startswith("form/notes/fields")
    }
    assert ("2", "formula-unfinished") in codes
    assert ("3", "unknown-field") in codes
    assert any(code == "formula-cycle" for _place, code in codes)


def test_two_tabs_do_not_overwrite_each_other(uow: UnitOfWork, access: Access) -> None:
    first = store.save_draft(uow, access, "form", NOTES)
    store.save_draft(uow, access, "form", changed(NOTES, label="One"), tag=first.tag)
    with pytest.raises(VersionConflict):
        store.save_draft(uow, access, "form", changed(NOTES, label="Two"), tag=first.tag)


def test_who_may_not_design_may_not_save(uow: UnitOfWork) -> None:
    clerk = Access(1, "Clerk", "clerk", "en")
    with pytest.raises(Forbidden):
        store.save_draft(uow, clerk, "form", NOTES)


def test_another_process_sees_what_was_published(
    database: Database, workspace: Workspace, access: Access
) -> None:
    with database.workspace_tx(workspace) as uow:
        assert snapshot(uow).all("form") == {}
        publish_forms(uow, [NOTES])
    with database.workspace_tx(workspace, write=False) as uow:
        assert set(snapshot(uow).all("form")) == {"notes"}


def test_a_failed_publish_leaves_no_table(
    database: Database, workspace: Workspace, access: Access
) -> None:
    def publish_and_fail() -> None:
        with database.workspace_tx(workspace) as uow:
            publish_forms(uow, [NOTES])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_and_fail()
    with database.workspace_tx(workspace) as uow:
        assert snapshot(uow).all("form") == {}
        publish_forms(uow, [NOTES])  # would fail if the first table had stayed
