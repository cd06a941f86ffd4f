"""Lists, record pages and the recycle bin, as a reader meets them."""

import json
import re

import pytest
from werkzeug.test import TestResponse

from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

CUSTOMERS = "/w/shop/forms/customers"


def names_in(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    links = re.findall(r'class="row-link"[^>]*>(.*?)</a>', answer.text, re.DOTALL)
    return [" ".join(words_of(link)) for link in links]


def test_an_empty_list_teaches_the_next_step(owner: Visitor, clerk: Visitor) -> None:
    said = words_of(owner.get(f"{CUSTOMERS}/records").text)
    assert "Customers: nothing here yet" in said
    assert {"Add the first one", "Import an Excel or CSV file"} <= set(said)
    assert "Import an Excel or CSV file" not in words_of(clerk.get(f"{CUSTOMERS}/records").text)


def test_a_list_shows_values_as_people_read_them(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", mobile="13800138000", birthday="1990-05-01", tags=["vip"])
    said = words_of(owner.get(f"{CUSTOMERS}/records").text)
    assert {"Ann", "138 0013 8000", "1 May 1990", "Basic", "vip"} <= set(said)
    assert "basic" not in said


def test_a_list_sorts_by_its_headings_and_turns_round(shop: Shop, owner: Visitor) -> None:
    for name in ("Bo", "Ann", "Cy"):
        shop.make("customers", name=name)
    page = owner.get(f"{CUSTOMERS}/records?sort=name")
    assert names_in(page) == ["Ann", "Bo", "Cy"]
    assert 'aria-sort="ascending"' in page.text
    assert "sort=-name" in page.text


def test_words_narrow_a_list_and_htmx_gets_only_the_table(shop: Shop, owner: Visitor) -> None:
    for name in ("Ann", "Bo"):
        shop.make("customers", name=name)
    part = owner.htmx("GET", f"{CUSTOMERS}/records", {"q": "an"})
    assert names_in(part) == ["Ann"]
    assert part.text.strip().startswith('<div id="record-table"')
    assert "HX-Request" in part.headers["Vary"]
    nothing = owner.get(f"{CUSTOMERS}/records?q=zzz")
    assert "Nothing matches" in words_of(nothing.text)


def test_a_filter_is_built_in_three_steps_and_taken_away_by_its_chip(
    shop: Shop, owner: Visitor
) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    first = owner.get(f"{CUSTOMERS}/records?f=tier")
    assert '<option value="is_not">' in first.text
    second = owner.get(f"{CUSTOMERS}/records?f=tier&op=is")
    assert re.search(r'<select[^>]*name="v"', second.text)
    third = owner.get(f"{CUSTOMERS}/records?f=tier&op=is&v=diamond", follow_redirects=True)
    assert names_in(third) == ["Ann"]
    assert "tier is Diamond" in words_of(third.text)
    condition = {"all": [{"field": "tier", "op": "is", "value": "diamond"}]}
    assert json.loads(third.request.args["filter"]) == condition
    without = re.search(r'href="([^"]*)" aria-label="[^"]*tier is Diamond', third.text)
    assert without is not None
    assert names_in(owner.get(without.group(1))) == ["Bo", "Ann"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("f=birthday&op=within&v=30", "birthday is within the last 30 days"),
        ("f=birthday&op=older_than&v=90", "birthday is longer ago than 90 days"),
        ("f=tags&op=has_any&v=vip&v=tea", "tags has any of vip and tea"),
        ("f=order_count&op=gte&v=3", "order_count is at least 3"),
        (
            "f=birthday&op=between&v=1990-01-01&v=1990-12-31",
            "birthday is between 1 Jan 1990 and 31 Dec 1990",
        ),
        ("f=mobile&op=is_empty", "mobile is empty"),
        ("f=created_at&op=within&v=this_month", "Created at is within this month"),
    ],
)
def test_a_filter_is_said_in_words(owner: Visitor, row: str, words: str) -> None:
    page = owner.get(f"{CUSTOMERS}/records?{row}", follow_redirects=True)
    assert page.status_code == 200
    assert words in words_of(page.text)


def test_a_filter_of_another_shape_is_one_chip(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    condition = {"any": [{"field": "tier", "op": "is", "value": "diamond"}]}
    page = owner.get(f"{CUSTOMERS}/records", query_string={"filter": json.dumps(condition)})
    assert names_in(page) == ["Ann"]
    assert "Own condition" in words_of(page.text)


@pytest.mark.parametrize("filter_text", ["{", '{"field": "gone", "op": "is", "value": 1}', "[]"])
def test_an_address_that_makes_no_sense_still_shows_a_page(
    owner: Visitor, filter_text: str
) -> None:
    page = owner.get(
        f"{CUSTOMERS}/records",
        query_string={"filter": filter_text, "page": "x", "cols": "gone", "view": "gone"},
    )
    assert page.status_code == 200


def test_columns_are_chosen_also_through_a_link(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", tier="diamond")
    shop.make("orders", customer=ann.id)
    page = owner.get("/w/shop/forms/orders/records?col=order_no&col=customer&col=customer.tier")
    assert {"SO202603-0001", "Ann", "Diamond"} <= set(words_of(page.text))


def test_long_lists_have_pages(shop: Shop, owner: Visitor) -> None:
    for n in range(53):
        shop.make("products", sku=f"S{n:02}", name=f"Tea {n:02}")
    first = owner.get("/w/shop/forms/products/records?sort=name")
    second = owner.get("/w/shop/forms/products/records?sort=name&page=2")
    assert len(names_in(first)) == 50
    assert names_in(second) == ["Tea 50", "Tea 51", "Tea 52"]
    assert 'rel="next"' in first.text
    assert 'rel="prev"' in second.text
    assert 'rel="next"' not in second.text


def test_a_record_shows_everything_and_its_related_records(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", mobile="13800138000")
    tea = shop.make("products", sku="T", name="Tea")
    items = [{"product": tea.id, "quantity": 2, "price": "3"}]
    order = shop.make("orders", customer=ann.id, paid_at="2026-03-09T10:00", items=items)
    page = words_of(owner.get(f"{CUSTOMERS}/records/{ann.id}").text)
    assert {"Ann", "138 0013 8000", "¥6.00", "orders", "Timeline"} <= set(page)
    assert order.title in page
    related = owner.get(f"{CUSTOMERS}/records/{ann.id}?tab=orders")
    assert names_in(related) == ["SO202603-0001"]
    assert f"/w/shop/forms/orders/records/new?customer={ann.id}" in related.text
    rows = words_of(owner.get(f"/w/shop/forms/orders/records/{order.id}").text)
    assert {"Tea", "2", "¥3.00", "¥6.00"} <= set(rows)


def test_history_says_who_changed_what(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    owner.get(f"{CUSTOMERS}/records/{ann.id}/edit")
    owner.send(f"{CUSTOMERS}/records/{ann.id}/edit", {"_version": "1", "tier": "diamond"})
    said = " ".join(words_of(owner.get(f"{CUSTOMERS}/records/{ann.id}?tab=history").text))
    assert "Alice, by hand" in said
    assert "tier Basic became Diamond" in said


def test_a_deleted_record_waits_in_the_bin(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    gone = owner.send(f"{CUSTOMERS}/records/{ann.id}/delete")
    assert (gone.status_code, gone.headers["Location"]) == (303, f"{CUSTOMERS}/records")
    assert "Ann" in words_of(owner.get(f"{CUSTOMERS}/bin").text)
    back = owner.send(f"{CUSTOMERS}/bin/{ann.id}/restore", follow_redirects=True)
    assert "“Ann” is back." in words_of(back.text)
    assert shop.read("customers", ann.id)["name"] == "Ann"
    assert "The recycle bin is empty" in words_of(owner.get(f"{CUSTOMERS}/bin").text)


def test_a_record_leaves_the_bin_for_good(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    owner.send(f"{CUSTOMERS}/records/{ann.id}/delete")
    gone = owner.send(f"{CUSTOMERS}/bin/{ann.id}/purge", follow_redirects=True)
    assert {"“Ann” is gone for good.", "The recycle bin is empty"} <= set(words_of(gone.text))
    assert owner.send(f"{CUSTOMERS}/bin/{ann.id}/restore").status_code == 404


@pytest.mark.parametrize("page", ["records", "bin", "records/new"])
def test_every_page_of_a_form_marks_that_form_in_the_navigation(
    shop: Shop, owner: Visitor, page: str
) -> None:
    marked = re.findall(
        r'href="([^"]+)" aria-current="page"', owner.get(f"{CUSTOMERS}/{page}").text
    )
    assert set(marked) == {f"{CUSTOMERS}/records"}


def test_what_is_still_pointed_to_is_not_deleted(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    shop.make("orders", customer=ann.id)
    refused = owner.send(f"{CUSTOMERS}/records/{ann.id}/delete")
    assert refused.status_code == 409
    assert "still points to it" in refused.text


def test_a_clerk_sees_records_but_neither_bin_nor_designer(shop: Shop, clerk: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    page = clerk.get(f"{CUSTOMERS}/records/{ann.id}")
    assert page.status_code == 200
    assert "/delete" not in page.text
    assert "/design" not in page.text
    assert clerk.get(f"{CUSTOMERS}/bin").status_code == 403
    assert clerk.send(f"{CUSTOMERS}/records/{ann.id}/delete").status_code == 403
    assert clerk.get(f"{CUSTOMERS}/design").status_code == 403


def test_a_search_box_offers_records_that_hold_the_words(shop: Shop, owner: Visitor) -> None:
    for name in ("Ann", "Anton", "Bo"):
        shop.make("customers", name=name)
    shop.make("products", sku="T", name="Tea")
    found = owner.get("/w/shop/forms/orders/pick/customer?q=an")
    assert words_of(found.text) == ["Anton", "Ann"]
    assert words_of(owner.get("/w/shop/forms/orders/pick/items.product").text) == ["Tea"]
    assert owner.get("/w/shop/forms/orders/pick/status").status_code == 404
    assert owner.get("/w/shop/forms/orders/pick/gone").status_code == 404


@pytest.mark.parametrize("path", ["/w/shop/forms/gone/records", f"{CUSTOMERS}/records/999"])
def test_what_is_not_there_is_not_found(owner: Visitor, path: str) -> None:
    assert owner.get(path).status_code == 404


def test_a_name_full_of_markup_is_only_text(shop: Shop, owner: Visitor) -> None:
    name = "<script>alert('x')</script>\"&{{7*7}}"
    ann = shop.make("customers", name=name)
    for path in ("records", f"records/{ann.id}", f"records/{ann.id}/edit"):
        page = owner.get(f"{CUSTOMERS}/{path}")
        assert "<script>alert" not in page.text
        assert name in words_of(page.text) or "&lt;script&gt;" in page.text
