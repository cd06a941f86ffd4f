from datetime import time

import pytest

from regulars.rule_engine.definition import Cap, Guards, Rule, first_path, path_after

RULE = {
    "kind": "rule",
    "key": "win_back",
    "class": "journey",
    "subject": "customers",
    "trigger": {"on": "scan", "every": "day", "at": "10:00"},
    "steps": [
        {"id": "s1", "do": "send_message", "message": "hello", "channel": "sms"},
        {
            "id": "s2",
            "do": "wait_for",
            "any": [{"on": "record_created", "form": "orders", "link": "customer"}],
            "timeout": "7d",
            "then": [
                {"id": "s3", "do": "add_tags", "tags": ["won"]},
                {"do": "branch", "when": {}, "then": [{"do": "stop"}], "else": [{"do": "stop"}]},
            ],
            "timed_out": [],
        },
        {"id": "s9", "do": "stop"},
    ],
}


def test_a_step_without_an_id_is_called_by_its_place() -> None:
    rule = Rule.from_json(RULE)
    assert [step.id for step in rule.walk()] == [
        "s1", "s2", "s3", "steps_1_then_1", "steps_1_then_1_then_0", "steps_1_then_1_else_0", "s9",
    ]  # fmt: skip
    assert rule.sends


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("steps/0", "steps/1"),
        ("steps/1", "steps/2"),
        ("steps/1/then/0", "steps/1/then/1"),
        ("steps/1/then/1", "steps/2"),
        ("steps/1/then/1/else/0", "steps/2"),
        ("steps/2", None),
    ],
)
def test_a_run_goes_on_after_the_innermost_block(path: str, expected: str | None) -> None:
    assert path_after(Rule.from_json(RULE), path) == expected


def test_an_empty_block_has_no_start() -> None:
    rule = Rule.from_json(RULE)
    waiting = rule.step_called("s2")
    assert waiting is not None
    assert first_path(waiting.blocks["timed_out"]) is None
    assert first_path(waiting.blocks["then"]) == "steps/1/then/0"


def test_marketing_is_quiet_at_night_unless_the_owner_says_otherwise() -> None:
    assert Guards.from_json({}).quiet_hours == (time(21), time(9))
    assert Guards.from_json({"purpose": "service"}).quiet_hours is None
    assert Guards.from_json({"quiet_hours": None}).quiet_hours is None
    assert Guards.from_json({"quiet_hours": ["22:00", "08:30"]}).quiet_hours == (
        time(22),
        time(8, 30),
    )
    assert Guards.from_json({"cap": {"n": 2, "days": 7}}).cap == Cap(2, 7)


def test_a_mirror_is_looked_over_every_hour_by_default() -> None:
    rule = Rule.from_json(
        {
            "key": "vip", "class": "mirror", "subject": "customers", "when": {},
            "sets": {
                "field": "tier",
                "choose": [{"value": "gold", "when": {"field": "a", "op": "is_empty"}}],
                "else": "basic",
            },
        }
    )  # fmt: skip
    assert rule.is_mirror
    assert rule.trigger.settings == {"every": "hour"}
    assert rule.sets is not None
    assert rule.sets.otherwise == "basic"
    assert rule.sets.choose[0].value == "gold"
