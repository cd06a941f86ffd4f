"""Every provider over HTTP, set up against a fake one on this machine."""

import json
from dataclasses import dataclass, field
from typing import Any

from regulars.platform.safe_http import Door
from regulars.platform.sealing import Seal
from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.accounts import sealed
from regulars.rule_engine.channels.aliyun import AliyunSms
from regulars.rule_engine.channels.base import Outgoing, Surroundings
from regulars.rule_engine.channels.dingtalk import STARTS as DINGTALK
from regulars.rule_engine.channels.dingtalk import DingTalk
from regulars.rule_engine.channels.feishu import STARTS as FEISHU
from regulars.rule_engine.channels.feishu import Feishu
from regulars.rule_engine.channels.http_sms import HttpSms
from regulars.rule_engine.channels.slack import STARTS as SLACK
from regulars.rule_engine.channels.slack import Slack
from regulars.rule_engine.channels.telegram import Telegram
from regulars.rule_engine.channels.tencent import TencentSms
from regulars.rule_engine.channels.twilio import TwilioSms
from regulars.rule_engine.channels.wecom import STARTS as WECOM
from regulars.rule_engine.channels.wecom import WeCom

SEAL = Seal(["a long key that is only good for tests of channels"])
PATIENCE = 0.3  # seconds until a silent provider is given up, in tests


@dataclass(frozen=True)
class SetUp:
    """One provider with the values an owner would give it, and what it says when all is well."""

    kind: type[AccountProvider]
    settings: dict[str, Any]
    secrets: dict[str, str]
    well: bytes
    its_id: str | None
    no: bytes = b'{"errcode": 93000, "code": 19001, "errmsg": "no", "msg": "no"}'
    extra: dict[str, Any] = field(default_factory=dict)

    def at(self, url: str, patience: float = PATIENCE) -> AccountProvider:
        """The provider with its address replaced."""
        door = Door(frozenset({"127.0.0.1"}), timeout=patience)
        return self.kind(url, door)

    def outgoing(self, url: str, key: str = "1:7:hello:0:99") -> Outgoing:
        """A message that goes through this account."""
        made = self.kind()
        settings = {
            name: value.replace("URL", url) if isinstance(value, str) else value
            for name, value in self.settings.items()
        }
        account = "group" if made.staff else made.name
        prepared = {
            "account": account, "settings": settings, "message": "hello",
            "secret": sealed(SEAL, made, account, settings, self.secrets),
            "inbound_url": "https://shop.example/receipts/1-abc",
        }  # fmt: skip
        parts = {"text": "Anna, hello!"}
        merged = [("name", "Anna"), ("order.total", "12")]
        channel = next(iter(made.channels))
        return Outgoing(key, channel, "13800138000", parts, "en", prepared, merged)


AROUND = Surroundings(seal=SEAL)
TEMPLATES = {"templates": {"hello": "T_1"}, "sign_name": "Shop"}
SET_UP: dict[str, SetUp] = {
    "aliyun": SetUp(
        AliyunSms, {"access_key_id": "id", **TEMPLATES}, {"access_key_secret": "s3cret"},
        b'{"Code": "OK", "BizId": "b-1"}', "b-1",
        b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "no"}',
    ),
    "tencent": SetUp(
        TencentSms, {"secret_id": "id", "app_id": "14", "region": "ap-guangzhou", **TEMPLATES},
        {"secret_key": "s3cret"},
        b'{"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "n-1"}]}}', "n-1",
        b'{"Response": {"SendStatusSet": [{"Code": "FailedOperation.PhoneNumberInBlacklist"}]}}',
    ),
    "twilio": SetUp(
        TwilioSms, {"account_sid": "AC1", "sender": "+15550001111"}, {"auth_token": "s3cret"},
        b'{"sid": "SM1"}', "SM1", b'{"code": 21211, "message": "no"}',
    ),
    "http_sms": SetUp(
        HttpSms,
        {
            "url": "URL/send", "format": "json", "id_field": "data.id", "success": "",
            "body": '{"to": "{to}", "text": "{text}", "id": "{key}"}', "knows_key": False,
            "header": "X-Api-Key", "local": True,
        },
        {"header_value": "s3cret"}, b'{"data": {"id": 5}}', "5",
    ),
    "wecom": SetUp(WeCom, {}, {"address": f"{WECOM}s3cret"}, b'{"errcode": 0}', None),
    "dingtalk": SetUp(
        DingTalk, {}, {"address": f"{DINGTALK}s3cret", "signing_secret": "SEC"},
        b'{"errcode": 0}', None,
    ),
    "feishu": SetUp(
        Feishu, {}, {"address": f"{FEISHU}s3cret", "signing_secret": "SEC"}, b'{"code": 0}', None
    ),
    "slack": SetUp(Slack, {}, {"address": f"{SLACK}T/B/s3cret"}, b"ok", None, b"invalid_payload"),
    "telegram": SetUp(
        Telegram, {"chat_id": "-100"}, {"bot_token": "1:s3cret"},
        b'{"ok": true, "result": {"message_id": 9}}', "9",
        b'{"ok": false, "description": "chat not found"}',
    ),
}  # fmt: skip


def body_of(raw: bytes) -> Any:
    """A JSON body."""
    return json.loads(raw)
