"""Statements sent straight through the driver mean what they mean through SQLAlchemy."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from regulars.platform import columns
from regulars.platform.db import UnitOfWork
from regulars.platform.prepared import Prepared, send_many

AT = datetime(2026, 3, 1, 10, 30, 0, 123456, tzinfo=UTC)
things = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("name", columns.Text, unique=True),
    sa.Column("price", columns.Scaled(2)),
    sa.Column("at", columns.Instant),
    sa.Column("done", columns.Flag),
    sa.Column("notes", columns.Json),
)
ROWS = [
    {"id": n, "name": f"n{n}", "price": Decimal(n) / 4, "at": AT, "done": n % 2 == 0,
     "notes": {"n": n}}
    for n in range(1, 21)
]  # fmt: skip


@pytest.fixture
def shelf(uow: UnitOfWork) -> UnitOfWork:
    """A transaction with twenty things."""
    things.create(uow.connection)
    uow.execute(things.insert(), ROWS)
    return uow


def test_values_are_bound_and_read_by_their_types(shelf: UnitOfWork) -> None:
    asked = things.c.id.in_(sa.bindparam("ids", expanding=True))
    statement = things.select().where(asked).order_by(things.c.id)
    prepared = Prepared(statement)
    for ids in ([3], [4, 5], list(range(1, 21)), [99]):
        usual = shelf.execute(statement, {"ids": ids}).all()
        assert prepared.rows(shelf.connection, {"ids": ids}) == usual
        named = prepared.mappings(shelf.connection, {"ids": ids})
        assert named == [row for row in ROWS if row["id"] in ids]


def test_values_of_its_own_stay(shelf: UnitOfWork) -> None:
    prepared = Prepared(
        sa.select(things.c.id)
        .where(
            things.c.price.in_([Decimal("0.50"), Decimal("1.25")]),
            things.c.at == AT,
            things.c.name != sa.bindparam("name"),
        )
        .order_by(things.c.id)
    )
    assert prepared.rows(shelf.connection, {"name": "n2"}) == [(5,)]
    assert prepared.rows(shelf.connection, {"name": "x"}) == [(2,), (5,)]
    assert prepared.first(shelf.connection, {"name": "x"}) == (2,)


def test_a_change_can_answer_and_need_not(shelf: UnitOfWork) -> None:
    one = things.c.id == sa.bindparam("one")
    raised = things.update().where(one).values(price=things.c.price + sa.bindparam("more"))
    wanted = {"one": 4, "more": Decimal("0.25")}
    assert Prepared(raised).rows(shelf.connection, wanted) == []
    answering = Prepared(raised.returning(things.c.price))
    assert answering.scalar(shelf.connection, wanted) == Decimal("1.50")
    assert answering.scalar(shelf.connection, {**wanted, "one": 99}) is None


def test_errors_are_those_of_everywhere_else_and_hold_no_values(shelf: UnitOfWork) -> None:
    repeated = Prepared(
        things.insert().values(id=sa.bindparam("one"), name=sa.bindparam("called"))
    )
    with pytest.raises(IntegrityError) as caught, shelf.savepoint():
        repeated.rows(shelf.connection, {"one": 77, "called": "n5"})
    assert caught.value.orig is not None
    assert caught.value.params == ()
    with pytest.raises(IntegrityError), shelf.savepoint():
        send_many(shelf.connection, "INSERT INTO thing (id) VALUES (5), (6)", [()])
    assert shelf.scalar(sa.select(sa.func.count()).select_from(things)) == len(ROWS)
