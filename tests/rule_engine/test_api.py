"""Rules over HTTP: define, publish, watch, explain, and consents."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regulars.form_builder.timeline import timeline_of
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SILENT_30, RuleShop, journey, mirror, sms
from tests.support.site import Site


class Program:
    """An outside client with a token."""

    def __init__(self, site: Site, role: str = "owner") -> None:
        self.client: FlaskClient = site.app.test_client()
        self.headers = {**site.token(role), "Accept-Language": "en"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.open(
            f"/api/v1{path}", method=method, json=body, headers={**self.headers, **headers}
        )


@pytest.fixture
def program(site: Site) -> Program:
    """A program of the owner's."""
    return Program(site)


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """The shop behind the site."""
    return RuleShop(database, workspace).open()


def test_a_rule_is_written_published_and_works(shop: RuleShop, program: Program) -> None:
    assert program("POST", "/message-texts", sms()).status_code == 201
    assert program("POST", "/message-texts/hello/publish").get_json()["version"] == 1
    made = program("POST", "/rules", journey())
    assert made.status_code == 201
    assert made.headers["ETag"] == '"d1"'
    assert program("POST", "/rules", journey()).status_code == 409
    assert program("GET", "/rules/greet").status_code == 404
    assert program("GET", "/rules/greet?state=draft").get_json()["key"] == "greet"
    changed = program("PUT", "/rules/greet", journey(label="Hello"), **{"If-Match": '"d1"'})
    assert changed.status_code == 200
    stale = program("PUT", "/rules/greet", journey(), **{"If-Match": '"d1"'})
    assert stale.status_code == 412
    published = program("POST", "/rules/greet/publish")
    assert published.get_json() == {"version": 1, "problems": []}
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    (run,) = program("GET", "/runs?rule=greet").get_json()["runs"]
    assert run["subject"] == {"form": "customers", "id": anna, "title": "Anna"}
    trace = program("GET", f"/runs/{run['id']}").get_json()
    assert [step["do"] for step in trace["steps"]] == ["send_message"]
    (message,) = program("GET", f"/messages?run={run['id']}").get_json()["messages"]
    assert message["body"] == {"text": "Anna, hello! 拒收请回复R"}
    (figures,) = program("GET", "/rules").get_json()["rules"]
    assert (figures["state"], figures["ended"], figures["sent"]) == ("active", 1, 1)


def test_who_was_left_out_at_the_start_has_not_gone_through(
    shop: RuleShop, program: Program
) -> None:
    shop.order(shop.customer(name="Anna"), automation="none", paid_at="2026-01-02T10:00:00Z")
    rule = journey(trigger={"on": "scan", "every": "day", "at": "10:00"}, when=SILENT_30)
    shop.publish(sms(), rule)
    (figures,) = program("GET", "/rules").get_json()["rules"]
    assert (figures["left_out"], figures["ended"], figures["live"]) == (1, 0, 0)


def test_every_problem_comes_back_with_its_place(shop: RuleShop, program: Program) -> None:
    broken = journey(
        subject="customers",
        when={"field": "nope", "op": "is", "value": 1},
        steps=[
            {"id": "a", "do": "send_message", "message": "gone", "channel": "sms"},
            {"id": "a", "do": "update_record", "values": {"total_spend": 3, "what": 1}},
        ],
    )
    program("POST", "/rules", broken)
    answer = program("POST", "/rules/greet/publish")
    assert answer.status_code == 422
    told = {(each["path"], each["code"]) for each in answer.get_json()["problems"]}
    assert told >= {
        ("rule/greet/when/field", "unknown-field"),
        ("rule/greet/steps/0/message", "no-message"),
        ("rule/greet/steps/1/id", "duplicate-step"),
        ("rule/greet/steps/1/values/total_spend", "read-only"),
        ("rule/greet/steps/1/values/what", "unknown-field"),
    }
    assert all(each["message"] for each in answer.get_json()["problems"])


