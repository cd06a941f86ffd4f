"""Links in messages: clicks are noted once and wake runs; ways out are always there and act."""

from typing import Any

import pytest

from regulars.platform.errors import Invalid, NotFound
from regulars.platform.events import event
from regulars.platform.privacy.consents import find_state
from regulars.platform.privacy.suppressions import suppression
from regulars.rule_engine.links import follow, opt_out, read_opt_out
from regulars.rule_engine.replies import Reply, take_reply
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.tables import message_link
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

SHOP = "https://shop.example/new?from=sms"
WITH_LINK = sms(text="{name|friend}: {link:shop}", links={"shop": SHOP})
MAIL = {
    "kind": "message", "key": "hello",
    "channels": {"email": {"subject": "Hi", "markdown": "Dear {name|friend}, **come**."}},
}  # fmt: skip
BY_MAIL = journey(
    steps=[{"id": "hello", "do": "send_message", "message": "hello", "channel": "email"}]
)


def links(shop: RuleShop, kind: str) -> list[Any]:
    with shop.work() as uow:
        rows = message_link.select().where(message_link.c.kind == kind)
        return list(uow.execute(rows.order_by(message_link.c.token)))


def sent_with_link(shop: RuleShop, **parts: Any) -> int:
    shop.publish(WITH_LINK, journey(**parts))
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    return anna


def test_a_named_link_becomes_an_address_of_its_own_for_each_message(shop: RuleShop) -> None:
    anna = sent_with_link(shop)
    shop.order(anna)
    shop.tick()
    found = links(shop, "link")
    assert {(row.name, row.url) for row in found} == {("shop", SHOP)}
    assert len({row.token for row in found}) == 2
    bodies = [message.body["text"] for message in shop.messages()]
    assert all("shop.example" not in body for body in bodies)
    for body in bodies:
        assert sum(f"/r/{row.token}" in body for row in found) == 1


def test_the_first_click_is_told_once_and_every_click_is_counted(
    shop: RuleShop, clock: MovableClock
) -> None:
    sent_with_link(shop)
    (link,) = links(shop, "link")
    for _ in range(3):
        clock.forward(minutes=1)
        with shop.work() as uow:
            assert follow(uow, link.token) == SHOP
    (link,) = links(shop, "link")
    assert (link.clicks, link.last_clicked_at > link.first_clicked_at) == (3, True)
    assert shop.messages()[0].clicked_at == link.first_clicked_at
    assert shop.count(event, event.c.kind == "message_clicked") == 1


def test_a_click_answers_a_run_that_waits_for_it(shop: RuleShop) -> None:
    wait = {
        "id": "wait", "do": "wait_for", "timeout": {"n": 7, "unit": "day"},
        "any": [{"on": "message_clicked", "of": "hello"}],
        "then": [{"id": "tag", "do": "add_tags", "field": "tags", "tags": ["curious"]}],
    }  # fmt: skip
    anna = sent_with_link(shop, steps=[*journey()["steps"], wait])
    (link,) = links(shop, "link")
    with shop.work() as uow:
        follow(uow, link.token)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == frozenset({"curious"})


@pytest.mark.parametrize(
    "token", ["", "x", "1-", "1-short", "1-aaaaaaaaaaaa", "1-../../etc/pw", "9" * 40]
)
def test_any_other_token_leads_nowhere(shop: RuleShop, token: str) -> None:
    with shop.work() as uow, pytest.raises(NotFound):
        follow(uow, token)
    with shop.work() as uow, pytest.raises(NotFound):
        read_opt_out(uow, token)


def test_an_opt_out_link_is_no_ordinary_link_nor_the_other_way_round(shop: RuleShop) -> None:
    shop.publish(sms(text="{link:shop} {link:opt_out}", links={"shop": SHOP}), journey())
    shop.order(shop.customer())
    shop.tick()
    (link,), (way_out,) = links(shop, "link"), links(shop, "opt_out")
    with shop.work() as uow, pytest.raises(NotFound):
        follow(uow, way_out.token)
    with shop.work() as uow, pytest.raises(NotFound):
        opt_out(uow, link.token)


def test_opting_out_ends_this_channel_or_all_and_running_rules_with_it(shop: RuleShop) -> None:
    later = {"id": "later", "do": "wait", "for": "7d"}
    again = {"id": "again", "do": "send_message", "message": "hello", "channel": "sms"}
    shop.publish(sms(text="{link:opt_out}"), journey(steps=[*journey()["steps"], later, again]))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    (link,) = links(shop, "opt_out")
    with shop.work() as uow:
        assert not read_opt_out(uow, link.token).is_done
    with shop.work() as uow:
        assert opt_out(uow, link.token).is_done
    with shop.work() as uow:
        opt_out(uow, link.token)  # again: nothing more happens
        assert find_state(uow, "customers", anna, "marketing", "sms") is False
        assert find_state(uow, "customers", anna, "marketing", "email") is None
    assert shop.count(event, event.c.kind == "consent_withdrawn") == 1
    shop.tick()
    assert [(run.status, run.outcome) for run in shop.runs()] == [("done", "consent_withdrawn")]
    with shop.work() as uow:
        opt_out(uow, link.token, "all")
        assert find_state(uow, "customers", anna, "marketing", "email") is False


