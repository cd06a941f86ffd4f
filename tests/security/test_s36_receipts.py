"""S36: receipts and answers that are forged, replayed, or nonsense."""

import json
from typing import Any

import pytest

from regulars.platform.addresses import absolute
from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.sealing import Seal
from regulars.rule_engine.channel_keeping import AccountWish, keep_account
from regulars.rule_engine.channels.base import Inbound
from regulars.rule_engine.channels.twilio import signature
from regulars.rule_engine.receipts import take_in
from regulars.rule_engine.tables import channel_account, outbound
from regulars.wiring import wire
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms
from tests.support.site import SECRET, Site

SEAL = Seal([SECRET])
VALUES: dict[str, dict[str, Any]] = {
    "twilio": {"account_sid": "AC1", "auth_token": "12345", "sender": "+1555"},
    "aliyun": {"access_key_id": "id", "access_key_secret": "s", "sign_name": "Shop"},
}


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    return RuleShop(database, workspace).open()


def inbound_of(place: Any, provider: str) -> str:
    with place.database.workspace_tx(place.workspace) as uow:
        keep_account(uow, SYSTEM, SEAL, AccountWish(provider, provider, VALUES[provider]))
        found = uow.execute(channel_account.select()).one()
    return str(found.inbound)


def test_s36_a_forged_signature_changes_nothing(site: Site) -> None:
    token = inbound_of(site, "twilio")
    url = f"/receipts/{token}"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    client = site.app.test_client()
    signed = {"X-Twilio-Signature": signature("12345", absolute(url), form)}
    assert client.post(url, data=form).status_code == 403
    assert client.post(url, data=form, headers={"X-Twilio-Signature": "x"}).status_code == 403
    changed = {**form, "MessageStatus": "failed"}
    assert client.post(url, data=changed, headers=signed).status_code == 403
    assert client.post(f"{url}?key=1", data=form, headers=signed).status_code == 403
    assert client.post(url, data=form, headers=signed).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"), [("no-token", 404), ("other", 404), ("nonsense", 403), ("big", 413)]
)
def test_s36_only_the_right_address_is_heard(site: Site, change: str, status: int) -> None:
    token = inbound_of(site, "aliyun")
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    url = {"no-token": "/receipts/x", "other": f"/receipts/{other}"}.get(change)
    body = {"nonsense": b"[1]", "big": b" " * 600_000}.get(change, b"[]")
    answer = site.app.test_client().post(url or f"/receipts/{token}", data=body)
    assert answer.status_code == status


def test_s36_the_same_receipt_twice_is_one_and_an_unclear_message_becomes_clear(
    shop: RuleShop,
) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.tick()
    (message,) = shop.messages()
    token = inbound_of(shop, "aliyun")
    key = f"{shop.workspace.id}:{message.idempotency_key}:{int(message.created_at.timestamp())}"
    unclear = {"status": "unknown", "provider": "aliyun"}
    with shop.work() as uow:
        uow.execute(outbound.update().values(**unclear))
    receipt = {"biz_id": "b-1", "out_id": key, "success": True, "err_code": "<b>DELIVERED"}
    stranger = {**receipt, "biz_id": "b-2", "out_id": key.replace(":", ":9", 1)}
    for known, row in ((0, stranger), (1, receipt), (1, receipt)):
        with shop.work() as uow:
            inbound = Inbound("", {}, json.dumps([row]).encode())
            assert take_in(uow, SEAL, token, inbound).known == known
    (message,) = shop.messages()
    assert (message.status, message.receipt, message.provider_id) == ("sent", "delivered", "b-1")
    assert shop.count(event, event.c.kind == "message_sent") == 2  # the outbox; now for certain


def test_s36_who_answers_stop_through_a_provider_is_left_alone(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer(mobile="13900139000")
    shop.order(anna)
    shop.tick()
    token = inbound_of(shop, "aliyun")
    row = {"phone_number": "13900139000", "content": "TD", "sequence_id": 5}
    for _ in range(2):
        with shop.work() as uow:
            take_in(uow, SEAL, token, Inbound("", {}, json.dumps([row]).encode()))
    shop.order(anna)
    shop.tick()
    assert [each.status for each in shop.messages()] == ["sent", "suppressed"]
