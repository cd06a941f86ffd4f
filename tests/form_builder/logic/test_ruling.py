"""Rules of a form on what is saved: each sentence of the reference is a test here."""

from datetime import date
from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.origin import API, PAGE, Origin
from regulars.form_builder.querying import Record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.logic_forms import BUYERS, LOGIC_FORMS, SALES, STORES, access_without
from tests.support.shop_forms import publish_forms

ACCESS = system_access("en")
Said = set[tuple[str, str]]


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow, LOGIC_FORMS)
    return uow


def with_logic(uow: UnitOfWork, *rules: dict[str, Any], **fields: dict[str, Any]) -> UnitOfWork:
    """The forms with these rules only, and fields changed."""
    changed = [{**each, **fields.get(each["key"], {})} for each in SALES["fields"]]
    publish_forms(uow, [STORES, BUYERS, {**SALES, "fields": changed, "logic": list(rules)}])
    return uow


def sale(uow: UnitOfWork, **values: Any) -> Record:
    return records.create_record(uow, ACCESS, "sales", values, origin=PAGE)


def change(uow: UnitOfWork, record: Record, **values: Any) -> Record:
    return records.update_record(uow, ACCESS, "sales", record.id, values, origin=API)


def refused(work: Any, *args: Any, **values: Any) -> Said:
    with pytest.raises(Invalid) as caught:
        work(*args, **values)
    return {(each.path, each.code) for each in caught.value.problems}


IS_PAID = {"field": "status", "op": "is", "value": "paid"}
IS_CLOSED = {"field": "status", "op": "is", "value": "closed"}


def test_a_field_that_a_rule_shows_is_hidden_while_no_rule_shows_it(shop: UnitOfWork) -> None:
    assert refused(sale, shop, reason="Broken") == {("reason", "hidden-by-logic")}
    assert sale(shop, status="refunded", reason="Broken")["reason"] == "Broken"


def test_a_hidden_field_is_not_required(uow: UnitOfWork) -> None:
    shop = with_logic(
        uow, {"when": IS_PAID, "then": [{"show": ["note"]}]}, note={"required": True}
    )
    assert sale(shop)["note"] is None
    assert refused(sale, shop, status="paid") == {("note", "required")}


def test_hide_beats_show_and_hidden_beats_required(uow: UnitOfWork) -> None:
    rules = [
        {"then": [{"show": ["note"]}, {"require": ["note"]}]},
        {"when": IS_PAID, "then": [{"hide": ["note"]}]},
    ]
    shop = with_logic(uow, *rules)
    assert refused(sale, shop) == {("note", "required")}
    assert sale(shop, status="paid")["note"] is None


def test_the_order_of_rules_makes_no_difference_to_what_is_shown(uow: UnitOfWork) -> None:
    rules = [
        {"when": IS_PAID, "then": [{"hide": ["note"]}]},
        {"then": [{"show": ["note"]}, {"require": ["note"]}]},
    ]
    assert sale(with_logic(uow, *rules), status="paid")["note"] is None


def test_what_a_hidden_field_held_is_kept_and_shown_again(shop: UnitOfWork) -> None:
    made = sale(shop, status="refunded", reason="Broken")
    assert change(shop, made, status="paid")["reason"] == "Broken"
    assert refused(change, shop, made, reason="Torn") == {("reason", "hidden-by-logic")}
    assert change(shop, made, reason="Broken")["reason"] == "Broken"
    assert change(shop, made, status="refunded", reason="Torn")["reason"] == "Torn"


def test_a_hidden_field_may_be_emptied(shop: UnitOfWork) -> None:
    made = sale(shop, status="refunded", reason="Broken")
    assert change(shop, made, status="paid", reason=None)["reason"] is None


def test_a_new_record_keeps_no_default_in_a_hidden_field(uow: UnitOfWork) -> None:
    rule = {"when": IS_PAID, "then": [{"show": ["note"]}]}
    shop = with_logic(uow, rule, note={"default": "usual"})
    assert sale(shop)["note"] is None
    assert sale(shop, status="paid")["note"] == "usual"


def test_require_holds_while_its_rule_holds(shop: UnitOfWork) -> None:
    assert refused(sale, shop, status="refunded") == {("reason", "required")}
    made = sale(shop)
    assert refused(change, shop, made, status="refunded") == {("reason", "required")}


def test_a_read_only_field_takes_no_other_value(shop: UnitOfWork) -> None:
    made = sale(shop, amount="50")
    closed = change(shop, made, status="closed")
    assert refused(change, shop, closed, amount="60") == {("amount", "read-only-by-logic")}
    assert refused(change, shop, closed, amount=None) == {("amount", "read-only-by-logic")}
    assert change(shop, closed, amount="50", note="same")["note"] == "same"
    assert refused(sale, shop, status="closed", amount="1") == {("amount", "read-only-by-logic")}


