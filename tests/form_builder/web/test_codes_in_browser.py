"""Codes in a real browser: what we draw is read back by photo, camera and hand scanner."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.workspaces import get_workspace
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser

GOODS: dict[str, Any] = {
    "kind": "form",
    "key": "goods",
    "label": "Goods",
    "fields": [
        {"key": "ean", "type": "barcode", "label": "EAN", "symbology": "ean_13"},
        {"key": "own", "type": "barcode", "label": "Own number"},
        {"key": "card", "type": "barcode", "label": "Card", "symbology": "qr_code"},
        {"key": "what", "type": "text", "label": "What"},
    ],
}
CODES = {"ean": "6901234567892", "own": "LAMP-0017/b", "card": "会员 8801"}
CAMERA = """
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const pen = canvas.getContext("2d");
  const picture = new Image();
  picture.src = "data:image/png;base64,%s";
  setInterval(() => {
    pen.fillStyle = "#ddd"; pen.fillRect(0, 0, 640, 480);
    if (picture.complete) pen.drawImage(picture, 120, 120);
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
"""


@pytest.fixture
def new_goods(live_server: LiveServer, page: Page) -> str:
    let_in(page.context, live_server, "Alice", locale="en")
    with live_server.database.workspace_tx(get_workspace(live_server.database, "shop")) as uow:
        publish_forms(uow, [GOODS])
        made = create_record(uow, system_access("en"), "goods", CODES, origin=Origin("cli"))
    page.goto(f"{live_server.url}/w/shop/forms/goods/records/{made.id}")
    return f"{live_server.url}/w/shop/forms/goods/records/new"


def drawings(page: Page) -> list[bytes]:
    page.evaluate("document.documentElement.style.zoom = 1.6")
    return [
        page.locator(place).screenshot() for place in (".bars >> nth=0", ".bars >> nth=1", ".qr")
    ]


def test_what_is_drawn_can_be_read_from_a_photo_and_by_the_camera(
    page: Page, new_goods: str
) -> None:
    photos = drawings(page)
    page.set_viewport_size(PHONE)
    page.goto(new_goods)
    for key, photo in zip(CODES, photos, strict=True):
        page.locator(f"#field-{key} ~ button").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("The camera cannot be used here")
        file = {"name": "photo.png", "mimeType": "image/png", "buffer": photo}
        dialog.locator("[data-scan-photo]").set_input_files(file)
        expect(page.locator(f"#field-{key}")).to_have_value(CODES[key])
        expect(dialog).to_have_count(0)
    page.locator("#field-own ~ button").click()
    blank = page.locator("h1").screenshot()
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": blank}
    page.locator("[data-scan-photo]").set_input_files(file)
    expect(page.get_by_role("dialog")).to_contain_text("There is no code in this photo")
    assert accessibility_problems(page) == []


def test_the_camera_fills_the_field_and_stops(page: Page, new_goods: str) -> None:
    photo = drawings(page)[0]
    page.add_init_script(CAMERA % base64.b64encode(photo).decode())
    page.goto(new_goods)
    page.locator("#field-ean ~ button").click()
    expect(page.locator("#field-ean")).to_have_value(CODES["ean"])
    expect(page.locator("#field-own")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_hand_scanners_enter_goes_on_to_the_next_field(page: Page, new_goods: str) -> None:
    page.goto(new_goods)
    page.locator("#field-own").focus()
    page.keyboard.type("LAMP-1")
    page.keyboard.press("Enter")
    expect(page.locator("#field-card")).to_be_focused()
    assert page.url == new_goods
