"""F35: the logs have grown long: lists, a person's copy, their erasure and the heartbeat stay as
quick as they were."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from regulars.form_builder.history import history_of
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.timeline import timeline_of
from regulars.platform.accounts import audit, trail
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.security_log import list_log
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.health.findings import Place
from regulars.platform.privacy.holdings import all_holdings
from regulars.rule_engine import (
    executing,
    figures,
    health,
    hooks,
    ingest,
    overview,
    sender,
    standing,
)
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.book import book_of
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.gauges import gauges_of_rules
from regulars.rule_engine.history_marks import latest_history, touched_by_history
from regulars.rule_engine.hooks import HookWish
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.matching import Recent, find_event
from regulars.rule_engine.overview import Wanted
from regulars.rule_engine.tables import decision, hook_call, message_link
from regulars.rule_engine.ticking import is_work_due
from regulars.rule_engine.today import RulesToday
from regulars.rule_engine.web.runs import STATES
from regulars.rule_engine.why import explain_rule
from regulars.wiring import wire
from tests.support.channels import SEAL
from tests.support.full_logs import Looked, lengthen, looking
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

OWNER = Access(1, "Li", "owner", "en")
ANNA = 1
FEW, MANY = 1000, 4000
SLACK = 10  # thousands of steps


def today(uow: UnitOfWork) -> None:
    source = RulesToday()
    list(source.troubles(uow, OWNER))
    source.sent(uow, OWNER)


def erase_rows(uow: UnitOfWork) -> None:
    for holding in all_holdings():
        if holding.name != "consent_entry":  # proof stays
            holding.delete(uow, "customers", [ANNA])


def beat(uow: UnitOfWork) -> None:
    """What monitoring and the ticker ask every few seconds."""
    oldest_due(uow)
    now: Now = lambda: uow.now  # noqa: E731
    is_work_due(uow.database, uow.workspace, now)
    gauges_of_rules(uow.database)
    for each in health.CHECKS:
        list(each.look(Place(uow.database, uow.workspace, uow.now)))


def look_for_work(uow: UnitOfWork) -> None:
    """What a worker asks before every batch."""
    ingest._waiting(uow, ingest.BATCH)
    executing._claim(uow, "worker", executing.BATCH, LEASE)
    lane = sender.Lane("sms", providers.get("outbox"))
    sender._claim(uow, "worker", lane, sender._Claim(sender.BATCH, LEASE))
    sender._due_channels(uow)
    latest_history(uow)
    touched_by_history(uow, book_of(uow).rules["greet"], uow.now)
    assert ("record_created", "nowhere") not in Recent(uow)


def look_back(uow: UnitOfWork) -> None:
    """Whether what a run waits for has happened already."""
    waiting = SimpleNamespace(form="customers", record=ANNA, id=1, trigger_event=None)
    for settings in ({"on": "record_updated"}, {"on": "record_created", "form": "orders"}):
        find_event(uow, [Trigger.from_json(settings)], waiting, uow.now - timedelta(days=900))


def listed(**wanted: Any) -> Callable[[UnitOfWork], Any]:
    return lambda uow: overview.list_messages(uow, OWNER, Wanted(**wanted))


ASKED: dict[str, Callable[[UnitOfWork], Any]] = {
    "the log": lambda uow: list_log(uow, OWNER, strangers=True),
    "the log further back": lambda uow: list_log(uow, OWNER, below="0-0"),
    "a record's history": lambda uow: history_of(uow, "customers", ANNA),
    "a person's timeline": lambda uow: timeline_of(uow, OWNER, "customers", ANNA),
    "messages": listed(),
    "unclear messages": listed(status="unknown"),
    "a rule's messages": listed(rule="greet"),
    "a rule's failed messages": listed(rule="greet", status="failed"),
    "a person's messages": listed(person=("customers", ANNA)),
    "the rules": lambda uow: figures.list_rules(uow, OWNER),
    "messages by state": lambda uow: figures.count_messages(uow, OWNER, STATES),
    "why messages did not leave": lambda uow: overview.known_reasons(uow, OWNER),
    "failed messages": listed(status="failed"),
    "waiting messages": listed(status="queued"),
    "a rule's runs": lambda uow: overview.list_runs(uow, OWNER, Wanted(rule="greet")),
    "live runs": lambda uow: overview.list_runs(uow, OWNER, Wanted(status="live")),
    "calls of an address": lambda uow: hooks.last_calls(uow, "quiet"),
    "runs": lambda uow: overview.list_runs(uow, OWNER),
    "stuck runs": lambda uow: overview.list_runs(uow, OWNER, Wanted(status="stuck")),
    "how many stand still": lambda uow: standing.count_standing(uow, OWNER),
    "the first page": today,
    "the heartbeat": beat,
    "looking for work": look_for_work,
    "looking back": look_back,
    "why not": lambda uow: explain_rule(uow, OWNER, "greet", ANNA),
    "a copy of a person": lambda uow: make_dossier(uow, OWNER, "customers", ANNA),
    "erasing a person's rows": erase_rows,
}


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    made = RuleShop(database, workspace).open()
    made.publish(sms(), journey())
    made.order(made.customer(name="Anna"))
    made.tick()
    with made.work() as uow:
        at = uow.now
        hooks.add_hook(uow, SYSTEM, SEAL, HookWish("quiet", "Quiet"))
        audit.note(uow, OWNER, "exported", "customers")
        told = {
            "rule": "greet",
            "form": "customers",
            "record": ANNA,
            "reason": {"code": "min-gap"},
            "at": at,
        }
        uow.execute(decision.insert().values(told))
        call = {"hook": "till", "message": "m", "outcome": "taken", "repeats": 0, "at": at}
        uow.execute(hook_call.insert().values(call))
        link = {"token": "t", "outbound_key": "k", "kind": "link", "name": "n", "clicks": 0}
        uow.execute(message_link.insert().values(link))
    with made.database.main_tx() as connection:
        trail.note(connection, "signed-in", None, now=at)
    return made


def looked_at(shop: RuleShop) -> dict[str, Looked]:
    """What each question makes the store look at; nothing of it is kept."""
    found = {}
    for name, ask in ASKED.items():
        with looking(shop) as looked, shop.work() as uow:
            sent = uow.connection.begin_nested()
            ask(uow)
            sent.rollback()
        found[name] = looked
    return found


def test_f35_long_logs_are_not_read_through(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST", FEW // 10)
    monkeypatch.setattr(overview, "LATEST_MESSAGES", FEW // 10)
    lengthen(shop, FEW, 0)
    before = looked_at(shop)
    lengthen(shop, MANY, FEW)
    after = looked_at(shop)
    slower = {
        name: (before[name].steps, looked.steps)
        for name, looked in after.items()
        if looked.steps > 1.3 * before[name].steps + SLACK
    }
    assert not slower, "\n".join(f"{name}: {steps}" for name, steps in slower.items())
    assert {name: each.scanned for name, each in after.items() if each.scanned} == {}
