"""The SQL that conditions become: shapes that indexes serve and that scan once."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import (
    Target,
    compile_folded_sql,
    compile_sql,
    compile_value_sql,
)
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.types import Moment
from tests.support.expression_world import ShopTables, make_shop, sqlite_engine, store_shop

MOMENT = Moment(datetime(2024, 3, 10, 12, tzinfo=UTC), ZoneInfo("Europe/London"))
TABLES = ShopTables()
DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def where(text: str, shapes: Shapes, dialect: str = "sqlite", mode: Any = "auto") -> str:
    tree, problems = check(parse_formula(text), shapes, "customers")
    assert problems == []
    target = Target(shapes, TABLES, MOMENT, dialect, mode)
    made = compile_sql(tree, target, TABLES.table("customers"))
    return " ".join(str(made.compile(dialect=DIALECTS[dialect]())).split())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mode", ["scan", "single"])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("COUNT(orders) > 0", "EXISTS"),
        ("COUNT(orders) >= 1", "EXISTS"),
        ("COUNT(orders) <> 0", "EXISTS"),
        ("ISNOTEMPTY(orders)", "EXISTS"),
        ("COUNT(orders) = 0", "NOT (EXISTS"),
        ("COUNT(orders) < 1", "NOT (EXISTS"),
        ("ISEMPTY(orders)", "NOT (EXISTS"),
    ],
)
def test_asking_for_any_rows_stops_at_the_first(
    text: str, start: str, dialect: str, mode: str, shop_shapes: Shapes
) -> None:
    assert where(text, shop_shapes, dialect, mode).startswith(start)


def test_a_scan_groups_once_where_nothing_does_not_satisfy(shop_shapes: Shapes) -> None:
    for dialect in DIALECTS:
        made = where("COUNT(orders) >= 4", shop_shapes, dialect, "scan")
        assert made.startswith("f_customers.id IN (SELECT f_orders_1.customer AS k")
        assert "GROUP BY f_orders_1.customer HAVING" in made


def test_a_scan_looks_for_groups_that_fail_where_nothing_satisfies(shop_shapes: Shapes) -> None:
    made = where("SUM(orders, amount) <= 100", shop_shapes, "postgresql", "scan")
    assert made.startswith("NOT (EXISTS")
    assert "HAVING NOT" in made
    correlated = where("SUM(orders, amount) <= 100", shop_shapes, "sqlite", "scan")
    assert "GROUP BY" not in correlated


def test_few_records_are_looked_up_one_by_one(shop_shapes: Shapes) -> None:
    for dialect in DIALECTS:
        assert "GROUP BY" not in where("COUNT(orders) >= 4", shop_shapes, dialect, "single")
    assert "GROUP BY" not in where("COUNT(orders) >= 4", shop_shapes, "sqlite", "auto")
    assert "GROUP BY" in where("COUNT(orders) >= 4", shop_shapes, "postgresql", "auto")


def test_the_last_value_by_itself_is_the_greatest(shop_shapes: Shapes) -> None:
    made = where("LAST(orders, paid_at) < joined", shop_shapes)
    assert "max(f_orders_1.paid_at)" in made
    assert "ORDER BY" not in made


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mode", ["scan", "single"])
@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        ("MINOF(orders, amount * 2) >= 5", 1, 1),
        ('OLDER_THAN(MAXOF(orders.items, parent.paid_at), 30, "day")', 1, 1),
        ('OR_NONE(OLDER_THAN(LAST(orders, paid_at), 30, "day"))', 0, 1),
        ("MAXOF(orders, amount) > 5", 1, 0),
        ("FIRST(orders, due, BY due) <= TODAY()", 1, 0),
        ("OR_NONE(MAXOF(orders, amount) > 5)", 1, 1),
    ],
)
def test_a_leaf_about_the_greatest_value_asks_single_rows(
    text: str, some: int, none: int, dialect: str, mode: str, shop_shapes: Shapes
) -> None:
    made = where(text, shop_shapes, dialect, mode)
    assert not {"max(", "min("} & set(made.replace("(", "( ").split())
    assert (made.count("EXISTS"), made.count("NOT (EXISTS")) == (some + none, none)


@pytest.mark.parametrize(
    ("text", "dialect", "is_one_step"),
    [
        ("LAST(orders, paid_at) < TODAY()", "sqlite", True),
        ('LAST(orders, paid_at, WHERE status = "paid") < TODAY()', "sqlite", False),
        ('LAST(orders, paid_at, WHERE status = "paid") < TODAY()', "postgresql", True),
    ],
)
def test_the_last_date_is_one_step_into_an_index(
    text: str, dialect: str, is_one_step: bool, shop_shapes: Shapes
) -> None:
    made = where(text, shop_shapes, dialect, "scan")
    assert made.startswith("coalesce((SELECT max(f_orders_1.paid_at)") is is_one_step
    assert ("EXISTS" in made) is not is_one_step


def test_links_are_followed_by_one_subquery(shop_shapes: Shapes) -> None:
    made = where("referrer.referrer.referrer.points > 1", shop_shapes)
    assert made.count("SELECT") == 1
    assert made.count("JOIN") == 2


def test_constants_are_computed_before(shop_shapes: Shapes) -> None:
    made = where('joined >= STARTOF(DATEADD(TODAY(), -1, "month"), "month")', shop_shapes)
    assert made == "f_customers.joined >= ?"
    assert where("1 + 1 = 2", shop_shapes) == "1"


def test_no_value_from_a_formula_becomes_sql(shop_shapes: Shapes) -> None:
    evil = "x'); DROP TABLE f_customers; --"
    for text in (f'name = "{evil}"', f'UPPER(name) & "{evil}" = "y"', f'HAS(tags, "{evil}")'):
        for dialect in DIALECTS:
            assert "DROP" not in where(text, shop_shapes, dialect)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ('name = "ann"', "ix_name"),
        ('IN(name, "ann", "bob")', "ix_name"),
        ("points > 2.5", "ix_points"),
        ("joined < TODAY()", "ix_joined"),
        ("IN_PERIOD(joined, \"this_month\")", "ix_joined"),
        ("BETWEEN(birthday, \"2000-01-01\", \"2001-01-01\")", "ix_birthday"),
    ],
)  # fmt: skip
def test_a_filter_can_use_an_index(text: str, index: str, shop_shapes: Shapes) -> None:
    engine = sqlite_engine()
    with engine.connect() as connection:
        store_shop(connection, TABLES, make_shop(1, customers=4, orders=4, items=4))
        table = TABLES.table("customers")
        for column in ("name__ci", "points", "joined", "birthday"):
            name = f"ix_{column.removesuffix('__ci')}"
            connection.exec_driver_sql(f"CREATE INDEX {name} ON f_customers ({column})")
        tree, _ = check(parse_formula(text), shop_shapes, "customers")
        target = Target(shop_shapes, TABLES, MOMENT, "sqlite")
        query = sa.select(table.c.id).where(compile_sql(tree, target, table))
        compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}",
            tuple(compiled.params[name] for name in compiled.positiontup or ()),
        ).all()
    engine.dispose()
    assert index in str(plan)


def test_statements_of_the_same_shape_share_their_compilation(shop_shapes: Shapes) -> None:
    keys = set()
    for text in ("balance * 2 + LEN(name) > 3", "balance * 5 + LEN(name) > 9"):
        tree, _ = check(parse_formula(text), shop_shapes, "customers")
        for dialect in DIALECTS:
            target = Target(shop_shapes, TABLES, MOMENT, dialect)
            key = compile_sql(tree, target, TABLES.table("customers"))._generate_cache_key()
            assert key is not None
            keys.add(key.key)
    assert len(keys) == 2  # one per dialect


def test_values_come_back_as_plain_values_and_texts_can_be_folded(shop_shapes: Shapes) -> None:
    tree, _ = check(parse_formula("name"), shop_shapes, "customers", expect=None)
    target = Target(shop_shapes, TABLES, MOMENT, "sqlite")
    table = TABLES.table("customers")
    folded = compile_folded_sql(tree, target, table)
    assert "name__ci" in str(folded)
    assert "name__ci" not in str(compile_value_sql(tree, target, table))


def test_random_codes_have_no_place_in_a_query(shop_shapes: Shapes) -> None:
    tree, _ = check(
        parse_formula("RANDOM_CODE(8) & name"),
        shop_shapes,
        "customers",
        expect=None,
        volatile=True,
    )
    target = Target(shop_shapes, TABLES, MOMENT, "sqlite")
    with pytest.raises(ValueError, match="no place in a query"):
        compile_value_sql(tree, target, TABLES.table("customers"))
