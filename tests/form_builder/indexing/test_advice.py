"""Which indexes a form's use asks for."""

from typing import Any

import pytest

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.indexing.advice import MOST_PER_TABLE, Use, advise
from regulars.platform.definitions.snapshot import Published, Snapshot
from regulars.wiring import wire
from tests.support.shop_forms import SHOP


def catalog(*forms: Any) -> FormCatalog:
    items = {}
    for raw in forms:
        parsed = FormDefinition.from_json(raw)
        items["form", parsed.key] = Published("form", parsed.key, 1, raw, parsed)
    return catalog_from(Snapshot(1, items))


wire()
SHOP_CATALOG = catalog(*SHOP)


def asked(form: str, raw: Any, why: str = "rule") -> list[tuple[str, tuple[str, ...]]]:
    tree, problems = SHOP_CATALOG.condition(form, raw)
    assert problems == []
    own = {(w.form, w.columns) for w in advise(SHOP_CATALOG, [])}
    found = advise(SHOP_CATALOG, [Use(form, tree, why)])
    return [(w.form, w.columns) for w in found if (w.form, w.columns) not in own]


def spent(last: int) -> dict[str, Any]:
    return {
        "aggregate": "sum",
        "of": "orders",
        "field": "amount",
        "within": {"last": last, "unit": "day"},
        "on": "paid_at",
        "op": "gte",
        "value": 100,
    }


def test_related_lists_speak_for_themselves() -> None:
    wishes = {(w.form, w.columns, w.why) for w in advise(SHOP_CATALOG, [])}
    assert ("orders", ("customer", "paid_at"), "related") in wishes


@pytest.mark.parametrize(
    ("form", "raw", "expected"),
    [
        ("customers", spent(30), [("orders", ("customer", "paid_at", "amount"))]),
        ("customers", {"all": [spent(30), spent(90)]},
         [("orders", ("customer", "paid_at", "amount"))]),
        ("customers", {"field": "total_spend", "op": "gte", "value": 5000},
         [("customers", ("total_spend",))]),
        ("customers", {"field": "name", "op": "is", "value": "A"}, [("customers", ("name__ci",))]),
        ("customers", {"not": {"field": "birthday", "op": "before", "value": "2000-01-01"}},
         [("customers", ("birthday",))]),
        # few values, or no column to go by
        ("customers", {"field": "tier", "op": "is", "value": "diamond"}, []),
        ("customers", {"field": "average", "op": "gt", "value": 1}, []),
        ("customers", {"field": "name", "op": "contains", "value": "A"}, []),
        ("customers", {"field": "tags", "op": "has", "value": "vip"}, []),
        ("orders", {"field": "customer.birthday", "op": "is", "value": "2000-01-01"}, []),
        # there already
        ("customers", {"field": "mobile", "op": "is", "value": "+8613800138000"}, []),
    ],
)  # fmt: skip
def test_a_condition_asks_for_what_would_answer_it(form: str, raw: Any, expected: Any) -> None:
    assert asked(form, raw) == expected


def test_a_table_gets_six_at_most_and_rules_go_first() -> None:
    fields = [{"key": f"n{n}", "type": "number"} for n in range(9)]
    views = [{"key": f"v{n}", "type": "table", "sort": [f"-n{n}"]} for n in range(9)]
    made = catalog({"kind": "form", "key": "big", "label": "B", "fields": fields, "views": views})
    tree, _problems = made.condition("big", {"field": "n8", "op": "gt", "value": 1})
    found = advise(made, [Use("big", tree, "rule")])
    assert len(found) == MOST_PER_TABLE
    assert found[0].columns == ("-n0", "-id")  # n8 is served by the list that goes by it
    assert ("n8",) not in [each.columns for each in found]
    assert len({w.name(made.source().table("big")) for w in found}) == MOST_PER_TABLE


def test_a_saved_list_finds_its_first_page_behind_what_it_holds_fast() -> None:
    where = {"all": [{"field": "tier", "op": "is", "value": "gold"},
                     {"field": "points", "op": "gte", "value": 100}]}  # fmt: skip
    form = {
        "kind": "form", "key": "people", "label": "P",
        "fields": [{"key": "tier", "type": "choice", "options": [{"value": "gold"}]},
                   {"key": "points", "type": "number"}, {"key": "joined", "type": "date"}],
        "views": [{"key": "gold", "type": "table", "where": where, "sort": ["-joined"]},
                  {"key": "odd", "type": "table", "where": {"field": "gone", "op": "is"}}],
    }  # fmt: skip
    made = catalog(form)
    assert {(w.columns, w.why) for w in advise(made, [])} == {
        (("tier", "-joined", "-id"), "list"), (("points",), "list"),
    }  # fmt: skip
