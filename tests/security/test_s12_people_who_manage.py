"""S12: who makes roles, reads the log or forgets people need not know of every field.

Mia manages a team, and forgets customers when they ask. She does not know that there is a card
number, who sat together, or what stands in the books.
"""

import json
from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.security.shop_of_two import FORMS, VERBS, role
from tests.security.test_s12_every_answer import HIDDEN, TABLES
from tests.support.shop_forms import publish_forms
from tests.support.site import PASSWORD, Site, Visitor

pytestmark = pytest.mark.one_database
OWNER = system_access("en")
BOOKS: dict[str, Any] = {
    "kind": "form", "key": "books", "label": "Books",
    "fields": [{"key": "zz_payer", "type": "link", "to": "customers", "label": "ZzPayer"}],
}  # fmt: skip
RIGHTS: dict[str, Any] = {
    "customers": {"fields": {"zz_number": "hidden"}},
    "rounds": {"fields": {"guests": "hidden"}},
    "books": dict.fromkeys(VERBS, "none"),
}
MIA = role(
    key="mia", forms=RIGHTS,
    capabilities=["manage_roles", "view_audit", "erase_people", "manage_members"],
)  # fmt: skip
TILL: dict[str, Any] = role(key="till", label="Till", capabilities=[], forms=RIGHTS)
NEVER = ("zz_number", "ZzNumber", "guests", "ZzGuests", "zz_payer", "ZzPayer")


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        customers = {**FORMS[1], "fields": [*FORMS[1]["fields"], HIDDEN]}
        publish_forms(uow, (FORMS[0], customers, FORMS[2], TABLES, BOOKS))
        for each in (MIA, TILL):
            store.save_draft(uow, OWNER, "role", each)
            store.publish(uow, OWNER, [("role", each["key"])])
    return site


def call(shop: Site, method: str, path: str, body: Any = None, who: str = "mia") -> Any:
    return shop.visitor().open(f"/api/v1{path}", method=method, json=body, headers=shop.token(who))


def mia(shop: Site) -> Visitor:
    return shop.signed_in("Mia", "mia")


def said_by(*answers: Any) -> list[str]:
    return [word for word in NEVER for each in answers if word in each.text]


def stored(shop: Site, key: str) -> Any:
    with shop.database.workspace_tx(shop.workspace) as uow:
        return store.get_draft(uow, "role", key).raw


def test_roles_and_the_log_name_no_field_that_their_reader_does_not_know(shop: Site) -> None:
    paths = ("/roles", "/roles?state=draft", "/roles/till", "/roles/till?state=draft", "/audit",
             "/definitions/role/till/versions/1")  # fmt: skip
    answers = [call(shop, "GET", path) for path in paths]
    browser = mia(shop)
    pages = ("roles/till", "roles/new", "roles/new?from=till", "log", "roles")
    answers += [browser.get(f"{shop.home}/settings/{page}") for page in pages]
    assert [each.status_code for each in answers] == [200] * len(answers)
    assert said_by(*answers) == []
    whole = call(shop, "GET", "/roles/till", who="owner")
    assert whole.json["forms"] == RIGHTS


def test_what_the_writer_of_a_role_does_not_know_stays_as_it_was(shop: Site) -> None:
    seen = call(shop, "GET", "/roles/till")
    changed = {**seen.json, "label": "Front till"}
    answer = call(shop, "PUT", "/roles/till", changed)
    assert answer.status_code == 200, answer.text
    assert said_by(answer) == []
    assert call(shop, "POST", "/roles/till/publish").status_code == 200
    assert (stored(shop, "till")["forms"], stored(shop, "till")["label"]) == (RIGHTS, "Front till")
    sheet = {"label": "Counter", "scope//read": "unit", "scope/books/read": "none",
             "field/customers/email": "masked", "confirm_password": PASSWORD}  # fmt: skip
    saved = mia(shop).send(f"{shop.home}/settings/roles/till", sheet)
    assert saved.status_code == 303, saved.text
    fields = stored(shop, "till")["forms"]["customers"]["fields"]
    assert fields == {"email": "masked", "zz_number": "hidden"}


def test_a_new_role_hides_what_its_writer_does_not_know(shop: Site) -> None:
    none = dict.fromkeys(VERBS, "none")
    raw = {**TILL, "key": "fresh", "forms": {"books": none}}
    made = call(shop, "POST", "/roles", raw)
    assert made.status_code == 201, made.text
    assert said_by(made) == []
    assert call(shop, "POST", "/roles/fresh/publish").status_code == 200
    assert stored(shop, "fresh")["forms"] == {
        "customers": {"fields": {"zz_number": "hidden"}},
        "rounds": {"fields": {"guests": "hidden"}},
        "books": {**none, "fields": {"zz_payer": "hidden"}},
    }


