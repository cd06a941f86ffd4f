"""Many writers at once, each in a thread with its own connection."""

import io
import json
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from regulars.form_builder import records, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import loading, running
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Invalid, NotFound, VersionConflict
from regulars.platform.retrying import in_transaction
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms
from tests.support.site import Site

WRITERS = 8
ACCESS = system_access("en")
RECEIPTS: dict[str, Any] = {
    "kind": "form",
    "key": "receipts",
    "label": "Receipts",
    "fields": [
        {
            "key": "no",
            "type": "serial",
            "pattern": "{UNIT}-{YYYY}{MM}-{000}",
            "reset": "month",
            "per_unit": True,
        },
        {"key": "total_no", "type": "serial", "pattern": "{00000}"},
        {"key": "shop", "type": "unit"},
    ],
}


@pytest.fixture(autouse=True)
def shop(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, (PRODUCTS, CUSTOMERS, ORDERS, RECEIPTS))


class Writers:
    """Runs pieces of work side by side in one workspace."""

    def __init__(self, database: Database, workspace: Workspace) -> None:
        self.database, self.workspace = database, workspace

    def one(self, work: Callable[[UnitOfWork], Any]) -> Any:
        return in_transaction(self.database, self.workspace, work)

    def all(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        """What each came to; they start together."""
        start = threading.Barrier(len(works), timeout=30)

        def run(work: Callable[[], Any]) -> Any:
            start.wait()
            return work()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(run, works))


@pytest.fixture
def writers(database: Database, workspace: Workspace) -> Writers:
    return Writers(database, workspace)


def customer(uow: UnitOfWork, name: str, **values: Any) -> int:
    body = {"name": name, **values}
    return records.create_record(uow, ACCESS, "customers", body, origin=API).id


def order(uow: UnitOfWork, who: int, price: str = "1") -> int:
    body = {"customer": who, "items": [{"quantity": 1, "price": price}]}
    return records.create_record(uow, ACCESS, "orders", body, origin=API).id


class ChangedMyMind(Exception):
    """Somebody's transaction is rolled back after it took a number."""


def test_eight_writers_get_numbers_without_doubles_and_without_gaps(writers: Writers) -> None:
    units = [
        writers.one(lambda uow, code=code: create_unit(uow, ACCESS, UnitValues(code, code)).id)
        for code in ("A", "B")
    ]

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for turn in range(6):

            def work(uow: UnitOfWork, turn: int = turn) -> None:
                body = {"shop": dice.choice(units)}
                records.create_record(uow, ACCESS, "receipts", body, origin=API)
                if turn % 3 == 2:
                    raise ChangedMyMind

            with suppress(ChangedMyMind):
                writers.one(work)

    writers.all([lambda seed=seed: write(seed) for seed in range(WRITERS)])
    found = writers.one(
        lambda uow: records.find_records(uow, ACCESS, "receipts", RecordQuery(limit=500)).records
    )
    assert len(found) == WRITERS * 4
    for unit, code in zip(units, ("A", "B"), strict=True):
        given = sorted(each["no"] for each in found if each["shop"] == unit)
        prefix = given[0].rpartition("-")[0]
        assert prefix.startswith(f"{code}-")
        assert given == [f"{prefix}-{n:03d}" for n in range(1, len(given) + 1)]


def test_each_store_and_month_counts_by_itself_while_batches_cross_midnight(
    writers: Writers,
) -> None:
    """Every batch holds several stores, every second one belongs to the month before."""
    units: list[int | None] = [
        None,
        *(
            writers.one(lambda uow, code=code: create_unit(uow, ACCESS, UnitValues(code, code)).id)
            for code in ("A", "B")
        ),
    ]
    midnight = datetime(2026, 2, 28, 16, tzinfo=UTC)  # of the first of March in the shop's zone

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for turn in range(4):
            rows = [{"shop": dice.choice(units)} for _ in range(3)]
            at = midnight + timedelta(microseconds=-((seed + turn) % 2))
            origin = replace(API, at=at)
            writers.one(
                lambda uow, rows=rows, origin=origin: records.write_batch(
                    uow, ACCESS, "receipts", rows, origin=origin
                )
            )

    writers.all([lambda seed=seed: write(seed) for seed in range(WRITERS)])
    found = writers.one(
        lambda uow: records.find_records(uow, ACCESS, "receipts", RecordQuery(limit=500)).records
    )
    counted: dict[str, list[int]] = {}
    for each in found:
        prefix, _dash, count = each["no"].rpartition("-")
        counted.setdefault(prefix, []).append(int(count))
    months = ("202602", "202603")
    assert sorted(counted) == sorted(f"{c}-{m}" for c in ("", "A", "B") for m in months)
    for given in counted.values():
        assert sorted(given) == list(range(1, len(given) + 1))
    total = sorted(each["total_no"] for each in found)
    assert total == [f"{n:05d}" for n in range(1, WRITERS * 12 + 1)]


