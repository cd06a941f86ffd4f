"""The story of a run, told from what started it to what it has won, and from the other side."""

from datetime import timedelta

import sqlalchemy as sa

from regulars.form_builder.timeline import timeline_of
from regulars.rule_engine.links import follow, note_opening
from regulars.rule_engine.measuring.winning import winners_of
from regulars.rule_engine.policy_keeping import change_policy
from regulars.rule_engine.reverting import Reverted, revert_run
from regulars.rule_engine.tables import message_link
from regulars.rule_engine.tracing.story import Line, Story, story_of
from regulars.rule_engine.tracing.telling import story_lines
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

GOAL = {"form": "orders", "link": "customer", "within_days": 14, "value": "amount"}
SPENT = {"field": "total_spend", "op": "gte", "value": 50}


def story(shop: RuleShop, run: int) -> Story:
    with shop.work() as uow:
        return story_of(uow, SYSTEM, run)


def by_step(told: Story) -> dict[str, Line]:
    return {each.trace.step: each for each in told.lines}


def test_each_step_tells_the_values_it_found_and_wrote(
    shop: RuleShop, clock: MovableClock
) -> None:
    steps = [
        {
            "id": "big", "do": "branch", "when": SPENT,
            "then": [{"id": "up", "do": "update_record", "values": {"tier": "gold"}}],
        },
        {"id": "rest", "do": "wait", "for": "2d"},
        {"id": "tag", "do": "add_tags", "tags": ["met"]},
        {
            "id": "card", "do": "create_record", "form": "coupons", "as": "card",
            "values": {"code": "A1", "customer": {"formula": "id"}},
        },
    ]  # fmt: skip
    shop.publish(sms(), journey(when=SPENT, steps=steps))
    anna = shop.customer(name="Anna", tier="basic")
    order = shop.order(anna)
    shop.tick()
    clock.forward(days=3)
    shop.change("customers", anna, tier="diamond", note="later")
    shop.tick()
    (run,) = shop.runs("greet")
    told = story(shop, run.id)
    assert (told.start.code, told.start.form, told.start.record) == (
        "record_created", "orders", order,
    )  # fmt: skip
    assert told.fits is not None
    assert (told.fits.holds, told.fits.shown) == (True, "100")
    lines = by_step(told)
    finding = lines["big"].finding
    assert finding is not None
    assert (finding.holds, finding.shown) == (True, "100")
    assert lines["up"].touched[0].entry.changes == {"tier": ["basic", "gold"]}
    assert lines["tag"].touched[0].entry.changes["tags"][1] == ["met"]
    assert (lines["card"].touched[0].form, lines["card"].touched[0].entry.action) == (
        "coupons", "created",
    )  # fmt: skip
    rest = lines["rest"].trace
    assert rest.finished_at is not None
    assert rest.finished_at - rest.started_at == timedelta(days=3)
    assert "until" in rest.output
    text = "\n".join(story_lines(told, "en", shop.workspace.tz))
    assert "tier: basic → gold" in text
    assert "Anna" in text


def test_a_message_leads_to_its_clicks_answers_and_orders(
    shop: RuleShop, clock: MovableClock
) -> None:
    hello = sms(text="{name|friend} {link:shop}", links={"shop": "https://shop.example/"})
    waits = {
        "id": "answer", "do": "wait_for", "timeout": "7d",
        "any": [{"on": "message_clicked", "of": "hello"}],
    }  # fmt: skip
    steps = [*journey()["steps"], waits]
    shop.publish(hello, journey(goal=GOAL, steps=steps, entry={"min_gap_days": 30}))
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    clock.forward(hours=2)
    with shop.work() as uow:
        token = uow.scalar(sa.select(message_link.c.token).where(message_link.c.kind == "link"))
        follow(uow, token)
        follow(uow, token)
    shop.tick()
    clock.forward(hours=2)
    bought = shop.order(anna, amount="88")
    shop.tick()
    (run,) = shop.runs("greet")
    told = story(shop, run.id)
    lines = by_step(told)
    message = lines["hello"].message
    assert message is not None
    assert message.status == "sent"
    assert [(each.name, each.clicks) for each in lines["hello"].clicks] == [("shop", 2)]
    answered = lines["answer"].event
    assert answered is not None
    assert answered.code == "message_clicked"
    assert [(each.record, str(each.value)) for each in told.won] == [(bought, "88.00")]
    with shop.work() as uow:
        (winner,) = winners_of(uow, SYSTEM, "orders", bought)
        assert (winner.rule, winner.run) == ("greet", run.id)
        moments = timeline_of(uow, SYSTEM, "orders", bought)
        assert ("won", ("run", run.id)) in [(each.kind, each.place) for each in moments]
        places = {each.place for each in timeline_of(uow, SYSTEM, "customers", anna)}
        assert {("run", run.id), ("message", message.id)} <= places