def test_a_shape_that_is_wrong_is_not_even_kept(shop: RuleShop, program: Program) -> None:
    answer = program("POST", "/rules", journey(steps=[{"do": "fly"}], colour="red"))
    assert answer.status_code == 422
    told = {(each["path"], each["code"]) for each in answer.get_json()["problems"]}
    assert told == {("steps/0/do", "unknown-step"), ("colour", "unknown-key")}


def test_pausing_counting_enrolling_and_resuming(shop: RuleShop, program: Program) -> None:
    anna = shop.customer(name="Anna")
    scan = journey(
        trigger={"on": "scan", "every": "day", "at": "10:00"},
        when={"field": "name", "op": "is_not_empty"},
    )
    shop.publish(sms(), scan)
    counted = program("POST", "/rules/greet/count", {}).get_json()
    (person,) = counted["sample"]
    assert (counted["form"], counted["count"]) == ("customers", 1)
    assert (person["id"], person["title"]) == (anna, "Anna")
    assert (person["finding"]["holds"], person["finding"]["actual"]) == (True, "“Anna”")
    changed = {**scan, "when": {"field": "name", "op": "is_empty"}}
    assert program("POST", "/rules/greet/count", {"rule": changed}).get_json()["count"] == 0
    assert program("POST", "/rules/greet/pause").get_json() == {"state": "paused"}
    enrolled = program("POST", "/rules/greet/enrol", {"limit": 5}).get_json()
    assert enrolled == {"entered": 1, "known": 0, "held": {}}
    shop.tick()
    assert shop.messages() == []
    assert program("POST", "/rules/greet/resume", {"backlog": "skip"}).get_json() == {
        "state": "active"
    }
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent"]


def test_starting_by_hand_and_stopping(shop: RuleShop, program: Program) -> None:
    shop.publish(journey(trigger={"on": "manual"}, steps=[{"do": "wait", "for": "1d"}]))
    anna = shop.customer()
    assert program("POST", "/rules/greet/run", {"records": [anna]}).get_json()["entered"] == 1
    shop.tick()
    (run,) = program("GET", "/runs?status=live").get_json()["runs"]
    stopped = program("POST", f"/runs/{run['id']}/stop").get_json()
    assert stopped["outcome"] == "stopped_by_hand"
    assert program("POST", f"/runs/{run['id']}/stop").status_code == 409
    assert program("POST", f"/runs/{run['id']}/retry").status_code == 409
    assert len(program("GET", "/runs?outcome=stopped_by_hand").get_json()["runs"]) == 1


def test_why_not_says_the_value_it_found(
    shop: RuleShop, program: Program, clock: MovableClock
) -> None:
    shop.publish(sms(), journey(when={"field": "order_count", "op": "gte", "value": 3}))
    anna = shop.customer(agrees=False)
    shop.order(anna)
    clock.forward(hours=1)
    answer = program("POST", "/rules/greet/explain", {"record": anna}).get_json()
    assert answer["acts"] is False
    by_code = {each["code"]: each for each in answer["answers"]}
    assert by_code["active"]["holds"] is True
    assert by_code["does-not-fit"]["finding"]["actual"] == "1"
    assert by_code["no-consent"]["holds"] is False
    assert program("POST", "/rules/greet/explain", {"record": 999}).status_code == 404
    past = {"record": anna, "at": "2026-01-01T10:00"}
    assert program("POST", "/rules/greet/explain", past).get_json()["at"].startswith("2026-01-01")


