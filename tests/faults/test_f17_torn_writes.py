"""F17: the power goes at any moment, even in the middle of a write: whatever was acknowledged is
there afterwards, and the store is whole."""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.processes import wait_for as wait_until
from tests.support.rule_faults import in_child, promises_kept, wait_for
from tests.support.rule_shop import RuleShop

MOMENTS = 5
TORN = bytes(range(256)) * 8


@contextmanager
def writer(shop: RuleShop, acknowledged: Path) -> Iterator[int]:
    """A process that takes orders and notes each one it was told is safe."""
    person = shop.customer()
    acknowledged.touch()

    def work() -> None:
        with acknowledged.open("a", encoding="ascii", buffering=1) as told:
            while True:
                told.write(f"{shop.order(person, automation='none')}\n")

    child = in_child(shop.database, "", work)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        wait_for(child)


def still(child: int, path: Path, to: Path) -> None:
    """What the disk holds at this moment: the process is suspended while it is copied."""
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{path}{suffix}", f"{to}{suffix}")
    os.kill(child, signal.SIGCONT)


@pytest.mark.parametrize("tear", ["whole", "torn"])
def test_f17_every_acknowledged_order_survives_a_loss_of_power(
    busy: RuleShop, tmp_path: Path, tear: str
) -> None:
    if not busy.database.is_sqlite:  # its log is its own promise: only our process is killed
        with writer(busy, tmp_path / "told"):
            wait_until(lambda: (tmp_path / "told").stat().st_size > 20, "some orders")
        for told in (tmp_path / "told").read_text().split():
            assert busy.read("orders", int(told))["status"] == "paid"
        promises_kept(busy.database, busy.workspace)
        return
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    path = busy.database.path_of(busy.workspace.store)
    with writer(busy, tmp_path / "told") as child:
        for number in range(MOMENTS):
            time.sleep(moments.uniform(0.02, 0.15))
            known = [line for line in (tmp_path / "told").read_text().split("\n")[:-1] if line]
            still(child, path, tmp_path / f"copy{number}")
            if tear == "torn":
                with open(tmp_path / f"copy{number}-wal", "ab") as log:
                    log.write(TORN[: moments.randrange(1, len(TORN))])
            with closing(sqlite3.connect(tmp_path / f"copy{number}")) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",), seed
                there = {str(row[0]) for row in copy.execute("SELECT id FROM f_orders")}
            assert set(known) <= there, seed
    assert known
    promises_kept(busy.database, busy.workspace)
