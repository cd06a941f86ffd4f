"""A list on paper and as a file, exactly as it is shown."""

import csv

import pytest

from regulars.form_builder.web.printing import drawing, list_pages
from tests.form_builder.web.conftest import Shop
from tests.form_builder.web.test_view_pages import VIP
from tests.support.site import Site, Visitor, words_of

LIST = "/w/shop/forms/customers"
SHOWN = {"cols": "tier,name", "sort": "name", "filter": VIP}


@pytest.fixture
def guests(shop: Shop) -> Shop:
    for name in ("Cleo", "Ann"):
        shop.make("customers", name=name, tier="diamond")
    shop.make("customers", name="Bo")
    return shop


def test_the_sheet_has_the_columns_order_filter_and_colours_of_the_list(
    guests: Shop, clerk: Visitor
) -> None:
    colors = '[{"when": {"field": "name", "op": "is", "value": "Ann"}, "color": "red"}]'
    page = clerk.get(f"{LIST}/records/print", query_string={**SHOWN, "colors": colors})
    sheet = page.text[page.text.index("list-sheet") :]
    assert sheet.index("Ann") < sheet.index("Cleo")
    assert "Bo" not in words_of(sheet)
    assert "13800" not in sheet
    assert sheet.count(">1</span>") == 2


def test_a_sheet_says_what_is_left_out_and_when_there_is_nothing(
    guests: Shop, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "MOST", 1)
    assert "the others are left out" in clerk.get(f"{LIST}/records/print?sort=name").text
    assert "Nothing to print" in clerk.get(f"{LIST}/records/print?q=nobody").text


def test_a_sheet_has_the_groups_and_the_sums_of_the_list(guests: Shop, owner: Visitor) -> None:
    owner.get(f"{LIST}/records")
    kept = owner.send(f"{LIST}/records/layout", {"do": "sums", "sum:tier": "filled"})
    assert kept.status_code < 400
    page = owner.get(f"{LIST}/records/print?group=tier&sort=name")
    sheet = " ".join(words_of(page.text[page.text.index("list-sheet") :]))
    order = [
        sheet.index(each)
        for each in ("Basic (1)", "Bo ", "Diamond (2)", "Ann ", "Cleo ", "Filled in 3")
    ]
    assert order == sorted(order)


def test_the_sheet_is_a_pdf_where_the_machine_can_set_one(
    guests: Shop, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = clerk.get(f"{LIST}/records/print.pdf", query_string=SHOWN)
    assert made.data.startswith(b"%PDF")
    monkeypatch.setattr(drawing, "typesetter", lambda: None)
    assert clerk.get(f"{LIST}/records/print.pdf", query_string=SHOWN).status_code == 409


def test_one_exports_what_is_shown_or_everything(guests: Shop, owner: Visitor) -> None:
    asked = {**SHOWN, "format": "csv"}
    shown = owner.get(f"{LIST}/export", query_string={**asked, "what": "shown"})
    assert shown.data.decode("utf-8-sig").splitlines() == [
        "tier,Name", "Diamond,Ann", "Diamond,Cleo",
    ]  # fmt: skip
    every = owner.get(f"{LIST}/export", query_string=asked).data.decode("utf-8-sig")
    head, *rows = csv.reader(every.splitlines())
    assert len(head) > 3
    assert len(rows) == 2


def test_ones_own_view_is_exported_with_its_columns_and_filter(
    guests: Shop, owner: Visitor
) -> None:
    owner.get(f"{LIST}/records")
    saved = owner.send(f"{LIST}/views", {"label": "Best", "for": "me", **SHOWN})
    view = saved.location.rpartition("view=")[2]
    file = owner.get(f"{LIST}/export?view={view}&what=shown&format=csv")
    assert file.data.decode("utf-8-sig").splitlines()[1:] == ["Diamond,Ann", "Diamond,Cleo"]


def test_a_program_names_columns_order_and_words(guests: Shop, site: Site) -> None:
    program, key = site.visitor(), site.token()
    asked = {"columns": "name,tier", "sort": "-name", "q": "n"}
    file = program.get("/api/v1/forms/customers/export", query_string=asked, headers=key)
    assert file.data.decode("utf-8-sig").splitlines()[1:] == ["Ann,钻石"]
    wrong = program.get("/api/v1/forms/customers/export?columns=name,gone,lost", headers=key)
    assert wrong.status_code == 422
    assert len(wrong.get_json()["problems"]) == 2
