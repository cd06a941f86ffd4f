"""The import pages: from choosing a file to taking it back, as a person walks them."""

import io
import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from regulars.form_builder.importing import running
from regulars.platform.i18n import LOCALES
from tests.support.import_forms import all_records, bring_in, publish_import_shop
from tests.support.site import Site, Visitor, words_of

PEOPLE = (
    "code,Name,Mobile,Birthday,extra\nA1,Ann,13800138000,1/2/1990,x\nA2,Bob,nonsense,3/4/1991,y\n"
)
LEAK = re.compile(r"\b(importing|problems|errors)\.[a-z]")


@pytest.fixture
def shop(site: Site) -> Site:
    publish_import_shop(site.database, site.workspace)
    return site


@pytest.fixture
def alice(shop: Site) -> Visitor:
    return shop.signed_in("Alice")


def upload(
    visitor: Visitor, shop: Site, text: str | bytes, form: str = "customers"
) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    visitor.get(f"{shop.home}/forms/{form}/import")
    return visitor.send(
        f"{shop.home}/forms/{form}/import", {"file": (io.BytesIO(content), "people.csv")}
    )


def work(shop: Site) -> None:
    running.run_due(shop.database, shop.workspace)


def chosen(**more: Any) -> dict[str, Any]:
    """What a person posts on the page of columns."""
    places = {"to-0": "code", "to-1": "name", "to-2": "mobile", "to-3": "birthday", "to-4": ""}
    options = {"key": "code", "mode": "upsert", "empty_cells": "keep", "automation": "none"}
    return {**places, "way-3": "dmy", "day_order": "dmy", **options, **more}


def test_the_whole_walk(shop: Site, alice: Visitor) -> None:
    page = upload(alice, shop, PEOPLE)
    assert page.status_code == 303
    where = page.headers["Location"]
    matching = alice.get(where)
    assert matching.status_code == 200
    assert '<option value="mobile" data-type="phone" selected>' in matching.text
    assert "Day and month could be either way round" in matching.text
    drafted = alice.send(where, chosen())
    assert drafted.status_code == 303
    batch = drafted.headers["Location"]
    assert "Try it out first" in alice.get(batch).text
    alice.send(f"{batch}/check")
    assert "Being tried out" in alice.get(batch).text
    assert "hx-get" in alice.get(f"{batch}/progress").text
    work(shop)
    checked = alice.get(batch).text
    assert "1 new" in checked
    assert "1 refused" in checked
    assert "Mobile: " in checked
    alice.send(f"{batch}/start")
    finished = alice.htmx("GET", f"{batch}/progress")
    assert finished.status_code == 200
    work(shop)
    finished = alice.htmx("GET", f"{batch}/progress")
    assert finished.headers["HX-Redirect"].endswith(batch)
    done = alice.get(batch).text
    assert "What has come in" in done
    refused = alice.get(f"{batch}/refused.csv")
    assert refused.text.splitlines()[1].startswith("A2,Bob,nonsense")
    assert "attachment" in refused.headers["Content-Disposition"]
    with shop.database.workspace_tx(shop.workspace) as uow:
        (ann,) = all_records(uow, "customers")
        assert ann["birthday"].isoformat() == "1990-02-01"
    alice.send(f"{batch}/undo")
    work(shop)
    assert "1 record removed" in alice.get(batch).text
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert all_records(uow, "customers") == []


def test_which_day_is_meant_is_asked_once_and_remembered(shop: Site, alice: Visitor) -> None:
    where = upload(alice, shop, PEOPLE).headers["Location"]
    unanswered = alice.send(where, chosen(day_order=""))
    assert unanswered.status_code == 422
    assert "Which day is “1/2/1990”?" in unanswered.text
    assert "2 January 1990" in unanswered.text
    assert "1 February 1990" in unanswered.text
    batch = alice.send(where, chosen(day_order="mdy")).headers["Location"]
    alice.send(f"{batch}/start")
    work(shop)
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert all_records(uow, "customers")[0]["birthday"].isoformat() == "1990-01-02"
    again = alice.get(upload(alice, shop, PEOPLE).headers["Location"]).text
    assert 'name="day_order" value="mdy" checked' in " ".join(again.split())


