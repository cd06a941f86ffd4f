"""Rules that send reports, for tests: a report, a rule, members who read."""

from typing import Any

from regulars.platform.accounts.tables import member
from regulars.rule_engine.digest_tables import report_result
from tests.support.rule_shop import RuleShop

BY_DAY: dict[str, Any] = {
    "kind": "report", "key": "sales", "label": {"en": "Sales", "zh-Hans": "销售额"},
    "from": "orders", "dimensions": [{"as": "day", "field": "paid_at", "by": "day"}],
    "measures": [{"as": "revenue", "aggregate": "sum", "field": "amount", "label": {
        "en": "Revenue", "zh-Hans": "营业额"}}],
}  # fmt: skip


def digest(**parts: Any) -> dict[str, Any]:
    """Last week's sales, on Mondays at eight, by mail to the owners."""
    step = {
        "id": "s1", "do": "run_report", "report": "sales", "period": "last_week",
        "channel": "email", **parts.pop("step", {}),
    }  # fmt: skip
    when = {"on": "scan", "every": "week", "at": "08:00", **parts.pop("trigger", {})}
    return {
        "kind": "rule", "key": "weekly", "label": {"en": "Weekly"}, "class": "report",
        "trigger": when, "steps": [step], **parts,
    }  # fmt: skip


def join(shop: RuleShop, number: int, role: str = "owner", **values: Any) -> int:
    """A member, without the cost of a password."""
    row = {
        "user_id": number, "name": f"M{number}", "email": f"m{number}@shop.example",
        "role": role, "unit_ids": [], "locale": "en", "active": True, **values,
    }  # fmt: skip
    with shop.work() as uow:
        made = uow.execute(member.insert().values(created_at=uow.now, **row))
        assert made.inserted_primary_key is not None
        return int(made.inserted_primary_key[0])


def results(shop: RuleShop) -> list[Any]:
    """What was kept, oldest first."""
    with shop.work() as uow:
        return list(uow.execute(report_result.select().order_by(report_result.c.id)))
