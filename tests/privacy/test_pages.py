"""The pages, the API and the command line of what a customer may ask for."""

import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from regulars.cli import main
from tests.privacy.conftest import NAME, Nest
from tests.support.site import Site, words_of

CUSTOMERS = "/w/shop/forms/customers"
PEOPLE = "/api/v1/people/customers"


def test_a_customers_page_leads_to_what_they_may_ask_for(nest: Nest, site: Site) -> None:
    owner, clerk = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    record = f"{CUSTOMERS}/records/{nest.canary}"
    assert "Data and privacy" in words_of(owner.get(record).text)
    assert "Data and privacy" not in words_of(clerk.get(record).text)
    assert clerk.get(f"{record}/privacy").status_code == 403
    said = words_of(owner.get(f"{record}/privacy").text)
    assert {"Hand out a copy", "Correct something", "Forget this customer"} <= set(said)
    assert "Offers and news · text message" in said


def test_the_copy_is_downloaded_and_noted(nest: Nest, site: Site) -> None:
    owner = site.signed_in("Alice")
    page = f"{CUSTOMERS}/records/{nest.canary}/privacy"
    answer = owner.send(f"{page}/export", {"reason": "came by"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers-1.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert json.loads(archive.read("person.json"))["person"]["title"] == NAME
    assert {"A copy was handed out", "came by"} <= set(words_of(owner.get(page).text))


def test_a_correction_on_the_page_starts_nothing(nest: Nest, site: Site) -> None:
    owner = site.signed_in("Alice")
    address = f"{CUSTOMERS}/records/{nest.canary}/edit?correction=1"
    page = owner.get(address)
    assert any("starts no rule" in words for words in words_of(page.text))
    assert owner.send(address, {"name": "Right Name"}).status_code == 303
    assert nest.shop.read("customers", nest.canary)["name"] == "Right Name"
    log = words_of(owner.get(f"{CUSTOMERS}/records/{nest.canary}/privacy").text)
    assert "Corrected" in log


def test_forgetting_needs_the_typed_name(nest: Nest, site: Site) -> None:
    owner, manager = site.signed_in("Alice"), site.signed_in("Mia", "manager")
    address = f"{CUSTOMERS}/records/{nest.canary}/privacy/erase"
    assert manager.get(address).status_code == 403
    said = words_of(owner.get(address).text)
    assert {f"Forget {NAME}", "Goes for good", "Forget for good"} <= set(said)
    refused = owner.send(address, {"confirm": "Canary", "policy.orders.customer": "keep"})
    assert refused.status_code == 422
    assert f"Type “{NAME}” to confirm." in words_of(refused.text)
    assert "Say why these records are kept as they are." in words_of(refused.text)
    done = owner.send(address, {"confirm": f" {NAME.lower()} "}, follow_redirects=True)
    assert "Forgotten." in done.text
    assert owner.get(f"{CUSTOMERS}/records/{nest.canary}").status_code == 404
    for page in ("rules/runs", "outbox", f"forms/orders/records/{nest.order}"):
        shown = owner.get(f"/w/shop/{page}")
        assert shown.status_code in (200, 404), page
        assert NAME not in shown.text


def test_programs_may_do_the_same(nest: Nest, site: Site) -> None:
    program, headers = site.visitor(), {**site.token(), "Accept-Language": "en"}
    address = f"{PEOPLE}/{nest.canary}"
    packed = program.get(f"{address}/export", headers=headers)
    assert (packed.status_code, packed.mimetype) == (200, "application/zip")
    plain = program.get(f"{address}/export?as=json", headers=headers).get_json()
    assert plain["person"] == {"form": "customers", "id": nest.canary, "title": NAME}
    body = {"values": {"note": "right"}, "reason": "asked"}
    done = program.post(f"{address}/correct", json=body, headers=headers)
    assert (done.status_code, done.get_json()["note"]) == (200, "right")
    plan = program.post(f"{address}/erase", json={"dry_run": True}, headers=headers).get_json()
    assert plan["title"] == NAME
    assert {relation["link"] for relation in plan["relations"]} == {
        "orders.customer", "notes.guests.who", "notes.about",
    }  # fmt: skip
    refused = program.post(f"{address}/erase", json={}, headers=headers)
    assert [each["code"] for each in refused.json["problems"]] == ["erase-not-confirmed"]
    erased = program.post(f"{address}/erase", json={"confirm": NAME}, headers=headers)
    assert erased.get_json()["counts"]["outbound"] == 1
    assert program.get(f"{address}/export", headers=headers).status_code == 404


@pytest.mark.parametrize("route", ["export", "erase"])
def test_lesser_tokens_open_none_of_it(nest: Nest, site: Site, route: str) -> None:
    method = "GET" if route == "export" else "POST"
    answer = site.visitor().open(
        f"{PEOPLE}/{nest.canary}/{route}", method=method, json={}, headers=site.token("clerk")
    )
    assert answer.status_code == 403


def test_the_command_line_exports_corrects_and_erases(
    nest: Nest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = nest.shop.database
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("REGULARS_SECRET_KEY", "0f3kf83jf83jf8s-long-enough-to-be-taken-9d")
    monkeypatch.setenv("LC_ALL", "C")
    who = ["--form", "customers", "--id", str(nest.canary)]
    target = tmp_path_factory.mktemp("copies") / "copy.zip"
    run = CliRunner().invoke
    assert run(main, ["person", "export", *who, str(target)]).exit_code == 0
    assert zipfile.is_zipfile(target)
    corrected = run(main, ["person", "correct", *who, "--set", "note", "right"])
    assert corrected.exit_code == 0, corrected.output
    tried = run(main, ["--json", "person", "erase", *who, "--dry-run"])
    assert json.loads(tried.output)["title"] == NAME
    doubtful = run(main, ["person", "erase", *who], input="no\n")
    assert doubtful.exit_code == 1
    assert nest.shop.read("customers", nest.canary)["note"] == "right"
    sure = run(main, ["person", "erase", *who], input=f"{NAME}\n")
    assert sure.exit_code == 0, sure.output
    assert run(main, ["person", "export", *who, str(target)]).exit_code == 1
