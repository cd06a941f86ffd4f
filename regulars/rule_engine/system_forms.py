"""Messages, runs and consents as read-only sources for reports: ``sys_messages`` and the like.

Addresses and texts are left out: whoever counts messages need not read them.
"""

from __future__ import annotations

from regulars.form_builder.system_forms import SystemForm
from regulars.platform.expressions.types import DATETIME, TEXT, number
from regulars.platform.privacy.ledger import consent_entry
from regulars.rule_engine.tables import outbound, run

_RULE = {"en": "Rule", "zh-Hans": "规则", "zh-Hant": "規則"}
_CHANNEL = {"en": "Channel", "zh-Hans": "渠道", "zh-Hant": "渠道"}
_PURPOSE = {"en": "Purpose", "zh-Hans": "用途", "zh-Hant": "用途"}
_STATE = {"en": "State", "zh-Hans": "状态", "zh-Hant": "狀態"}
_FORM = {"en": "Form", "zh-Hans": "表单", "zh-Hant": "表單"}
_RECORD = {"en": "Record", "zh-Hans": "记录", "zh-Hant": "記錄"}
_DONE = {"en": "Finished", "zh-Hans": "完成时间", "zh-Hant": "完成時間"}
_PERSON = {"form": (TEXT, _FORM), "record": (number(0), _RECORD)}

MESSAGES = SystemForm(
    "sys_messages",
    {"en": "Messages", "zh-Hans": "消息", "zh-Hant": "訊息"},
    outbound,
    {
        **_PERSON,
        "rule": (TEXT, _RULE),
        "message": (TEXT, {"en": "Message", "zh-Hans": "消息", "zh-Hant": "訊息"}),
        "channel": (TEXT, _CHANNEL),
        "purpose": (TEXT, _PURPOSE),
        "status": (TEXT, _STATE),
        "created_at": (DATETIME, {"en": "Written", "zh-Hans": "写入时间", "zh-Hant": "寫入時間"}),
        "finished_at": (DATETIME, _DONE),
        "clicked_at": (DATETIME, {"en": "Clicked", "zh-Hans": "点击时间", "zh-Hant": "點擊時間"}),
        "replied_at": (DATETIME, {"en": "Answered", "zh-Hans": "回复时间", "zh-Hant": "回覆時間"}),
    },
    title="message",
)
RUNS = SystemForm(
    "sys_runs",
    {"en": "Runs of rules", "zh-Hans": "规则执行", "zh-Hant": "規則執行"},
    run,
    {
        **_PERSON,
        "rule": (TEXT, _RULE),
        "status": (TEXT, _STATE),
        "outcome": (TEXT, {"en": "Outcome", "zh-Hans": "结果", "zh-Hant": "結果"}),
        "arm": (TEXT, {"en": "Group", "zh-Hans": "组别", "zh-Hant": "組別"}),
        "entered_at": (DATETIME, {"en": "Came in", "zh-Hans": "进入时间", "zh-Hant": "進入時間"}),
        "finished_at": (DATETIME, _DONE),
    },
    title="rule",
)
CONSENTS = SystemForm(
    "sys_consents",
    {"en": "Consents", "zh-Hans": "同意记录", "zh-Hant": "同意記錄"},
    consent_entry,
    {
        **_PERSON,
        "purpose": (TEXT, _PURPOSE),
        "channel": (TEXT, _CHANNEL),
        "action": (TEXT, {"en": "What was said", "zh-Hans": "内容", "zh-Hant": "內容"}),
        "source": (TEXT, {"en": "Where", "zh-Hans": "来源", "zh-Hant": "來源"}),
        "at": (DATETIME, {"en": "When", "zh-Hans": "时间", "zh-Hant": "時間"}),
    },
    title="action",
)
SYSTEM_FORMS = (MESSAGES, RUNS, CONSENTS)
