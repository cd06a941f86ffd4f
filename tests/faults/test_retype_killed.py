"""A change of type whose worker is killed goes on, loses nothing and doubles nothing."""

import os
import signal
import subprocess
import sys
from decimal import Decimal

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing import ghosts, retypes, working
from regulars.form_builder.changing.retypes import Retype
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.faultpoint import VARIABLE
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")
ROWS = 45
FORM = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "fields": [{"key": "spent", "type": "text"}],
}
TEXTS = ["x" if n % 10 == 3 else f"{n}.5" for n in range(ROWS)]
AMOUNTS = [None if n % 10 == 3 else Decimal(f"{n}.50") for n in range(ROWS)]


@pytest.fixture
def job(database: Database, workspace: Workspace) -> int:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [FORM])
        rows = [{"spent": text} for text in TEXTS]
        write_batch(uow, OWNER, "visits", rows, origin=Origin("cli"))
        wish = {"type": "money", "decimals": 2}
        return retypes.begin(uow, OWNER, "visits", "spent", wish).id


def work(database: Database, clock: MovableClock, fault: str) -> int:
    """One round of a worker that dies where ``fault`` says; its exit status."""
    clock.forward(minutes=2)
    command = [sys.executable, "-m", "tests.support.change_worker", database.url,
               str(database.data_dir), clock().isoformat()]  # fmt: skip
    environment = {**os.environ, VARIABLE: fault}
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode


def look(database: Database, workspace: Workspace, number: int) -> Retype:
    with database.workspace_tx(workspace, write=False) as uow:
        return retypes.get_retype(uow, OWNER, number)


@pytest.mark.parametrize(
    "fault",
    ["retype-filling@3", "retype-in-swap"],
)
def test_a_killed_change_goes_on_where_it_stopped(
    database: Database, workspace: Workspace, clock: MovableClock, job: int, fault: str
) -> None:
    assert working.run_due(database, workspace) == 1
    with database.workspace_tx(workspace) as uow:
        retypes.confirm(uow, OWNER, job)
    assert work(database, clock, f"{fault}:kill") == -signal.SIGKILL
    half = look(database, workspace, job)
    assert (half.state, half.ghost) == ("running", None)
    clock.forward(minutes=2)
    assert working.run_due(database, workspace) == 1
    assert look(database, workspace, job).state == "done"
    with database.workspace_tx(workspace) as uow:
        column = catalog_of(uow).tables["visits"].main.c
        found = uow.execute(sa.select(column.spent).order_by(column.id)).scalars().all()
        assert found == AMOUNTS
        assert len(ghosts.list_ghosts(uow, "visits")) == 1


def test_a_killed_rehearsal_counts_every_row_once(
    database: Database, workspace: Workspace, clock: MovableClock, job: int
) -> None:
    assert work(database, clock, "retype-checking@2:kill") == -signal.SIGKILL
    clock.forward(minutes=2)
    assert working.run_due(database, workspace) == 1
    found = look(database, workspace, job)
    assert (found.state, found.counts["rows"], found.counts["lost"]) == ("checked", ROWS, 5)
    with database.workspace_tx(workspace) as uow:
        assert len(retypes.losses(uow, OWNER, job)) == 5
