"""A shop for tests of rules: customers who agree to messages, orders, coupons, and a tick."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import (
    create_record,
    delete_record,
    get_record,
    update_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.mailer import MemoryMailer
from regulars.platform.privacy.consents import ConsentChange, set_consent
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.tables import outbound, run, run_step
from regulars.rule_engine.ticking import Done, Engine

SYSTEM = system_access("zh-Hans")
PAID = {"field": "status", "op": "is", "value": "paid"}

CUSTOMERS: dict[str, Any] = {
    "kind": "form",
    "key": "customers",
    "label": {"en": "Customers", "zh-Hans": "客户"},
    "title": "{name}",
    "person": {
        "name": "name", "mobile": "mobile", "email": "email", "birthday": "birthday",
        "language": "language",
    },
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "mobile", "type": "phone", "unique": True},
        {"key": "email", "type": "email"},
        {"key": "birthday", "type": "date"},
        {"key": "language", "type": "choice", "options": [{"value": "zh-Hans"}, {"value": "en"}]},
        {
            "key": "tier", "type": "choice",
            "options": [
                {"value": "basic", "label": {"en": "Basic", "zh-Hans": "普通"}},
                {"value": "gold", "label": {"en": "Gold", "zh-Hans": "金卡"}},
                {"value": "diamond", "label": {"en": "Diamond", "zh-Hans": "钻石"}},
            ],
        },
        {"key": "tags", "type": "tags"},
        {"key": "note", "type": "text"},
        {
            "key": "orders", "type": "related", "from": "orders", "via": "customer",
            "order": "-paid_at",
        },
        {"key": "order_count", "type": "rollup", "of": "orders", "aggregate": "count"},
        {
            "key": "total_spend", "type": "rollup", "of": "orders", "aggregate": "sum",
            "field": "amount", "where": PAID, "result": "money",
        },
    ],
}  # fmt: skip
ORDERS: dict[str, Any] = {
    "kind": "form",
    "key": "orders",
    "label": {"en": "Orders", "zh-Hans": "订单"},
    "fields": [
        {"key": "customer", "type": "link", "to": "customers", "required": True},
        {"key": "paid_at", "type": "datetime"},
        {
            "key": "status", "type": "choice", "default": "paid",
            "options": [{"value": "paid"}, {"value": "open"}, {"value": "refunded"}],
        },
        {"key": "amount", "type": "money"},
    ],
}  # fmt: skip
COUPONS: dict[str, Any] = {
    "kind": "form",
    "key": "coupons",
    "label": {"en": "Coupons", "zh-Hans": "优惠券"},
    "title": "{code}",
    "fields": [
        {"key": "code", "type": "text", "unique": True},
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "amount", "type": "money"},
        {"key": "expires_at", "type": "date"},
    ],
}  # fmt: skip


def sms(key: str = "hello", text: Any = "{name|friend}, hello!", **more: Any) -> dict[str, Any]:
    """A message with one text."""
    return {"kind": "message", "key": key, "channels": {"sms": {"text": text}}, **more}


def journey(key: str = "greet", **parts: Any) -> dict[str, Any]:
    """A journey over customers; without parts, a greeting for every new order."""
    return {
        "kind": "rule", "key": key, "label": {"en": key}, "class": "journey",
        "subject": "customers",
        "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
        "guards": {"purpose": "marketing", "quiet_hours": None},
        "steps": [{"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"}],
        **parts,
    }  # fmt: skip


def mirror(key: str, when: Mapping[str, Any] | None, sets: Mapping[str, Any]) -> dict[str, Any]:
    """A mirror over customers."""
    rule: dict[str, Any] = {
        "kind": "rule", "key": key, "label": {"en": key}, "class": "mirror",
        "subject": "customers", "sets": sets,
    }  # fmt: skip
    return rule if when is None else {**rule, "when": when}


SILENT_30 = {
    "aggregate": "last", "of": "orders", "field": "paid_at", "op": "older_than",
    "value": {"n": 30, "unit": "day"}, "if_none": False,
}  # fmt: skip


@dataclass
class RuleShop:
    """One workspace with forms and whatever rules a test publishes."""

    database: Database
    workspace: Workspace
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    _mobiles: int = 0

    def open(self) -> "RuleShop":
        """Publish the forms."""
        self.publish(CUSTOMERS, ORDERS, COUPONS)
        return self

    @property
    def engine(self) -> Engine:
        """The rule engine, with a mailer that keeps what it is given."""
        return Engine(self.database, Surroundings(self.mailer))

    @contextmanager
    def work(self, at: datetime | None = None) -> Iterator[UnitOfWork]:
        """A transaction as of an instant."""
        with self.database.workspace_tx(self.workspace, now=at) as uow:
            yield uow

    def publish(self, *definitions: Mapping[str, Any], at: datetime | None = None) -> None:
        """Save and publish definitions together."""
        with self.work(at) as uow:
            for each in definitions:
                store.save_draft(uow, SYSTEM, each["kind"], each)
            store.publish(uow, SYSTEM, [(each["kind"], each["key"]) for each in definitions])

    def customer(self, *, agrees: bool = True, at: datetime | None = None, **values: Any) -> int:
        """A new customer with a mobile, who agrees to marketing by SMS unless told otherwise."""
        self._mobiles += 1
        values.setdefault("mobile", f"138{self._mobiles:08}")
        with self.work(at) as uow:
            made = create_record(uow, SYSTEM, "customers", values, origin=Origin("cli"))
        if agrees:
            self.consent(made.id, at=at)
        return made.id

    def consent(
        self, record: int, action: str = "grant", at: datetime | None = None, channel: str = "sms"
    ) -> None:
        """Record what a customer said about marketing."""
        change = ConsentChange(
            "customers", record, "marketing", channel, action, "till", "asked"  # type: ignore[arg-type]
        )  # fmt: skip
        with self.work(at) as uow:
            set_consent(uow, SYSTEM, change)

    def order(
        self, customer: int, *, at: datetime | None = None, automation: str = "live", **values: Any
    ) -> int:
        """A new order; paid at the instant it is made unless told otherwise."""
        with self.work(at) as uow:
            given = {"customer": customer, "amount": "100", "paid_at": uow.now, **values}
            origin = Origin("import" if automation == "none" else "cli", automation=automation)
            return create_record(uow, SYSTEM, "orders", given, origin=origin).id

    def change(self, form: str, record: int, at: datetime | None = None, **values: Any) -> None:
        """Change a record."""
        with self.work(at) as uow:
            update_record(uow, SYSTEM, form, record, values, origin=Origin("cli"))

    def delete(self, form: str, record: int) -> None:
        """Move a record to the recycle bin."""
        with self.work() as uow:
            delete_record(uow, SYSTEM, form, record, origin=Origin("cli"))

    def read(self, form: str, record: int) -> dict[str, Any]:
        """A record's values."""
        with self.work() as uow:
            return get_record(uow, SYSTEM, form, record).values

    def tick(self, at: datetime | None = None) -> Done:
        """Do all due work: as of an instant, or as of the clock."""
        return self.engine.tick(at, self.workspace)

    def runs(self, rule: str | None = None, **where: Any) -> list[Any]:
        """Runs, oldest first."""
        statement = run.select().order_by(run.c.id)
        for name, value in ({"rule": rule} if rule else {} | where).items():
            statement = statement.where(run.c[name] == value)
        for name, value in where.items():
            statement = statement.where(run.c[name] == value)
        with self.work() as uow:
            return list(uow.execute(statement))

    def messages(self, **where: Any) -> list[Any]:
        """Outbound messages, oldest first."""
        statement = outbound.select().order_by(outbound.c.id)
        for name, value in where.items():
            statement = statement.where(outbound.c[name] == value)
        with self.work() as uow:
            return list(uow.execute(statement))

    def trace(self, run_id: int) -> list[Any]:
        """The trace of a run."""
        with self.work() as uow:
            return list(
                uow.execute(
                    run_step.select().where(run_step.c.run == run_id).order_by(run_step.c.seq)
                )
            )

    def count(self, table: sa.Table, *where: Any) -> int:
        """How many rows a table has."""
        with self.work() as uow:
            statement = sa.select(sa.func.count()).select_from(table).where(*where)
            return int(uow.scalar(statement))
