"""Possible duplicates, comparing and merging, as a reader meets them."""

import re

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.form_builder.web.conftest import Shop
from tests.form_builder.web.conftest import clerk as clerk
from tests.form_builder.web.conftest import owner as owner
from tests.form_builder.web.conftest import shop as shop
from tests.support.site import Visitor, words_of

CUSTOMERS = "/w/shop/forms/customers"


@pytest.fixture
def pair(shop: Shop) -> tuple[int, int]:
    one = shop.make("customers", name="王芳", mobile="13800138000", tags=["vip"]).id
    two = shop.make("customers", name="Wang Fang", mobile="13800138001", email="f@x.cn").id
    shop.make("orders", customer=two, items=[{"quantity": 1, "price": "8"}])
    return one, two


def test_the_list_leads_to_possible_duplicates(
    pair: tuple[int, int], owner: Visitor, clerk: Visitor
) -> None:
    assert "Possible duplicates" in words_of(owner.get(f"{CUSTOMERS}/records").text)
    assert "Possible duplicates" not in words_of(clerk.get(f"{CUSTOMERS}/records").text)
    assert clerk.get(f"{CUSTOMERS}/duplicates").status_code == 403
    page = owner.get(f"{CUSTOMERS}/duplicates")
    said = words_of(page.text)
    assert {"王芳", "Wang Fang", "138****8000", "Compare and merge"} <= set(said)
    assert "The name sounds the same and the number differs by one slip" in said
    assert f"{CUSTOMERS}/merge?keep={pair[0]}&amp;drop={pair[1]}" in page.text


def test_people_told_apart_go_from_the_page(pair: tuple[int, int], owner: Visitor) -> None:
    page = owner.get(f"{CUSTOMERS}/duplicates")
    assert "These are different people" in words_of(page.text)
    after = owner.send(
        f"{CUSTOMERS}/duplicates/apart", {"id": [str(i) for i in pair]}, follow_redirects=True
    )
    said = words_of(after.text)
    assert "Nobody seems to be here twice" in said
    assert owner.send(f"{CUSTOMERS}/duplicates/apart", {"id": "x"}).status_code == 422


def test_two_records_are_compared_merged_and_parted(
    shop: Shop, pair: tuple[int, int], owner: Visitor
) -> None:
    keep, drop = pair
    page = owner.get(f"{CUSTOMERS}/merge?keep={keep}&drop={drop}")
    said = words_of(page.text)
    assert {"Stays", "Becomes part of it", "1 record of “Orders”", "Both together"} <= set(said)
    assert re.search(r'name="side.mobile" value="keep" checked', page.text)
    chosen = {"keep": str(keep), "drop": str(drop), "side.mobile": "drop", "side.tags": "both"}
    done = owner.send(f"{CUSTOMERS}/merge", chosen, follow_redirects=True)
    assert done.request.path == f"{CUSTOMERS}/records/{keep}"
    assert shop.read("customers", keep)["mobile"] == "+8613800138001"
    moved = owner.get(f"{CUSTOMERS}/records/{drop}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{CUSTOMERS}/records/{keep}")
    assert f"Record {drop} became part of this one (Alice)" in words_of(done.text)
    back = owner.send(f"{CUSTOMERS}/bin/{drop}/restore", follow_redirects=True)
    assert back.request.path == f"{CUSTOMERS}/records/{drop}"
    assert shop.read("customers", keep)["mobile"] == "+8613800138000"


@pytest.mark.parametrize(
    "query", ["", "keep=1", "keep=1&drop=x", "keep=1&drop=1", "keep=99&drop=98", "keep=²&drop=1"]
)
def test_addresses_that_mean_nothing_are_refused(
    pair: tuple[int, int], owner: Visitor, query: str
) -> None:
    assert owner.get(f"{CUSTOMERS}/merge?{query}").status_code in (404, 422)


def test_bad_choices_are_shown_and_nothing_is_saved(
    shop: Shop, pair: tuple[int, int], owner: Visitor
) -> None:
    keep, drop = pair
    chosen = {"keep": str(keep), "drop": str(drop), "side.mobile": "left"}
    assert owner.send(f"{CUSTOMERS}/merge", chosen).status_code == 422
    assert shop.read("customers", drop)["name"] == "Wang Fang"


def test_whoever_types_is_warned_without_being_stopped(
    shop: Shop, pair: tuple[int, int], clerk: Visitor
) -> None:
    form = clerk.get(f"{CUSTOMERS}/records/new")
    assert f'hx-post="{CUSTOMERS}/look-alikes"' in form.text
    typed = {"name": "小王", "mobile": "138 0013 8000"}
    part = clerk.htmx("POST", f"{CUSTOMERS}/look-alikes", typed)
    assert {"This looks like somebody who is already here", "王芳", "138****8000"} <= set(
        words_of(part.text)
    )
    assert clerk.htmx("POST", f"{CUSTOMERS}/look-alikes", {"name": "Zoe"}).text.strip() == ""
    own = clerk.htmx("POST", f"{CUSTOMERS}/look-alikes", {**typed, "_record": str(pair[0])})
    assert own.text.strip() == ""


def test_fields_hidden_from_a_role_do_not_show_in_a_comparison(
    shop: Shop, pair: tuple[int, int]
) -> None:
    everywhere = dict.fromkeys(("read", "create", "update", "delete", "export"), "all")
    role = {
        "kind": "role", "key": "merger", "label": "Merger", "capabilities": ["merge_records"],
        "default": everywhere,
        "forms": {"customers": {**everywhere, "fields": {"tags": "hidden"}}},
    }  # fmt: skip
    system = system_access("en")
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        store.save_draft(uow, system, "role", role)
        store.publish(uow, system, [("role", "merger")])
    merger = shop.site.signed_in("Mona", "merger")
    page = merger.get(f"{CUSTOMERS}/merge?keep={pair[0]}&drop={pair[1]}")
    assert page.status_code == 200
    assert "Stays" in words_of(page.text)
    assert "vip" not in words_of(page.text)