def test_rules_look_at_the_record_as_it_will_be(shop: UnitOfWork) -> None:
    closed = sale(shop, status="closed")
    assert change(shop, closed, status="open", amount="60")["amount"] == 60


def test_rows_are_read_only_as_a_whole(shop: UnitOfWork) -> None:
    made = sale(shop, items=[{"what": "Tea", "price": 5}])
    change(shop, made, status="closed")
    rows = [{"what": "Tea", "price": 6}]
    assert refused(change, shop, made, items=rows) == {("items", "read-only-by-logic")}
    assert change(shop, made, items=[{"what": "Tea", "price": 5}]).version == 2


def test_a_read_only_field_on_a_new_record_holds_its_default_or_what_a_rule_sets(
    uow: UnitOfWork,
) -> None:
    rules = [
        {"then": [{"read_only": ["note", "city"]}]},
        {"when": IS_PAID, "then": [{"set": {"field": "city", "value": "Wuhan"}}]},
    ]
    shop = with_logic(uow, *rules, note={"default": "usual"})
    assert sale(shop, note="usual", status="paid", city="Wuhan")["city"] == "Wuhan"
    assert refused(sale, shop, note="other", status="paid", city="Xi'an") == {
        ("note", "read-only-by-logic"), ("city", "read-only-by-logic"),
    }  # fmt: skip


def test_a_value_is_set_when_something_its_rule_reads_changes(shop: UnitOfWork) -> None:
    made = sale(shop, status="paid")
    assert isinstance(made["paid_on"], date)
    corrected = change(shop, made, paid_on="2026-01-02")
    assert corrected["paid_on"] == date(2026, 1, 2)
    assert change(shop, corrected, note="later")["paid_on"] == date(2026, 1, 2)
    again = change(shop, change(shop, corrected, status="open"), status="paid")
    assert again["paid_on"] == made["paid_on"]


def test_a_value_given_in_the_same_write_counts(shop: UnitOfWork) -> None:
    assert sale(shop, status="paid", paid_on="2019-05-01")["paid_on"] == date(2019, 5, 1)


def test_the_last_rule_that_holds_counts(uow: UnitOfWork) -> None:
    rules = [
        {"then": [{"set": {"field": "note", "value": "first"}}]},
        {"when": IS_PAID, "then": [{"set": {"field": "note", "value": "second"}}]},
    ]
    shop = with_logic(uow, *rules)
    assert sale(shop)["note"] == "first"
    assert sale(shop, status="paid")["note"] == "second"


def test_only_an_empty_field_is_set_where_the_rule_says_so(uow: UnitOfWork) -> None:
    action = {"set": {"field": "paid_on", "formula": "TODAY()", "if_empty": True}}
    shop = with_logic(uow, {"when": IS_PAID, "then": [action]})
    made = sale(shop, paid_on="2019-05-01")
    assert change(shop, made, status="paid")["paid_on"] == date(2019, 5, 1)
    assert sale(shop, status="paid")["paid_on"] > date(2019, 5, 1)


def test_values_follow_each_other_whatever_the_order_of_the_rules(uow: UnitOfWork) -> None:
    rules = [
        {"when": {"field": "city", "op": "is", "value": "Wuhan"},
         "then": [{"set": {"field": "note", "formula": 'CONCAT(city, "!")'}}]},
        {"when": IS_PAID, "then": [{"set": {"field": "city", "value": "Wuhan"}}]},
    ]  # fmt: skip
    assert sale(with_logic(uow, *rules), status="paid")["note"] == "Wuhan!"


def test_a_set_value_must_suit_its_field(uow: UnitOfWork) -> None:
    rule = {"then": [{"set": {"field": "city", "formula": 'CONCAT(note, "!")'}}]}
    shop = with_logic(uow, rule, city={"max_length": 3})
    assert sale(shop, note="ab")["city"] == "ab!"
    assert sale(shop, note="abc")["city"] is None


def test_a_chosen_record_fills_fields_in_and_another_one_fills_them_again(
    shop: UnitOfWork,
) -> None:
    first, second = (
        records.create_record(
            shop, ACCESS, "buyers", {"name": name, "address": name * 2}, origin=PAGE
        ).id
        for name in ("Li", "Wu")
    )
    made = sale(shop, buyer=first)
    assert made["address"] == "LiLi"
    assert change(shop, made, address="elsewhere")["address"] == "elsewhere"
    assert change(shop, made, note="x")["address"] == "elsewhere"
    assert change(shop, made, buyer=second)["address"] == "WuWu"
    assert change(shop, made, buyer=None)["address"] is None
    assert sale(shop, buyer=first, address="mine")["address"] == "mine"


