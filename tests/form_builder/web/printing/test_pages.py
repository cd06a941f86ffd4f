"""Print layouts on pages, by the API and from the command line."""

from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.printing.definition import PAPERS, ROLLS
from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

PRINTS = "/w/shop/prints"
SHEETS = Path("regulars/static/css/sheets.css")
LAYOUT = {
    "kind": "print", "key": "slip", "label": {"en": "Slip", "zh-Hans": "小票"},
    "form": "customers", "paper": "receipt_58",
    "blocks": [{"block": "text", "text": {"en": "Dear {name}", "zh-Hans": "亲爱的{name}"}},
               {"block": "line"}],
}  # fmt: skip


@pytest.fixture
def key(shop: Shop, owner: Visitor) -> dict[str, str]:
    key = shop.site.token("owner")
    client = shop.site.app.test_client()
    assert client.put("/api/v1/prints/slip", json=LAYOUT, headers=key).status_code == 201
    assert client.post("/api/v1/prints/slip/publish", headers=key).status_code == 200
    return key


def test_a_layout_begins_ready_to_print(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", mobile="13800138000")
    assert "Print layouts" in owner.get("/w/shop/forms/customers/records").text
    begun = owner.send(f"{PRINTS}/new/customers", {"paper": "card", "label": ""})
    assert begun.status_code == 303
    page = owner.get(begun.location)
    assert "138 0013 8000" in page.text
    where = begun.location.split("/")[-2]
    assert f"{PRINTS}/{where}/sheets?record={ann.id}" in owner.get(
        f"/w/shop/forms/customers/records/{ann.id}"
    ).text.replace("&amp;", "&")
    assert owner.send(f"{PRINTS}/new/customers", {"paper": "papyrus"}).status_code == 422


def test_the_editor_follows_and_keeps_other_languages(
    shop: Shop, owner: Visitor, key: dict[str, str]
) -> None:
    shop.make("customers", name="Ann")
    given: dict[str, Any] = {
        "label": "Note", "paper": "a5", "b0.block": "text", "b0.was": "0", "b0.text": "Hi {name}",
        "b1.block": "line", "b1.was": "1", "wish": "up 1",
    }  # fmt: skip
    drawn = owner.htmx("POST", f"{PRINTS}/slip/sketch", given)
    assert drawn.status_code == 200
    assert "Hi Ann" in drawn.text
    assert drawn.text.index('value="line"') < drawn.text.index('value="text"')
    del given["wish"]
    assert owner.send(f"{PRINTS}/slip/edit", given).status_code == 303
    client = shop.site.app.test_client()
    kept = client.get("/api/v1/prints/slip", headers=key).get_json()
    assert kept["blocks"][0] == {
        "block": "text", "text": {"en": "Hi {name}", "zh-Hans": "亲爱的{name}"},
    }  # fmt: skip
    assert (kept["label"], kept["paper"]) == ({"en": "Note", "zh-Hans": "小票"}, "a5")


def test_what_is_missing_is_said_at_its_block_and_nothing_is_lost(
    shop: Shop, owner: Visitor, key: dict[str, str]
) -> None:
    shop.make("customers", name="Ann")
    given = {
        "label": "", "paper": "a4", "b0.block": "text", "b0.text": "For {nobody}",
        "b1.block": "picture", "b2.block": "fields",
    }  # fmt: skip
    refused = owner.send(f"{PRINTS}/slip/edit", given)
    assert refused.status_code == 422
    assert "For {nobody}" in refused.text
    assert refused.text.count('class="print-block has-error"') >= 2
    unknown = owner.send(f"{PRINTS}/slip/edit", {**given, "label": "Note", "b1.block": "line",
                                                 "b2.block": "line"})  # fmt: skip
    assert unknown.status_code == 422
    assert "nobody" in "".join(words_of(unknown.text))


def test_pages_and_pdf_show_one_sheet_each(
    shop: Shop, owner: Visitor, key: dict[str, str]
) -> None:
    ids = [shop.make("customers", name=name).id for name in ("Ann", "Bo")]
    page = owner.get(f"{PRINTS}/slip/sheets?record={ids[0]}&record={ids[1]}")
    assert page.text.count("<article") == 2
    assert "Dear Bo" in page.text
    listed = owner.get(f"{PRINTS}/slip/list?q=Bo")
    assert listed.text.count("<article") == 1
    pdf = owner.get(f"{PRINTS}/slip/sheets.pdf?record={ids[0]}")
    assert pdf.mimetype == "application/pdf"
    client = shop.site.app.test_client()
    sent = client.get(f"/api/v1/prints/slip/pdf?record={ids[0]},{ids[1]}", headers=key)
    assert sent.data.startswith(b"%PDF")
    for address in ("record=x", "record=", "", f"record={ids[1] + 99}", "more=1"):
        refused = client.get(f"/api/v1/prints/slip/pdf?{address}", headers=key)
        assert refused.status_code in (404, 422), address


def test_a_layout_that_was_put_away_leaves_the_menus(
    shop: Shop, owner: Visitor, key: dict[str, str]
) -> None:
    ann = shop.make("customers", name="Ann")
    record = f"/w/shop/forms/customers/records/{ann.id}"
    assert "Print “Slip”" in owner.get(record).text
    assert owner.send(f"{PRINTS}/slip/archive").status_code == 303
    assert "Print “Slip”" not in owner.get(record).text
    assert owner.get(f"{PRINTS}/slip/sheets?record={ann.id}").status_code == 404


def test_clerks_print_but_do_not_change_layouts(
    shop: Shop, owner: Visitor, clerk: Visitor, key: dict[str, str]
) -> None:
    ann = shop.make("customers", name="Ann")
    assert clerk.get(f"{PRINTS}/slip/sheets?record={ann.id}").status_code == 200
    assert clerk.get(f"{PRINTS}/slip/edit").status_code == 403
    assert clerk.get(PRINTS).status_code == 403


def test_every_paper_has_its_page_in_the_style_sheet() -> None:
    style = SHEETS.read_text("utf-8")
    for paper in PAPERS:
        assert f"@page {paper} {{" in style
        assert f".sheet-{paper} {{" in style
        assert f"page: {paper};" in style
    for paper, width in ROLLS.items():
        assert f"@page {paper} {{ size: {width}mm" in style
