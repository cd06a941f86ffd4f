"""Lists, their search and their counts beside hand-written SQL of the same run.

    python -m benchmarks.lists [--database postgresql+psycopg://…] [--scale 20000,100000]

Each question is asked of the product's own service, of the REST list and of the page, and by hand
with the bare driver: one transaction, the same columns, the names of the linked stores by a join.
Figures are milliseconds (p50, p95) and the ratio of the service to the hand: of computing time on
SQLite, of p50 on PostgreSQL. Goal: p50 of 5 ms for fifty of 20,000 with a filter and an order.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient

from benchmarks.list_shop import ACCESS, fill, mobile_of, name_of, open_shop
from regulars.app import create_app
from regulars.form_builder import records
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.web.list_state import PAGE_SIZE
from regulars.platform import pinyin
from regulars.platform.accounts import members, signing, tokens, users
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.accounts.users import NewUser
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.ids import new_token
from regulars.platform.workspaces import create_workspace, free_key
from regulars.wiring import wire

TIMES = 40
FILTER = {"all": [{"field": "tier", "op": "is", "value": "gold"},
                  {"field": "points", "op": "gte", "value": 9000}]}  # fmt: skip
HAND = (
    "SELECT c.id, c.version, c.created_at, c.updated_at, c.owner, c.name, c.mobile, c.email, "
    "c.tier, c.points, c.spent, c.store, c.joined, s.name FROM f_customers c "
    "LEFT JOIN f_stores s ON s.id = c.store WHERE {where} ORDER BY {order} LIMIT 51"
)
COUNT = "SELECT count(*) FROM f_customers c WHERE {where}"
BY_POINTS = "c.points DESC NULLS LAST, c.id DESC"
NARROW = "c.tier = 'gold' AND c.points >= 9000"


@dataclass(frozen=True)
class Question:
    """One list, as the product is asked and as one would write it by hand."""

    name: str
    query: RecordQuery
    where: str = "true"
    order: str = "c.id DESC"
    counts: bool = False

    @property
    def sql(self) -> str:
        """The statement by hand."""
        return (COUNT if self.counts else HAND).format(where=self.where, order=self.order)


def main() -> None:
    """Measure each scale on one database."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--scale", default="20000,100000", help="customers, several by commas")
    chosen = options.parse_args()
    wire()
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        database = Database(chosen.database, Path(folder))
        database.create_stores()
        place = create_workspace(
            database, free_key(database, "lists"), "Lists", currency="CNY", locale="en"
        )
        try:
            open_shop(database, place)
            known = 0
            for customers in sorted(int(each) for each in chosen.scale.split(",")):
                fill(database, place, known, customers)
                known = customers
                _measure(database, place, customers, Path(folder))
        finally:
            database.drop_store(place)
            database.close()