def test_marketing_always_says_how_to_end_it(shop: RuleShop) -> None:
    shop.publish(sms(text={"en": "New tea!", "zh-Hans": "新茶到了"}), journey())
    shop.order(shop.customer(language="en"))
    shop.order(shop.customer())
    shop.tick()
    assert [m.body["text"] for m in shop.messages()] == [
        "New tea! Reply STOP to opt out", "新茶到了 拒收请回复R",
    ]  # fmt: skip


def test_a_text_with_its_own_way_out_and_a_service_message_stay_as_written(
    shop: RuleShop,
) -> None:
    shop.publish(
        sms(text="新茶到了。回TD退订"),
        sms("ready", text="Your order is ready.", purpose="service"),
        journey(),
        journey("served", guards={"purpose": "service", "quiet_hours": None}, steps=[
            {"do": "send_message", "message": "ready", "channel": "sms"}]),
    )  # fmt: skip
    shop.order(shop.customer())
    shop.tick()
    assert {m.body["text"] for m in shop.messages()} == {
        "新茶到了。回TD退订",
        "Your order is ready.",
    }


def test_p04_mail_offers_one_click_and_shields_its_layout_from_values(shop: RuleShop) -> None:
    shop.publish(MAIL, BY_MAIL)
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "email", "smtp")
    evil = shop.customer(
        name="[Anna](https://evil.example) **b**", email="a@shop.example", language="en"
    )
    shop.consent(evil, channel="email")
    shop.order(evil)
    shop.tick()
    (mail,) = shop.mailer.outbox
    (link,) = links(shop, "opt_out")
    address = f"/o/{link.token}"
    assert mail.headers["List-Unsubscribe"].endswith(f"{address}>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.html is not None
    assert mail.html.count("<a ") == 1
    assert f'{address}">Unsubscribe from mails like this</a>' in mail.html
    assert "[Anna](https://evil.example) **b**, <strong>come</strong>." in mail.html
    assert mail.text.startswith("Dear [Anna](https://evil.example) **b**, **come**.")


@pytest.mark.parametrize(
    ("message", "place", "code"),
    [
        (sms(text="{link:shop}"), "channels/sms/text", "unknown-link"),
        (sms(text="x", links={"opt_out": SHOP}), "links/opt_out", "reserved-link-name"),
        (sms(text="x", links={"shop": "javascript:alert(1)"}), "links/shop", "shape-pattern"),
        (sms(text="x", links={"shop": "//evil.example"}), "links/shop", "shape-pattern"),
    ],
)
def test_links_that_lead_nowhere_are_not_published(
    shop: RuleShop, message: dict[str, Any], place: str, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        shop.publish(message)
    assert [(p.path.removeprefix("message/hello/"), p.code) for p in caught.value.problems] == [
        (place, code)
    ]


def test_an_answer_may_end_messages_or_wake_a_run(shop: RuleShop) -> None:
    anna = sent_with_link(shop)
    mobile = shop.read("customers", anna)["mobile"]
    with shop.work() as uow:
        taken = take_reply(uow, SYSTEM, Reply("sms", mobile, "还有新茶吗？", "r1"))
        assert (taken.people, taken.opted_out) == ([("customers", anna)], False)
        assert find_state(uow, "customers", anna, "marketing", "sms") is True
    with shop.work() as uow:
        assert take_reply(uow, SYSTEM, Reply("sms", mobile, "还有新茶吗？", "r1")).repeated
    assert shop.count(event, event.c.kind == "message_replied") == 1
    assert shop.messages()[0].replied_at is not None
    with shop.work() as uow:
        assert take_reply(uow, SYSTEM, Reply("sms", mobile, "td", "r2")).opted_out
        assert find_state(uow, "customers", anna, "marketing", "sms") is False


def test_an_answer_is_known_by_its_number_when_the_customer_has_another_now(
    shop: RuleShop,
) -> None:
    anna = sent_with_link(shop)
    (message,) = shop.messages()
    shop.change("customers", anna, mobile="13900001111")
    national = message.address.removeprefix("+86")
    with shop.work() as uow:
        taken = take_reply(uow, SYSTEM, Reply("sms", national, "TD"))
        assert (taken.people, taken.message, taken.opted_out) == ([], message.id, True)
        assert find_state(uow, "customers", anna, "marketing", "sms") is False


def test_a_stranger_who_opts_out_is_remembered_by_a_digest_alone(shop: RuleShop) -> None:
    with shop.work() as uow:
        taken = take_reply(uow, SYSTEM, Reply("sms", "13999990000", "STOP"))
        assert (taken.people, taken.opted_out) == ([], True)
        (row,) = uow.execute(suppression.select()).all()
        assert (row.channel, row.reason) == ("sms", "reply")
        assert "13999990000" not in row.digest
