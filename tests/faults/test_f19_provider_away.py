"""F18, F19: a provider that takes a message and says nothing of it, or is away for hours."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.channels.base import Surroundings, providers
from regulars.rule_engine.channels.http_sms import HttpSms
from regulars.rule_engine.channels.wecom import STARTS, WeCom
from regulars.rule_engine.circuits import FAILURES, circuits_of
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.ticking import Engine
from regulars.wiring import wire
from tests.support.channels import SEAL, SET_UP
from tests.support.clocks import MovableClock
from tests.support.provider import (
    AWAY,
    BROKEN,
    HANG,
    RESET,
    SLOW_DOWN,
    FakeProvider,
    Turn,
    fake_provider,
)
from tests.support.rule_faults import promises_kept
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

WELL = Turn(body=b'{"data": {"id": 1}}')


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        yield fake


@pytest.fixture
def shop(
    database: Database, workspace: Workspace, provider: FakeProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> RuleShop:  # fmt: skip
    wire()
    local = {"http_sms": HttpSms(), "wecom": SET_UP["wecom"].at(provider.url)}
    known = {each.name: each for each in providers} | local
    monkeypatch.setattr(providers, "_kinds", known)
    made = RuleShop(database, workspace).open()
    sms_goes_to(made, provider, knows_key=True)
    with made.work() as uow:
        group = AccountWish("front", "wecom", {"address": f"{STARTS}s3cret"}, "Front")
        keep_account(uow, SYSTEM, SEAL, group)
    return made


def sms_goes_to(shop: RuleShop, provider: FakeProvider, *, knows_key: bool) -> None:
    """Short messages leave by this provider, which tells repeats of a key apart or does not."""
    values = {
        "url": f"{provider.url}/send", "local": True, "knows_key": knows_key,
        "header_value": "s3cret", "body": '{"id": "{key}", "text": "{text}"}',
    }  # fmt: skip
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "sms", "http_sms")
        keep_account(uow, SYSTEM, SEAL, AccountWish("http_sms", "http_sms", values))


def tick(shop: RuleShop) -> None:
    Engine(shop.database, Surroundings(shop.mailer, SEAL)).tick(None, shop.workspace)


def circuit_of(shop: RuleShop) -> Any:
    with shop.work() as uow:
        return circuits_of(uow).get("http_sms")


def statuses(shop: RuleShop) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in shop.messages():
        found[each.status] = found.get(each.status, 0) + 1
    return found


@pytest.mark.parametrize("knows_key", [False, True])
def test_f18_what_was_taken_without_a_word_goes_out_once_or_is_left_in_doubt(
    shop: RuleShop, provider: FakeProvider, clock: MovableClock, *, knows_key: bool
) -> None:
    sms_goes_to(shop, provider, knows_key=knows_key)
    doubts = [HANG, RESET, BROKEN]
    provider.silence = 0.3
    provider.turns, provider.usual = [*doubts, SLOW_DOWN], WELL
    shop.publish(sms(), journey())
    for _ in range(6):
        shop.order(shop.customer())
    for _ in range(6):
        tick(shop)
        clock.forward(minutes=3)
    bodies = [body for _path, _headers, body in provider.seen]
    if knows_key:  # asked again under the same key, until the provider says that it has it
        assert statuses(shop) == {"sent": 6}
        assert (len(set(bodies)), len(bodies)) == (6, 6 + len(doubts) + 1)
    else:
        assert statuses(shop) == {"sent": 3, "unknown": len(doubts)}
        assert (len(set(bodies)), len(bodies)) == (6, 6 + 1)  # only who was asked for patience
        doubtful = shop.messages(status="unknown")
        assert {each.reason["code"] for each in doubtful} == {"outcome-unknown"}
    promises_kept(shop.database, shop.workspace)


def test_f19_a_provider_that_is_away_is_left_in_peace_and_nothing_is_lost(
    shop: RuleShop, provider: FakeProvider, clock: MovableClock
) -> None:
    provider.usual = AWAY
    shop.publish(sms(), journey())
    for _ in range(8):
        shop.order(shop.customer())
    tick(shop)
    assert len(provider.seen) == FAILURES == circuit_of(shop).failures
    for _ in range(5):
        tick(shop)
    assert len(provider.seen) == FAILURES  # at rest: nobody calls
    clock.forward(minutes=2)
    tick(shop)
    assert len(provider.seen) == FAILURES + 1  # one message tries
    provider.usual = WELL
    clock.forward(minutes=20)
    tick(shop)
    clock.forward(minutes=2)
    tick(shop)
    assert statuses(shop) == {"sent": 8}
    assert (circuit_of(shop).failures, circuit_of(shop).rests_until) == (0, None)
    keys = [body for _path, _headers, body in provider.seen]
    assert len(set(keys)) == 8  # however often, under the same key
    promises_kept(shop.database, shop.workspace)


def test_f19_other_ways_go_on_and_old_messages_expire(
    shop: RuleShop, provider: FakeProvider, clock: MovableClock
) -> None:
    provider.usual = AWAY
    tell = {"do": "notify_staff", "to": "front", "text": "{name|Somebody} ordered"}
    shop.publish(sms(), journey(), journey("staff", steps=[tell]))
    for _ in range(6):
        shop.order(shop.customer())
    tick(shop)
    provider.usual = Turn(body=SET_UP["wecom"].well)
    clock.forward(hours=25)
    assert circuit_of(shop).rests_until < clock.now
    for _ in range(3):
        tick(shop)
    codes = [(each.reason or {}).get("code") for each in shop.messages(channel="sms")]
    assert codes == ["too-late"] * 6
    shop.order(shop.customer(name="Ben"))
    tick(shop)
    (told,) = [each for each in shop.messages(channel="wecom") if each.status == "sent"][-1:]
    assert told.body["text"] == "Ben ordered"
    promises_kept(shop.database, shop.workspace)


def test_f19_a_provider_that_names_a_time_is_not_asked_before(
    shop: RuleShop, provider: FakeProvider, clock: MovableClock
) -> None:
    provider.turns, provider.usual = [SLOW_DOWN], WELL
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    tick(shop)
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("queued", "too-many")
    assert message.due_at - clock.now >= timedelta(seconds=120)
    clock.forward(seconds=60)
    shop.order(shop.customer())
    tick(shop)
    assert len(provider.seen) == 1
    clock.forward(seconds=90)
    tick(shop)
    assert statuses(shop) == {"sent": 2}


def test_the_real_wecom_is_not_called_in_tests() -> None:
    assert WeCom().origin.startswith("https://qyapi")
