"""Entry pages whose fields depend on each other, as the server draws them."""

import json
import re
from typing import Any

import pytest

from tests.form_builder.web.conftest import Shop
from tests.support.logic_forms import LOGIC_FORMS
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor

SALES = "/w/shop/forms/sales/records"


@pytest.fixture
def sales(site: Site) -> Shop:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, LOGIC_FORMS)
    return Shop(site)


@pytest.fixture
def seller(sales: Shop) -> Visitor:
    return sales.site.signed_in("Alice")


def modes(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-slot="(\w+)" data-mode="(\w+)"', html))


def tokens(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-slot="(\w+)"[^>]*data-token="(\w+)"', html))


def live(visitor: Visitor, page: str, moved: str, **typed: Any) -> dict[str, str]:
    """What the page at this address is told after something was typed: place → how it looks."""
    sent = {"_moved": moved, "_tokens": json.dumps(tokens(visitor.get(page).text)), **typed}
    url = f"{SALES}/live" if page.endswith("/new") else page.replace("/edit", "/live")
    answer = visitor.send(url, sent)
    assert answer.status_code == 200
    return dict(re.findall(
        r'<template data-for="(\w+)"(.*?)</template>', answer.text, re.S))  # fmt: skip


def test_a_new_record_hides_what_is_not_asked_for(seller: Visitor) -> None:
    html = seller.get(f"{SALES}/new").text
    assert modes(html)["reason"] == "hidden"
    assert 'name="reason"' not in html
    assert modes(html)["fee"] == "derived"


def test_only_what_changes_is_drawn_again(seller: Visitor) -> None:
    told = live(seller, f"{SALES}/new", "status", status="refunded")
    assert set(told) == {"reason"}
    assert 'name="reason"' in told["reason"]
    assert "required" in told["reason"]
    assert live(seller, f"{SALES}/new", "note", status="open", note="x") == {}


def test_values_that_follow_stand_in_their_inputs(sales: Shop, seller: Visitor) -> None:
    who = sales.make("buyers", name="Li", address="Lake Road 1")
    told = live(seller, f"{SALES}/new", "buyer", status="open", buyer=str(who.id), address="old")
    assert set(told) == {"address"}
    assert 'value="Lake Road 1"' in told["address"]
    assert "data-given" in told["address"]
    fresh = seller.get(f"{SALES}/new?buyer={who.id}").text
    assert 'value="Lake Road 1"' in fresh


def test_formulas_are_worked_out_while_typing(seller: Visitor) -> None:
    told = live(seller, f"{SALES}/new", "amount", status="open", amount="21")
    assert "42" in told["fee"]
    assert "paid_on" not in told


def test_what_is_locked_is_shown_and_not_asked(sales: Shop, seller: Visitor) -> None:
    made = sales.make("sales", amount="50")
    page = f"{SALES}/{made.id}/edit"
    assert modes(seller.get(page).text)["amount"] == "input"
    told = live(seller, page, "status", status="closed", amount="50")
    assert 'data-mode="fixed"' in told["amount"]
    assert "50" in told["amount"]
    assert 'name="amount"' not in told["amount"]


def test_offered_options_and_records_follow(sales: Shop, seller: Visitor) -> None:
    here = sales.make("stores", name="Lakeside", city="Wuhan")
    sales.make("stores", name="Hillside", city="Xi'an")
    told = live(seller, f"{SALES}/new", "city", status="open", city="Wuhan")
    assert "Lakeside" in told["store"]
    assert "Hillside" not in told["store"]
    found = re.search(r'data-url="([^"]*)&amp;"', told["store"])
    assert found is not None
    url = found.group(1)
    assert f'data-value="{here.id}"' in seller.get(url).text
    assert "Hillside" not in seller.get(url).text
    told = live(seller, f"{SALES}/new", "amount", status="open", amount="5", way="points")
    assert "card" in told["way"]
    assert "points" not in told["way"]


def test_without_a_script_a_button_shows_what_follows(sales: Shop, seller: Visitor) -> None:
    typed = {"status": "refunded", "amount": "50", "_look": "1"}
    html = seller.send(f"{SALES}/new", typed).text
    assert modes(html)["reason"] == "input"
    assert re.search(r'name="amount"[^>]*value="50', html)
    answer = seller.send(f"{SALES}/new", {"status": "open", "reason": "x"})
    assert answer.status_code == 422
    assert "not asked for here" in answer.text


def test_a_form_where_nothing_depends_on_anything_asks_nothing(seller: Visitor) -> None:
    html = seller.get("/w/shop/forms/stores/records/new").text
    assert "data-live" not in html
    assert "live.js" not in html
    assert seller.send("/w/shop/forms/stores/records/live", {"name": "x"}).text == ""


def test_a_records_page_leaves_out_what_is_not_asked_for_and_empty(
    sales: Shop, seller: Visitor
) -> None:
    made = sales.make("sales", amount="50")
    kept = sales.make("sales", status="refunded", reason="Broken")
    seller.send(f"{SALES}/{kept.id}/edit", {"status": "open", "_before": "{}"})
    assert "Refund reason" not in seller.get(f"{SALES}/{made.id}").text
    assert "Broken" in seller.get(f"{SALES}/{kept.id}").text
