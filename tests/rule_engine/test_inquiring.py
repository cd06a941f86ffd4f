"""Messages in doubt: asking the provider by our key, and believing only what it knows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from regulars.platform.errors import Conflict
from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.inquiring import InquiryDesk, question_about, settle
from regulars.rule_engine.sender import outside_key
from regulars.rule_engine.tables import outbound
from tests.support.channels import AROUND, SEAL, SET_UP
from tests.support.clocks import MovableClock
from tests.support.provider import BROKEN, FakeProvider, Turn, fake_provider
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms


def details(*rows: tuple[str, int]) -> Turn:
    told = [{"OutId": key, "SendStatus": state, "ErrCode": "DELIVERED"} for key, state in rows]
    return Turn(body=json.dumps({
        "Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": told},
    }).encode())  # fmt: skip


@pytest.fixture
def provider(
    shop: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeProvider]:
    """A message that Alibaba Cloud may have taken, and the provider to be asked."""
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.tick()
    setup = SET_UP["aliyun"]
    with fake_provider() as fake:
        monkeypatch.setitem(providers._kinds, "aliyun", setup.at(fake.url))
        with shop.work() as uow:
            values = {**setup.settings, **setup.secrets}
            keep_account(uow, SYSTEM, SEAL, AccountWish("aliyun", "aliyun", values))
            doubt = {"status": "unknown", "provider": "aliyun", "sending_at": uow.now}
            uow.execute(outbound.update().values(doubt))
        yield fake


def key_of(shop: RuleShop) -> str:
    (message,) = shop.messages()
    with shop.work() as uow:
        return outside_key(uow, message)


def test_what_the_provider_knows_settles_a_message(
    shop: RuleShop, clock: MovableClock, provider: FakeProvider
) -> None:
    desk = InquiryDesk(shop.database, AROUND)
    assert not desk.is_due(clock())  # it needs a moment
    clock.forward(minutes=3)
    assert desk.is_due(clock())
    provider.turns = [details(("1:9:hello:0:1", 3)), details(("x", 2), (key_of(shop), 3))]
    desk.ask(clock())
    assert shop.messages()[0].status == "unknown"  # not to be found is no proof
    assert not desk.is_due(clock())
    clock.forward(hours=1)
    desk.ask(clock())
    (message,) = shop.messages()
    assert (message.status, message.reason, message.receipt) == ("sent", None, "delivered")
    _path, headers, body = provider.seen[-1]
    asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert headers["x-acs-action"] == "QuerySendDetails"
    assert (asked["SendDate"], asked["CurrentPage"]) == ("20260310", "1")
    assert not desk.is_due(clock() + timedelta(hours=2))


def test_a_provider_that_does_not_answer_settles_nothing(
    shop: RuleShop, provider: FakeProvider
) -> None:
    provider.usual = BROKEN
    with shop.work() as uow:
        question = question_about(uow, SYSTEM, 1)
        assert not settle(uow, question, question.ask(AROUND))
    provider.usual = details((key_of(shop), 1))
    with shop.work() as uow:
        question = question_about(uow, SYSTEM, 1)
        assert settle(uow, question, question.ask(AROUND))
        assert not settle(uow, question, question.ask(AROUND))  # it is settled already
        with pytest.raises(Conflict):
            question_about(uow, SYSTEM, 1)
    (message,) = shop.messages()
    assert (message.status, message.receipt) == ("sent", None)  # it left; no receipt yet
