"""A shop in the middle of its day, for tests of faults, filled once per session and copied.

There are orders nobody has looked at yet, people who have lapsed, and a mirror that has looked
over nobody.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import Database
from regulars.platform.privacy import suppressions
from regulars.platform.workspaces import get_workspace
from regulars.rule_engine.service import choose_provider
from regulars.wiring import wire
from tests.support.clocks import NOW, MovableClock
from tests.support.databases import SECRET, copied
from tests.support.rule_faults import LedgerMailer, assert_sound, engine_with
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

PEOPLE = 4
LAPSED_PEOPLE = 2
TODAY = NOW + timedelta(days=1)
BOTH = {
    "kind": "message", "key": "both",
    "channels": {"sms": {"text": "hello"}, "email": {"subject": "hi", "markdown": "hello"}},
}  # fmt: skip
COUPON = {
    "do": "create_record", "form": "coupons", "as": "coupon",
    "values": {"customer": {"formula": "subject"}, "amount": {"formula": "trigger.amount"}},
}  # fmt: skip
THANKS = journey(
    "thanks",
    steps=[
        COUPON,
        {"do": "add_tags", "tags": ["thanked"]},
        {"id": "mail", "do": "send_message", "message": "both", "channel": "email"},
        {"id": "text", "do": "send_message", "message": "both", "channel": "sms"},
        {
            "do": "wait_for", "timeout": "7d",
            "any": [{"on": "record_created", "form": "orders", "link": "customer"}],
        },
    ],
)  # fmt: skip
LAPSED = journey(
    "lapsed",
    trigger={"on": "scan", "every": "day", "at": "10:00"},
    when=SILENT_30,
    entry={"key": "LAST(orders).id"},
    steps=[
        {"do": "add_tags", "tags": ["lapsed"]},
        {"do": "send_message", "message": "hello", "channel": "sms"},
    ],
)
BUYER = mirror(
    "buyer", {"aggregate": "count", "of": "orders", "op": "gte", "value": 1},
    {"field": "tags", "add": "buyer"},
)  # fmt: skip


def fill(database: Database, clock: MovableClock) -> None:
    """Everything up to this morning."""
    shop = RuleShop(database, get_workspace(database, "shop")).open()
    shop.publish(sms(), BOTH, THANKS, LAPSED)
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "email", "smtp")
    clock.now = NOW - timedelta(days=29)
    for _ in range(LAPSED_PEOPLE):
        shop.order(shop.customer(), automation="none")
    clock.now = NOW + timedelta(hours=12)
    shop.tick()
    shop.publish(BUYER)
    clock.now = TODAY
    for n in range(PEOPLE):
        person = shop.customer(email=f"p{n}@example.com")
        shop.consent(person, channel="email")
        shop.order(person)


@pytest.fixture(scope="session")
def busy_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Where the filled store of a kind of database stands; made when it is first asked for."""
    known: dict[str, str] = {}
    open_copies = []

    def of(kind: str) -> str:
        if kind not in known:
            clock, data = MovableClock(), tmp_path_factory.mktemp("busy") / "data"
            copy = copied(request, kind, data, clock)
            database = copy.__enter__()
            open_copies.append(copy)
            suppressions.install((SECRET,))
            wire()
            fill(database, clock)
            database.close()
            known[kind] = (
                str(data) if kind == "sqlite" else database.url.split("/")[3].split("?")[0]
            )
        return known[kind]

    return of  # the copies go with the session's folders and server


@pytest.fixture
def busy(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock,
    busy_store: Callable[[str], str],
) -> Iterator[RuleShop]:  # fmt: skip
    """The shop this morning, on each database."""
    wire()
    with copied(request, database_kind, tmp_path / "data", clock, busy_store(database_kind)) as db:
        suppressions.install((SECRET,))
        clock.now = TODAY
        yield RuleShop(db, get_workspace(db, "shop"), _mobiles=PEOPLE + LAPSED_PEOPLE)
        db.close()
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


@pytest.fixture
def mailer(tmp_path: Path) -> LedgerMailer:
    """A mail server with a ledger."""
    return LedgerMailer(tmp_path / "ledger")


def finish(shop: RuleShop, mailer: LedgerMailer) -> None:
    """What the next worker does."""
    engine_with(shop.database, mailer).tick(None, shop.workspace)


def assert_all_done(shop: RuleShop, mailer: LedgerMailer) -> None:
    """Everything the day asked for happened once, and every promise was kept."""
    assert_sound(shop, mailer)
    thanked = [run.record for run in shop.runs("thanks")]
    with shop.work() as uow:
        table = catalog_of(uow).tables["coupons"].main
        coupons = Counter(
            uow.execute(table.select().with_only_columns(table.c.customer)).scalars()
        )
    assert len(thanked) == PEOPLE
    assert coupons == dict.fromkeys(thanked, 1)
    for record in thanked:
        assert {"thanked", "buyer"} <= shop.read("customers", record)["tags"]
    assert len(shop.runs("lapsed", status="done")) == LAPSED_PEOPLE
    assert {m.status for m in shop.messages(channel="sms")} == {"sent"}
    assert len(shop.messages(channel="sms")) == PEOPLE + LAPSED_PEOPLE
    assert {m.status for m in shop.messages(channel="email")} <= {"sent", "unknown"}
    assert len(shop.messages(channel="email")) == PEOPLE
