"""The forms of the shop, and its rules as the composer writes them."""

from typing import Any

from tests.support.rule_shop import COUPONS, CUSTOMERS, ORDERS, PAID, sms

START, LAST_DAY = "2025-01-01", "2025-12-31"

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

_NIGHT = {"quiet_hours": ["21:00", "10:00"], "on_quiet": "next_window"}
_MARKETING = {"purpose": "marketing", **_NIGHT}
_BOUGHT = {"on": "record_created", "form": "orders", "link": "customer", "where": PAID}
_LAST_PAID = 'LAST(orders, BY paid_at, WHERE status = "paid").id'


def _silent(days: int) -> dict[str, Any]:
    return {
        "aggregate": "last", "of": "orders", "field": "paid_at", "where": PAID,
        "op": "older_than", "value": {"n": days, "unit": "day"}, "if_none": False,
    }  # fmt: skip


def _coupon(source: str, percent: int, days: int, whose: str = "subject") -> dict[str, Any]:
    return {
        "do": "create_record", "form": "coupons",
        "values": {
            "customer": {"formula": whose},
            "source": source,
            "percent": percent,
            "issued_at": {"formula": "NOW()"},
            "expires_at": {"formula": f"DATEADD(NOW(), {days}, \"day\")"},
        },
    }  # fmt: skip


def _send(step: str, message: str, **more: Any) -> dict[str, Any]:
    return {"id": step, "do": "send_message", "message": message, "channel": "sms", **more}


def _journey(key: str, **parts: Any) -> dict[str, Any]:
    return {
        "kind": "rule", "key": key, "label": {"en": key}, "class": "journey",
        "subject": "customers", **parts,
    }  # fmt: skip


def _mirror(key: str, **parts: Any) -> dict[str, Any]:
    return {**_journey(key, **parts), "class": "mirror"}


WIN_BACK = _journey(
    "win_back",
    trigger={"on": "scan", "every": "day", "at": "10:00", "misfire": "run_once"},
    when=_silent(30),
    entry={"key": _LAST_PAID, "group": "retention", "max_live_per_group": 1},
    exit=[{**_BOUGHT, "outcome": "goal"}],
    guards=_MARKETING,
    steps=[
        _send("first", "win_back_1", not_later_than="24h"),
        {
            "id": "answer", "do": "wait_for", "timeout": {"n": 7, "unit": "day"},
            "any": [
                _BOUGHT,
                {"on": "message_replied", "of": "first"},
                {"on": "message_clicked", "of": "first"},
            ],
            "then": [{"id": "heard", "do": "stop", "outcome": "answered"}],
            "timed_out": [_send("second", "win_back_2", not_later_than="24h")],
        },
    ],
)  # fmt: skip
BIRTHDAY = _journey(
    "birthday",
    trigger={"on": "date_field", "field": "birthday", "offset": 0, "at": "10:00", "yearly": True},
    when={"field": "tier", "op": "in", "value": ["gold", "diamond"]},
    guards=_MARKETING,
    steps=[
        {**_coupon("birthday", 20, 30), "id": "card"},
        _send("wish", "birthday", not_later_than="same_day"),
    ],
)
THANKS = _journey(
    "thanks",
    trigger=_BOUGHT,
    when={"field": "order_count", "op": "is", "value": 1},
    entry={"key": "trigger.id"},
    guards=_MARKETING,
    steps=[
        {"id": "a_day", "do": "wait", "for": {"n": 24, "unit": "hour"}},
        {
            "id": "kept", "do": "branch",
            "when": {"field": "trigger.status", "op": "is", "value": "paid"},
            "then": [
                {**_coupon("thanks", 10, 30), "id": "coupon", "as": "coupon"},
                _send("say", "thanks"),
            ],
            "else": [{"id": "returned", "do": "stop", "outcome": "refunded"}],
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
        {**_coupon("referral", 15, 60, "subject.referrer"), "id": "hers"},
        {**_coupon("referral", 15, 60, "subject.friend"), "id": "his"},
        {"id": "tag", "do": "add_tags", "of": "subject.referrer", "tags": ["advocate"]},
    ],
)  # fmt: skip
TIER = _mirror(
    "tier",
    sets={
        "field": "tier",
        "choose": [
            {"value": "diamond", "when": {"field": "total_spend", "op": "gt", "value": 5000}},
            {"value": "gold", "when": {"field": "total_spend", "op": "gte", "value": 1500}},
        ],
        "else": "basic",
    },
)
DIAMOND = _journey(
    "diamond",
    trigger={"on": "mirror_entered", "rule": "tier", "value": "diamond"},
    entry={"key": "tier"},
    guards=_MARKETING,
    steps=[
        {**_coupon("tier", 20, 60), "id": "coupon", "as": "coupon"},
        _send("welcome", "diamond"),
    ],
)
SLEEPING = _mirror("sleeping", when=_silent(90), sets={"field": "tags", "add": "sleeping"})
WAKE = _journey(
    "wake",
    trigger={"on": "mirror_entered", "rule": "sleeping"},
    entry={"key": _LAST_PAID, "group": "retention", "max_live_per_group": 1},
    steps=[
        {
            "id": "call", "do": "create_task", "role": "manager", "due": {"n": 3, "unit": "day"},
            "title": {"en": "Call {name|them}", "zh-Hans": "给{name|客户}打电话"},
        },
    ],
)  # fmt: skip
FEEDBACK = _journey(
    "unhappy",
    subject="feedback",
    trigger={
        "on": "record_created", "form": "feedback",
        "where": {"field": "score", "op": "lte", "value": 2},
    },
    steps=[
        {
            "id": "ask", "do": "create_task", "role": "manager", "due": {"n": 24, "unit": "hour"},
            "title": {"en": "Mend this: {words|?}", "zh-Hans": "请处理：{words|?}"},
        },
        {
            "id": "mended", "do": "wait_for", "timeout": {"n": 24, "unit": "hour"},
            "any": [{"on": "task_done", "of": "ask"}],
            "then": [],
            "timed_out": [
                {
                    "id": "louder", "do": "create_task", "role": "owner",
                    "title": {"en": "Nobody mended: {words|?}", "zh-Hans": "无人处理：{words|?}"},
                }
            ],
        },
    ],
)  # fmt: skip
OFTEN = _mirror(
    "often",
    when={
        "aggregate": "count", "of": "orders", "where": PAID, "within": {"last": 30, "unit": "day"},
        "on": "paid_at", "op": "gte", "value": 4,
    },
    sets={"field": "tags", "add": "often"},
)  # fmt: skip

RULES = (WIN_BACK, BIRTHDAY, THANKS, REFERRAL, TIER, DIAMOND, SLEEPING, WAKE, FEEDBACK, OFTEN)