def test_the_same_number_given_by_eight_is_taken_once(writers: Writers) -> None:
    def write(n: int) -> str:
        spelled = "A@Shop.Example" if n % 2 else "a@shop.example"
        with suppress(Invalid):
            writers.one(lambda uow: customer(uow, "王芳", mobile="13800138000", email=spelled))
            return "made"
        return "refused"

    answers = writers.all([lambda n=n: write(n) for n in range(WRITERS)])
    assert sorted(answers) == ["made"] + ["refused"] * (WRITERS - 1)


def test_two_clerks_never_lose_a_change_of_the_same_customer(writers: Writers) -> None:
    """Each adds tags one by one to what it last read; a stale version makes it read again."""
    who = writers.one(lambda uow: customer(uow, "王芳"))

    told: list[Any] = []

    def try_once(tag: str) -> bool:
        seen = writers.one(lambda uow: records.get_record(uow, ACCESS, "customers", who))
        values = {"tags": sorted({*seen["tags"], tag})}

        def work(uow: UnitOfWork) -> None:
            records.update_record(
                uow, ACCESS, "customers", who, values, origin=API, expected_version=seen.version
            )

        try:
            writers.one(work)
        except VersionConflict as conflict:
            told.append((seen.version, conflict.details))
            return False
        return True

    def add(tag: str) -> None:
        while not try_once(tag):
            pass

    def clerk(name: str) -> None:
        for n in range(5):
            add(f"{name}{n}")

    writers.all([lambda n=n: clerk(f"clerk{n}-") for n in range(4)])
    seen = writers.one(lambda uow: records.get_record(uow, ACCESS, "customers", who))
    assert seen["tags"] == {f"clerk{c}-{n}" for c in range(4) for n in range(5)}
    assert seen.version == 21
    for opened, details in told:
        assert details["version"] > opened
        assert {each["fields"][0] for each in details["saved"]} == {"tags"}


def test_two_who_wait_for_each_other_both_get_through(writers: Writers) -> None:
    first, second = (writers.one(lambda uow, n=n: customer(uow, n)) for n in "AB")
    met = threading.Barrier(2)

    def change(people: Sequence[int], values: dict[str, Any]) -> None:
        def work(uow: UnitOfWork) -> None:
            records.update_record(uow, ACCESS, "customers", people[0], values, origin=API)
            # on SQLite the other one cannot even begin; nobody waits for it for long
            with suppress(threading.BrokenBarrierError):
                met.wait(0.3 if uow.dialect == "sqlite" else 30)
            met.abort()  # who is sent back need not meet the other one again
            records.update_record(uow, ACCESS, "customers", people[1], values, origin=API)

        writers.one(work)

    email, tier = {"email": "a@b.example"}, {"tier": "diamond"}
    writers.all([lambda: change((first, second), email), lambda: change((second, first), tier)])
    for who in (first, second):
        seen = writers.one(lambda uow, who=who: records.get_record(uow, ACCESS, "customers", who))
        assert seen.values.items() >= {**email, **tier}.items()


def test_nobody_links_to_what_somebody_else_is_deleting(writers: Writers) -> None:
    people = [writers.one(lambda uow, n=n: customer(uow, f"C{n}")) for n in range(12)]

    def remove() -> None:
        for who in people:
            with suppress(Conflict):
                writers.one(
                    lambda uow, who=who: records.delete_record(
                        uow, ACCESS, "customers", who, origin=API
                    )
                )

    def buy() -> None:
        for who in people:
            with suppress(Invalid):
                writers.one(lambda uow, who=who: order(uow, who))

    writers.all([remove, buy, buy])

    def look(uow: UnitOfWork) -> None:
        tables = catalog_of(uow).tables
        there = set(uow.execute(sa.select(tables["customers"].main.c.id)).scalars())
        linked = set(uow.execute(sa.select(tables["orders"].main.c.customer)).scalars())
        assert linked <= there
        assert verifying.look_at_all(uow, catalog_of(uow), "orders") == []

    writers.one(look)


