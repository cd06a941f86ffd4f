"""What is wrong with a rule or a message is said all at once, each at its place."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from regulars.rule_engine.schema import message_problems, rule_problems
from tests.support.rule_shop import SYSTEM, RuleShop, journey, mirror, sms

SEND = {"do": "send_message", "message": "hello", "channel": "sms"}
Told = set[tuple[str, str]]


@pytest.fixture
def told(shop: RuleShop) -> Callable[..., Told]:
    """Problems of publishing a definition beside a message and two mirrors."""
    shop.publish(
        sms(),
        mirror(
            "vip",
            {"field": "order_count", "op": "gte", "value": 1},
            {"field": "tags", "add": "vip"},
        ),
        mirror(
            "tier",
            None,
            {
                "field": "tier",
                "choose": [{"value": "gold", "when": {"field": "name", "op": "is_not_empty"}}],
            },
        ),
    )

    def of(definition: dict[str, Any]) -> Told:
        prefix = f"{definition['kind']}/{definition['key']}/"
        with shop.work() as uow:
            store.save_draft(uow, SYSTEM, definition["kind"], definition)
            try:
                store.publish(uow, SYSTEM, [(definition["kind"], definition["key"])])
            except Invalid as invalid:
                for problem in invalid.problems:
                    for locale in ("en", "zh-Hans", "zh-Hant"):
                        assert problem.message(locale)
                return {(p.path.removeprefix(prefix), p.code) for p in invalid.problems}
        return set()

    return of


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"subject": "nobody"}, {("subject", "unpublished-form")}),
        ({"steps": []}, {("steps", "no-steps")}),
        ({"sets": {"field": "tags", "add": "x"}}, {("sets", "only-for-mirrors")}),
        ({"when": {"field": "x", "op": "is", "value": 1}}, {("when/field", "unknown-field")}),
        (
            {"trigger": {"on": "record_created", "form": "gone"}},
            {("trigger/form", "unpublished-form")},
        ),
        (
            {"trigger": {"on": "record_created", "form": "orders", "link": "status"}},
            {("trigger/link", "no-link-to-subject")},
        ),
        (
            {
                "trigger": {
                    "on": "record_created",
                    "form": "orders",
                    "where": {"field": "name", "op": "is_empty"},
                }
            },
            {("trigger/where/field", "unknown-field")},
        ),
        (
            {"trigger": {"on": "record_updated", "fields": ["name", "x"], "to": 1}},
            {("trigger/fields/1", "unknown-field"), ("trigger/fields", "from-to-needs-one-field")},
        ),
        (
            {"trigger": {"on": "scan", "every": "day", "weekday": 1, "day": 3}},
            {("trigger/weekday", "only-for-weekly"), ("trigger/day", "only-for-monthly")},
        ),
        (
            {"trigger": {"on": "date_field", "field": "name"}},
            {("trigger/field", "not-a-date-field")},
        ),
        (
            {"trigger": {"on": "mirror_entered", "rule": "greet"}},
            {("trigger/rule", "no-such-mirror")},
        ),
        (
            {"trigger": {"on": "mirror_entered", "rule": "tier", "value": "silver"}},
            {("trigger/value", "not-a-mirror-value")},
        ),
        (
            {"trigger": {"on": "record_deleted", "form": "orders", "link": "customer.friend"}},
            {("trigger/link", "unknown-field"), ("trigger/link", "deleted-record-leads-nowhere")},
        ),
        (
            {"trigger": {"on": "record_deleted"}},
            {("trigger/form", "deleted-subject-starts-nothing")},
        ),
        ({"entry": {"key": "orders"}}, {("entry/key", "key-is-many")}),
        ({"entry": {"key": "LAST(orders"}}, {("entry/key", "formula-unfinished")}),
        ({"entry": {"group": "g"}}, {("entry/max_live_per_group", "required")}),
        (
            {
                "exit": [
                    {
                        "on": "record_created",
                        "form": "coupons",
                        "where": {"field": "z", "op": "is_empty"},
                    }
                ]
            },
            {("exit/0/where/field", "unknown-field")},
        ),
        (
            {"goal": {"form": "orders", "within_days": 3, "value": "status"}},
            {("goal/value", "not-a-number-field")},
        ),
        (
            {"steps": [{**SEND, "message": "gone"}, {**SEND, "channel": "email"}]},
            {("steps/0/message", "no-message"), ("steps/1/channel", "message-without-channel")},
        ),
        ({"steps": [{**SEND, "to": "trigger"}]}, {("steps/0/to", "not-a-person-form")}),
        ({"steps": [{**SEND, "to": "name"}]}, {("steps/0/to", "leads-to-no-record")}),
        ({"guards": {"purpose": "service"}}, {("steps/0/message", "purpose-mismatch")}),
        (
            {"steps": [{"do": "create_record", "form": "orders", "values": {"amount": "x"}}]},
            {("steps/0/values/amount", "not-a-number"), ("steps/0/values/customer", "required")},
        ),
        (
            {
                "steps": [
                    {
                        "do": "create_record",
                        "form": "coupons",
                        "as": "name",
                        "values": {
                            "customer": {"formula": "trigger"},
                            "amount": {"formula": "1 +"},
                        },
                    }
                ]
            },
            {
                ("steps/0/values/customer", "formula-of-other-kind"),
                ("steps/0/values/amount", "formula-unfinished"),
                ("steps/0/as", "name-taken"),
            },
        ),
        (
            {"steps": [{"do": "update_record", "of": "coupon", "values": {"code": "x"}}]},
            {("steps/0/of", "unknown-field")},
        ),
        (
            {"steps": [{"do": "add_tags", "of": "trigger", "tags": ["x"]}]},
            {("steps/0/field", "no-tags-field")},
        ),
        (
            {"steps": [{"do": "wait_until"}, {"do": "wait_until", "formula": "name"}]},
            {("steps/0/at", "required"), ("steps/1/formula", "not-a-date-formula")},
        ),
        (
            {
                "steps": [
                    {
                        "do": "wait_for",
                        "timeout": "1d",
                        "any": [{"on": "message_clicked", "of": "s9"}],
                    }
                ]
            },
            {("steps/0/any/0/of", "no-such-sending-step")},
        ),
        (
            {
                "steps": [
                    {
                        "do": "branch",
                        "when": {"field": "z", "op": "is_empty"},
                        "then": [{"do": "stop"}, SEND],
                    }
                ]
            },
            {("steps/0/when/field", "unknown-field"), ("steps/0/then/1", "never-reached")},
        ),
    ],
)
def test_what_a_journey_may_not_mean(
    told: Callable[..., Told], parts: dict[str, Any], expected: Told
) -> None:
    assert told(journey(**parts)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (mirror("m", None, {"field": "tags", "add": "x"}), {("when", "required")}),
        (
            {**mirror("m", {"field": "name", "op": "is_empty"}, {"field": "name", "add": "x"})},
            {("sets/field", "not-a-tags-field")},
        ),
        (
            mirror("m", {"field": "name", "op": "is_empty"}, {"field": "tags", "add": "vip"}),
            {("sets/field", "kept-by-another-rule")},
        ),
        (
            mirror(
                "m",
                None,
                {
                    "field": "tier",
                    "choose": [{"value": "lead", "when": {"field": "q", "op": "is_empty"}}],
                },
            ),
            {
                ("sets/choose/0/value", "not-an-option"),
                ("sets/choose/0/when/field", "unknown-field"),
                ("sets/field", "kept-by-another-rule"),
            },
        ),
        (
            {
                **mirror("m", {"field": "name", "op": "is_empty"}, {"field": "tags", "add": "x"}),
                "steps": [SEND],
                "trigger": {"on": "manual"},
            },
            {("steps", "only-for-journeys"), ("trigger/on", "mirror-goes-by-the-clock")},
        ),
    ],
)
def test_what_a_mirror_may_not_mean(
    told: Callable[..., Told], rule: dict[str, Any], expected: Told
) -> None:
    assert told(rule) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{nickname}", "unknown-merge-field"),
        ("{coupon.code}", "unknown-merge-field"),
        ("{orders}", "unknown-merge-field"),
        ("{name:loud}", "unknown-merge-format"),
        ("{name:date}", "merge-format-of-other-kind"),
        ("{trigger.paid_at:month_day} {birthday:date|soon} {trigger.amount:whole}", None),
    ],
)
def test_merge_fields_must_mean_something_where_they_are_sent(
    shop: RuleShop, told: Callable[..., Told], text: str, code: str | None
) -> None:
    shop.publish(sms("other", text))
    expected = {("steps/0/message", code)} if code else set()
    assert told(journey(steps=[{**SEND, "message": "other"}])) == expected


def test_a_message_that_a_rule_sends_cannot_be_changed_out_of_its_reach(
    shop: RuleShop, told: Callable[..., Told]
) -> None:
    shop.publish(journey())
    assert told(sms(text="{nickname}")) == {("channels", "unknown-merge-field-in-rule")}
    by_mail = {"email": {"subject": "x", "markdown": "y"}}
    assert told({**sms(), "channels": by_mail}) == {("channels", "channel-in-use")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"class": "robot"}, {("class", "shape-enum")}),
        ({"trigger": {"on": "full_moon"}}, {("trigger/on", "unknown-trigger")}),
        ({"exit": [{"on": "scan"}]}, {("exit/0/on", "unknown-trigger")}),
        (
            {"steps": [{"do": "fly"}, {"do": "wait"}]},
            {("steps/0/do", "unknown-step"), ("steps/1/for", "required")},
        ),
        ({"steps": [{**SEND, "chanel": "sms"}]}, {("steps/0/chanel", "unknown-key")}),
        (
            {"guards": {"quiet_hours": ["25:00", "9"]}},
            {("guards/quiet_hours/0", "shape-pattern"), ("guards/quiet_hours/1", "shape-pattern")},
        ),
        ({"guards": {"control_group": 80}}, {("guards/control_group", "shape-maximum")}),
        ({"steps": "x"}, {("steps", "shape-type")}),
        ({"colour": 1}, {("colour", "unknown-key")}),
    ],
)
def test_the_shape_of_a_rule(change: dict[str, Any], expected: Told) -> None:
    assert {(p.path, p.code) for p in rule_problems(journey(**change))} == expected


@pytest.mark.parametrize("raw", [None, [], "x", 7])
def test_a_rule_is_an_object(raw: Any) -> None:
    assert [p.code for p in rule_problems(raw)] == ["shape-type"]
    assert [p.code for p in message_problems(raw)] == ["shape-type"]


def test_a_message_needs_a_text() -> None:
    empty = {"kind": "message", "key": "m", "channels": {}}
    assert message_problems(empty)
    half = {"kind": "message", "key": "m", "channels": {"email": {"subject": "x"}}}
    assert [(p.path, p.code) for p in message_problems(half)] == [
        ("channels/email/markdown", "required")
    ]
