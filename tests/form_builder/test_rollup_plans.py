"""Which sums can be kept, and what is said of those that cannot."""

from typing import Any

import pytest

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.platform.definitions.snapshot import Published, Snapshot

OPTIONS = [{"value": "gold"}]


def field(key: str, type_: str, **settings: Any) -> dict[str, Any]:
    return {"key": key, "type": type_, **settings}


def catalog(**forms: list[dict[str, Any]]) -> FormCatalog:
    items = {}
    for key, fields in forms.items():
        raw = {"kind": "form", "key": key, "label": key, "fields": fields}
        items["form", key] = Published("form", key, 1, raw, FormDefinition.from_json(raw))
    return catalog_from(Snapshot(1, items))


def shop(*sums: dict[str, Any], rows: tuple[dict[str, Any], ...] = ()) -> FormCatalog:
    return catalog(
        products=[field("price", "money")],
        people=[
            field("tier", "choice", options=OPTIONS),
            field("orders", "related", **{"from": "orders", "via": "who"}),
            *sums,
        ],
        orders=[
            field("who", "link", to="people"),
            field("product", "link", to="products"),
            field("at", "datetime"),
            field("amount", "money"),
            *rows,
        ],
    )


def spent(**settings: Any) -> dict[str, Any]:
    return field(
        "spent",
        "rollup",
        **{"of": "orders", "aggregate": "sum", "field": "amount", "result": "money", **settings},
    )


def codes(found: FormCatalog) -> list[str]:
    return [problem.code for problem in found.problems]


def test_a_sum_says_which_fields_of_the_rows_it_depends_on() -> None:
    made = shop(spent(where={"field": "at", "op": "is_not_empty"}))
    assert codes(made) == []
    [plan] = made.rollups
    assert (plan.rows, plan.via, plan.uses) == ("orders", "who", {"amount", "at"})


@pytest.mark.parametrize(
    "where",
    [
        {"field": "product.price", "op": "gt", "value": 1},
        {"field": "who.tier", "op": "is", "value": "gold"},
    ],
)
def test_a_sum_may_not_depend_on_other_records(where: Any) -> None:
    made = shop(spent(where=where))
    assert codes(made) == ["rollup-reads-elsewhere"]
    assert made.rollups == ()


def test_nor_by_way_of_a_formula_of_the_rows() -> None:
    price = field("price_now", "formula", formula="product.price", result="money")
    assert codes(shop(spent(field="price_now"), rows=(price,))) == ["rollup-reads-elsewhere"]


@pytest.mark.parametrize(
    "where",
    [
        {"field": "at", "op": "within", "value": {"last": 30, "unit": "day"}},
        {"field": "at", "op": "older_than", "value": {"n": 30, "unit": "day"}},
        {"formula": "DAYS_SINCE(at) < 30"},
    ],
)
def test_a_sum_may_not_change_as_days_go_by(where: Any) -> None:
    assert codes(shop(spent(where=where))) == ["rollup-moves-with-time"]


def test_sums_that_build_on_each_other_in_a_circle_are_named() -> None:
    made = catalog(
        a=[
            field("b", "link", to="b"),
            field("bs", "related", **{"from": "b", "via": "a"}),
            field("x", "rollup", of="bs", aggregate="sum", field="y"),
        ],
        b=[
            field("a", "link", to="a"),
            field("as_", "related", **{"from": "a", "via": "b"}),
            field("y", "rollup", of="as_", aggregate="sum", field="x"),
            field("n", "rollup", of="as_", aggregate="count"),
        ],
    )
    assert sorted((p.path, p.code) for p in made.problems) == [
        ("a/fields/2", "rollup-cycle"),
        ("b/fields/2", "rollup-cycle"),
    ]
    assert [plan.field for plan in made.rollups] == ["n"]


def test_a_sum_of_sums_down_a_line_is_kept() -> None:
    made = catalog(
        regions=[
            field("shops", "related", **{"from": "shops", "via": "region"}),
            field("spent", "rollup", of="shops", aggregate="sum", field="spent"),
        ],
        shops=[
            field("region", "link", to="regions"),
            field("orders", "related", **{"from": "orders", "via": "shop"}),
            field("spent", "rollup", of="orders", aggregate="sum", field="amount"),
        ],
        orders=[field("shop", "link", to="shops"), field("amount", "number")],
    )
    assert codes(made) == []
    assert len(made.rollups) == 2
