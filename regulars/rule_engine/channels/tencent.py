"""tencent: short messages through Tencent Cloud (腾讯云短信). At most once, with receipts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Heard, Inbound, Outgoing, SendFailed, SendUnknown
from regulars.rule_engine.channels.calling import Call, ask, read_json, refused
from regulars.rule_engine.channels.inbound import receipt, text_answer, told_rows
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.templates import TemplateSms, template_of, values_of

SERVICE, ACTION, VERSION, ALGORITHM = "sms", "SendSms", "2021-01-11", "TC3-HMAC-SHA256"
TYPE = "application/json; charset=utf-8"
_MOST_CONTEXT = 512


class TencentSms(TemplateSms):
    """Sends approved templates; values go in the order of the merge fields."""

    name = "tencent"
    origin = "https://sms.tencentcloudapi.com"
    fields = (
        Setting("secret_id", binds=True),
        Setting("secret_key", "secret"),
        Setting("app_id"),
        Setting("sign_name"),
        Setting("region", default="ap-guangzhou"),
        Setting("templates", "templates", required=False),
    )

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        settings = account.settings
        asked = {
            "PhoneNumberSet": [_number(outgoing.address)],
            "SmsSdkAppId": settings["app_id"],
            "SignName": settings["sign_name"],
            "TemplateId": template_of(outgoing, settings),
            "TemplateParamSet": [value for _name, value in values_of(outgoing)],
            "SessionContext": outgoing.key[:_MOST_CONTEXT],
        }
        body = json.dumps(asked, ensure_ascii=False).encode()
        at = self._clock()
        headers = {
            **signed(
                self.origin, SERVICE, body, settings["secret_id"], account.secrets["secret_key"],
                at,
            ),
            "X-TC-Action": ACTION,
            "X-TC-Version": VERSION,
            "X-TC-Region": settings.get("region") or "ap-guangzhou",
        }  # fmt: skip
        call = Call(f"{self.origin}/", body, headers)
        answer = ask(self.door(account), call)
        told = read_json(call, answer).get("Response")
        if not isinstance(told, dict):
            raise SendUnknown("The answer cannot be read.")
        return _outcome(told, answer)

    def hear(
        self, inbound: Inbound, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Heard:
        receipts, answers = [], []
        for row in told_rows(inbound):
            if "text" in row:
                number = f"+{row.get('nationcode', '86')}{row.get('mobile', '')}"
                answers.append(text_answer({**row, "mobile": number}, "mobile", "text", "sid"))
            else:
                detail = f"{row.get('errmsg', '')} {row.get('description', '')}"
                delivered = row.get("report_status") == "SUCCESS"
                receipts.append(receipt(row, "sid", "", delivered=delivered, detail=detail))
        return Heard(receipts, answers, '{"result": 0, "errmsg": "OK"}')


def _outcome(told: Mapping[str, Any], answer: Any) -> str | None:
    error = told.get("Error")
    if isinstance(error, dict):
        code = str(error.get("Code", ""))
        detail = f"{code} {error.get('Message', '')}".strip()
        if code.startswith("AuthFailure"):
            raise SendFailed("no-access", detail, permanent=False, trip=True)
        if code.startswith(("InternalError", "RequestLimitExceeded", "LimitExceeded")):
            raise refused(answer, detail, permanent=False)
        raise refused(answer, detail)
    states = told.get("SendStatusSet")
    state = states[0] if isinstance(states, list) and states else None
    if not isinstance(state, dict):
        raise SendUnknown("The answer names no message.")
    code = str(state.get("Code", ""))
    if code == "Ok":
        return str(state.get("SerialNo") or "") or None
    detail = f"{code} {state.get('Message', '')}".strip()
    if "InsufficientBalance" in code:
        raise SendFailed("out-of-money", detail, permanent=False, trip=True)
    raise refused(answer, detail, permanent="LimitExceeded" not in code)


def signed(
    origin: str, service: str, body: bytes, secret_id: str, secret_key: str, at: datetime
) -> dict[str, str]:
    """The headers of a request in the provider's signature of version 3."""
    day, stamp = f"{at.astimezone(UTC):%Y-%m-%d}", int(at.timestamp())
    canonical = "\n".join([
        "POST", "/", "", f"content-type:{TYPE}\nhost:{urlsplit(origin).netloc}\n",
        "content-type;host", hashlib.sha256(body).hexdigest(),
    ])  # fmt: skip
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": TYPE,
        "X-TC-Timestamp": str(stamp),
        "Authorization": (
            f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders=content-type;host, "
            f"Signature={signature}"
        ),
    }


def _number(address: str) -> str:
    return address if address.startswith("+") else f"+86{address}"
