"""Addresses that programs post to: proved, once, newest first; what comes sets rules going."""

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.errors import Invalid
from regulars.platform.events import event
from regulars.platform.sealing import Seal
from regulars.rule_engine import hook_taking, hooks
from regulars.rule_engine.hook_taking import Call, HookPaused, NotProved
from regulars.rule_engine.hooks import HookMap, HookWish
from regulars.rule_engine.tables import hook_call
from tests.support.clocks import NOW
from tests.support.rule_shop import SYSTEM, RuleShop, journey

SEAL = Seal(["a" * 40])
ORDERS = HookMap(
    "orders", "order_no", "order.no",
    {"order_no": "order.no", "customer.mobile": "order.mobile", "amount": "order.amount"},
    "order.version",
)  # fmt: skip
NUMBERED: dict[str, Any] = {
    "kind": "form", "key": "orders", "label": {"en": "Orders", "zh-Hans": "订单"},
    "fields": [
        {"key": "order_no", "type": "text", "unique": True},
        {"key": "customer", "type": "link", "to": "customers", "required": True},
        {"key": "paid_at", "type": "datetime"},
        {"key": "status", "type": "choice", "options": [{"value": "paid"}, {"value": "open"}]},
        {"key": "amount", "type": "money"},
    ],
}  # fmt: skip


def signed(secret: str, body: Any, message: str = "m1", at: Any = NOW) -> Call:
    raw = json.dumps(body).encode()
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message}.{stamp}.".encode() + raw, hashlib.sha256).digest()
    return Call(message, stamp, f"v1,{base64.b64encode(digest).decode()}", raw)


def order(number: str = "A1", version: Any = 1, amount: Any = "10", **more: Any) -> dict[str, Any]:
    told = {"no": number, "mobile": "13800000001", "amount": amount, "version": version, **more}
    return {"type": "order.paid", "order": told}


@pytest.fixture
def secret(shop: RuleShop) -> str:
    shop.publish(NUMBERED)
    shop.customer(at=NOW)
    with shop.work(NOW) as uow:
        return hooks.add_hook(uow, SYSTEM, SEAL, HookWish("till", "Till", ORDERS)).secret


def post(shop: RuleShop, call: Call, at: Any = NOW) -> hook_taking.Taken:
    with shop.work(at) as uow:
        row = hooks.get_hook(uow, "till")
        hook_taking.prove(uow, SEAL, row, call)
        return hook_taking.take(uow, row, call, json.loads(call.raw))


def amounts(shop: RuleShop) -> list[Any]:
    with shop.work() as uow:
        table = catalog_of(uow).tables["orders"].main
        return list(uow.execute(sa.select(table.c.amount).order_by(table.c.id)).scalars())


def test_a_call_makes_a_record_and_starts_a_rule(shop: RuleShop, secret: str) -> None:
    trigger = {
        "on": "webhook", "hook": "till", "type": "order.paid", "form": "orders",
        "link": "customer", "data": {"order.store": "north"},
    }  # fmt: skip
    note = {"id": "n", "do": "update_record", "values": {"note": {"event": "order.amount"}}}
    shop.publish(journey(trigger=trigger, steps=[note]), at=NOW)
    assert post(shop, signed(secret, order(store="north"))).outcome == "taken"
    post(shop, signed(secret, order("A2", store="south"), "m2"))
    shop.tick(NOW)
    (run,) = shop.runs("greet")
    assert shop.read("customers", run.record)["note"] == "10"
    assert len(amounts(shop)) == 2


def test_f20_the_same_call_twenty_times_at_once_is_one_event(shop: RuleShop, secret: str) -> None:
    call = signed(secret, order())
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _n: post(shop, call), range(20)))
    assert sorted(each.repeated for each in taken) == [False] + [True] * 19
    assert shop.count(event, event.c.kind == "webhook") == 1
    assert len(amounts(shop)) == 1
    with shop.work() as uow:
        assert uow.execute(sa.select(hook_call.c.repeats)).scalar_one() == 19


def test_f20_an_older_state_never_replaces_a_newer_one(shop: RuleShop, secret: str) -> None:
    outcomes = [
        post(shop, signed(secret, order(version=version, amount=amount), message)).outcome
        for message, version, amount in (("a", 2, "20"), ("b", 1, "10"), ("c", 10, "30"))
    ]
    assert outcomes == ["taken", "outdated", "taken"]  # ten is more than two
    assert [str(amount) for amount in amounts(shop)] == ["30.00"]
    assert shop.count(event, event.c.kind == "webhook") == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signatures": "v1,AAAA"}, "hook-not-proved"),
        ({"signatures": ""}, "hook-not-proved"),
        ({"raw": b"{}"}, "hook-not-proved"),
        ({"message": "other"}, "hook-not-proved"),
        ({"message": ""}, "hook-not-proved"),
        ({"stamp": "soon"}, "hook-not-proved"),
    ],
)
def test_what_is_not_proved_is_refused(
    shop: RuleShop, secret: str, change: dict[str, Any], code: str
) -> None:
    call = signed(secret, order())
    with pytest.raises(NotProved) as caught:
        post(shop, Call(**{**vars(call), **change}))
    assert caught.value.code == code
    assert shop.count(hook_call) == 0


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_call_of_another_time_is_refused(shop: RuleShop, secret: str, late: timedelta) -> None:
    with pytest.raises(NotProved) as caught:
        post(shop, signed(secret, order()), NOW + late)
    assert caught.value.code == "hook-too-old"


def test_an_old_secret_is_good_for_a_day_more(shop: RuleShop, secret: str) -> None:
    with shop.work(NOW) as uow:
        fresh = hooks.rotate_secret(uow, SYSTEM, SEAL, "till").secret
    assert post(shop, signed(secret, order())).outcome == "taken"
    assert post(shop, signed(fresh, order("A2"), "m2")).outcome == "taken"
    later = NOW + timedelta(days=1, minutes=1)
    with pytest.raises(NotProved):
        post(shop, signed(secret, order("A3"), "m3", later), later)


def test_a_refused_call_may_come_again(shop: RuleShop, secret: str) -> None:
    broken = signed(secret, order(mobile="13900000009"))
    with pytest.raises(Invalid):
        post(shop, broken)
    with shop.work(NOW) as uow:
        row = hooks.get_hook(uow, "till")
        hook_taking.note_refusal(uow, row, broken, {}, [{"path": "customer", "code": "x"}])
        assert hooks.last_calls(uow, "till")[0].outcome == "refused"
    shop.customer(at=NOW, mobile="13900000009")
    assert post(shop, broken) == hook_taking.Taken("taken")
    assert post(shop, broken).repeated


def test_a_paused_address_takes_nothing(shop: RuleShop, secret: str) -> None:
    with shop.work(NOW) as uow:
        hooks.set_state(uow, SYSTEM, "till", "paused")
    with pytest.raises(HookPaused):
        post(shop, signed(secret, order()))
    assert shop.count(hook_call) == 0


def test_every_mistake_of_a_map_is_named(shop: RuleShop) -> None:
    wrong = HookMap("orders", "amount", "a..b", {"nope": "x", "customer": "y"}, "v v")
    with shop.work() as uow, pytest.raises(Invalid) as caught:
        hooks.add_hook(uow, SYSTEM, SEAL, HookWish("Bad key", "x", wrong))
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("key", "bad-webhook-key"), ("maps/match", "not-a-unique-field"),
        ("maps/at", "bad-data-path"), ("maps/version", "bad-data-path"),
        ("maps/values/nope", "unknown-field"), ("maps/values/customer", "link-by-unique-field"),
    }  # fmt: skip
