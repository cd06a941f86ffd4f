"""aliyun: short messages through Alibaba Cloud (阿里云短信). At most once, with receipts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from regulars.platform.ids import new_token
from regulars.rule_engine.channels.accounts import Account, account_for
from regulars.rule_engine.channels.base import (
    Fate,
    Heard,
    Inbound,
    Outgoing,
    SendFailed,
    Surroundings,
)
from regulars.rule_engine.channels.calling import Call, ask, read_json, refused
from regulars.rule_engine.channels.inbound import receipt, text_answer, told_rows
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.templates import TemplateSms, template_of, values_of

VERSION, ACTION, ALGORITHM = "2017-05-25", "SendSms", "ACS3-HMAC-SHA256"
QUERY = "QuerySendDetails"
MOST_PAGES = 5
_ZONE = ZoneInfo("Asia/Shanghai")  # by which the provider counts days
_STATES = {"2": False, "3": True}  # 1: no receipt yet
_NO_ACCESS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden")
_LATER = ("isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "Throttling")


class AliyunSms(TemplateSms):
    """Sends approved templates; ``OutId`` carries our key back in receipts, but not as a key."""

    name = "aliyun"
    origin = "https://dysmsapi.aliyuncs.com"
    fields = (
        Setting("access_key_id", binds=True),
        Setting("access_key_secret", "secret"),
        Setting("sign_name"),
        Setting("templates", "templates", required=False),
    )

    can_be_asked = True

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        asked = {
            "PhoneNumbers": _number(outgoing.address),
            "SignName": account.settings["sign_name"],
            "TemplateCode": template_of(outgoing, account.settings),
            "OutId": outgoing.key,
        }
        values = values_of(outgoing)
        if values:
            asked["TemplateParam"] = json.dumps(dict(values), ensure_ascii=False)
        return str(self._asked(account, ACTION, asked).get("BizId") or "") or None

    def ask(
        self, outgoing: Outgoing, sent_at: datetime, surroundings: Surroundings
    ) -> Fate | None:
        """Look through what went to this number on that day, for the name we gave ours."""
        account = account_for(self, outgoing.prepared, surroundings)
        asked = {
            "PhoneNumber": _number(outgoing.address), "PageSize": "50",
            "SendDate": f"{sent_at.astimezone(_ZONE):%Y%m%d}",
        }  # fmt: skip
        for page in range(1, MOST_PAGES + 1):
            told = self._asked(account, QUERY, {**asked, "CurrentPage": str(page)})
            rows = (told.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            for row in rows:
                if row.get("OutId") == outgoing.key:
                    delivered = _STATES.get(str(row.get("SendStatus")))
                    return Fate(delivered, detail=str(row.get("ErrCode") or ""))
            if len(rows) < 50:
                break
        return None

    def _asked(self, account: Account, action: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a signed request that went well. Raises SendFailed or SendUnknown."""
        body = urlencode(asked).encode()
        signer = Signer(
            account.settings["access_key_id"], account.secrets["access_key_secret"],
            self._clock(), new_token(12),
        )  # fmt: skip
        headers = signer.headers(Action(self.origin, action, VERSION, body))
        call = Call(f"{self.origin}/", body, headers)
        answer = ask(self.door(account), call)
        told = read_json(call, answer)
        code = str(told.get("Code", ""))
        if code == "OK":
            return told
        detail = f"{code} {told.get('Message', '')}".strip()
        if code.startswith(_NO_ACCESS):
            raise SendFailed("no-access", detail, permanent=False, trip=True)
        if code == "isv.AMOUNT_NOT_ENOUGH":
            raise SendFailed("out-of-money", detail, permanent=False, trip=True)
        raise refused(answer, detail, permanent=not code.startswith(_LATER))

    def hear(
        self, inbound: Inbound, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Heard:
        receipts, answers = [], []
        for row in told_rows(inbound):
            if "content" in row:
                answers.append(text_answer(row, "phone_number", "content", "sequence_id"))
            else:
                detail = f"{row.get('err_code', '')} {row.get('err_msg', '')}"
                delivered = row.get("success") in (True, "true")
                receipts.append(
                    receipt(row, "biz_id", "out_id", delivered=delivered, detail=detail)
                )
        return Heard(receipts, answers, '{"code": 0, "msg": "OK"}')


@dataclass(frozen=True)
class Action:
    """What is asked of the provider."""

    origin: str
    name: str
    version: str
    body: bytes
    query: str = ""  # already encoded and in order


@dataclass(frozen=True)
class Signer:
    """Signs in the provider's third version: over headers, query and body."""

    key_id: str
    secret: str
    at: datetime
    nonce: str

    def headers(self, action: Action) -> dict[str, str]:
        """The headers of the request, its Authorization included."""
        given = {
            "host": urlsplit(action.origin).netloc,
            "x-acs-action": action.name,
            "x-acs-content-sha256": hashlib.sha256(action.body).hexdigest(),
            "x-acs-date": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": self.nonce,
            "x-acs-version": action.version,
        }
        if action.body:
            given["content-type"] = "application/x-www-form-urlencoded"
        given["Authorization"] = self._authorization(action, given)
        del given["host"]
        return given

    def _authorization(self, action: Action, given: Mapping[str, str]) -> str:
        names = sorted(given)
        canonical = "\n".join([
            "POST", "/", action.query, "".join(f"{name}:{given[name]}\n" for name in names),
            ";".join(names), given["x-acs-content-sha256"],
        ])  # fmt: skip
        text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return (
            f"{ALGORITHM} Credential={self.key_id},SignedHeaders={';'.join(names)},"
            f"Signature={signature}"
        )


def _number(address: str) -> str:
    """Mainland numbers without a country code, others with it and without the plus."""
    return address.removeprefix("+86").removeprefix("+")
