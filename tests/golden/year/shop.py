"""The forms of the shop, and its rules exactly as the composer writes them."""

from typing import Any

from tests.support.rule_shop import COUPONS, CUSTOMERS, ORDERS, PAID, sms

_SOURCES = ("thanks", "birthday", "referral", "tier")
FORMS: tuple[dict[str, Any], ...] = (
    {
        **CUSTOMERS,
        "fields": [
            *(field for field in CUSTOMERS["fields"] if field["key"] != "order_count"),
            {
                "key": "order_count", "type": "rollup", "of": "orders", "aggregate": "count",
                "where": PAID,
            },
        ],
    },
    ORDERS,
    {
        **COUPONS,
        "fields": [
            *(field for field in COUPONS["fields"] if field["key"] not in ("code", "expires_at")),
            {"key": "code", "type": "text", "default": {"formula": "RANDOM_CODE(8)"}},
            {"key": "source", "type": "choice", "options": [{"value": s} for s in _SOURCES]},
            {"key": "percent", "type": "number"},
            {"key": "issued_at", "type": "datetime"},
            {"key": "expires_at", "type": "datetime"},
        ],
    },
    {
        "kind": "form",
        "key": "referrals",
        "label": {"en": "Referrals", "zh-Hans": "转介绍"},
        "fields": [
            {"key": "referrer", "type": "link", "to": "customers"},
            {"key": "friend", "type": "link", "to": "customers"},
            {
                "key": "status", "type": "choice", "default": "invited",
                "options": [{"value": "invited"}, {"value": "succeeded"}, {"value": "expired"}],
            },
        ],
    },
    {
        "kind": "form",
        "key": "feedback",
        "label": {"en": "Feedback", "zh-Hans": "意见反馈"},
        "title": "{words}",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "score", "type": "number"},
            {"key": "words", "type": "text"},
        ],
    },
)  # fmt: skip

MESSAGES: tuple[dict[str, Any], ...] = tuple(
    sms(key, text)
    for key, text in {
        "win_back_1": "{name|friend}, we have not seen you for a while.",
        "win_back_2": "{name|friend}, 10 % for your next visit.",
        "birthday": "Happy birthday, {name|friend}!",
        "thanks": "Thank you, {name|friend}. Your coupon: {coupon.code}",
        "diamond": "Welcome to diamond, {name|friend}. Your coupon: {coupon.code}",
    }.items()
)

_MARKETING = {"purpose": "marketing"}
_BY_DAY = {**_MARKETING, "quiet_hours": ["21:00", "10:00"]}
_BOUGHT = {"on": "record_created", "form": "orders", "link": "customer", "where": PAID}
_LAPSE = {
    "key": "LAST(orders).id", "group": "retention", "max_live_per_group": 1, "backlog": "skip",
}  # fmt: skip


def _silent(days: int) -> dict[str, Any]:
    return {
        "aggregate": "last", "of": "orders", "field": "paid_at", "where": PAID,
        "op": "older_than", "value": {"n": days, "unit": "day"}, "if_none": False,
    }  # fmt: skip


def _coupon(
    step: str, source: str, percent: int, days: int, *, whose: str = "subject",
    known_as: str = "coupon",
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": step, "do": "create_record", "form": "coupons", "as": known_as,
        "values": {
            "customer": {"formula": whose},
            "source": source,
            "percent": str(percent),
            "issued_at": {"formula": "NOW()"},
            "expires_at": {"formula": f'DATEADD(NOW(), {days}, "day")'},
        },
    }  # fmt: skip


def _send(step: str, message: str, **more: Any) -> dict[str, Any]:
    return {"id": step, "do": "send_message", "message": message, "channel": "sms", **more}


def _ask(step: str, title: str, role: str, n: int, unit: str) -> dict[str, Any]:
    due = {"n": n, "unit": unit}
    return {"id": step, "do": "create_task", "title": title, "role": role, "due": due}


def _journey(key: str, **parts: Any) -> dict[str, Any]:
    return {
        "kind": "rule", "key": key, "label": {"en": key}, "class": "journey",
        "subject": "customers", "guards": _MARKETING, **parts,
    }  # fmt: skip


def _mirror(key: str, **parts: Any) -> dict[str, Any]:
    return {
        "kind": "rule", "key": key, "label": {"en": key}, "class": "mirror",
        "subject": "customers", **parts,
    }  # fmt: skip


