"""A writer that waited for a form to change sees that it did."""

import threading
import time

import pytest

from regulars.form_builder.changing.steady import hold_form, hold_writers
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import raise_number, snapshot
from regulars.platform.errors import Overtaken

pytestmark = pytest.mark.postgresql  # in a file there is one writer at a time


def test_a_writer_who_waited_behind_a_change_begins_anew(
    database: Database, workspace: Workspace
) -> None:
    ends: list[str] = []
    read, changing = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with database.workspace_tx(workspace) as uow:
                snapshot(uow)
                read.set()
                assert changing.wait(60)
                hold_form(uow, "orders")  # waits for the change and its commit
                ends.append("went on")
        except Overtaken:
            ends.append("overtaken")

    writer = threading.Thread(target=write)
    writer.start()
    assert read.wait(60)
    with database.workspace_tx(workspace) as uow:
        hold_writers(uow, "orders")
        raise_number(uow)
        changing.set()
        time.sleep(0.2)
    writer.join(60)
    assert ends == ["overtaken"]


def test_writers_of_one_form_do_not_wait_for_each_other(
    database: Database, workspace: Workspace, uow: UnitOfWork
) -> None:
    snapshot(uow)
    hold_form(uow, "orders")
    with database.workspace_tx(workspace) as other:
        snapshot(other)
        hold_form(other, "orders")
        assert "orders" in other.memo["held-forms"]