def test_lines_of_orders_are_matched_to_rows(shop: Site, alice: Visitor) -> None:
    sales = "no,who,sku,n,price\n1,A,x,2,1.5\n1,A,y,1,2\n2,B,x,1,3\n"
    where = upload(alice, shop, sales, "orders").headers["Location"]
    places = {
        "to-0": "order_no",
        "to-1": "customer@code",
        "to-2": "items/product@sku",
        "create-2": "1",
        "to-3": "items/quantity",
        "to-4": "items/unit_price",
        "key": "order_no",
        "group_by": "no",
        "mode": "upsert",
    }
    refused = alice.send(where, places)
    assert refused.status_code == 303, refused.text
    alice.send(f"{refused.headers['Location']}/start")
    work(shop)
    assert "2 refused" in alice.get(refused.headers["Location"]).text  # nobody called A or B
    places["create-1"] = "1"
    where = upload(alice, shop, sales, "orders").headers["Location"]
    drafted = alice.send(where, places).headers["Location"]
    alice.send(f"{drafted}/start")
    work(shop)
    page = alice.get(drafted).text
    assert "refused" in page, "a customer without a name is refused with its reason"


@pytest.mark.parametrize(
    ("posted", "place", "words"),
    [
        ({"to-4": "name"}, "to-4-error", "is already filled by the column"),
        (
            {f"to-{n}": "" for n in range(5)},
            "data-error-summary",
            "Choose for at least one column",
        ),
        ({"to-0": "", "key": "code"}, "field-key-error", "Choose the column that fills"),
        ({"key": "", "mode": "upsert", "way-3": "sideways"}, "to-3-error", "not a way of writing"),
    ],
)
def test_mistakes_are_shown_where_they_are(
    shop: Site, alice: Visitor, posted: dict[str, str], place: str, words: str
) -> None:
    where = upload(alice, shop, PEOPLE).headers["Location"]
    page = alice.send(where, chosen(**posted))
    assert page.status_code == 422
    assert place in page.text
    assert words in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "nothing in this file"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old kind (.xls)")],
)
def test_a_file_that_cannot_be_read_says_why(
    shop: Site, alice: Visitor, content: bytes, words: str
) -> None:
    page = upload(alice, shop, content)
    assert page.status_code == 422
    assert words in page.text


def test_without_a_file_the_page_asks_for_one(shop: Site, alice: Visitor) -> None:
    alice.get(f"{shop.home}/forms/customers/import")
    page = alice.send(f"{shop.home}/forms/customers/import", {})
    assert page.status_code == 422
    assert "Choose a file first" in page.text


def test_the_file_can_be_read_another_way(shop: Site, alice: Visitor) -> None:
    where = upload(alice, shop, "code;Name\nA1;王芳\n".encode("gbk")).headers["Location"]
    assert "王芳" in alice.get(where).text
    alice.send(f"{where}/reading", {"encoding": "utf-8", "delimiter": ",", "heading": "1"})
    assert "code;Name" in alice.get(where).text
    alice.send(f"{where}/reading", {"encoding": "klingon", "heading": "1"})
    assert "no text encoding called" in alice.get(where).text


def test_the_plan_of_the_last_such_file_is_offered(shop: Site, alice: Visitor) -> None:
    fields = {"code": {"column": "code"}, "name": {"column": "Name"}}
    plain = {"targets": [{"form": "customers", "key": "code", "fields": fields}]}
    bring_in(shop.database, shop.workspace, PEOPLE, plain)
    where = upload(alice, shop, PEOPLE).headers["Location"]
    assert '<option value="mobile" data-type="phone" selected>' not in alice.get(where).text
    two = {
        "targets": [
            {**plain["targets"][0], "where": {"column": "code", "op": "is_not", "value": "A2"}}
        ]
    }
    bring_in(shop.database, shop.workspace, PEOPLE, two)
    where = upload(alice, shop, PEOPLE).headers["Location"]
    assert "You have imported a file like this before" in alice.get(where).text
    drafted = alice.send(where, {"remembered": "1"})
    assert drafted.status_code == 303
    saved = alice.get(f"{drafted.headers['Location']}/map.json")
    assert json.loads(saved.text) == two


