"""F30: an import that is killed at any point goes on, loses nothing and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.history import history
from regulars.form_builder.importing import batches, leases, limits, running
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.importing.tables import import_batch
from regulars.platform.db import Database, Workspace
from regulars.platform.faultpoint import VARIABLE
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.import_forms import (
    OWNER,
    all_records,
    bring_in,
    counts,
    everything,
    finish,
    prepare_import,
    problems_of,
    publish_import_shop,
)

ORDERS = 60
LINES_EACH = 3
MAP: dict[str, Any] = {
    "targets": [
        {
            "form": "customers",
            "key": "code",
            "fields": {"code": {"column": "who"}, "name": {"column": "who"}},
        },
        {
            "form": "orders",
            "group_by": "no",
            "fields": {"order_no": {"column": "no"}, "customer": {"column": "who", "by": "code"}},
            "rows": {
                "field": "items",
                "fields": {
                    "product": {"column": "sku", "create": True},
                    "quantity": {"column": "n"},
                    "unit_price": {"column": "price"},
                },
            },
        },
    ]
}


def sales() -> str:
    """Orders whose lines lie apart, with one broken order among them."""
    lines = ["no,who,sku,n,price"]
    for line in range(LINES_EACH):
        for order in range(ORDERS):
            amount = "x" if (order, line) == (7, 1) else str(line + 1)
            lines.append(f"O{order},C{order % 9},S{order % 5},{amount},2.5")
    return "\n".join(lines) + "\n"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    wire()
    monkeypatch.setattr(limits, "CHUNK_ROWS", 50)


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    publish_import_shop(database, workspace)
    return workspace


def start(database: Database, shop: Workspace) -> Batch:
    draft = prepare_import(database, shop, sales(), MAP)
    with database.workspace_tx(shop) as uow:
        return batches.start_batch(uow, OWNER, draft.id)


def work_until_killed(database: Database, clock: MovableClock, place: str) -> None:
    """A worker of its own that dies at ``place`` by SIGKILL."""
    command = [sys.executable, "-m", "tests.support.import_worker"]
    arguments = [database.url, str(database.data_dir), clock.now.isoformat()]
    environ = {**os.environ, VARIABLE: f"{place}:kill"}
    done = subprocess.run([*command, *arguments], env=environ, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def check_all_is_there_once(database: Database, shop: Workspace, batch: Batch) -> None:
    assert batch.state == "done", batch.error
    assert counts(batch, "orders") == {"created": ORDERS - 1, "refused": 1}
    with database.workspace_tx(shop) as uow:
        orders = all_records(uow, "orders")
        assert len({each["order_no"] for each in orders}) == len(orders) == ORDERS - 1
        assert all(len(each["items"]) == LINES_EACH for each in orders)
        assert all(each["amount"] == 15 for each in orders)
        people = all_records(uow, "customers")
        assert len(people) == 9
        assert sum(each["order_count"] for each in people) == ORDERS - 1
        assert len(all_records(uow, "products")) == 5
        told = uow.execute(sa.select(history.c.form, history.c.record, history.c.action))
        assert max(Counter(tuple(row) for row in told).values()) == 1
        problems = problems_of(uow, batch)
        assert sorted(map(len, problems.values())) == [1, 1, 1]


@pytest.mark.parametrize(
    "place",
    [
        "I0",
        "I1@1",
        "I1@4",
        "import-after-chunk@4",
        "I2",
    ],
)
def test_a_killed_import_is_finished_by_the_next_worker(
    database: Database, shop: Workspace, clock: MovableClock, place: str
) -> None:
    batch = start(database, shop)
    work_until_killed(database, clock, place)
    assert finish(database, shop, batch.id).state == "running", (
        "the dead worker's lease still holds"
    )
    clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    check_all_is_there_once(database, shop, finish(database, shop, batch.id))


def test_killed_again_and_again_it_still_arrives(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    batch = start(database, shop)
    for place in ("I1@2", "import-after-chunk@1"):
        work_until_killed(database, clock, place)
        clock.forward(seconds=61)
    check_all_is_there_once(database, shop, finish(database, shop, batch.id))


def test_one_that_never_gets_anywhere_is_stopped(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    batch = start(database, shop)
    with database.workspace_tx(shop) as uow:
        uow.execute(import_batch.update().values(tries=leases.MOST_TRIES))
    stopped = finish(database, shop, batch.id)
    assert stopped.state == "stopped"
    assert stopped.error == {"code": "import-keeps-failing", "params": {}}


def test_two_workers_at_once_do_the_work_once(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    """One that was thought dead comes back and finds the batch taken."""
    batch = start(database, shop)
    slow = leases.claim(database, shop, batch.id)
    assert slow is not None
    assert leases.claim(database, shop, batch.id) is None
    clock.forward(seconds=61)
    check_all_is_there_once(database, shop, finish(database, shop, batch.id))
    with pytest.raises(leases.LeaseLost), database.workspace_tx(shop) as uow:
        slow.hold(uow)


def test_the_same_file_again_after_a_kill_doubles_nothing(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    keyed = json.loads(json.dumps(MAP))
    keyed["targets"][1]["key"] = "order_no"
    draft = prepare_import(database, shop, sales(), keyed)
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, draft.id)
    work_until_killed(database, clock, "import-after-chunk@3")
    with database.workspace_tx(shop) as uow:
        batches.stop_batch(uow, OWNER, draft.id)
    second = bring_in(database, shop, sales(), keyed)
    check = counts(second, "orders")
    assert check["refused"] == 1
    assert check.get("created", 0) + check.get("unchanged", 0) == ORDERS - 1
    with database.workspace_tx(shop) as uow:
        assert len(all_records(uow, "orders")) == ORDERS - 1


def test_a_killed_undo_is_finished_by_the_next_worker(
    database: Database, shop: Workspace, clock: MovableClock
) -> None:
    with database.workspace_tx(shop) as uow:
        before = everything(uow)
    batch = bring_in(database, shop, sales(), MAP)
    with database.workspace_tx(shop) as uow:
        batches.start_undo(uow, OWNER, batch.id)
    work_until_killed(database, clock, "import-after-undo@1")
    clock.forward(seconds=timedelta(seconds=61).total_seconds())
    assert running.run_due(database, shop) == 1
    with database.workspace_tx(shop) as uow:
        assert batches.get_batch(uow, OWNER, batch.id).state == "undone"
        assert everything(uow) == before
