"""A corner shop for tests of plain reports: few records, every kind of field."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.report_builder.result import Result
from regulars.report_builder.service import Wish, run_inline
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")
SHANGHAI = ZoneInfo("Asia/Shanghai")
QUIET = Origin("api", automation="none")
FORMS: tuple[dict[str, Any], ...] = (
    {
        "kind": "form",
        "key": "people",
        "label": {"en": "People", "zh-Hans": "客户"},
        "title": "{name}",
        "fields": [
            {"key": "name", "type": "text", "required": True},
            {
                "key": "tier",
                "type": "choice",
                "options": [
                    {"value": "gold", "label": {"en": "Gold", "zh-Hans": "金卡"}},
                    {"value": "basic", "label": {"en": "Basic", "zh-Hans": "普通"}},
                ],
            },
            {"key": "tags", "type": "tags"},
            {
                "key": "sales",
                "type": "related",
                "from": "sales",
                "via": "buyer",
                "order": "-sold_at",
            },
        ],
    },
    {
        "kind": "form",
        "key": "sales",
        "label": {"en": "Sales", "zh-Hans": "销售"},
        "title": "{note}",
        "fields": [
            {"key": "note", "type": "text", "label": {"en": "Note", "zh-Hans": "备注"}},
            {"key": "buyer", "type": "link", "to": "people"},
            {"key": "sold_at", "type": "datetime"},
            {"key": "due", "type": "date"},
            {"key": "paid", "type": "boolean"},
            {"key": "amount", "type": "money", "label": {"en": "Amount", "zh-Hans": "金额"}},
            {"key": "double", "type": "formula", "formula": "amount * 2", "result": "money"},
            {"key": "store", "type": "unit"},
            {
                "key": "lines",
                "type": "subform",
                "fields": [
                    {"key": "what", "type": "text"},
                    {"key": "pieces", "type": "number"},
                ],
            },
        ],
    },
)  # fmt: skip


def open_shop(uow: UnitOfWork) -> None:
    """The two forms, without records."""
    publish_forms(uow, FORMS)


def add(uow: UnitOfWork, form: str, *rows: dict[str, Any]) -> list[int]:
    """Write records; times without an offset are the shop's."""
    done = write_batch(uow, OWNER, form, rows, origin=QUIET, atomic=True)
    return [result.id for result in done.results if result.id is not None]


def add_sales(uow: UnitOfWork, *rows: tuple[str, str]) -> list[int]:
    """Sales as (local time, amount)."""
    return add(uow, "sales", *({"sold_at": at, "amount": amount} for at, amount in rows))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def ask(
    uow: UnitOfWork,
    measures: Sequence[dict[str, Any]] | None = None,
    *,
    source: str = "sales",
    access: Access = OWNER,
    now: datetime | None = None,
    params: dict[str, Any] | None = None,
    **raw: Any,
) -> Result:
    """Run a report over the sales; counts them unless told what to measure."""
    wanted = {"measures": list(measures or [{"as": "n", "aggregate": "count"}])}
    definition = {"from": source, **({} if "analysis" in raw else wanted), **raw}
    return run_inline(uow, access, definition, Wish(params or {}, now))