def turn(dice: random.Random, people: Sequence[int], known: list[int]) -> Callable[..., Any]:
    """One thing a clerk may do to orders."""
    who, what = dice.choice(people), dice.choice(known) if known else 0
    price = str(dice.randrange(1, 9999) / 100)
    kind = dice.choice(["make", "make", "change", "move", "refund", "delete", "restore"])
    changes: dict[str, dict[str, Any]] = {
        "change": {"items": [{"quantity": dice.randrange(1, 5), "price": price}]},
        "move": {"customer": who},
        "refund": {"status": dice.choice(["paid", "refunded"])},
    }
    if kind == "make" or not known:
        return lambda uow: known.append(order(uow, who, price))
    if kind in changes:
        values = changes[kind]
        return lambda uow: records.update_record(uow, ACCESS, "orders", what, values, origin=API)
    remove = records.delete_record if kind == "delete" else records.restore_record
    return lambda uow: remove(uow, ACCESS, "orders", what, origin=API)


@pytest.mark.parametrize("seed", [1, 2])
def test_sums_stay_right_while_everybody_writes(writers: Writers, seed: int) -> None:
    people = [writers.one(lambda uow, n=n: customer(uow, f"C{n}")) for n in range(3)]
    known: list[int] = []

    def clerk(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(20):
            with suppress(NotFound, Invalid, Conflict):
                writers.one(turn(dice, people, known))

    writers.all([lambda n=n: clerk(n) for n in range(5)])

    def look(uow: UnitOfWork) -> None:
        catalog = catalog_of(uow)
        for form in ("customers", "orders"):
            assert verifying.look_at_all(uow, catalog, form) == []
        counts = [
            records.get_record(uow, ACCESS, "customers", who)["order_count"] for who in people
        ]
        stored = catalog.tables["orders"].main
        assert sum(counts) == uow.scalar(sa.select(sa.func.count()).select_from(stored)) > 0

    writers.one(look)


def test_a_doubled_value_in_a_race_is_the_callers_problem_and_no_mistake_of_ours(
    site: Site, workspace: Workspace
) -> None:
    headers = site.token()
    body = {"name": "王芳", "mobile": "13800138000"}

    def post() -> int:
        answer = site.app.test_client().post(
            "/api/v1/forms/customers/records", json=body, headers=headers
        )
        return answer.status_code

    start = threading.Barrier(WRITERS)

    def run(_n: int) -> int:
        start.wait()
        return post()

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sorted(pool.map(run, range(WRITERS))) == [201] + [422] * (WRITERS - 1)


def test_an_import_that_loses_a_race_writes_its_lines_once(
    site: Site, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [True, True]
    write_chunk = loading.write_chunk

    def sometimes(*given: Any) -> None:
        write_chunk(*given)
        if fails:
            fails.pop()
            raise DBAPIError("x", {}, SimpleNamespace(sqlstate="40P01"))  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "write_chunk", sometimes)
    fields = {"name": {"column": "name"}, "tags": {"column": "tags"}}
    data = {
        "file": (io.BytesIO(b"name,tags\nAnn,a\nBob,b\n"), "people.csv"),
        "form": "customers",
        "map": json.dumps({"targets": [{"form": "customers", "fields": fields}]}),
        "run": "start",
    }
    client, headers = site.app.test_client(), site.token()
    made = client.post("/api/v1/imports", data=data, headers=headers)
    running.run_due(database, site.workspace)
    result = client.get(made.headers["Location"], headers=headers).json
    assert result is not None
    assert result["state"] == "done"
    assert fails == []
    with database.workspace_tx(site.workspace, write=False) as uow:
        found = records.find_records(uow, ACCESS, "customers", RecordQuery(sort=("name",))).records
    assert [(each["name"], set(each["tags"])) for each in found] == [
        ("Ann", {"a"}),
        ("Bob", {"b"}),
    ]
