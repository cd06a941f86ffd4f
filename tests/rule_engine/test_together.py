"""Runs that take a step together come out as they would one after the other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history
from regulars.form_builder.storing import load_rows
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.platform.workspaces import create_workspace
from regulars.rule_engine import breaking, executing
from regulars.rule_engine.steps.records import CreateRecord
from regulars.rule_engine.tables import run, run_step
from regulars.rule_engine.walking import Walk, Walker
from tests.support.rule_shop import CUSTOMERS, RuleShop, journey

CARDS: dict[str, Any] = {
    "kind": "form", "key": "cards", "label": "Cards", "title": "{code}",
    "fields": [
        {"key": "code", "type": "text", "unique": True, "required": True},
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "amount", "type": "money"},
        {"key": "number", "type": "serial", "pattern": "C{0000}"},
        {"key": "kind", "type": "text", "default": {"formula": "UPPER(code)"}},
    ],
    "checks": [{"must": {"field": "amount", "op": "gte", "value": 0}, "message": "Too little"}],
}  # fmt: skip
NASTY = ("Ann", "", "ann", "Straße", "张三", "张三", 'o\'Neil "x"', " ", "Bob", "Zoë", "Ida")
REFUSED: list[dict[str, Any]] = [
    {"do": "update_record", "values": {"note": "refused"}},
    {"do": "add_tags", "tags": ["refused"]},
]


def welcome(**more: Any) -> dict[str, Any]:
    """Every kind of step that goes together, and what is done when one is refused."""
    return journey(
        "welcome",
        steps=[
            {"do": "add_tags", "tags": ["new", "张 三"]},
            {"id": "card", "do": "create_record", "form": "cards", "as": "card",
             "values": {"code": {"formula": "name"}, "customer": {"formula": "subject"},
                        "amount": {"formula": "trigger.amount - 50"}},
             "on_error": REFUSED},
            {"do": "branch", "when": {"field": "order_count", "op": "gt", "value": 1},
             "then": [{"do": "update_record", "values": {"tier": "gold"}}],
             "else": [{"do": "update_record", "values": {"note": {"formula": "card.kind"}}}]},
            {"do": "update_record", "of": "trigger", "values": {"status": "refunded"}},
            {"do": "remove_tags", "tags": ["new", "never"]},
        ],
        **more,
    )  # fmt: skip


def a_busy_morning(shop: RuleShop) -> None:
    """People with awkward names, some with two orders, some of whom are gone by the time."""
    shop.publish(CARDS, welcome())
    people = [shop.customer(name=name, agrees=False) for name in NASTY]
    for place, person in enumerate(people):
        shop.order(person, amount=str(10 * place))
    again = shop.order(people[0], amount="90")
    shop.order(people[8], amount="90", status="open")
    shop.delete("orders", again)
    shop.order(people[4], amount="51")
    shop.tick()


def everything(shop: RuleShop) -> dict[str, list[Any]]:
    """Every record, line of history, event, run and line of a trace, without their own numbers."""
    with shop.work() as uow:
        found: dict[str, list[Any]] = {
            key: sorted(map(str, _records(uow, key))) for key in ("customers", "orders", "cards")
        }
        for table in (history, event, run, run_step):
            wanted = [c for c in table.c if c.name != "id"]
            found[table.name] = sorted(map(str, uow.execute(sa.select(*wanted)).all()))
    return found


def _records(uow: UnitOfWork, key: str) -> Iterator[Any]:
    catalog = catalog_of(uow)
    tables = catalog.tables[key]
    ids = list(uow.execute(sa.select(tables.main.c.id)).scalars())
    return iter(load_rows(uow, catalog.get_form(key), tables, ids).items())


@pytest.fixture
def second(database: Database, workspace: Workspace) -> RuleShop:
    """A second shop of the same kind."""
    place = create_workspace(
        database, "second", "Second", zone=workspace.zone, locale=workspace.locale
    )
    return RuleShop(database, place).open()


def test_many_runs_together_come_out_as_one_by_one(
    shop: RuleShop, second: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executing, "SLICE_SECONDS", 60.0)
    monkeypatch.setattr(breaking, "MOST_FAILURES", 1.0)
    together: list[int] = []

    def counted(step_together: Callable[..., Any]) -> Callable[..., Any]:
        def count(walker: Walker, walks: list[Walk]) -> list[Walk]:
            together.append(len(walks))
            return list(step_together(walker, walks))

        return count

    monkeypatch.setattr(Walker, "step_together", counted(Walker.step_together))
    a_busy_morning(shop)
    assert max(together) >= len(NASTY)
    monkeypatch.setattr(Walker, "goes_together", lambda *_args: False)
    a_busy_morning(second)
    ours, theirs = everything(shop), everything(second)
    for name, rows in theirs.items():
        assert ours[name] == rows, name
    refused = [s for row in shop.runs("welcome") for s in shop.trace(row.id) if s.error]
    assert {each.error["code"] for each in refused} >= {"record-refused"}


def test_one_refused_record_holds_back_only_its_own_run(shop: RuleShop) -> None:
    shop.publish(CARDS, journey(steps=[
        {"do": "create_record", "form": "cards",
         "values": {"code": {"formula": "name"}, "amount": {"formula": "trigger.amount"}}},
    ]))  # fmt: skip
    people = [shop.customer(name=name) for name in ("a", "b", "c", "d")]
    for person, amount in zip(people, ("1", "-1", "2", "3"), strict=True):
        shop.order(person, amount=amount)
    shop.tick()
    assert [row.status for row in shop.runs()] == ["done", "failed", "done", "done"]
    failed = shop.runs(status="failed")[0].reason
    assert (failed["code"], [each["code"] for each in failed["problems"]]) == (
        "record-refused", ["check-failed"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        {"do": "create_record", "form": "cards",
         "values": {"code": "x", "amount": {"formula": "COUNT(cards)"}}},
        {"do": "update_record", "values": {"mobile": "+8613800000000"}},
        {"do": "update_record", "of": "friend", "values": {"visits": {"formula": "visits + 1"}}},
        {"do": "update_record", "of": "friend",
         "values": {"visits": {"formula": "friend.visits + 1"}}},
        {"do": "create_record", "form": "orders",
         "values": {"customer": {"formula": "friend"}, "amount": {"formula": "total_spend"}}},
    ],
    ids=["counts-its-own", "unique", "others-row", "shared-record", "rollup-it-moves"],
)  # fmt: skip
def test_what_others_could_see_is_written_one_after_the_other(
    shop: RuleShop, step: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(CARDS, friends())
    shop.publish(journey(steps=[step]))
    people = [shop.customer(name=name) for name in "abc"]
    for person in people:
        shop.change("customers", person, friend=people[0], visits=1)
        shop.order(person)
    at_once: list[int] = []
    monkeypatch.setattr(
        "regulars.rule_engine.steps.together.write_batch",
        lambda *args, **_more: at_once.append(len(args[3])),
    )
    shop.tick()
    assert at_once == []


def friends() -> dict[str, Any]:
    """Customers who know each other and have cards."""
    return {**CUSTOMERS, "fields": [
        *CUSTOMERS["fields"],
        {"key": "friend", "type": "link", "to": "customers"},
        {"key": "visits", "type": "number", "default": 0},
        {"key": "cards", "type": "related", "from": "cards", "via": "customer"},
    ]}  # fmt: skip


def test_the_subjects_own_values_may_be_changed_by_what_they_were(shop: RuleShop) -> None:
    shop.publish(CARDS, friends())
    more = {"visits": {"formula": "visits + 1"}}
    shop.publish(journey(steps=[{"do": "update_record", "values": more}]))
    people = [shop.customer(name=name) for name in "abc"]
    for person in (*people, people[1], people[1]):
        shop.order(person)
    shop.tick()
    assert [shop.read("customers", each)["visits"] for each in people] == [1, 3, 1]


def test_something_unforeseen_in_a_batch_puts_off_only_who_brings_it_about(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(CARDS, journey(steps=[
        {"do": "create_record", "form": "cards",
         "values": {"code": {"formula": "name"}, "amount": 1}},
    ]))  # fmt: skip
    people = [shop.customer(name=name) for name in ("a", "odd", "c")]
    for person in people:
        shop.order(person)
    perform, together = CreateRecord.perform, CreateRecord.perform_together

    def odd(kind: CreateRecord, work: Any) -> Any:
        if work.run.record == people[1]:
            raise RuntimeError("odd")
        return perform(kind, work)

    def odd_together(kind: CreateRecord, works: Any) -> Any:
        together(kind, works)
        raise RuntimeError("odd")

    monkeypatch.setattr(CreateRecord, "perform", odd)
    monkeypatch.setattr(CreateRecord, "perform_together", odd_together)
    shop.tick()
    assert [row.status for row in shop.runs()] == ["done", "live", "done"]
    assert shop.runs()[1].reason["code"] == "step-error"
