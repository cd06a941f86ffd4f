"""The one list of providers; `regulars.wiring` registers it."""

from __future__ import annotations

from regulars.rule_engine.channels.aliyun import AliyunSms
from regulars.rule_engine.channels.apprise import AppriseWay
from regulars.rule_engine.channels.base import Provider
from regulars.rule_engine.channels.dingtalk import DingTalk
from regulars.rule_engine.channels.feishu import Feishu
from regulars.rule_engine.channels.http_sms import HttpSms
from regulars.rule_engine.channels.outbox import OutboxProvider
from regulars.rule_engine.channels.slack import Slack
from regulars.rule_engine.channels.smtp import SmtpProvider
from regulars.rule_engine.channels.telegram import Telegram
from regulars.rule_engine.channels.tencent import TencentSms
from regulars.rule_engine.channels.twilio import TwilioSms
from regulars.rule_engine.channels.webhook import WebhookProvider
from regulars.rule_engine.channels.wecom import WeCom

PROVIDERS: tuple[Provider, ...] = (
    OutboxProvider(), SmtpProvider(), AliyunSms(), TencentSms(), TwilioSms(), HttpSms(),
    WebhookProvider(), WeCom(), DingTalk(), Feishu(), Slack(), Telegram(), AppriseWay(),
)  # fmt: skip