WIN_BACK = _journey(
    "win_back",
    trigger={"on": "scan", "every": "day", "at": "10:00"},
    when=_silent(30),
    entry=_LAPSE,
    exit=[{**_BOUGHT, "outcome": "goal"}],
    guards=_BY_DAY,
    steps=[
        _send("s1", "win_back_1"),
        {
            "id": "s2", "do": "wait_for", "timeout": {"n": 7, "unit": "day"},
            "any": [_BOUGHT, {"on": "message_replied"}, {"on": "message_clicked"}],
            "then": [{"id": "s3", "do": "stop", "outcome": "stopped"}],
            "timed_out": [_send("s4", "win_back_2")],
        },
    ],
)  # fmt: skip
BIRTHDAY = _journey(
    "birthday",
    trigger={"on": "date_field", "field": "birthday", "offset": 0, "at": "10:00", "yearly": True},
    when={"field": "tier", "op": "in", "value": ["gold", "diamond"]},
    guards=_BY_DAY,
    steps=[
        _coupon("s1", "birthday", 20, 30),
        _send("s2", "birthday", not_later_than="same_day"),
    ],
)
THANKS = _journey(
    "thanks",
    trigger=_BOUGHT,
    when={"field": "order_count", "op": "is", "value": "1"},
    entry={"key": "trigger.id", "backlog": "skip"},
    guards=_BY_DAY,
    steps=[
        {"id": "s1", "do": "wait", "for": {"n": 24, "unit": "hour"}},
        {
            "id": "s2", "do": "branch",
            "when": {"field": "trigger.status", "op": "is", "value": "paid"},
            "then": [_coupon("s3", "thanks", 10, 30), _send("s4", "thanks")],
            "else": [{"id": "s5", "do": "stop", "outcome": "stopped"}],
        },
    ],
)  # fmt: skip
REFERRAL = _journey(
    "referral",
    subject="referrals",
    trigger={
        "on": "record_updated", "form": "referrals", "fields": ["status"], "to": "succeeded",
    },
    steps=[
        _coupon("s1", "referral", 15, 60, whose="referrer"),
        _coupon("s2", "referral", 15, 60, whose="friend", known_as="coupon_2"),
        {"id": "s3", "do": "add_tags", "of": "referrer", "field": "tags", "tags": ["advocate"]},
    ],
)  # fmt: skip
TIER = _mirror(
    "tier",
    sets={
        "field": "tier",
        "choose": [
            {"value": "diamond", "when": {"field": "total_spend", "op": "gt", "value": "5000"}},
            {"value": "gold", "when": {"field": "total_spend", "op": "gte", "value": "1500"}},
        ],
        "else": "basic",
    },
)
DIAMOND = _journey(
    "diamond",
    trigger={"on": "mirror_entered", "rule": "tier", "value": "diamond"},
    entry={"key": "tier", "backlog": "skip"},
    guards=_BY_DAY,
    steps=[_coupon("s1", "tier", 20, 60), _send("s2", "diamond")],
)
SLEEPING = _mirror("sleeping", when=_silent(90), sets={"field": "tags", "add": "sleeping"})
WAKE = _journey(
    "wake",
    trigger={"on": "mirror_entered", "rule": "sleeping"},
    entry=_LAPSE,
    steps=[_ask("s1", "Call {name|them}", "manager", 3, "day")],
)
UNHAPPY = _journey(
    "unhappy",
    subject="feedback",
    trigger={"on": "record_created", "form": "feedback"},
    when={"field": "score", "op": "lte", "value": "2"},
    steps=[
        _ask("s1", "Mend this: {words|?}", "manager", 24, "hour"),
        {
            "id": "s2", "do": "wait_for", "timeout": {"n": 24, "unit": "hour"},
            "any": [{"on": "task_done"}],
            "timed_out": [_ask("s3", "Nobody mended: {words|?}", "owner", 1, "day")],
        },
    ],
)  # fmt: skip
OFTEN = _mirror(
    "often",
    when={
        "aggregate": "count", "of": "orders", "where": PAID, "within": {"last": 30, "unit": "day"},
        "on": "paid_at", "op": "gte", "value": "4",
    },
    sets={"field": "tags", "add": "often"},
)  # fmt: skip

WEEK: dict[str, Any] = {
    "kind": "report", "key": "week", "label": {"en": "Week", "zh-Hans": "一周"}, "from": "orders",
    "at": "paid_at", "where": PAID,
    "measures": [
        {"as": "orders", "aggregate": "count"},
        {"as": "revenue", "aggregate": "sum", "field": "amount"},
    ],
}  # fmt: skip
WEEKLY: dict[str, Any] = {
    "kind": "rule", "key": "weekly", "label": {"en": "Weekly"}, "class": "report",
    "trigger": {"on": "scan", "every": "week", "weekday": 0, "at": "10:00"},
    "steps": [
        {
            "id": "s1", "do": "run_report", "report": "week", "period": "last_week",
            "readers": ["owner"], "channel": "today",
        }
    ],
}  # fmt: skip

RULES = (
    WIN_BACK,
    BIRTHDAY,
    THANKS,
    REFERRAL,
    TIER,
    DIAMOND,
    SLEEPING,
    WAKE,
    UNHAPPY,
    OFTEN,
    WEEKLY,
)
