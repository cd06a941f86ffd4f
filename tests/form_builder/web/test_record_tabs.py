"""The tabs of a record: what points to it page by page, its tasks and its files."""

import io

import pytest

from regulars.form_builder.web import record_tabs
from tests.form_builder.test_attachments import FORM
from tests.form_builder.web.conftest import Shop
from tests.form_builder.web.test_record_pages import names_in
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor, words_of
from tests.support.uploads import picture

CUSTOMERS = "/w/shop/forms/customers/records"


def test_related_records_come_page_by_page(
    shop: Shop, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_tabs, "SHOWN", 2)
    ann, bo = shop.make("customers", name="Ann"), shop.make("customers", name="Bo")
    for n in range(5):
        shop.make("orders", customer=ann.id, paid_at=f"2026-03-0{n + 1}T00:00:00Z")
    shop.make("orders", customer=bo.id)
    pages = [names_in(owner.get(f"{CUSTOMERS}/{ann.id}?tab=orders&page={n}")) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({name for page in pages for name in page}) == 5
    assert names_in(owner.get(f"{CUSTOMERS}/{ann.id}?tab=orders&page=99")) == pages[2]
    assert 'rel="next"' not in owner.get(f"{CUSTOMERS}/{bo.id}?tab=orders").text


def test_a_task_about_a_record_is_added_and_finished_on_its_page(
    shop: Shop, owner: Visitor
) -> None:
    ann = shop.make("customers", name="Ann")
    home = f"{CUSTOMERS}/{ann.id}?tab=tasks"
    assert "Nothing to do here" in words_of(owner.get(home).text)
    given = {"title": "Call her", "form": "customers", "record": str(ann.id)}
    page = owner.send("/w/shop/tasks", given, follow_redirects=True)
    assert page.request.full_path == home
    assert "Call her" in words_of(page.text)
    task = page.text.split("/w/shop/tasks/", 1)[1].split("/finish", 1)[0]
    done = owner.send(f"/w/shop/tasks/{task}/finish", {"back": "record"}, follow_redirects=True)
    assert done.request.full_path == home
    assert "Done" in words_of(done.text)


def test_a_task_about_a_record_that_one_does_not_see_is_not_made(
    shop: Shop, owner: Visitor
) -> None:
    owner.get("/w/shop/tasks")
    given = {"title": "Call", "form": "customers", "record": "999"}
    assert owner.send("/w/shop/tasks", given).status_code == 404
    assert owner.send("/w/shop/tasks", {**given, "form": "nowhere"}).status_code == 404
    assert "Call" not in words_of(owner.get("/w/shop/tasks").text)


def test_the_files_of_a_record_stand_together(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, (FORM,))
    owner = site.signed_in("Alice")
    owner.get("/w/shop/forms/repairs/records/new")
    given = {"csrf_token": owner.csrf, "file": (io.BytesIO(picture()), "cat.png")}
    number = owner.post("/w/shop/files", data=given).text.split('data-file="')[1].split('"')[0]
    made = owner.send("/w/shop/forms/repairs/records/new", {"what": "Cup", "photos": number})
    page = owner.get(f"{made.location}?tab=files")
    assert {"cat.png", "No file here yet."} <= set(words_of(page.text))
    assert page.text.count('class="file-thumb"') == 1