def test_a_filled_field_does_not_follow_the_other_record_later(shop: UnitOfWork) -> None:
    who = records.create_record(
        shop, ACCESS, "buyers", {"name": "Li", "address": "old"}, origin=PAGE
    ).id
    made = sale(shop, buyer=who)
    records.update_record(shop, ACCESS, "buyers", who, {"address": "new"}, origin=PAGE)
    assert change(shop, made, note="x")["address"] == "old"


def test_only_records_that_meet_the_condition_may_be_linked(shop: UnitOfWork) -> None:
    here, there = (
        records.create_record(shop, ACCESS, "stores", {"name": city, "city": city}, origin=PAGE).id
        for city in ("Wuhan", "Xi'an")
    )
    assert sale(shop, city="wuhan", store=here)["store"] == here
    assert refused(sale, shop, city="Wuhan", store=there) == {("store", "not-offered")}
    assert sale(shop, store=there)["store"] == there
    made = sale(shop, city="Wuhan", store=here)
    assert refused(change, shop, made, city="Xi'an") == {("store", "not-offered")}


def test_what_was_offered_once_may_stay_while_nobody_touches_it(shop: UnitOfWork) -> None:
    here = records.create_record(
        shop, ACCESS, "stores", {"name": "A", "city": "Wuhan"}, origin=PAGE
    ).id
    made = sale(shop, city="Wuhan", store=here)
    records.update_record(shop, ACCESS, "stores", here, {"city": "Xi'an"}, origin=PAGE)
    assert change(shop, made, note="x")["store"] == here


def test_only_options_that_every_holding_rule_allows_may_be_chosen(uow: UnitOfWork) -> None:
    rules = [
        {"then": [{"options": {"field": "way", "values": ["cash", "card"]}}]},
        {"when": IS_PAID, "then": [{"options": {"field": "way", "values": ["card", "points"]}}]},
    ]
    shop = with_logic(uow, *rules)
    assert sale(shop, way="cash")["way"] == "cash"
    assert sale(shop, way="card", status="paid")["way"] == "card"
    assert refused(sale, shop, way="cash", status="paid") == {("way", "not-offered")}


def test_sums_over_the_rows_being_saved_count(shop: UnitOfWork) -> None:
    rows = [{"what": "Ring", "price": 1200}]
    assert refused(sale, shop, items=rows, way="cash") == {
        ("note", "required"), ("way", "hidden-by-logic"),
    }  # fmt: skip
    assert sale(shop, items=rows, note="gift")["total"] == 1200


def test_a_batch_says_the_same_as_one_by_one(shop: UnitOfWork) -> None:
    rows: list[dict[str, Any]] = [
        {"reason": "x"}, {"status": "refunded"}, {"status": "paid"},
        {"way": "points", "amount": 5},
    ]  # fmt: skip
    result = records.write_batch(shop, ACCESS, "sales", rows, origin=Origin("import"))
    said = [{(p.path, p.code) for p in each.problems} for each in result.results]
    assert said == [
        {("reason", "hidden-by-logic")}, {("reason", "required")}, set(), {("way", "not-offered")},
    ]  # fmt: skip


def test_rules_count_what_the_writer_cannot_see_and_do_not_name_it(shop: UnitOfWork) -> None:
    seller = access_without("status", "way")
    made = sale(shop, status="closed")
    with pytest.raises(Invalid) as caught:
        records.update_record(shop, seller, "sales", made.id, {"amount": 5}, origin=PAGE)
    assert [(p.path, p.code) for p in caught.value.problems] == [("amount", "read-only-by-logic")]
    assert "tatus" not in caught.value.problems[0].message("en")


def test_a_rule_may_set_what_its_writer_cannot_see(uow: UnitOfWork) -> None:
    shop = with_logic(uow, {"then": [{"set": {"field": "note", "formula": "city"}}]})
    made = records.create_record(
        shop, access_without("note"), "sales", {"city": "Wuhan"}, origin=PAGE
    )
    assert "note" not in made.values
    assert records.get_record(shop, ACCESS, "sales", made.id)["note"] == "Wuhan"


def test_what_puts_stored_values_back_is_not_asked(shop: UnitOfWork) -> None:
    made = sale(shop, status="refunded", reason="Broken")
    change(shop, made, status="closed")
    back = Origin("import", "none", ref="undo:1", restores=True)
    values = {"reason": "Torn", "amount": "5", "status": "closed"}
    records.update_record(shop, ACCESS, "sales", made.id, values, origin=back)
    assert records.get_record(shop, ACCESS, "sales", made.id)["reason"] == "Torn"
