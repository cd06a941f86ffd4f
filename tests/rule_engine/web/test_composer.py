"""The composer as its user goes through it: from nothing to a rule that runs."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.rule_engine.breaking import pause_by_itself
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.service import start_manually
from regulars.rule_engine.tables import message_link, run
from regulars.rule_engine.web.composing import showing
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.rule_shop import CUSTOMERS
from tests.support.shop_forms import ORDERS, PRODUCTS
from tests.support.site import Site, Visitor, words_of

MESSAGE = {
    "kind": "message",
    "key": "welcome",
    "label": {"en": "Welcome", "zh-Hans": "欢迎"},
    "purpose": "marketing",
    "channels": {"sms": {"text": {"en": "Hello {name|you}", "zh-Hans": "你好，{name|朋友}"}}},
}


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        access = system_access("en")
        for form in (PRODUCTS, CUSTOMERS, ORDERS):
            store.save_draft(uow, access, "form", form)
        store.save_draft(uow, access, "message", MESSAGE)
        keys = [("form", form["key"]) for form in (PRODUCTS, CUSTOMERS, ORDERS)]
        store.publish(uow, access, [*keys, ("message", "welcome")])
    return site


def draft_of(site: Site, key: str) -> Rule:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return Rule.from_json(store.get_draft(uow, "rule", key).raw)


def composed(site: Site, visitor: Visitor) -> str:
    """A new rule that sends a greeting for each new order of a basic customer."""
    values = {"label": "Thanks for the order", "class": "journey", "subject": "customers"}
    made = visitor.send(f"{site.home}/rules/new", values)
    assert made.status_code == 303
    url = f"{site.home}/rules/thanks_for_the_order/compose"
    for change in (
        {"action": "trigger", "on": "record_created", "about": "orders:customer"},
        {"action": "row", "row": "field", "field": "tier", "op": "is", "value": "basic"},
        {"action": "step", "block": "steps", "do": "wait", "for_n": "1", "for_unit": "hour"},
        {"action": "step", "block": "steps", "do": "send_message", "message": "welcome"},
        {"action": "guards", "purpose": "marketing", "cap_n": "2", "cap_days": "7"},
    ):
        answer = visitor.send(url, change)
        assert answer.status_code == 303, answer.text
    return "thanks_for_the_order"


def test_a_rule_is_composed_from_nothing_and_published(shop: Site) -> None:
    visitor = shop.signed_in()
    key = composed(shop, visitor)
    rule = draft_of(shop, key)
    assert (rule.trigger.on, rule.trigger.form, rule.trigger.link) == (
        "record_created",
        "orders",
        "customer",
    )
    assert rule.when == {"field": "tier", "op": "is", "value": "basic"}
    assert [step.do for step in rule.steps] == ["wait", "send_message"]
    page = visitor.get(f"{shop.home}/rules/{key}/compose")
    assert "Orders" in page.text
    review = visitor.get(f"{shop.home}/rules/{key}/review")
    assert "Wait" in review.text or "wait" in review.text
    assert visitor.send(f"{shop.home}/rules/{key}/publish").status_code == 303
    shown = visitor.get(f"{shop.home}/rules/{key}")
    assert "Running" in shown.text


def test_what_is_missing_is_said_where_it_is_missing(shop: Site) -> None:
    visitor = shop.signed_in()
    values = {"label": "Empty", "class": "journey", "subject": "customers"}
    visitor.send(f"{shop.home}/rules/new", values)
    url = f"{shop.home}/rules/empty/compose"
    visitor.send(url, {"action": "step", "do": "send_message", "message": "nothing_like_it"})
    page = visitor.get(url)
    assert page.status_code == 200
    assert "field-error" in page.text
    refused = visitor.send(f"{shop.home}/rules/empty/publish")
    assert refused.status_code == 422


def test_a_wrong_number_keeps_the_form_open(shop: Site) -> None:
    visitor = shop.signed_in()
    values = {"label": "Numbers", "class": "journey", "subject": "customers"}
    visitor.send(f"{shop.home}/rules/new", values)
    url = f"{shop.home}/rules/numbers/compose"
    answer = visitor.send(
        url, {"action": "step", "at": "step@steps+", "do": "wait", "for_n": "soon", "kind": "wait"}
    )
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert draft_of(shop, "numbers").steps == ()


def test_every_form_of_the_composer_opens(shop: Site) -> None:
    visitor = shop.signed_in()
    key = composed(shop, visitor)
    url = f"{shop.home}/rules/{key}/compose"
    composer: Any = SimpleNamespace(rule=draft_of(shop, key))
    for on in showing.offered_triggers(composer, starts=True):
        assert visitor.get(f"{url}?at=trigger&on={on}").status_code == 200
    for kind in ("silent", "related", "field", "consent", "formula"):
        assert visitor.get(f"{url}?at=row@when&kind={kind}").status_code == 200
    for field in ("name", "birthday", "tier", "tags", "order_count", "total_spend"):
        page = visitor.get(f"{url}?at=row@when&kind=field&field={field}")
        assert page.status_code == 200
    for do in showing.offered_steps(composer):
        assert visitor.get(f"{url}?at=step@steps%2B&kind={do}").status_code == 200
    page = visitor.get(f"{url}?at=step@steps%2B&kind=create_task").text
    assert 'data-insert="{name|}"' in page
    assert 'data-insert="{orders|}"' not in page
    for at in ("guards", "entry", "goal", "event@exit", "label", "step@steps/0", "row@when"):
        assert visitor.get(f"{url}?at={at}").status_code == 200


def test_a_part_comes_alone_when_htmx_asks(shop: Site) -> None:
    visitor = shop.signed_in()
    key = composed(shop, visitor)
    part = visitor.htmx("GET", f"{shop.home}/rules/{key}/compose", {"at": "guards"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert part.text.strip().startswith('<div id="composer"')


def test_a_clerk_may_not_compose(shop: Site) -> None:
    visitor = shop.signed_in("Carl", "clerk")
    assert visitor.get(f"{shop.home}/rules").status_code == 403


def test_rows_and_steps_move_and_go(shop: Site) -> None:
    visitor = shop.signed_in()
    key = composed(shop, visitor)
    url = f"{shop.home}/rules/{key}/compose"
    visitor.send(url, {"action": "row", "row": "formula", "formula": "order_count > 1"})
    visitor.send(url, {"action": "match", "match": "any"})
    assert set(draft_of(shop, key).when or {}) == {"any"}
    visitor.send(url, {"action": "drop-row", "place": "when/any/0"})
    assert draft_of(shop, key).when == {"formula": "order_count > 1"}
    visitor.send(url, {"action": "step-up", "path": "steps/1"})
    assert [step.do for step in draft_of(shop, key).steps] == ["send_message", "wait"]
    visitor.send(url, {"action": "drop-step", "path": "steps/0"})
    assert [step.do for step in draft_of(shop, key).steps] == ["wait"]


def test_a_text_is_written_in_three_languages(shop: Site) -> None:
    visitor = shop.signed_in()
    values = {
        "label": "Goodbye",
        "purpose": "service",
        "sms_text_en": "Bye {name|you}",
        "sms_text_zh-Hans": "再见，{name|朋友}",
    }
    assert visitor.send(f"{shop.home}/message-texts/new", values).status_code == 303
    page = visitor.get(f"{shop.home}/message-texts/goodbye")
    assert "再见" in page.text
    refused = visitor.send(f"{shop.home}/message-texts/new", {"label": ""})
    assert refused.status_code == 422


def test_a_text_is_read_as_the_newest_customer_would_before_it_is_kept(shop: Site) -> None:
    visitor = shop.signed_in()
    values = {
        "label": "Tea", "purpose": "marketing", "links": "shop https://tea.example",
        "sms_text_en": "{name|you}: {coupon.code} {link:shop}",
        "email_subject_en": "Hi {name}", "email_markdown_en": "**Dear {name}**",
    }  # fmt: skip
    nobody = visitor.send(f"{shop.home}/message-texts/preview", values)
    assert "at least one person" in " ".join(words_of(nobody.text))
    with shop.database.workspace_tx(shop.workspace) as uow:
        person = {"name": "An*na*", "mobile": "13800000001"}
        create_record(uow, system_access("en"), "customers", person, origin=Origin("cli"))
    page = visitor.send(f"{shop.home}/message-texts/preview", values).text
    told = " ".join(words_of(page))
    assert "An*na*: {coupon.code} http" in told
    assert "拒收请回复R" in told  # the shop's language: this customer has named none
    assert "Sent as 1 text message" in told
    assert "Filled in by the rule: {coupon.code}" in told
    assert "<strong>Dear An*na*</strong>" in page
    assert "退订此类邮件" in told
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert [draft.key for draft in store.list_drafts(uow, "message")] == ["welcome"]
        assert uow.execute(message_link.select()).all() == []


@pytest.mark.browser
def test_fields_go_where_the_cursor_is_and_the_length_is_told(
    live_server: LiveServer, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    place = let_in(context, live_server)
    with live_server.database.workspace_tx(place) as uow:
        store.save_draft(uow, system_access("en"), "form", CUSTOMERS)
        for form in (PRODUCTS, ORDERS):
            store.save_draft(uow, system_access("en"), "form", form)
        keys = [("form", form["key"]) for form in (PRODUCTS, CUSTOMERS, ORDERS)]
        store.publish(uow, system_access("en"), keys)
    page = context.new_page()
    page.goto(f"{live_server.url}/w/{place.key}/message-texts/new")
    text = page.locator("textarea[name='sms_text_zh-Hans']")
    text.fill("您好，欢迎！")
    text.evaluate("field => field.setSelectionRange(2, 2)")
    page.locator("[data-insert='{name|}']").click()
    expect(text).to_have_value("您好{name|}，欢迎！")
    expect(page.get_by_text("13 个字，按 1 条短信计费")).to_be_visible()
    text.fill("茶" * 71)
    expect(page.get_by_text("71 个字，按 2 条短信计费")).to_be_visible()


def test_a_new_version_says_what_becomes_of_those_inside(shop: Site) -> None:
    visitor = shop.signed_in()
    key = composed(shop, visitor)
    page = f"{shop.home}/rules/{key}"
    visitor.send(f"{page}/compose", {"action": "guards", "purpose": "marketing"})
    assert visitor.send(f"{page}/publish").status_code == 303
    access = system_access("en")
    with shop.database.workspace_tx(shop.workspace) as uow:
        person = {"name": "Anna", "mobile": "13800000001", "tier": "basic"}
        anna = create_record(uow, access, "customers", person, origin=Origin("cli")).id
        start_manually(uow, access, key, [anna])
        pause_by_itself(uow, key, {"code": "too-many-failures", "failed": 9, "tried": 20})
    assert "9 of 20 steps failed" in visitor.get(page).text
    visitor.send(f"{page}/compose", {"action": "label", "label": "Other thanks"})
    assert "1 person is still inside" in visitor.get(f"{page}/review").text
    assert visitor.send(f"{page}/publish", {"inside": "move"}).status_code == 303
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert uow.execute(run.select()).one().version == 2
    assert visitor.send(f"{page}/let-out").status_code == 303
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert uow.execute(run.select()).one().outcome == "stopped_by_hand"
