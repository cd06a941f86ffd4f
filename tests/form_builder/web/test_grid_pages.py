"""Tables that are written in: cells, columns, groups, sums."""

import json
import re

from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

LIST = "/w/shop/forms/customers"
RECORDS = f"{LIST}/records"


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col" data-path="([a-z_.]+)"', page)


def opened(owner: Visitor, record: int, key: str) -> dict[str, str]:
    """What the editor of a cell hands back unchanged."""
    page = owner.get(f"{RECORDS}/{record}/cell/{key}").text
    names = ("csrf_token", "_version", "_before")
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1].replace("&#34;", '"')  # type: ignore[index]
            for name in names}  # fmt: skip


def test_a_cell_is_written_through_the_one_write_path(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", mobile="13800138000")
    shop.make("customers", name="Bo", mobile="13900139000")
    editor = opened(owner, ann.id, "mobile")
    refused = owner.send(f"{RECORDS}/{ann.id}/cell/mobile", {**editor, "mobile": "13900139000"})
    assert refused.status_code == 422
    assert "data-cell-editor" in refused.text
    saved = owner.send(f"{RECORDS}/{ann.id}/cell/mobile", {**editor, "mobile": "13700137000"})
    assert saved.status_code == 200
    assert 'data-version="2"' in saved.text
    assert "is-saved" in saved.text
    assert shop.read("customers", ann.id).values["mobile"] == "+8613700137000"


def test_nothing_is_saved_where_nothing_was_typed(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    editor = opened(owner, ann.id, "name")
    assert (
        owner.send(f"{RECORDS}/{ann.id}/cell/name", {**editor, "name": "Ann"}).status_code == 200
    )
    assert shop.read("customers", ann.id).version == 1


def test_a_clash_tells_who_changed_what_and_keeps_what_was_typed(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    ann = shop.make("customers", name="Ann", email="a@x.example")
    mine = opened(owner, ann.id, "email")
    theirs = opened(clerk, ann.id, "name")
    clerk.send(f"{RECORDS}/{ann.id}/cell/name", {**theirs, "name": "Anna"})
    clash = owner.send(f"{RECORDS}/{ann.id}/cell/email", {**mine, "email": "b@x.example"})
    assert clash.status_code == 412
    assert "Bob changed Name from “Ann” to “Anna”" in clash.text
    assert "b@x.example" in clash.text
    again = opened_from(clash.text)
    owner.send(f"{RECORDS}/{ann.id}/cell/email", {**again, "email": "b@x.example"})
    found = shop.read("customers", ann.id).values
    assert (found["name"], found["email"]) == ("Anna", "b@x.example")


def opened_from(page: str) -> dict[str, str]:
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1].replace("&#34;", '"')  # type: ignore[index]
        for name in ("_version", "_before")
    }


def test_the_last_change_is_taken_back_until_somebody_saves(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    ann = shop.make("customers", name="Ann")
    owner.send(f"{RECORDS}/{ann.id}/cell/name", {**opened(owner, ann.id, "name"), "name": "X"})
    undo = f"{RECORDS}/{ann.id}/cell-undo"
    clerk.get(RECORDS)
    assert clerk.send(undo, {"version": 2}).status_code == 409  # only one's own
    assert owner.send(undo, {"version": 2}).status_code == 200
    assert shop.read("customers", ann.id).values["name"] == "Ann"
    assert owner.send(undo, {"version": 2}).status_code == 409
    assert owner.send(undo, {"version": "x"}).status_code == 409


def test_a_closed_cell_says_why(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    for key, words in (("order_count", "works itself out"), ("nothing", None)):
        answer = owner.get(f"{RECORDS}/{ann.id}/cell/{key}")
        assert answer.status_code == (404 if words is None else 409)
        assert words is None or words in answer.text
    assert owner.get(f"{RECORDS}/999/cell/name").status_code == 409
    page = owner.get(f"{RECORDS}?cols=name,order_count,created_at").text
    assert 'data-cell="order_count" data-closed="worked-out"' in page
    assert 'data-cell="created_at" data-closed="far"' in page


def test_columns_are_laid_out_for_oneself_and_kept_in_a_view(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    shop.make("customers", name="Ann")
    usual = heads(owner.get(RECORDS).text)
    layout = f"{RECORDS}/layout"
    owner.send(layout, {"do": "pin", "path": "tier"})
    owner.send(layout, {"do": "width", "path": "name", "width": "9999"})
    owner.send(layout, {"do": "hide", "path": "email"})
    owner.send(layout, {"do": "right", "path": "mobile"})
    page = owner.get(RECORDS).text
    assert heads(page) == ["tier", "name", "birthday", "mobile", "tags"]
    assert 'data-path="name" data-width="800"' in page
    assert heads(clerk.get(RECORDS).text) == usual
    owner.send(f"{LIST}/views", {"label": "Mine"})
    view = clerk.get(f"{RECORDS}?view=mine").text
    assert heads(view) == heads(page)
    assert 'data-width="800"' in view
    owner.send(layout, {"do": "reset"})
    assert heads(owner.get(RECORDS).text) == usual


def test_a_step_that_makes_no_sense_says_so(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann")
    owner.get(RECORDS)
    for given in (
        {"do": "dance"}, {"do": "hide", "path": "nothing"}, {"do": "group", "path": "name"},
        {"do": "width", "path": "name", "width": "wide"}, {"do": "sums", "sum:name": "sum"},
        {"do": "sums", "group": "nothing"},
        *({"do": step} for step in ("hide", "left", "right", "place", "pin", "natural")),
    ):  # fmt: skip
        assert owner.send(f"{RECORDS}/layout", given).status_code == 422, given


def test_groups_fold_out_page_by_page_and_lead_to_their_lists(shop: Shop, owner: Visitor) -> None:
    for name, tier in (("Ann", "basic"), ("Bo", "diamond"), ("Cy", "basic"), ("Di", None)):
        shop.make("customers", name=name, tier=tier)
    owner.get(RECORDS)
    owner.send(f"{RECORDS}/layout", {"do": "sums", "group": "tier", "sum:name": "filled"})
    page = owner.get(RECORDS).text
    said = words_of(page)
    assert said.index("Basic") < said.index("Diamond") < said.index("None")
    assert "3 groups by tier" in " ".join(said)
    assert 'data-record="' not in page
    inside = re.findall(r'data-group="([^"]+)"', page)[0].replace("&amp;", "&")
    rows = owner.get(inside).text
    assert rows.count("data-record=") == 2
    drill = re.findall(r'href="([^"]+)" class="chip', page)[0].replace("&amp;", "&")
    assert owner.get(drill).text.count("data-record=") == 2
    assert owner.get(f"{RECORDS}?group=-").text.count("data-record=") == 4


def test_the_foot_sums_up_the_whole_filtered_list(shop: Shop, owner: Visitor) -> None:
    for n in range(60):
        shop.make("products", sku=str(n), name="Tea" if n < 55 else "Cup", price="0.10")
    url = "/w/shop/forms/products/records"
    owner.get(url)
    owner.send(f"{url}/layout", {"do": "sums", "sum:price": "sum"})
    tea = json.dumps({"field": "name", "op": "is", "value": "Tea"})
    assert "¥6.00" in owner.get(url).text
    assert "¥5.50" in owner.get(f"{url}?filter={tea}").text
    assert "¥5.50" in owner.get(f"{url}?filter={tea}&page=2").text
