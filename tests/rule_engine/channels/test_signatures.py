"""Request signatures against the worked examples that the providers publish."""

from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from regulars.rule_engine.channels import aliyun, dingtalk, feishu, tencent, twilio
from regulars.rule_engine.channels.base import Inbound, Refused
from regulars.rule_engine.channels.templates import as_read, merged_of
from tests.support.channels import AROUND, SET_UP, body_of
from tests.support.provider import FakeProvider, Turn


def test_aliyun_signs_as_in_its_published_example() -> None:
    signer = aliyun.Signer(
        "YourAccessKeyId", "YourAccessKeySecret", datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        "3156853299f313e23d1673dc12e1703d",
    )  # fmt: skip
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    action = aliyun.Action(
        "https://ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26", b"", query
    )
    told = signer.headers(action)["Authorization"]
    assert told.endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencent_signs_as_in_its_published_example() -> None:
    body = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )
    told = tencent.signed(
        "https://cvm.tencentcloudapi.com", "cvm", body, "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", datetime.fromtimestamp(1551113065, UTC),
    )  # fmt: skip
    assert told["Authorization"].endswith(
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_twilio_receipts_are_proven_as_in_its_published_example() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234",
        "From": "+12349013030", "To": "+18005551212",
    }  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio.signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_dingtalk_and_feishu_sign_time_and_secret() -> None:
    """Computed once with the openssl command."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert dingtalk.signed("SEC", at) == (
        "&timestamp=1767225600000&sign=8Otaw%2BzyeUyW8ERg%2FlSplbWY%2BD43Urt7AYOBVtEMGKY%3D"
    )
    assert feishu.signed("SEC", at) == {
        "timestamp": "1767225600",
        "sign": "QmTO7/gb1fA0Wsv1hpu76ZJQH3+IjCWlhPNEQeTPhaQ=",
    }


def test_templates_get_the_merged_values_and_our_key(provider: FakeProvider) -> None:
    for name in ("aliyun", "tencent"):
        setup = SET_UP[name]
        provider.usual = Turn(body=setup.well)
        setup.at(provider.url).send(setup.outgoing(provider.url), AROUND)
    first, second = (body for _path, _headers, body in provider.seen)
    asked = {key: value[0] for key, value in parse_qs(first.decode()).items()}
    assert asked == {
        "PhoneNumbers": "13800138000", "SignName": "Shop", "TemplateCode": "T_1",
        "OutId": "1:7:hello:0:99", "TemplateParam": '{"name": "Anna", "order_total": "12"}',
    }  # fmt: skip
    told = body_of(second)
    assert (told["PhoneNumberSet"], told["TemplateId"]) == (["+8613800138000"], "T_1")
    assert (told["TemplateParamSet"], told["SessionContext"]) == (
        ["Anna", "12"], "1:7:hello:0:99",
    )  # fmt: skip


def test_any_text_stays_one_value_of_a_generic_body(provider: FakeProvider) -> None:
    setup = SET_UP["http_sms"]
    provider.usual = Turn(body=setup.well)
    made = setup.outgoing(provider.url)
    words = 'He said "{to}"\n\\ {key}'
    odd = type(made)(made.key, "sms", "138", {"text": words}, "en", made.prepared)
    setup.at(provider.url).send(odd, AROUND)
    _path, headers, body = provider.seen[0]
    assert body_of(body) == {"to": "138", "text": words, "id": "1:7:hello:0:99"}
    assert headers["x-api-key"] == "s3cret"


@pytest.mark.parametrize(
    ("name", "body", "delivered"),
    [
        (
            "aliyun",
            b'[{"biz_id": "b-1", "out_id": "1:7:hello:0:99", "success": true,'
            b' "err_code": "DELIVERED"}]',
            True,
        ),
        ("aliyun", b'[{"biz_id": "b-1", "success": false, "err_code": "MK:0001"}]', False),
        ("tencent", b'[{"sid": "n-1", "report_status": "SUCCESS", "errmsg": "DELIVRD"}]', True),
        ("tencent", b'[{"sid": "n-1", "report_status": "FAIL", "errmsg": "x"}]', False),
        ("http_sms", b'{"key": "1:7:hello:0:99", "status": "undelivered"}', False),
    ],
)
def test_receipts_are_understood(name: str, body: bytes, *, delivered: bool) -> None:
    setup = SET_UP[name]
    heard = setup.kind().hear(Inbound("", {}, body), setup.settings, setup.secrets)
    assert [each.delivered for each in heard.receipts] == [delivered]
    assert heard.receipts[0].provider_id or heard.receipts[0].key


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[1]", b'"x"', b"[" * 10_000, b"null", b'[{"a": 1}]' * 2]
)
@pytest.mark.parametrize("name", ["aliyun", "tencent", "http_sms"])
def test_nonsense_is_refused_in_order(name: str, body: bytes) -> None:
    setup = SET_UP[name]
    with pytest.raises(Refused):
        setup.kind().hear(Inbound("", {}, body), setup.settings, setup.secrets)


def test_what_people_answer_is_understood() -> None:
    rows = {
        "aliyun": b'[{"phone_number": "138", "content": "TD", "sequence_id": 7}]',
        "tencent": b'[{"mobile": "138", "nationcode": "86", "text": "TD"}]',
        "http_sms": b'{"from": "138", "text": "TD", "id": "7"}',
    }
    for name, body in rows.items():
        heard = SET_UP[name].kind().hear(Inbound("", {}, body), {}, {})
        assert [each.text for each in heard.answers] == ["TD"]


def test_messages_of_older_releases_keep_their_merged_values() -> None:
    body = {"text": "Hi Anna", "values": '[["name", "Anna"]]'}
    row = SimpleNamespace(merged=None, body=body)
    assert (merged_of(row), as_read(row.body)) == ([("name", "Anna")], {"text": "Hi Anna"})
    row.merged = [["name", "Bob"]]
    assert merged_of(row) == [("name", "Bob")]
