"""S12: every page and every answer, read by somebody who must not see all of it.

Dora works in the East store. Of customers she sees neither e-mail nor the card number, telephone
numbers only masked, and nobody of the West. Whatever she opens, exports, counts, tries or asks
about, none of that is in it.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, delete_record, update_record
from regulars.platform.accounts import units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.definitions import store
from regulars.platform.privacy.consents import ConsentChange, set_consent
from regulars.platform.web.permissions import permission_of
from tests.security.shop_of_two import (
    CARD,
    FORMS,
    MAIL,
    SECRET,
    VERBS,
    Attack,
    digits_together,
    role,
)
from tests.security.test_s11_every_route import address, ask, routes
from tests.support.rule_shop import journey, sms
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor

HIDDEN = {"key": "zz_number", "type": "text", "label": {"en": "ZzNumber", "zh-Hans": "ZzNumber"}}
WEST, WEST_MOBILE, OWNERS_MAIL = "WestCanary", "13811110000", "olga@shop.example"
ROUNDS = {"key": "zz_rounds", "type": "related", "from": "rounds", "via": "guests",
          "label": "ZzRounds"}  # fmt: skip
TABLES: dict[str, Any] = {
    "kind": "form", "key": "rounds", "label": "Rounds",
    "fields": [{"key": "guests", "type": "links", "to": "customers", "label": "ZzGuests"}],
}  # fmt: skip
CANARIES = (
    SECRET, MAIL, "CardCanary", "zz_number", "ZzNumber", "zz_rounds", "ZzRounds", "ZzGuests",
    WEST, WEST_MOBILE, OWNERS_MAIL,
)  # fmt: skip
DESK = role(
    default=dict.fromkeys(VERBS, "unit_tree"),
    forms={"customers": {"fields": {
        "mobile": "masked", "email": "hidden", "zz_number": "hidden"
    }}, "rounds": {"fields": {"guests": "hidden"}}},
    capabilities=[
        "view_reports", "edit_reports", "import_records", "manage_tasks", "edit_rules",
        "run_rules", "send_messages", "manage_consents", "merge_records", "export_people",
    ],
)  # fmt: skip
COUNT = [{"as": "n", "aggregate": "count"}]
ABOUT_IT = {"field": "zz_number", "op": "contains", "value": "CardCanary"}
OVER_HIDDEN = {
    "kind": "report", "key": "over_hidden", "label": "Cards", "from": "customers",
    "dimensions": [{"as": "card", "field": "zz_number"}], "measures": COUNT,
}  # fmt: skip
ROUNDS_REPORT = {
    "kind": "report", "key": "over_rounds", "label": "Tables", "from": "customers",
    "where": {"formula": "COUNT(zz_rounds) > 0"}, "measures": COUNT,
}  # fmt: skip
BOARD = {
    "kind": "dashboard", "key": "board", "label": "Board",
    "filters": [{"key": "card", "type": "field", "field": "zz_number"}],
    "cards": [{"report": "over_hidden", "x": 0, "y": 0, "w": 6, "h": 3}],
}  # fmt: skip
SECRETIVE = {
    **journey("secretive", trigger={"on": "scan", "every": "hour"}, when=ABOUT_IT),
    "label": "Secretive",
}
CAPABLE = {"enter", *DESK["capabilities"], *(f"{verb}_records" for verb in VERBS)}
KEYS = ("greet", "hello", "over_hidden", "over_rounds", "board", "secretive")


@dataclass
class Shop:
    """The two stores, and what stands in them."""

    site: Site
    numbers: dict[str, int]
    browser: Visitor

    def headers(self) -> dict[str, str]:
        """A new key of Dora's role; each may ask only so often."""
        return self.site.token("desk", [self.numbers["east"]])

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the API."""
        return self.site.visitor().open(
            f"/api/v1{path}", method=method, json=body, headers=self.headers()
        )


@pytest.fixture
def shop(site: Site) -> Shop:
    owner, numbers = system_access("en"), {}
    site.person("Olga", "owner")
    with site.database.workspace_tx(site.workspace) as uow:
        customers = {**FORMS[1], "fields": [*FORMS[1]["fields"], CARD, HIDDEN, ROUNDS]}
        publish_forms(uow, (FORMS[0], customers, FORMS[2], TABLES))
        east, west = (
            units.create_unit(uow, owner, UnitValues(code, name)).id
            for code, name in (("E", "East"), ("W", "West"))
        )

        def make(form: str, **values: Any) -> int:
            return create_record(uow, owner, form, values, origin=API).id

        person = {"name": "East", "mobile": SECRET, "email": MAIL, "store": east}
        numbers["customer"] = make("customers", **person, zz_number="CardCanary 1")
        for changed in ("CardCanary 2", "CardCanary 3"):
            update_record(
                uow, owner, "customers", numbers["customer"], {"zz_number": changed}, origin=API
            )
        numbers["other"] = make(
            "customers", name=WEST, mobile=WEST_MOBILE, email=f"{WEST}@x.example", store=west
        )
        numbers["double"] = make("customers", name="East", zz_number="CardCanary 4", store=east)
        rows = [{"quantity": 1, "price": "5"}]
        numbers["order"] = make("orders", customer=numbers["other"], store=east, items=rows)
        numbers["far_order"] = make("orders", customer=numbers["customer"], store=west, items=rows)
        numbers["gone"] = make("customers", name="Gone", zz_number="CardCanary 5", store=east)
        delete_record(uow, owner, "customers", numbers["gone"], origin=API)
        for who in ("customer", "other"):
            said = ("marketing", "sms", "grant", "till", "slip 7")
            set_consent(uow, owner, ConsentChange("customers", numbers[who], *said))
        plain = {**sms(text="{name}, your card {zz_number}"), "label": "Hello"}
        make("rounds", guests=[numbers["customer"]])
        drafts = [
            ("role", DESK), ("message", plain), ("rule", journey()), ("rule", SECRETIVE),
            ("report", OVER_HIDDEN), ("report", ROUNDS_REPORT), ("dashboard", BOARD),
        ]  # fmt: skip
        for kind, raw in drafts:
            store.save_draft(uow, owner, kind, raw)
            store.publish(uow, owner, [(kind, raw["key"])])
    site.person("Dora", "desk", [east])
    return Shop(site, {**numbers, "east": east, "west": west}, site.signed_in("Dora", "desk"))


def said(answer: Any) -> str:
    """Everything that an answer holds, an archive's files too."""
    body = answer.get_data()
    if body[:2] != b"PK":
        return str(body.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return " ".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )


def addresses(shop: Shop) -> Iterator[tuple[Any, str]]:
    """Every GET route with each record, definition and kind that fits into it."""
    records = [
        {"form_key": form, "record_id": shop.numbers[name]}
        for form, name in (
            ("customers", "customer"), ("orders", "order"), ("customers", "gone"),
            ("customers", "other"), ("orders", "far_order"),
        )
    ]  # fmt: skip
    numbered = Attack(shop.site, {}, 1, 1, 1, 1, 1)
    definitions = ("form", "message", "rule", "role", "report", "dashboard")
    for rule, method in routes(shop.site, "workspace", "api"):
        permission = permission_of(shop.site.app.view_functions[rule.endpoint])
        if permission is None or permission.capability not in CAPABLE:
            continue  # S11 sees to it that those are shut
        named = "record_id" in rule.arguments or "form_key" in rule.arguments
        for place in records if named else records[:1]:
            for key in KEYS if {"key", "report_key"} & rule.arguments else KEYS[:1]:
                kinds = definitions if "definitions" in rule.rule else ("csv",)
                for kind in kinds if "kind" in rule.arguments else kinds[:1]:
                    if method == "GET":
                        known = {**place, "key": key, "report_key": key, "kind": kind}
                        known["dashboard_key"] = "board"
                        built = address(rule, numbered, **known)
                        yield rule, built
                        if "definitions" in rule.rule or has_drafts(rule):
                            yield rule, f"{built}?state=draft"


def has_drafts(rule: Any) -> bool:
    """Whether a route of the API answers with working copies, too."""
    kinds = ("/reports", "/dashboards", "/rules", "/message-texts", "/forms")
    return any(rule.rule in (f"/api/v1{each}", f"/api/v1{each}/<key>") for each in kinds)


@pytest.mark.one_database
def test_no_page_and_no_answer_holds_what_she_may_not_see(shop: Shop) -> None:
    leaks, looked, headers = {}, 0, shop.headers()
    for number, (rule, path) in enumerate(addresses(shop)):
        if number % 200 == 199:
            headers = shop.headers()
        answer = ask(shop.browser, rule, "GET", path, headers)
        text = said(answer)
        looked += answer.status_code == 200
        assert answer.status_code < 500, path
        whole = text + digits_together(text)
        found = [word for word in CANARIES if word in whole]
        if found:
            leaks[path] = (answer.status_code, found)
    assert leaks == {}
    assert looked > 90


def report(source: str, **parts: Any) -> dict[str, Any]:
    return {
        "definition": {"from": source, "measures": [{"as": "n", "aggregate": "count"}], **parts}
    }


def by(path: str) -> list[dict[str, str]]:
    return [{"as": "d", "field": path}]


def test_nothing_leads_to_the_address_of_a_colleague(shop: Shop) -> None:
    """Who is asked to read all records, and still manages nobody."""
    whole = role(capabilities=["view_reports"], forms={}, key="reader")
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        store.save_draft(uow, system_access("en"), "role", whole)
        store.publish(uow, system_access("en"), [("role", "reader")])
    asked = [
        ("/reports/run", report("sys_members", dimensions=by("email"))),
        ("/reports/run", report("orders", dimensions=by("created_by.email"))),
        ("/reports/run", report("orders", where={"formula": 'owner.email = "x"'})),
        ("/forms/orders/records/search", {"filter": {"formula": "LEN(owner.email) > 1"}}),
        ("/forms/orders/records/search", {"sort": ["created_by.email"]}),
        ("/forms/orders/records/search", {"fields": ["created_by.email"]}),
    ]
    client = shop.site.visitor()
    for role_key, wanted in (("reader", 422), ("manager", 200)):
        headers = shop.site.token(role_key)
        for path, body in asked:
            answer = client.post(f"/api/v1{path}", json=body, headers=headers)
            assert answer.status_code == wanted, (role_key, body, answer.text)
    checked = client.post(
        "/api/v1/forms/orders/formulas/check",
        json={"formula": "created_by.email", "position": 3},
        headers=shop.site.token("reader"),
    )
    assert checked.get_json()["valid"] is False