def say(line: str) -> None:
    """One line of figures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _questions(customers: int) -> list[Question]:
    known = customers // 3
    mobile, name = mobile_of(known), name_of(known)
    words = {
        "whole telephone number": mobile.removeprefix("+86"),
        "end of a number, 4 signs": mobile[-4:],
        "one sign of a name": name[-1],
        "two signs of a name": name[:2],
        "three signs of a name": name_of(next(n for n in range(known, customers) if n % 5)),
        "a name in pinyin": "".join(pinyin.syllables(name)),
        "initials of a name": "".join(each[0] for each in pinyin.syllables(name)),
        "a surname in pinyin": pinyin.syllables(name)[0],
        "part of an address": "wxyz",
        "nobody": "nobodyhere",
    }
    found = [
        Question("newest first", RecordQuery()),
        Question("filter and sort", RecordQuery(filter=FILTER, sort=("-points",)),
                 NARROW, BY_POINTS),
        Question("by points", RecordQuery(sort=("-points",)), "true", BY_POINTS),
        Question("by name, no index", RecordQuery(sort=("name",)), "true",
                 "c.name NULLS LAST, c.id"),
        Question("how many", RecordQuery(limit=1, count=True), counts=True),
        Question("how many, filtered", RecordQuery(filter=FILTER, limit=1, count=True), NARROW,
                 counts=True),
    ]  # fmt: skip
    texts = ("name", "mobile", "email")
    for name, word in words.items():
        where = " OR ".join(f"c.{key}__ci LIKE '%{word}%'" for key in texts)
        found.append(Question(f"search: {name}", RecordQuery(search=word), f"({where})"))
    return found


class Timed:
    """Milliseconds by the clock (p50, p95) and of computing per turn."""

    def __init__(self, work: Callable[[], Any]) -> None:
        work()
        work()
        walls, cpu = [], time.process_time()
        for _ in range(TIMES):
            began = time.perf_counter()
            work()
            walls.append((time.perf_counter() - began) * 1000)
            if sum(walls) > 5000:  # a scan of a million: fewer turns will do
                break
        self.cpu = (time.process_time() - cpu) * 1000 / len(walls)
        self.p50 = statistics.median(walls)
        self.p95 = sorted(walls)[int(len(walls) * 0.95)] if len(walls) > 1 else walls[0]

    def __str__(self) -> str:
        return f"{self.p50:8.1f} {self.p95:8.1f}"


def _measure(database: Database, place: Workspace, customers: int, folder: Path) -> None:
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    say(f"\n{customers:,} customers, {kind}: ms p50, p95")
    say(f"{'':34}{'by hand':>17}{'service':>18}{'ratio':>7}{'REST':>18}{'page':>18}")
    with _web(database, place, folder) as web, _by_hand(database, place) as ask:
        for each in [*_questions(customers), *_deep(database, place, customers)]:
            hand = Timed(lambda each=each: ask(each.sql))  # type: ignore[misc]
            served = Timed(lambda each=each: _serve(database, place, each.query))  # type: ignore[misc]
            # on SQLite all computing is in this process, and a busy machine disturbs it less
            ratio = served.cpu / hand.cpu if database.is_sqlite else served.p50 / hand.p50
            rest = Timed(lambda each=each: web.rest(each.query))  # type: ignore[misc]
            shown = Timed(lambda each=each: web.page(each.query)) if not each.counts else ""  # type: ignore[misc]
            say(f"{each.name:34}{hand} {served}{ratio:7.1f} {rest} {shown}")


def _deep(database: Database, place: Workspace, customers: int) -> Iterator[Question]:
    """The page in the middle of the list by points, by cursor."""
    with database.workspace_tx(place, write=False) as uow:
        half = RecordQuery(sort=("-points",), limit=1, offset=customers // 2)
        found = records.find_records(uow, ACCESS, "customers", half)
        last = found.records[0]
        query = RecordQuery(sort=("-points",), cursor=found.next)
    points, number = last["points"], last.id
    yield Question(
        "by points, from the middle on", query,
        f"(c.points, c.id) < ({points}, {number})", BY_POINTS,
    )  # fmt: skip


def _serve(database: Database, place: Workspace, query: RecordQuery) -> None:
    with database.workspace_tx(place, write=False) as uow:
        catalog_for(uow, ACCESS)
        records.find_records(uow, ACCESS, "customers", query)


@contextmanager
def _by_hand(database: Database, place: Workspace) -> Iterator[Callable[[str], list[Any]]]:
    """The bare driver on a connection of its own."""
    with database.outside_transactions(place) as connection:
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        if database.is_sqlite:
            cursor.execute("ROLLBACK")

        def ask(statement: str) -> list[Any]:
            cursor.execute("BEGIN")
            if not database.is_sqlite:
                cursor.execute("SELECT set_config('search_path', %s, true)", (place.store,))
            cursor.execute(statement)
            rows: list[Any] = cursor.fetchall()
            cursor.execute("COMMIT")
            return rows

        yield ask
        if database.is_sqlite:
            cursor.execute("BEGIN")


@dataclass(frozen=True)
class Web:
    """The application with a token and a signed-in owner, asked without a network between."""

    client: FlaskClient
    home: str
    head: Mapping[str, str]

    def rest(self, query: RecordQuery) -> None:
        """The list over REST."""
        body: dict[str, Any] = {"limit": query.limit, "sort": list(query.sort)}
        more = {"filter": query.filter, "q": query.search, "cursor": query.cursor}
        body |= {key: value for key, value in more.items() if value is not None}
        body |= {"count": True} if query.count else {}
        answer = self.client.post(
            "/api/v1/forms/customers/records/search", json=body, headers=dict(self.head)
        )
        if answer.status_code != 200:
            raise SystemExit(answer.text)

    def page(self, query: RecordQuery) -> None:
        """The page that a person reads; it pages by numbers, so the middle is one of those."""
        given = {
            "q": query.search, "sort": query.sort[0] if query.sort else None,
            "filter": json.dumps(query.filter) if query.filter else None,
            "page": 2 if query.cursor else None,
        }  # fmt: skip
        words = urlencode({name: value for name, value in given.items() if value})
        answer = self.client.get(f"{self.home}/forms/customers/records?{words}")
        if answer.status_code != 200 or len(answer.text) < PAGE_SIZE:
            raise SystemExit(answer.text)


@contextmanager
def _web(database: Database, place: Workspace, folder: Path) -> Iterator[Web]:
    settings = {"SECRET_KEY": new_token(48), "API_LIMIT": "1000000", "DATA_DIR": str(folder)}
    config = Config.from_environ({f"REGULARS_{name}": each for name, each in settings.items()})
    app = create_app(config, database)
    client = app.test_client()
    now = database.clock()
    with database.main_tx() as connection:
        wish = TokenWish("lists", "owner", ())
        token = tokens.create_token(connection, place, wish, now=now)
        newcomer = NewUser(f"{new_token(8).lower()}@shop.example", "Owner", new_token(20), "en")
        made = users.create_user(connection, newcomer, now=now)
        users.join(connection, made.id, place.id)
    with database.workspace_tx(place) as uow:
        members.add_member(uow, made, "owner", ())
    visit = new_token(32)
    signing.sign_in(database, made, visit, agent="benchmark", now=now)
    client.set_cookie("regulars", visit)
    yield Web(client, f"/w/{place.key}", {"Authorization": f"Bearer {token}"})


if __name__ == "__main__":
    main()
