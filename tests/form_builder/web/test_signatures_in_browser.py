"""Signing in a real browser: by hand, by keyboard, and again."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser

FORM: dict[str, Any] = {
    "kind": "form",
    "key": "handovers",
    "label": "Handovers",
    "fields": [
        {"key": "what", "type": "text", "label": "What"},
        {"key": "signed", "type": "signature", "label": "Customer", "required": True},
    ],
}


def stroke(page: Page, *points: tuple[float, float]) -> None:
    paper = page.locator("[data-signature-canvas]").bounding_box()
    assert paper is not None
    left, top, width, height = (paper[name] for name in ("x", "y", "width", "height"))
    places = [(left + x * width, top + y * height) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def dark_at(page: Page, url: str, *points: tuple[float, float]) -> list[bool]:
    kept = Image.open(io.BytesIO(page.request.get(url).body())).convert("L")
    at = [(int(x * kept.width), int(y * kept.height)) for x, y in points]
    return [kept.getpixel(place) < 128 for place in at]  # type: ignore[operator]


def test_a_name_is_written_mended_saved_and_written_again(
    live_server: LiveServer, page: Page
) -> None:
    let_in(page.context, live_server, "Alice", locale="en")
    with live_server.database.workspace_tx(get_workspace(live_server.database, "shop")) as uow:
        publish_forms(uow, [FORM])
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/w/shop/forms/handovers/records/new")
    save = page.get_by_role("button", name="Save", exact=True)
    stroke(page, (0.1, 0.5), (0.5, 0.5), (0.9, 0.5))
    stroke(page, (0.5, 0.1), (0.5, 0.3))
    page.get_by_role("button", name="Undo the last stroke").click()
    assert accessibility_problems(page) == []
    save.click()
    shown = page.get_by_role("img", name="Signature: Customer")
    expect(shown).to_be_visible()
    source = f"{live_server.url}{shown.get_attribute('src')}"
    assert dark_at(page, source, (0.3, 0.5), (0.5, 0.2)) == [True, False]

    page.goto(f"{page.url}/edit")
    page.get_by_role("button", name="Sign again").click()
    page.get_by_label("Or type the name").fill("王芳")
    save.click()
    expect(shown).to_be_visible()
    again = f"{live_server.url}{shown.get_attribute('src')}"
    assert again != source
    assert dark_at(page, again, (0.05, 0.5)) == [False]

    page.goto(f"{page.url}/edit")
    page.get_by_role("button", name="Sign again").click()
    save.click()  # cleared and not written again: the form says that it is missing
    expect(page.locator("#field-signed.has-error .field-error >> nth=-1")).to_be_visible()