def test_a_saved_plan_can_be_used_and_a_foreign_file_is_refused(
    shop: Site, alice: Visitor
) -> None:
    fields = {"code": {"column": "code"}, "name": {"column": "Name"}}
    plan = json.dumps({"targets": [{"form": "customers", "key": "code", "fields": fields}]})
    where = upload(alice, shop, PEOPLE).headers["Location"]
    for bad in ("{", "[]", json.dumps({"targets": [{"form": "x", "fields": fields}]})):
        page = alice.send(f"{where}/map", {"map": (io.BytesIO(bad.encode()), "plan.json")})
        assert page.status_code == 422
    drafted = alice.send(f"{where}/map", {"map": (io.BytesIO(plan.encode()), "plan.json")})
    assert drafted.status_code == 303


def test_a_draft_can_be_thrown_away(shop: Site, alice: Visitor) -> None:
    where = upload(alice, shop, PEOPLE).headers["Location"]
    batch = alice.send(where, chosen()).headers["Location"]
    assert alice.send(f"{batch}/discard").status_code == 303
    assert alice.get(batch).status_code == 404


def test_consents_are_chosen_with_their_evidence(shop: Site, alice: Visitor) -> None:
    text = "code,Name,ok,proof\nA1,Ann,yes,card 1\nA2,Bob,yes,\n"
    where = upload(alice, shop, text).headers["Location"]
    posted = {
        "to-0": "code",
        "to-1": "name",
        "key": "code",
        "mode": "upsert",
        "given-sms": "ok",
        "evidence-sms": "proof",
        "given-email": "ok",
        "words-email": "list of 2010",
    }
    batch = alice.send(where, posted).headers["Location"]
    alice.send(f"{batch}/start")
    work(shop)
    page = alice.get(batch).text
    assert "3 consents recorded" in page
    assert "1 consent without evidence, not recorded" in page


@pytest.mark.parametrize("locale", LOCALES)
def test_no_page_leaks_a_key(shop: Site, alice: Visitor, locale: str) -> None:
    alice.get(shop.home)
    alice.send("/preferences", {"locale": locale})
    where = upload(alice, shop, PEOPLE).headers["Location"]
    batch = alice.send(where, chosen()).headers["Location"]
    pages = [f"{shop.home}/forms/customers/import", f"{shop.home}/imports", where, batch]
    seen = [alice.get(page).text for page in pages]
    for deed in ("check", "start", "undo"):
        alice.send(f"{batch}/{deed}")
        seen.append(alice.get(batch).text)
        work(shop)
        seen.append(alice.get(batch).text)
    for text in seen:
        for words in words_of(text):
            assert not LEAK.search(words), words


def test_what_a_file_holds_is_never_markup(shop: Site, alice: Visitor) -> None:
    evil = "<script>alert(1)</script>"
    text = f'"{evil}",Name\n"{evil}","{evil}"\n"=1+1",x\n'
    where = upload(alice, shop, text).headers["Location"]
    posted = {"to-0": "mobile", "to-1": "name"}
    pages = [alice.get(where).text]
    batch = alice.send(where, posted).headers["Location"]
    alice.send(f"{batch}/start")
    work(shop)
    pages.append(alice.get(batch).text)
    assert all(evil not in page for page in pages)
    assert "&lt;script&gt;" in pages[1]


def test_a_clerk_sees_none_of_it(shop: Site) -> None:
    clerk = shop.signed_in("Carl", "clerk")
    for path in ("/forms/customers/import", "/imports", "/imports/1", "/forms/customers/export"):
        assert clerk.get(f"{shop.home}{path}").status_code == 403
    assert "import" not in clerk.get(f"{shop.home}/forms/customers/records").text.lower()


def test_a_list_is_exported_as_it_is_filtered(shop: Site, alice: Visitor) -> None:
    fields = {"code": {"column": "code"}, "name": {"column": "Name"}}
    plan = {"targets": [{"form": "customers", "key": "code", "fields": fields}]}
    bring_in(shop.database, shop.workspace, PEOPLE, plan)
    listed = alice.get(f"{shop.home}/forms/customers/records?q=ann")
    assert "/export?" in listed.text
    found = alice.get(f"{shop.home}/forms/customers/export?format=csv&q=ann")
    assert found.status_code == 200
    assert len(found.text.splitlines()) == 2
    assert alice.get(f"{shop.home}/forms/customers/export?format=xlsx").data[:2] == b"PK"
    assert alice.get(f"{shop.home}/forms/customers/export?format=pdf").status_code == 404
