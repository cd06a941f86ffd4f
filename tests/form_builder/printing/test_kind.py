"""What a print layout may say: shape, and what its form has."""

from typing import Any

import pytest

from regulars.form_builder.printing.definition import PAPERS, ROLLS
from regulars.form_builder.printing.kind import print_schema
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.uses import uses_of_definition
from regulars.platform.errors import Invalid
from tests.form_builder.printing.test_composing import layout
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.one_database


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    return workspace


def problems_of(
    database: Database, shop: Workspace, *blocks: dict[str, Any]
) -> list[tuple[str, str]]:
    with database.workspace_tx(shop) as uow:
        access = system_access("en")
        try:
            store.save_draft(uow, access, "print", layout(*blocks))
            store.publish(uow, access, [("print", "slip")])
        except Invalid as invalid:
            return [
                (each.path.removeprefix("print/slip/"), each.code) for each in invalid.problems
            ]
    return []


@pytest.mark.parametrize(
    ("block", "place", "code"),
    [
        ({"block": "text", "text": "{nme}"}, "blocks/0/text", "unknown-field"),
        ({"block": "text", "text": {"en": "{name}", "zh-Hans": "{xingming}"}},
         "blocks/0/text", "unknown-field"),
        ({"block": "fields", "fields": ["name", "no"]}, "blocks/0/fields/1", "unknown-field"),
        ({"block": "picture", "field": "name"}, "blocks/0/field", "not-a-picture-field"),
        ({"block": "table", "rows": "name", "fields": ["x"]}, "blocks/0/rows", "holds-no-rows"),
        ({"block": "table", "rows": "orders", "fields": ["amount", "no"]},
         "blocks/0/fields/1", "unknown-field"),
        ({"block": "table", "rows": "orders", "fields": ["order_no"], "total": ["amount"]},
         "blocks/0/total/0", "total-not-shown"),
        ({"block": "text"}, "blocks/0/text", "required"),
        ({"block": "castle"}, "blocks/0/block", "shape-enum"),
    ],
)  # fmt: skip
def test_what_a_form_does_not_have_is_named_with_its_place(
    database: Database, shop: Workspace, block: dict[str, Any], place: str, code: str
) -> None:
    assert (place, code) in problems_of(database, shop, block)


def test_a_sound_layout_is_published_and_its_form_knows_of_it(
    database: Database, shop: Workspace
) -> None:
    table = {"block": "table", "rows": "orders", "fields": ["order_no", "amount"]}
    texts = {"block": "text", "text": "{name} {last_order_at} {today}"}
    assert problems_of(database, shop, texts, table) == []
    with database.workspace_tx(shop, write=False) as uow:
        uses = uses_of_definition(uow, system_access("en"), "form", "orders")
    assert ("print", "slip") in {(use.kind, use.key) for use in uses}


def test_papers_are_one_list() -> None:
    assert set(print_schema()["properties"]["paper"]["enum"]) == set(PAPERS)
    assert set(ROLLS) < set(PAPERS)
