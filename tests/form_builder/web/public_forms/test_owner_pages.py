"""Setting a public form up: by page, by API, and what is printed of it."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from regulars.form_builder.web.printing.drawing import typesetter
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from tests.support.public_forms import ANN, JOIN, Shop
from tests.support.site import Site


def test_a_first_public_form_is_made_published_and_linked_in_one_step(public_shop: Shop) -> None:
    site = public_shop.site
    alice = site.signed_in()
    answer = alice.send(f"{site.home}/public-forms/new/customers")
    assert answer.status_code == 303
    page = alice.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Name" in page.text
    shown = alice.get(answer.headers["Location"].removesuffix("/edit"))
    assert "/f/" in shown.text
    assert answer.headers["Location"].split("/")[-2] in alice.get(f"{site.home}/public-forms").text


def test_settings_are_kept_and_at_once_in_use(public_shop: Shop) -> None:
    site = public_shop.site
    alice = site.signed_in()
    url = f"{site.home}/public-forms/join"
    posted: dict[str, Any] = {
        "label": "Join us", "fields": ["mobile", "name"], "purpose.name": "membership",
        "purpose.mobile": "service", "prefilled": ["name"], "total": "5", "fixed.tags": "x",
        "consent0.text": "Yes, please.", "consent0.purpose": "marketing",
        "consent0.channels": ["sms"], "opt_in": "sms", "per_day": "9", "welcome": "Hello!",
    }  # fmt: skip
    assert alice.send(f"{url}/edit", posted).status_code == 303
    stored = site.visitor().get("/api/v1/public-forms/join", headers=site.token()).json
    assert stored is not None
    assert stored["fields"] == ["mobile", "name"]
    assert stored["label"] == {"en": "Join us", "zh-Hans": "成为会员"}
    assert stored["double_opt_in"] == {"channel": "sms", "per_day": 9}
    assert stored["limits"] == {"total": 5}
    assert stored["consents"][0]["text"]["zh-Hans"] == "短信告诉我优惠。"
    assert "Hello!" in site.visitor().get(public_shop.link.path).text


def test_the_preview_follows_and_saves_nothing(public_shop: Shop) -> None:
    site = public_shop.site
    alice = site.signed_in()
    url = f"{site.home}/public-forms/join"
    posted = {"label": "Join", "fields": ["name"], "more": "birthday", "welcome": "Come in!"}
    drawn = alice.htmx("POST", f"{url}/sketch", posted)
    assert drawn.status_code == 200
    assert 'id="field-_birthday"' in drawn.text
    assert "Come in!" in drawn.text
    assert "Come in!" not in site.visitor().get(public_shop.link.path).text


def test_what_would_not_work_is_said_beside_its_place(public_shop: Shop) -> None:
    alice = public_shop.site.signed_in()
    url = f"{public_shop.site.home}/public-forms/join/edit"
    refused = alice.send(url, {"label": "Join", "fields": ["mobile"]})
    assert refused.status_code == 422
    assert "asked for" in refused.text
    assert "must be filled in" in refused.text


def test_links_are_made_for_stores_paused_and_counted(public_shop: Shop) -> None:
    site = public_shop.site
    with site.database.workspace_tx(site.workspace) as uow:
        east = create_unit(uow, system_access("en"), UnitValues("E", "East"))
    alice, url = site.signed_in(), f"{site.home}/public-forms/join"
    alice.send(f"{url}/links", {"unit": [str(east.id)]})
    api, headers = "/api/v1/public-forms/join/links", site.token()
    found = site.visitor().get(api, headers=headers).json
    assert found is not None
    assert [each["store"] for each in found["links"]] == ["", "East"]
    public_shop.send(ANN)
    alice.send(f"{url}/links/{public_shop.link.id}/state", {"state": "paused"})
    page = alice.get(url)
    assert "1 received" in page.text
    assert "Paused" in page.text
    again = site.visitor().post(api, json={"units": [None, east.id]}, headers=headers)
    assert again.json is not None
    assert len(again.json["links"]) == 2
    opened = site.visitor().patch(
        f"{api}/{public_shop.link.id}", json={"state": "open"}, headers=headers
    )
    assert (opened.json or {})["state"] == "open"


def test_a_poster_and_a_code_come_out(public_shop: Shop) -> None:
    site = public_shop.site
    alice = site.signed_in()
    url = f"{site.home}/public-forms/join"
    code = alice.get(f"{url}/links/{public_shop.link.id}/code.png")
    assert Image.open(BytesIO(code.data)).width > 400
    if typesetter() is None:
        pytest.skip("this machine sets no pages: its libraries are missing")
    poster = alice.get(f"{url}/posters.pdf")
    assert poster.mimetype == "application/pdf"
    assert poster.data.startswith(b"%PDF")


def test_a_draft_by_api_is_no_door_until_it_is_published(site: Site) -> None:
    answer = site.visitor().post("/api/v1/public-forms", json=JOIN, headers=site.token())
    assert answer.status_code == 201
    refused = site.visitor().post("/api/v1/public-forms/join/publish", headers=site.token())
    assert refused.status_code == 422


@pytest.mark.parametrize("name", ["per_phone", "total", "per_day"])
def test_a_number_of_five_thousand_digits_is_too_large(public_shop: Shop, name: str) -> None:
    site = public_shop.site
    given = {"label": "Join", "fields": ["name", "mobile"], "opt_in": "sms", name: "9" * 5000}
    answer = site.signed_in().send(f"{site.home}/public-forms/join/edit", given)
    assert answer.status_code == 422
