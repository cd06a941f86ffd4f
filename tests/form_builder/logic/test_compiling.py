"""What publishing refuses about rules, and where."""

from typing import Any

import pytest

from regulars.form_builder.changing.repairing import plan, repair
from regulars.form_builder.changing.used_by import uses_of_field
from regulars.form_builder.logic.ordering import Circle, in_order
from regulars.form_builder.told_definitions import told_form
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from tests.support.logic_forms import BUYERS, LOGIC_FORMS, SALES, STORES, access_without
from tests.support.shop_forms import publish_forms

ACCESS = system_access("en")
PAID = {"field": "status", "op": "is", "value": "paid"}


def wrong(uow: UnitOfWork, *rules: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [STORES, BUYERS, {**SALES, "logic": list(rules)}])
    return [(p.path.removeprefix("form/sales/"), p.code) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"then": [{"show": ["reason", "gone"]}]}, [("then/0/show/1", "unknown-field")]),
        ({"when": {"field": "gone", "op": "is_empty"}, "then": [{"hide": ["note"]}]},
         [("when/field", "unknown-field")]),
        ({"then": [{"require": ["fee"]}]}, [("then/0/require/0", "logic-not-filled-in")]),
        ({"then": [{"set": {"field": "total", "value": 1}}]},
         [("then/0/set/field", "logic-cannot-set")]),
        ({"then": [{"set": {"field": "items", "value": []}}]},
         [("then/0/set/field", "logic-cannot-set")]),
        ({"then": [{"set": {"field": "amount", "formula": '"text"'}}]},
         [("then/0/set/formula", "wrong-kind")]),
        ({"then": [{"set": {"field": "amount", "formula": "1 +"}}]},
         [("then/0/set/formula", "formula-unfinished")]),
        ({"then": [{"set": {"field": "way", "value": "gold"}}]},
         [("then/0/set/value", "not-an-option")]),
        ({"then": [{"set": {"field": "buyer", "value": 1}}]},
         [("then/0/set/value", "logic-link-by-fill")]),
        ({"then": [{"fill": {"from": "nobody", "fields": {"city": "name"}}}]},
         [("then/0/fill/from", "unknown-field")]),
        ({"then": [{"fill": {"from": "buyer", "fields": {"city": "gone", "amount": "name"}}}]},
         [("then/0/fill/fields/amount", "wrong-kind"),
          ("then/0/fill/fields/city", "unknown-field")]),
        ({"then": [{"options": {"field": "way", "values": ["cash", "gold"]}}]},
         [("then/0/options/values/1", "not-an-option")]),
        ({"then": [{"options": {"field": "note", "values": ["a"]}}]},
         [("then/0/options", "logic-no-options")]),
        ({"then": [{"options": {"field": "store", "where":
            {"field": "city", "op": "is", "value": {"record": "gone"}}}}]},
         [("then/0/options/where/value/record", "unknown-field")]),
        ({"then": [{"options": {"field": "store", "where":
            {"field": "city", "op": "is", "value": {"record": "amount"}}}}]},
         [("then/0/options/where/value", "wrong-kind")]),
        ({"then": [{"options": {"field": "store", "where":
            {"all": [{"field": "gone", "op": "is_empty"}]}}}]},
         [("then/0/options/where/all/0/field", "unknown-field")]),
        ({"then": [{"set": {"field": "note", "formula": 'CONCAT(note, "!")'}}]},
         [("then/0/set", "logic-circle")]),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_place(
    uow: UnitOfWork, rule: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert sorted(wrong(uow, rule)) == [(f"logic/0/{path}", code) for path, code in found]


def test_all_mistakes_of_all_rules_come_together(uow: UnitOfWork) -> None:
    several = wrong(uow, {"key": "a", "then": [{"show": ["x"]}]},
                    {"key": "a", "then": [{"hide": ["y"]}, {"require": ["z"]}]})  # fmt: skip
    assert [path for path, _code in several] == [
        "logic/0/then/0/show/0", "logic/1/key", "logic/1/then/0/hide/0",
        "logic/1/then/1/require/0",
    ]  # fmt: skip


def test_a_circle_is_named_with_its_chain(uow: UnitOfWork) -> None:
    rules = [
        {"when": {"field": "note", "op": "is_not_empty"},
         "then": [{"set": {"field": "city", "value": "x"}}]},
        {"then": [{"set": {"field": "note", "formula": "address"}}]},
        {"then": [{"set": {"field": "address", "formula": "city"}}]},
    ]  # fmt: skip
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [STORES, BUYERS, {**SALES, "logic": rules}])
    [problem] = caught.value.problems
    assert "City → Note → Address → City" in problem.message("en")
    assert "城市 → 备注 → 地址 → 城市" in problem.message("zh-Hans")


def test_a_shape_of_its_own_is_refused(uow: UnitOfWork) -> None:
    assert wrong(uow, {"then": [{"vanish": ["note"]}]}) == [
        ("logic/0/then/0/vanish", "unknown-key")
    ]


def test_values_are_put_in_an_order_that_can_be_followed() -> None:
    reads = {"a": frozenset({"b", "c"}), "b": frozenset({"c"}), "c": frozenset({"other"})}
    assert in_order(reads) == ["c", "b", "a"]
    with pytest.raises(Circle) as caught:
        in_order({"a": frozenset({"b"}), "b": frozenset({"b"})})
    assert caught.value.keys == ["b", "b"]


def test_rules_are_among_the_uses_of_a_field_and_repaired_with_one_press(uow: UnitOfWork) -> None:
    publish_forms(uow, LOGIC_FORMS)
    paths = {use.path for use in uses_of_field(uow, ACCESS, "sales", "city")}
    assert paths == {"logic/4/when/field", "logic/4/then/0/options/where/value/record"}
    assert {use.path for use in uses_of_field(uow, ACCESS, "stores", "city")} == {
        "logic/4/then/0/options/where/field"
    }
    assert all(each.is_done for each in plan(uow, ACCESS, "sales", "city", "note"))
    repair(uow, ACCESS, "sales", "city", "note")
    [near] = [r for r in store.get_draft(uow, "form", "sales").raw["logic"] if r["key"] == "near"]
    assert near["when"]["field"] == "note"
    assert near["then"][0]["options"]["where"]["value"] == {"record": "note"}


def test_a_rule_that_speaks_of_a_hidden_field_is_not_told() -> None:
    access = access_without("reason")
    told = told_form(access, SALES, LOGIC_FORMS)
    assert "reason" not in str(told)
    assert [rule["key"] for rule in told["logic"]] == [
        "closed", "paid", "ship", "near", "small", "big",
    ]  # fmt: skip
