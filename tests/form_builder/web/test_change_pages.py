"""Pages of changing a live form, by plain posts."""

import re
from typing import Any

from regulars.form_builder.changing import working
from regulars.platform.definitions import store
from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

BASE = "/w/shop/forms/products/design"
CUSTOMERS = "/w/shop/forms/customers/design"


def follow(owner: Visitor, url: str, **values: Any) -> Any:
    answer = owner.send(url, values)
    assert answer.status_code == 303, answer.text
    return owner.get(answer.headers["Location"])


def raw(shop: Shop, key: str = "products") -> Any:
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        return store.get_draft(uow, "form", key).raw


def work(shop: Shop) -> None:
    working.run_due(shop.site.database, shop.site.workspace)


def test_where_a_field_is_used_is_shown_with_links(owner: Visitor) -> None:
    page = owner.get(f"{CUSTOMERS}/used-by?field=tier")
    assert "Form “Orders”" in words_of(page.text)
    assert "/w/shop/forms/orders/design?field=tier" in page.text
    assert "Nothing else uses it" in words_of(owner.get(f"{BASE}/used-by?field=price").text)
    assert owner.get(f"{BASE}/used-by?field=nothing").status_code == 404
    assert owner.get(f"{CUSTOMERS}/used-by").status_code == 200


def test_a_field_is_put_away_in_the_designer_and_brought_back(shop: Shop, owner: Visitor) -> None:
    owner.htmx("POST", f"{BASE}/steps", {"do": "remove", "field": "price"})
    follow(owner, f"{BASE}/publish")
    assert [each["key"] for each in raw(shop)["archived"]] == ["price"]
    assert "price" in words_of(owner.get(f"{BASE}/archived").text)
    page = follow(owner, f"{BASE}/archived/restore", field="price")
    assert "“price” is back, with its values." in words_of(page.text)
    assert "archived" not in raw(shop)


def test_a_purge_asks_for_the_name_and_can_be_taken_back(shop: Shop, owner: Visitor) -> None:
    shop.make("products", sku="a", name="A", price="3")
    owner.htmx("POST", f"{BASE}/steps", {"do": "remove", "field": "price"})
    follow(owner, f"{BASE}/publish")
    refused = owner.send(f"{BASE}/archived/purge", {"field": "price", "confirm": "no"})
    assert refused.status_code == 422
    assert "Type the name of the field to confirm: price" in words_of(refused.text)
    page = follow(owner, f"{BASE}/archived/purge", field="price", confirm="price")
    (ghost,) = re.findall(r'name="ghost" value="(\d+)"', page.text)
    assert "3.00" in owner.get(f"{BASE}/archived/values/{ghost}.csv").text
    page = follow(owner, f"{BASE}/archived/take-back", ghost=ghost)
    assert "price" in words_of(page.text)


def test_a_type_is_rehearsed_changed_and_undone(shop: Shop, owner: Visitor) -> None:
    shop.make("products", sku="a", name="12", price="3.25")
    shop.make("products", sku="b", name="tea", price="3.20")
    page = owner.get(f"{BASE}/retype?field=price")
    assert {"Now: Money", "Number", "Text"} <= set(words_of(page.text))
    shown = follow(owner, f"{BASE}/retype", field="price", type="number", decimals="1")
    assert "Looking at every record" in words_of(shown.text)
    work(shop)
    here = re.search(r'hx-get="([^"]+retype/\d+)"', shown.text)
    assert here is not None
    page = owner.get(here[1])
    assert {"1 record would not keep everything", "3.25", "3.3"} <= set(words_of(page.text))
    assert "3.25" in owner.get(f"{here[1]}/losses.csv").text
    follow(owner, f"{here[1]}/confirm")
    work(shop)
    page = owner.get(here[1])
    assert "The type is changed" in words_of(page.text)
    back = follow(owner, f"{here[1]}/undo")
    work(shop)
    here = re.search(r'hx-get="([^"]+retype/\d+)"', back.text)
    assert here is not None
    follow(owner, f"{here[1]}/confirm")
    work(shop)
    assert next(f for f in raw(shop)["fields"] if f["key"] == "price")["type"] == "money"
    assert "Money → Number · The type is changed" in words_of(owner.get(f"{BASE}/versions").text)


def test_what_cannot_become_another_type_says_why(owner: Visitor) -> None:
    page = owner.get(f"{CUSTOMERS}/retype?field=average")
    assert "This field keeps its type" in words_of(page.text)
    refused = owner.send(f"{CUSTOMERS}/retype", {"field": "tier", "type": "boolean"})
    assert refused.status_code in (303, 422)
    refused = owner.send(f"{CUSTOMERS}/retype", {"field": "name", "type": "link"})
    assert refused.status_code == 422


def test_versions_are_told_in_words_and_brought_back(shop: Shop, owner: Visitor) -> None:
    owner.htmx("POST", f"{BASE}/steps", {"do": "label", "field": "price", "label": "Cost"})
    follow(owner, f"{BASE}/publish")
    page = owner.get(f"{BASE}/versions")
    assert {"Version 2", "In use", "“price” becomes “Cost”"} <= set(words_of(page.text))
    follow(owner, "/w/shop/definitions/form/products/versions/1/restore")
    price = next(f for f in raw(shop)["fields"] if f["key"] == "price")
    assert "label" not in price


def test_two_tabs_meet_and_a_clash_offers_both(shop: Shop, owner: Visitor) -> None:
    bob = shop.site.signed_in("Bert")
    first = {"do": "label", "field": "name", "label": "Title"}
    owner.htmx("POST", f"{BASE}/steps", first)
    page = owner.get(f"{BASE}?field=price")
    (tag, *_more) = re.findall(r'name="tag" value="(\d+)"', page.text)
    bob.get(BASE)
    settings = {"do": "settings", "field": "price", "tag": tag, "selected": "price"}
    bob.htmx(
        "POST",
        f"{BASE}/steps",
        {**settings, "label": "Cost", "required~here": "1", "required": "1"},
    )
    answer = owner.htmx("POST", f"{BASE}/steps", {**settings, "label": "Worth"})
    assert answer.status_code == 409
    said = " ".join(words_of(answer.text))
    assert "Bert changed the same thing" in said
    assert "Cost" in said
    assert "Worth" in said
    forced = {**settings, "label": "Worth", "force": "1"}
    assert owner.htmx("POST", f"{BASE}/steps", forced).status_code == 200
    price = next(f for f in raw(shop)["fields"] if f["key"] == "price")
    assert (price["label"], price.get("required")) == ("Worth", True)
    plain = owner.send(f"{BASE}/steps", {**settings, "label": "Else"})
    assert plain.status_code == 409
    assert "<html" in plain.text
