"""Beginning a form on the pages: ready made, a copy, a spreadsheet with its rows."""

import io
import re

import pytest

from regulars.form_builder.importing import running
from regulars.platform.definitions import store
from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

NEW = "/w/shop/new-form"
SHEET = "Name,Mobile,Level,Spent\n" + "\n".join(
    f"Guest {n},1380013800{n},{('gold', 'silver')[n % 2]},{n}.50" for n in range(8)
)


@pytest.mark.parametrize("way", ["blank", "gallery", "file", "copy", "gone"])
def test_every_way_to_begin_has_its_page(owner: Visitor, way: str) -> None:
    page = owner.get(f"{NEW}?start={way}")
    assert page.status_code == 200
    assert {"Blank", "Ready made", "From a spreadsheet", "Copy of a form"} <= set(
        words_of(page.text)
    )


def test_a_ready_made_form_and_a_copy_open_in_the_designer(owner: Visitor) -> None:
    made = owner.send(f"{NEW}/ready-made", {"name": "bookings"})
    assert made.headers["Location"] == "/w/shop/forms/bookings/design"
    assert owner.send(f"{NEW}/ready-made", {"name": "spaceships"}).status_code == 404
    twin = owner.send(f"{NEW}/copy", {"of": "products", "label": "Old products"})
    assert twin.headers["Location"] == "/w/shop/forms/old_products/design"
    assert owner.get(twin.headers["Location"]).status_code == 200


def test_a_spreadsheet_becomes_a_form_with_its_rows(shop: Shop, owner: Visitor) -> None:
    owner.get(f"{NEW}?start=file")
    sent = owner.send(f"{NEW}/file", {"file": (io.BytesIO(SHEET.encode()), "my_guests.csv")})
    columns = owner.get(sent.headers["Location"])
    assert 'value="my guests"' in columns.text
    chosen = re.findall(r'<option value="(\w*)" selected>', columns.text)
    assert chosen == ["text", "phone", "choice", "money"]
    wishes = {f"type/{n}": kind for n, kind in enumerate([*chosen[:3], ""])}
    done = owner.send(sent.headers["Location"], {"label": "Guests", "name/0": "Who", **wishes})
    assert re.fullmatch(r"/w/shop/imports/\d+", done.headers["Location"])
    running.run_due(shop.site.database, shop.site.workspace)
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        draft = store.get_draft(uow, "form", "guests")
    assert (draft.published, [field["key"] for field in draft.raw["fields"]]) == (
        1, ["who", "mobile", "level"],
    )  # fmt: skip
    assert shop.read("guests", 1)["mobile"] == "+8613800138000"
    assert shop.read("guests", 2)["level"] == "silver"


def test_a_file_that_cannot_be_read_and_a_form_without_a_name_are_refused(
    shop: Shop, owner: Visitor
) -> None:
    owner.get(f"{NEW}?start=file")
    assert owner.send(f"{NEW}/file", {}).status_code == 422
    sent = owner.send(f"{NEW}/file", {"file": (io.BytesIO(SHEET.encode()), "x.csv")})
    refused = owner.send(sent.headers["Location"], {"label": " ", "type/0": "rocket"})
    assert refused.status_code == 422
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        assert len(store.list_drafts(uow, "form")) == 3
