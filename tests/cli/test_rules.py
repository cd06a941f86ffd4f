"""``regulars rule``, ``regulars message`` and ``regulars rules``, as typed."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.clocks import NOW
from tests.support.digests import BY_DAY, digest, join
from tests.support.rule_shop import SILENT_30, RuleShop, journey, sms

Call = Callable[..., Result]
DAY = timedelta(days=1)
LAPSED = journey(
    "lapsed",
    trigger={"on": "scan", "every": "day", "at": "10:00"},
    when=SILENT_30,
    entry={"key": "LAST(orders).id"},
)


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    return RuleShop(database, workspace).open()


@pytest.fixture
def call(database: Database, shop: RuleShop, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over the test's own installation."""
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


def test_rules_travel_as_files(call: Call, tmp_path: Path) -> None:
    for definition in (sms(), LAPSED):
        path = tmp_path / f"{definition['key']}.json"
        path.write_text(json.dumps(definition), encoding="utf-8")
        done = call(definition["kind"], "put", path)
        assert done.exit_code == 0, done.output
    assert call("message", "publish", "hello").output == "hello 1\n"
    assert call("rule", "publish", "lapsed").output == "lapsed 1\n"
    assert "lapsed" in call("rule", "list").output
    shown = json.loads(call("rule", "show", "lapsed").output)
    assert shown["steps"] == LAPSED["steps"]


def test_a_rule_that_means_nothing_is_refused_with_every_reason(
    call: Call, tmp_path: Path
) -> None:
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(LAPSED), encoding="utf-8")
    call("rule", "put", path)
    refused = call("rule", "publish", "lapsed")
    assert refused.exit_code == 1
    assert "no published message" in refused.output


def test_the_past_is_enrolled_and_worked_on_as_of_an_instant(call: Call, shop: RuleShop) -> None:
    people = [shop.customer(at=NOW) for _ in range(3)]
    for person in people:
        shop.order(person, at=NOW, automation="none", paid_at="2011-10-01T10:00:00Z")
    shop.publish(sms(), LAPSED)
    at = "2011-12-10T10:00"
    first = call("--json", "rules", "enrol", "lapsed", "--at", at, "--limit", "2")
    assert json.loads(first.output) == {"entered": 2, "known": 0, "held": {}}
    rest = call("rules", "enrol", "lapsed", "--at", at)
    assert rest.output == "1 person came in.\n"
    done = json.loads(call("--json", "rules", "tick", "--at", at).output)
    assert (done["runs"], done["messages"]) == (3, 3)
    sent = shop.messages(status="sent")
    assert [m.record for m in sent] == people
    assert {m.sending_at.isoformat() for m in sent} == {"2011-12-10T02:00:00+00:00"}
    assert json.loads(call("--json", "rules", "tick", "--at", at).output)["messages"] == 0


def test_why_not_is_answered_line_by_line(call: Call, shop: RuleShop) -> None:
    shop.publish(sms(), LAPSED)
    anna = shop.customer(agrees=False, at=NOW)
    told = call("rules", "explain", "lapsed", "--record", str(anna))
    assert "✓ The rule is running" in told.output
    assert "✗ The conditions are not met" in told.output
    assert "✗ Has not agreed to be written to by text message" in told.output
    gone = call("rules", "explain", "lapsed", "--record", "99")
    assert gone.exit_code == 1


def test_an_instant_that_is_none_is_wrong_usage(call: Call) -> None:
    assert call("rules", "tick", "--at", "yesterday").exit_code == 2


def test_a_rule_that_events_start_has_nobody_to_enrol(call: Call, shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    refused = call("rules", "enrol", "greet")
    assert refused.exit_code == 1
    assert "nobody to bring in" in refused.output


def test_simulate_tells_what_would_have_happened(shop: RuleShop, call: Call) -> None:
    shop.publish(sms(), LAPSED)
    shop.order(shop.customer(at=NOW - 60 * DAY), at=NOW - 40 * DAY)
    done = call("--json", "rules", "simulate", "lapsed", "--days", "30", "--at", NOW.isoformat())
    found = json.loads(done.stdout)
    assert (done.exit_code, found["figures"]["sent"], found["state"]) == (0, 1, "done")
    assert "1 message" in call("rules", "simulate", "lapsed", "--at", NOW.isoformat()).stdout
    assert shop.runs("lapsed", status="live") == []
    assert call("rules", "simulate", "nonsense").exit_code == 1


def test_a_rule_is_started_for_chosen_records(call: Call, shop: RuleShop) -> None:
    shop.publish(journey(trigger={"on": "manual"}, steps=[{"do": "wait", "for": "1d"}]))
    anna, bob = shop.customer(), shop.customer()
    assert call("rules", "start", "greet", str(anna)).output == "Started for 1 record.\n"
    again = call("rules", "start", "greet", str(anna), str(bob))
    assert again.output == "Started for 1 record.\n1 is in it already.\n"
    assert call("rules", "start", "nonsense", "1").exit_code == 1


def test_a_run_is_told_step_by_step(call: Call, shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(name="Anna"))
    shop.tick()
    lines = call("runs", "show", "1").output.splitlines()
    assert [line[18:] for line in lines[:2]] == [
        "a new record in “Orders”: 1", "send text message “hello”  [done]",
    ]  # fmt: skip
    assert any("Anna, hello!" in line for line in lines)
    told = json.loads(call("--json", "runs", "show", "1").output)
    assert told["started_by"]["record"]["form"] == "orders"
    assert told["steps"][0]["message"] == 1
    assert call("runs", "show", "9").exit_code == 1


def test_runs_that_stand_still_are_listed_and_decided(call: Call, shop: RuleShop) -> None:
    coupon = {"do": "create_record", "form": "coupons", "values": {"code": "SAME"}}
    shop.publish(journey(steps=[coupon]))
    for _ in range(3):
        shop.order(shop.customer())
        shop.tick()
    listed = call("runs", "list", "--status", "failed").output.splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["3", "failed", "greet"], ["2", "failed", "greet"],
    ]  # fmt: skip
    assert call("runs", "retry", "1").exit_code == 1
    assert call("runs", "retry", "2").output == "1 run is tried again.\n"
    assert call("runs", "stop", "2", "3").output == "2 runs are ended.\n"
    assert call("runs", "pass-over", "3").exit_code == 1
    assert call("runs", "list", "--status", "failed").output == "\n"


@pytest.mark.one_database
def test_reports_are_sent_out_of_turn_and_looked_back_at(call: Call, shop: RuleShop) -> None:
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest())
    assert "being run" in call("rules", "run-now", "weekly").output
    call("rules", "tick")
    assert "  M1  Sales  " in call("rules", "results", "weekly").output
    tried = call("rules", "simulate", "weekly", "--days", "14").output
    assert "it would have sent 2 reports" in tried