def test_a_rehearsal_shows_everything_and_leaves_nothing(shop: RuleShop, program: Program) -> None:
    steps = [
        {
            "id": "c", "do": "create_record", "form": "coupons", "as": "coupon",
            "values": {"code": "X1", "customer": {"formula": "subject"}},
        },
        {"do": "wait", "for": "1d"},
        {"id": "m", "do": "send_message", "message": "hello", "channel": "sms"},
    ]  # fmt: skip
    shop.publish(sms(text="{name}: {coupon.code}"), journey(steps=steps))
    anna = shop.customer(name="Anna", agrees=False)
    shop.order(anna)
    answer = program("POST", "/rules/greet/test", {"record": anna}).get_json()
    assert [step["outcome"] for step in answer["steps"]] == ["done", "waiting", "done"]
    told = answer["steps"][2]
    assert told["input"]["text"] == {"text": "Anna: X1 拒收请回复R"}
    assert told["verdict"]["reason"]["code"] == "no-consent"
    assert shop.messages() == []
    assert shop.runs() == []
    assert program("GET", "/forms/coupons/records").get_json()["records"] == []


def test_consents_are_recorded_by_number_or_mobile_and_listed(
    shop: RuleShop, program: Program
) -> None:
    anna = shop.customer(agrees=False, mobile="13900000001")
    words = {
        "purpose": "marketing", "channel": "sms", "action": "grant", "source": "till",
        "evidence": "paper 7", "at": "2026-03-01T10:00",
    }  # fmt: skip
    by_mobile = {"person": {"form": "customers", "mobile": "139 0000 0001"}, **words}
    made = program("POST", "/consents", by_mobile)
    assert made.status_code == 201
    assert made.get_json()["person"] == {"form": "customers", "id": anna}
    withdrawn = {**words, "action": "withdraw", "at": "2026-03-02T10:00"}
    program("POST", "/consents", {"person": {"form": "customers", "id": anna}, **withdrawn})
    listed = program("GET", f"/consents?form=customers&record={anna}").get_json()
    assert [each["granted"] for each in listed["consents"]] == [False]
    assert [each["action"] for each in listed["ledger"]] == ["withdraw", "grant"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"evidence": None}, "evidence"),
        ({"channel": "pigeon"}, "channel"),
        ({"person": {"form": "customers", "id": 999}}, None),
        ({"person": {"form": "customers", "mobile": "13912345678"}}, "person/mobile"),
        ({"person": {"form": "orders", "id": 1}}, None),
        ({"colour": "red"}, "colour"),
        ({"at": "yesterday"}, "at"),
        ({"purpose": 7}, "purpose"),
    ],
)
def test_a_consent_that_cannot_be_recorded_says_why(
    shop: RuleShop, program: Program, change: dict[str, Any], path: str | None
) -> None:
    anna = shop.customer(agrees=False)
    body = {
        "person": {"form": "customers", "id": anna}, "purpose": "marketing", "channel": "sms",
        "action": "grant", "source": "till", "evidence": "asked", **change,
    }  # fmt: skip
    answer = program("POST", "/consents", body)
    assert answer.status_code in (404, 409, 422)
    if path is not None:
        assert path in [each["path"] for each in answer.get_json()["problems"]]


def test_a_clerk_may_not_touch_rules(site: Site, shop: RuleShop) -> None:
    clerk = Program(site, "clerk")
    for method, path in (
        ("GET", "/rules"), ("POST", "/rules/x/pause"), ("GET", "/runs"), ("GET", "/messages"),
        ("POST", "/consents"),
    ):  # fmt: skip
        assert clerk(method, path, {} if method == "POST" else None).status_code == 403


def test_the_timeline_of_a_person_tells_messages_runs_and_consents(
    shop: RuleShop, program: Program
) -> None:
    rich = mirror(
        "any", {"field": "order_count", "op": "gte", "value": 1}, {"field": "tags", "add": "x"}
    )
    shop.publish(sms(), rich, journey())
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    answer = program("GET", f"/forms/customers/records/{anna}/timeline").get_json()
    kinds = {each["kind"] for each in answer["timeline"]}
    assert kinds >= {"message", "run", "consent-granted"}
    with shop.work() as uow:
        told = timeline_of(uow, system_access("zh-Hans"), "customers", anna)
    [said] = [each.params for each in told if each.kind == "consent-granted"]
    assert said["purpose"] == "营销信息"