def test_one_run_tells_of_the_other_that_it_started_and_back(shop: RuleShop) -> None:
    second = journey(
        "second", trigger={"on": "record_updated", "fields": ["tier"]},
        steps=[{"id": "t", "do": "add_tags", "tags": ["seen"]}],
    )  # fmt: skip
    third = journey("third", trigger={"on": "manual"}, steps=second["steps"])
    steps = [
        {"id": "up", "do": "update_record", "values": {"tier": "gold"}},
        {"id": "go", "do": "call_rule", "rule": "third"},
    ]
    shop.publish(third)
    shop.publish(second, journey(steps=steps))
    shop.order(shop.customer(tier="basic"))
    for _ in range(3):
        shop.tick()
    (first,), (updated,), (called,) = (shop.runs(key) for key in ("greet", "second", "third"))
    assert by_step(story(shop, first.id))["go"].called == called.id
    assert (story(shop, called.id).start.code, story(shop, called.id).start.run) == (
        "called", first.id,
    )  # fmt: skip
    assert story(shop, updated.id).start.run == first.id


def test_records_changed_all_together_are_told_and_taken_back(shop: RuleShop) -> None:
    steps = [
        {"id": "all", "do": "update_related", "form": "orders", "values": {"status": "refunded"}}
    ]
    shop.publish(journey(trigger={"on": "record_updated", "fields": ["tier"]}, steps=steps))
    anna = shop.customer(tier="basic")
    orders = [shop.order(anna), shop.order(anna)]
    shop.change("customers", anna, tier="gold")
    shop.tick()
    (run,) = shop.runs("greet")
    touched = by_step(story(shop, run.id))["all"].touched
    assert [each.record for each in touched] == orders
    with shop.work() as uow:
        assert revert_run(uow, SYSTEM, run.id) == Reverted(records=2, kept=0)
    assert {shop.read("orders", each)["status"] for each in orders} == {"paid"}


def test_a_mail_that_is_opened_is_something_rules_may_wait_for(shop: RuleShop) -> None:
    mail = {
        "kind": "message", "key": "hello",
        "channels": {"email": {"subject": "Hi", "markdown": "Hello"}},
    }  # fmt: skip
    reacts = journey("reacts", trigger={"on": "message_opened"}, steps=[
        {"id": "t", "do": "add_tags", "tags": ["opened"]},
    ])  # fmt: skip
    email = {"id": "s", "do": "send_message", "message": "hello", "channel": "email"}
    sends = journey(steps=[email])
    shop.publish(mail, sends, reacts)
    anna = shop.customer(email="anna@example.com")
    shop.consent(anna, channel="email")
    with shop.work() as uow:
        change_policy(uow, SYSTEM, {"open_pixel": True})
    shop.order(anna)
    shop.tick()
    with shop.work() as uow:
        token = uow.scalar(sa.select(message_link.c.token).where(message_link.c.kind == "open"))
        note_opening(uow, token)
        note_opening(uow, token)
    shop.tick()
    shop.tick()
    assert shop.read("customers", anna)["tags"] == frozenset({"opened"})
    assert len(shop.runs("reacts")) == 1