def test_a_field_that_the_writer_guesses_is_as_unknown_as_any(shop: Site) -> None:
    told = []
    for guess in ("zz_number", "zz_nothing"):
        guessed = {"customers": {"fields": {guess: "masked"}}, "books": RIGHTS["books"]}
        answer = call(shop, "POST", "/roles", {**TILL, "key": "guess", "forms": guessed})
        told.append((answer.status_code, answer.text.replace(guess, "?")))
    assert told[0] == told[1]
    assert (told[0][0], "unknown-field" in told[0][1]) == (422, True)


def test_a_role_that_turns_on_a_hidden_field_is_not_shown_at_all(shop: Site) -> None:
    about = {"condition": {"field": "zz_number", "op": "is_empty"}}
    raw = {**TILL, "forms": {**RIGHTS, "customers": {**RIGHTS["customers"], "read": about}}}
    with shop.database.workspace_tx(shop.workspace) as uow:
        store.save_draft(uow, OWNER, "role", raw)
        store.publish(uow, OWNER, [("role", "till")])
    answers = [call(shop, "GET", path) for path in ("/roles", "/roles/till", "/audit")]
    answers.append(mia(shop).get(f"{shop.home}/settings/roles/till"))
    assert [each.status_code for each in answers] == [200, 403, 200, 403]
    assert said_by(*answers) == []


def test_forgetting_somebody_names_no_link_that_is_not_known(shop: Site) -> None:
    with shop.database.workspace_tx(shop.workspace) as uow:

        def make(form: str, **values: Any) -> int:
            return create_record(uow, OWNER, form, values, origin=API).id

        ann = make("customers", name="Ann", mobile="13800138000")
        make("orders", customer=ann, items=[{"quantity": 1, "price": "5"}])
        seat, page = make("rounds", guests=[ann]), make("books", zz_payer=ann)
    erase = f"/people/customers/{ann}/erase"
    plan = call(shop, "POST", erase, {"dry_run": True})
    shown = mia(shop).get(f"{shop.home}/forms/customers/records/{ann}/privacy/erase")
    assert (plan.status_code, shown.status_code) == (200, 200)
    assert [each["link"] for each in plan.json["relations"]] == ["orders.customer"]
    assert plan.json["unseen"] == 2
    assert "2 more records" in shown.text
    assert said_by(plan, shown) == []
    for guess in ("rounds.guests", "books.zz_payer", "books.nothing"):
        answer = call(shop, "POST", erase, {"confirm": "Ann", "relations": {guess: "keep"}})
        assert [each["code"] for each in answer.json["problems"]] == ["unknown-field"], guess
    done = call(shop, "POST", erase, {"confirm": "Ann"})
    assert done.status_code == 200, done.text
    assert json.loads(done.text)["counts"]["unseen:anonymise"] == 2
    assert said_by(done) == []
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert not get_record(uow, OWNER, "rounds", seat).values["guests"]
        assert get_record(uow, OWNER, "books", page).values["zz_payer"] is None


def test_merging_names_no_form_that_is_not_known(shop: Site) -> None:
    rights = {key: RIGHTS[key] for key in ("rounds", "books")}
    merger = role(key="merger", forms=rights, capabilities=["merge_records"])
    unique = {**BOOKS, "fields": [{**BOOKS["fields"][0], "unique": True}]}
    with shop.database.workspace_tx(shop.workspace) as uow:
        publish_forms(uow, [unique])
        store.save_draft(uow, OWNER, "role", merger)
        store.publish(uow, OWNER, [("role", "merger")])

        def make(form: str, **values: Any) -> int:
            return create_record(uow, OWNER, form, values, origin=API).id

        keep, drop, third = (make("customers", name=name) for name in ("Ann", "Anna", "Anne"))
        make("orders", customer=drop, items=[{"quantity": 1, "price": "5"}])
        make("rounds", guests=[drop])
        page, _other = make("books", zz_payer=drop), make("books", zz_payer=third)
    plan_of = "/people/customers/merge"
    wish = {"keep": keep, "drop": drop}
    plan = call(shop, "POST", plan_of, {**wish, "dry_run": True}, who="merger")
    browser = shop.signed_in("Max", "merger")
    shown = browser.get(f"{shop.home}/forms/customers/merge?keep={keep}&drop={drop}")
    assert (plan.status_code, shown.status_code) == (200, 200), plan.text
    assert (plan.json["follows"]["unseen"], plan.json["follows"]["link:orders"]) == (2, 1)
    assert "2 other records that you do not see" in shown.text
    with shop.database.workspace_tx(shop.workspace) as uow:  # somebody who sees all does it
        merge_people(uow, OWNER, MergeWish("customers", keep, drop))
        assert get_record(uow, OWNER, "books", page).values["zz_payer"] == keep
    again = call(shop, "POST", plan_of, wish, who="merger")
    assert (again.json["again"], again.json["follows"]["link:orders"]) == (True, 1)
    assert "link:books" not in again.json["follows"]
    twice = call(shop, "POST", plan_of, {"keep": keep, "drop": third}, who="merger")
    assert [each["code"] for each in twice.json["problems"]] == ["merge-link-unseen"]
    assert said_by(plan, shown, again, twice) == []
