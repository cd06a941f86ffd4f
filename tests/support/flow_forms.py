"""Expenses that are approved: a form with states, ways for some people, and signatures."""

from copy import deepcopy
from typing import Any

EXPENSES: dict[str, Any] = {
    "kind": "form", "key": "expenses", "label": {"en": "Expenses", "zh-Hans": "报销"},
    "title": "{what}",
    "fields": [
        {"key": "what", "type": "text", "label": {"en": "What for", "zh-Hans": "事由"}},
        {"key": "amount", "type": "money", "currency": "CNY",
         "label": {"en": "Amount", "zh-Hans": "金额"}},
        {"key": "receipt", "type": "text", "label": {"en": "Receipt", "zh-Hans": "票据"}},
        {"key": "approver", "type": "member", "label": {"en": "Approver", "zh-Hans": "审批人"}},
        {"key": "watchers", "type": "members", "label": {"en": "Watchers", "zh-Hans": "会签"}},
        {"key": "items", "type": "subform", "fields": [{"key": "price", "type": "money"}]},
        {"key": "status", "type": "choice", "label": {"en": "Status", "zh-Hans": "状态"},
         "options": [
             {"value": "draft", "label": {"en": "Draft", "zh-Hans": "草稿"}},
             {"value": "asked", "label": {"en": "Asked", "zh-Hans": "待审批"}, "color": "orange"},
             {"value": "agreed", "label": {"en": "Agreed", "zh-Hans": "已同意"}, "color": "green"},
             {"value": "paid", "label": {"en": "Paid", "zh-Hans": "已付款"}, "color": "blue"},
             {"value": "dropped", "label": {"en": "Dropped", "zh-Hans": "已作废"}},
         ]},
    ],
    "workflow": {
        "field": "status", "start": "draft",
        "states": [
            {"value": "draft"},
            {"value": "asked", "read_only": ["amount", "items"],
             "approval": {"signers": [{"role": "manager"}], "approved": "agreed"}},
            {"value": "agreed", "read_only": True},
            {"value": "paid", "final": True, "read_only": True},
            {"value": "dropped", "final": True},
        ],
        "transitions": [
            {"key": "ask", "from": ["draft"], "to": "asked", "label": {"en": "Submit"},
             "require": ["receipt"], "when": {"field": "amount", "op": "gt", "value": 0}},
            {"key": "pay", "from": ["agreed"], "to": "paid",
             "who": {"roles": ["owner"], "rules": True}},
            {"key": "drop", "from": ["draft", "agreed"], "to": "dropped", "comment": True,
             "who": {"owner": True, "manager": True, "fields": ["approver", "watchers"]}},
        ],
    },
}  # fmt: skip


def expenses(**approval: Any) -> dict[str, Any]:
    """The form with other terms of its approval."""
    made = deepcopy(EXPENSES)
    made["workflow"]["states"][1]["approval"].update(approval)
    return made
