"""What stands on a sheet: the values of a record, as far as its reader may see them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from regulars.form_builder.printing.definition import Block, PrintLayout
from regulars.form_builder.web.printing import drawing
from regulars.form_builder.web.printing.drawing import NoTypesetter, pdf_of
from regulars.form_builder.web.printing.filling import MOST_SHEETS, Piece, Sheet, abreast, fill
from regulars.platform.accounts.access import system_access
from regulars.platform.blobs.looking import look_at
from regulars.platform.blobs.service import take_in
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid, NotFound
from tests.form_builder.web.conftest import Shop
from tests.security.shop_of_two import role


@contextmanager
def reading(shop: Shop) -> Iterator[UnitOfWork]:
    with (
        shop.site.app.test_request_context(),
        shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow,
    ):
        yield uow


def sheet_of(shop: Shop, form: str, record_id: int, *blocks: dict[str, Any]) -> Sheet:
    layout = PrintLayout("slip", "Slip", form, "receipt_80", tuple(map(Block.from_json, blocks)))
    with reading(shop) as uow:
        return fill(uow, system_access("en"), layout, [record_id])[0]


def pieces(sheet: Sheet) -> list[Piece]:
    return [piece for row in sheet.rows for piece in row]


@pytest.fixture
def order(shop: Shop) -> int:
    tea = shop.make("products", sku="T1", name="Tea", price="10")
    cup = shop.make("products", sku="C1", name="Cup", price="2.5")
    ann = shop.make("customers", name="Ann <b>", mobile="13800138000", tier="diamond")
    items = [
        {"product": tea.id, "quantity": 2, "price": "10"},
        {"product": cup.id, "quantity": 4, "price": "2.50"},
    ]
    return shop.make("orders", customer=ann.id, status="paid", items=items).id


def test_texts_values_and_rows_are_filled_as_people_write_them(shop: Shop, order: int) -> None:
    sheet = sheet_of(
        shop, "orders", order,
        {"block": "text", "text": {"en": "For {customer.name}{no}", "zh-Hans": "致 {customer}"}},
        {"block": "fields", "fields": ["amount", "customer", "customer.tier", "paid_at"]},
        {"block": "fields", "fields": ["customer.email", "amount"], "empty": False},
        {"block": "table", "rows": "items", "total": ["quantity", "line_total"],
         "fields": ["product", "product.sku", "quantity", "line_total"]},
    )  # fmt: skip
    text, values, filled, table = pieces(sheet)
    assert text.text == "For Ann <b>"
    assert values.pairs[0][1] == "¥30.00"
    assert [value for _name, value in values.pairs[1:3]] == ["Ann <b>", "Diamond"]
    assert [value for _name, value in filled.pairs] == ["¥30.00"]
    assert [line.cells for line in table.lines] == [
        ["Tea", "T1", "2", "¥20.00"], ["Cup", "C1", "4", "¥10.00"],
    ]  # fmt: skip
    assert table.total == ["", "", "6", "¥30.00"]
    assert [number for _title, number in table.head] == [False, False, True, True]


def test_a_table_of_related_records_follows_their_order(shop: Shop, order: int) -> None:
    customer = shop.read("orders", order).values["customer"]
    more = {"customer": customer, "paid_at": "2030-01-01T00:00:00Z"}
    later = shop.make("orders", **more, items=[{"quantity": 1, "price": "7.5"}])
    fields = ["order_no", "amount"]
    table = {"block": "table", "rows": "orders", "fields": fields, "total": ["amount"]}
    (piece,) = pieces(sheet_of(shop, "customers", customer, table))
    assert len(piece.lines) == 2
    assert piece.lines[0].cells[0] == shop.read("orders", later.id).values["order_no"]
    assert piece.total == ["", "¥37.50"]


def test_codes_are_drawings_and_an_empty_one_is_nothing(shop: Shop, order: int) -> None:
    sheet = sheet_of(
        shop, "orders", order,
        {"block": "code", "text": "{order_no}"},
        {"block": "code", "text": "{order_no}", "as": "bars"},
        {"block": "code", "text": "{customer}", "as": "bars"},
        {"block": "code", "text": "{customer.email}"},
    )  # fmt: skip
    codes = [str(piece.code) for piece in pieces(sheet)]
    assert 'class="qr"' in codes[0]
    assert 'class="bars"' in codes[1]
    assert "Ann <b>" not in codes[2]
    assert codes[3] == ""


def test_what_a_reader_may_not_see_is_left_out(shop: Shop, order: int) -> None:
    customer = shop.read("orders", order).values["customer"]
    layout = {
        "kind": "print", "key": "card", "label": "Card", "form": "customers", "paper": "card",
        "blocks": [{"block": "text", "text": "{name} {mobile}"},
                   {"block": "fields", "fields": ["name", "mobile"]}],
    }  # fmt: skip
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        store.save_draft(uow, system_access("en"), "print", layout)
        store.publish(uow, system_access("en"), [("print", "card")])
        raw = role(key="shy", forms={"customers": {"fields": {"mobile": "hidden"}}})
        store.save_draft(uow, system_access("en"), "role", raw)
        store.publish(uow, system_access("en"), [("role", "shy")])
    clerk = shop.site.signed_in("Bob", "shy")
    page = clerk.get(f"/w/shop/prints/card/sheets?record={customer}")
    assert page.status_code == 200
    assert "Ann &lt;b&gt;" in page.text
    assert "138" not in re.sub(r"<script.*?</script>|<link[^>]*>", "", page.text, flags=re.S)


def test_pictures_are_part_of_the_document_and_nothing_else_is_fetched(
    shop: Shop, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        raw = store.get_draft(uow, "form", "customers").raw
        raw = {**raw, "fields": [*raw["fields"], {"key": "photo", "type": "image"}]}
        store.save_draft(uow, system_access("en"), "form", raw)
        store.publish(uow, system_access("en"), [("form", "customers")])
        drawn = BytesIO()
        Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
        drawn.seek(0)
        photo = take_in(uow, system_access("en"), "me.png", drawn, only_picture=True)
    who = shop.make("customers", name='<img src="http://127.0.0.1:9/x">', photo=[photo.id])
    sheet = sheet_of(
        shop, "customers", who.id, {"block": "text", "text": "{name}"},
        {"block": "picture", "field": "photo"},
    )  # fmt: skip
    _text, picture = pieces(sheet)
    assert picture.pictures[0].startswith("data:image/")
    asked: list[str] = []
    setter = drawing.typesetter()
    fetch = setter.urls.URLFetcher.fetch

    def noting(self: Any, url: str, *more: Any, **named: Any) -> Any:
        asked.append(url)
        return fetch(self, url, *more, **named)

    monkeypatch.setattr(setter.urls.URLFetcher, "fetch", noting)
    with shop.site.app.test_request_context():
        assert pdf_of([sheet]).startswith(b"%PDF")
    assert asked
    assert {url.partition(":")[0] for url in asked} == {"data"}


def test_a_roll_is_as_long_as_what_stands_on_it(shop: Shop, order: int) -> None:
    short = sheet_of(shop, "orders", order, {"block": "text", "text": "{order_no}"})
    lines = [{"block": "text", "text": "{order_no}"}] * 30
    long = sheet_of(shop, "orders", order, *lines)
    setter = drawing.typesetter()
    with shop.site.app.test_request_context():
        pages = [drawing._on_a_roll(setter, each).pages for each in (short, long)]
        assert pdf_of([short, long]).startswith(b"%PDF")
    assert [len(each) for each in pages] == [1, 1]
    assert [page.width for (page,) in pages] == [pytest.approx(80 / 25.4 * 96)] * 2
    assert pages[1][0].height > 4 * pages[0][0].height


def test_s08_setting_pages_leaves_broken_pictures_refused() -> None:
    assert drawing.typesetter() is not None
    broken = BytesIO()
    Image.effect_noise((64, 64), 50).save(broken, "PNG")
    assert look_at(broken.getvalue()[:-60]).why_not == "picture-broken"


def test_a_machine_without_the_library_says_how_to_get_it(
    shop: Shop, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = sheet_of(shop, "orders", order, {"block": "text", "text": "x"})
    monkeypatch.setattr(drawing, "typesetter", lambda: None)
    with pytest.raises(NoTypesetter) as refused:
        pdf_of([sheet])
    assert "Pango" in refused.value.message("en")


def test_records_that_are_not_there_or_too_many_are_refused(shop: Shop, order: int) -> None:
    layout = PrintLayout("slip", "Slip", "orders", "a4", ())
    with reading(shop) as uow:
        with pytest.raises(NotFound):
            fill(uow, system_access("en"), layout, [order, order + 999])
        with pytest.raises(Invalid):
            fill(uow, system_access("en"), layout, [])
        with pytest.raises(Invalid):
            fill(uow, system_access("en"), layout, [order] * (MOST_SHEETS + 1))


def test_narrow_pieces_share_a_row_as_long_as_they_fit() -> None:
    widths = ["half", "half", "third", "third", "third", "half", "third", "full", "third"]
    made = abreast(Piece(Block("text", width=width)) for width in widths)
    assert [[piece.block.width for piece in row] for row in made] == [
        ["half", "half"], ["third", "third", "third"], ["half", "third"], ["full"], ["third"],
    ]  # fmt: skip
