"""Every kind of definition in two tabs at once: what meets, what clashes, who is named."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.support.rule_shop import CUSTOMERS
from tests.support.shop_forms import ORDERS, PRODUCTS
from tests.support.site import Site, Visitor, words_of

MESSAGE: dict[str, Any] = {
    "kind": "message", "key": "hello", "label": "Hello", "purpose": "service",
    "channels": {"sms": {"text": {"en": "Hi"}}},
}  # fmt: skip
RULE: dict[str, Any] = {
    "kind": "rule", "key": "greet", "label": "Greet", "class": "journey", "subject": "customers",
    "trigger": {"on": "record_created"},
    "steps": [{"id": "s1", "do": "wait", "for": {"n": 1, "unit": "day"}}],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "kind": "report", "key": "sold", "label": "Sold", "from": "orders",
    "measures": [{"as": "n", "aggregate": "count"}],
}  # fmt: skip
DASHBOARD: dict[str, Any] = {
    "kind": "dashboard", "key": "front", "label": "Front", "filters": [],
    "cards": [{"report": "sold", "x": 0, "y": 0, "w": 6, "h": 4}],
}  # fmt: skip
ROLE: dict[str, Any] = {
    "kind": "role", "key": "helper", "label": "Helper", "default": {"read": "all"},
    "capabilities": ["view_reports"],
}  # fmt: skip
ALL = (PRODUCTS, CUSTOMERS, ORDERS, MESSAGE, RULE, REPORT, DASHBOARD, ROLE)


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        access = system_access("en")
        for raw in ALL:
            store.save_draft(uow, access, raw["kind"], raw)
        store.publish(uow, access, [(raw["kind"], raw["key"]) for raw in ALL])
    return site


def draft(shop: Site, kind: str, key: str) -> Any:
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        return store.get_draft(uow, kind, key).raw


def bob(shop: Site) -> Visitor:
    return shop.signed_in("Bob")


TEXT = {"label": "Hello", "purpose": "service", "sms_text_en": "Hi", "locale": "en", "tag": "1"}
SHEET = {"label": "Helper", "default/read": "all", "tag": "1", "capability": "view_reports"}
SKETCH = {"label": "Sold", "source": "orders", "measure-0-aggregate": "count", "tag": "1"}


def test_message_texts_meet_and_clash(shop: Site) -> None:
    url, ann = f"{shop.home}/message-texts/hello", shop.signed_in("Ann")
    assert 'name="tag" value="1"' in ann.get(url).text
    assert bob(shop).send(url, {**TEXT, "email_subject_en": "News", "email_markdown_en": "x"})
    assert ann.send(url, {**TEXT, "purpose": "marketing"}).status_code == 303
    both = draft(shop, "message", "hello")
    assert (both["purpose"], sorted(both["channels"])) == ("marketing", ["email", "sms"])

    clash = ann.send(url, {**TEXT, "sms_text_en": "Hey", "email_subject_en": "Ours"})
    words = " ".join(words_of(clash.text))
    assert (clash.status_code, "Bob changed the same thing" in words) == (409, True)
    assert [name in words for name in ("News", "Ours")] == [True, True]
    assert draft(shop, "message", "hello") == both, "nothing was saved"
    won = {**TEXT, "sms_text_en": "Hey", "email_subject_en": "Ours", "force": "1"}
    assert ann.send(url, won).status_code == 303
    channels = draft(shop, "message", "hello")["channels"]
    assert channels["email"] == {"subject": {"en": "Ours"}, "markdown": {"en": "x"}}
    assert channels["sms"] == {"text": {"en": "Hey"}}


def test_the_composer_takes_its_step_on_what_was_seen(shop: Site) -> None:
    url, ann = f"{shop.home}/rules/greet/compose", shop.signed_in("Ann")
    assert "compose?tag=1" in ann.get(url).text
    other = bob(shop).send(f"{url}?tag=1", {"action": "label", "label": "Say hello"})
    assert other.status_code == 303, words_of(other.text)
    step = {"action": "step", "block": "steps", "do": "stop", "outcome": "done"}
    assert ann.send(f"{url}?tag=1", step).status_code == 303
    both = draft(shop, "rule", "greet")
    assert (both["label"], [each["do"] for each in both["steps"]]) == (
        "Say hello", ["wait", "stop"],
    )  # fmt: skip
    clash = ann.htmx("POST", f"{url}?tag=1", {"action": "label", "label": "Good day"})
    assert (clash.status_code, clash.headers["HX-Retarget"]) == (409, "#content")
    assert {"Say hello", "Good day"} <= set(words_of(clash.text))
    assert "<html" not in clash.text, "only the part below the header is exchanged"


def test_steps_of_two_tabs_both_stay(shop: Site) -> None:
    url = f"{shop.home}/rules/greet/compose?tag=1"
    step = {"action": "step", "block": "steps", "do": "stop", "outcome": "done"}
    wait = {**step, "do": "wait", "for_n": "2", "for_unit": "hour"}
    assert bob(shop).send(url, wait).status_code == 303
    assert shop.signed_in("Ann").send(url, step).status_code == 303
    steps = draft(shop, "rule", "greet")["steps"]
    assert sorted(each["do"] for each in steps) == ["stop", "wait", "wait"]
    assert len({each["id"] for each in steps}) == 3


def test_reports_meet_and_clash(shop: Site) -> None:
    url, ann = f"{shop.home}/reports/sold/edit", shop.signed_in("Ann")
    assert 'name="tag" value="1"' in ann.get(url).text
    bob(shop).send(url, {**SKETCH, "label": "Sold things"})
    assert ann.send(url, {**SKETCH, "chart": "number"}).status_code == 303
    both = draft(shop, "report", "sold")
    assert (both["label"], both["chart"]["type"]) == ("Sold things", "number")
    assert ann.send(url, {**SKETCH, "label": "Sales"}).status_code == 409
    assert draft(shop, "report", "sold")["label"] == "Sold things"


def test_cards_are_found_wherever_they_stand_by_now(shop: Site) -> None:
    url, ann = f"{shop.home}/dashboards/front", shop.signed_in("Ann")
    wider = f"{url}/cards/0/wider"
    assert ann.send(f"{url}/name", {"label": "Mine", "tag": "1"}).status_code == 303
    assert bob(shop).send(f"{url}/name", {"label": "His", "tag": "1"}).status_code == 409
    assert ann.send(wider, {"report": "sold"}).status_code == 303
    assert draft(shop, "dashboard", "front")["cards"][0]["w"] == 8
    ann.send(f"{url}/cards/0/remove", {"report": "sold"})
    gone = ann.send(wider, {"report": "sold"})
    assert (gone.status_code, "took this card off" in gone.text) == (409, True)


def test_roles_meet_and_clash(shop: Site) -> None:
    url, ann = f"{shop.home}/settings/roles/helper", shop.signed_in("Ann")
    assert 'name="tag" value="1"' in ann.get(url).text
    more = {**SHEET, "capability": ["view_reports", "read_records"]}
    password = {"confirm_password": "five quiet yellow bicycles"}
    assert bob(shop).send(url, {**SHEET, **password, "label": "Assistant"}).status_code == 303
    assert ann.send(url, {**more, **password}).status_code == 303
    both = draft(shop, "role", "helper")
    assert both["label"] == "Assistant"
    assert "read_records" in both["capabilities"] or both["capabilities"] == ["view_reports"]
    assert ann.send(url, {**SHEET, "label": "Aide"}).status_code == 409
    assert draft(shop, "role", "helper")["label"] == "Assistant"


@pytest.mark.parametrize(
    ("kind", "key", "route"),
    [
        ("message", "hello", "message-texts"),
        ("rule", "greet", "rules"),
        ("report", "sold", "reports"),
        ("dashboard", "front", "dashboards"),
        ("role", "helper", "roles"),
    ],
)
def test_every_kind_has_versions_uses_and_a_guarded_put(
    shop: Site, kind: str, key: str, route: str
) -> None:
    ann, head = shop.signed_in("Ann"), shop.token()
    api, base = f"/api/v1/{route}/{key}", f"{shop.home}/definitions/{kind}/{key}"
    raw = {**draft(shop, kind, key), "label": "Renamed"}
    put = ann.put(api, json=raw, headers={**head, "If-Match": '"d1"'})
    assert (put.status_code, put.headers["ETag"]) == (200, '"d2"')
    assert ann.put(api, json=raw, headers={**head, "If-Match": '"d1"'}).status_code == 412
    assert ann.post(f"{api}/publish", headers=head).json["version"] == 2

    page = ann.get(f"{base}/versions?from=1&to=2")
    words = words_of(page.text)
    assert {"Version 2", "Version 1", "From version 1 to version 2"} <= set(words)
    assert any("→ Renamed" in each for each in words)
    assert ann.send(f"{base}/versions/1/restore").status_code == 303
    assert draft(shop, kind, key)["label"] != "Renamed"
    assert ann.get(f"{base}/used-by").status_code == 200
    assert ann.get(f"{shop.home}/definitions/{kind}/nothing/versions").status_code == 404
    clerk = shop.signed_in("Carl", "clerk")
    assert clerk.get(f"{base}/versions").status_code == 403


def test_where_used_names_definitions_people_and_packs(shop: Site) -> None:
    ann = shop.signed_in("Ann")
    used = words_of(ann.get(f"{shop.home}/definitions/report/sold/used-by").text)
    assert "Dashboard “Front”" in used
    shop.person("Dora", "helper")
    used = words_of(ann.get(f"{shop.home}/definitions/role/helper/used-by").text)
    assert "1 person or key has it" in used


def test_what_a_job_publishes_gives_the_draft_another_tag(shop: Site) -> None:
    with shop.database.workspace_tx(shop.workspace) as uow:
        access = system_access("en")
        store.amend(uow, access, "form", "products", lambda raw: {**raw, "icon": "star"})
        assert store.get_draft(uow, "form", "products").tag == 2
        seen = {**PRODUCTS, "label": "Goods"}
        theirs = store.get_draft(uow, "form", "products")
        both = store.bring_together(uow, access, theirs, seen, 1)
    assert (both["icon"], both["label"]) == ("star", "Goods")