def test_a_copy_of_a_person_is_whole_or_it_is_none(shop: Shop) -> None:
    path = f"/people/customers/{shop.numbers['customer']}/export?as=json"
    refused = shop.call("GET", path)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "copy-not-whole")
    site = shop.site
    east = site.token("manager", [shop.numbers["east"]])  # the person bought in the West, too
    assert site.visitor().get(f"/api/v1{path}", headers=east).status_code == 403
    everywhere = site.token("manager")
    assert "CardCanary" in site.visitor().get(f"/api/v1{path}", headers=everywhere).text


def test_rules_and_texts_say_only_what_their_author_sees(shop: Shop) -> None:
    hidden = {"field": "zz_number", "op": "contains", "value": "Card"}
    masked = {"field": "mobile", "op": "contains", "value": "138"}
    scan = {"on": "scan", "every": "hour"}
    for number, condition in enumerate((hidden, masked, {"formula": "LEN(email) > 0"})):
        raw = journey(f"mine_{number}", trigger=scan, when=condition)
        assert shop.call("POST", "/rules", raw).status_code == 422, condition
        assert shop.call("POST", "/rules/greet/count", {"rule": raw}).status_code == 422
        about = {"rule": raw, "record": shop.numbers["customer"]}
        assert shop.call("POST", "/rules/greet/test", about).status_code == 422
    copied = {"id": "copy", "do": "update_record", "values": {"name": {"formula": "zz_number"}}}
    assert shop.call("POST", "/rules", journey("copy", steps=[copied])).status_code == 422
    changed = {**sms(text="{zz_number}"), "label": "Hello"}
    assert shop.call("PUT", "/message-texts/hello", changed).status_code == 403
    plain = {**sms("plain", text="Hi {name}"), "label": "Plain"}
    assert shop.call("POST", "/message-texts", plain).status_code == 201
    told = {**sms("plain", text="{zz_number}"), "label": "Plain"}
    assert shop.call("PUT", "/message-texts/plain", told).status_code == 200
    assert shop.call("POST", "/message-texts/plain/publish").status_code == 403
    fair = journey("fair", trigger=scan, when={"field": "tier", "op": "is", "value": "basic"})
    quiet = {"id": "tag", "do": "add_tags", "tags": ["seen"]}
    assert shop.call("POST", "/rules", {**fair, "steps": [quiet]}).status_code == 201


def test_trying_a_rule_of_others_shows_nothing_of_the_person(shop: Shop) -> None:
    about = {"record": shop.numbers["customer"]}
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        raw = journey(when={"field": "zz_number", "op": "contains", "value": "CardCanary 3"})
        store.save_draft(uow, system_access("en"), "rule", raw)
        store.publish(uow, system_access("en"), [("rule", "greet")])
    for path in ("/rules/greet/test", "/rules/greet/explain", "/rules/greet/count"):
        text = shop.call("POST", path, None if path.endswith("count") else about).text
        assert not [word for word in CANARIES if word in text], text
    finding = shop.call("POST", "/rules/greet/explain", about).get_json()["answers"]
    assert not [each for each in finding if each["code"] in ("fits", "does-not-fit")]


def test_messages_and_consents_are_counted_within_the_store(shop: Shop) -> None:
    counted = shop.call("POST", "/reports/run", report("sys_consents", dimensions=by("record")))
    assert [int(row[0]) for row in counted.get_json()["rows"]] == [shop.numbers["customer"]]
    by_number = {"person": {"form": "customers", "mobile": SECRET}, "purpose": "marketing",
                 "channel": "sms", "action": "withdraw", "source": "x"}  # fmt: skip
    assert shop.call("POST", "/consents", by_number).status_code == 422


def test_an_import_offers_only_what_the_importer_may_fill_in(shop: Shop) -> None:
    content = io.BytesIO(b"Who,Card,Tel\nA,1,13900000009\n")
    sent = {"file": (content, "people.csv")}
    home = shop.site.home
    uploaded = shop.browser.send(f"{home}/forms/customers/import", sent)
    assert uploaded.status_code in (302, 303)
    page = shop.browser.get(uploaded.headers["Location"])
    assert page.status_code == 200
    offered = page.text.split("<option")
    assert not [each for each in offered if 'value="zz_number"' in each or 'value="email"' in each]
    assert [each for each in offered if 'value="mobile"' in each]
