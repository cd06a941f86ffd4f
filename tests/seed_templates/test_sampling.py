from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history, trash
from regulars.form_builder.origin import PAGE, Origin
from regulars.form_builder.records import (
    RecordQuery,
    create_record,
    delete_record,
    find_records,
    get_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit, find_unit, list_units
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.store import archive
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.events import event
from regulars.platform.privacy.consents import consents_of
from regulars.platform.privacy.ledger import verify_chain
from regulars.seed_templates.installed import Sample, find_sample
from regulars.seed_templates.installer import Wishes, install, preview
from regulars.seed_templates.removal import remove_sample
from regulars.seed_templates.sampling import add_sample, generate
from tests.seed_templates.dumping import dump
from tests.seed_templates.retail import retail_pack

OWNER = system_access("zh-Hans")
GROWS = {"consent_entry", "consent_head", "workspace_counter", "search_change"}
"""The ledger keeps every word, ids are never given twice, and the search still has to look."""


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    """The retail pack, without sample data."""
    with database.workspace_tx(workspace) as uow:
        install(uow, OWNER, retail_pack(), Wishes())
    return workspace


@pytest.fixture
def stocked(database: Database, shop: Workspace) -> Workspace:
    """The same with sample data."""
    with database.workspace_tx(shop) as uow:
        add_sample(uow, OWNER, retail_pack())
    return shop


def everyone(uow: UnitOfWork, form: str) -> list[Mapping[str, Any]]:
    page = find_records(uow, OWNER, form, RecordQuery(limit=1000))
    return [each.values for each in page.records]


def sample_of(uow: UnitOfWork) -> Sample:
    found = find_sample(uow, "retail_crm")
    assert found is not None
    return found


def test_the_records_are_those_of_the_generator_with_right_totals(
    database: Database, stocked: Workspace
) -> None:
    source = retail_pack().sample
    assert source is not None
    with database.workspace_tx(stocked, write=False) as uow:
        data = generate(uow, source)
        customers = {each["name"]: each for each in everyone(uow, "customers")}
        counts = dict(sample_of(uow).counts)
    assert counts == {form: len(rows) for form, rows in data.forms.items()}
    spent: dict[int, Decimal] = {}
    times: dict[int, int] = {}
    for order in data.forms["orders"]:
        if order["status"] == "paid":
            lines = order["items"]
            total = sum(x["quantity"] * x["unit_price"] - (x["discount"] or 0) for x in lines)
            person = order["customer"].index
            spent[person] = spent.get(person, Decimal(0)) + total
            times[person] = times.get(person, 0) + 1
    names = [each["name"] for each in data.forms["customers"]]
    for index, name in enumerate(names):
        if names.count(name) == 1:
            assert customers[name]["total_spend"] == spent.get(index, 0)
            assert customers[name]["order_count"] == times.get(index, 0)


def test_sample_records_are_history_and_start_nothing(
    database: Database, stocked: Workspace
) -> None:
    with database.workspace_tx(stocked, write=False) as uow:
        total = sample_of(uow).total
        waiting = uow.scalar(
            sa.select(sa.func.count()).where(
                event.c.processed_at.is_(None), event.c.kind.like("record%")
            )
        )
        origins = uow.execute(sa.select(history.c.origin).distinct()).scalars().all()
        assert (waiting, origins) == (0, ["pack"])
        assert uow.scalar(sa.select(sa.func.count()).select_from(history)) == total


def test_people_of_the_sample_have_consents_with_evidence(
    database: Database, stocked: Workspace
) -> None:
    with database.workspace_tx(stocked, write=False) as uow:
        said = [consents_of(uow, "customers", each["id"]) for each in everyone(uow, "customers")]
        assert any(state.granted for states in said for state in states)
        assert any(not states for states in said)


def test_sample_data_is_added_once(database: Database, stocked: Workspace) -> None:
    before = dump(database, stocked)
    with database.workspace_tx(stocked) as uow:
        again = install(uow, OWNER, retail_pack(), Wishes(sample=True))
    assert again.is_nothing
    with pytest.raises(Conflict), database.workspace_tx(stocked) as uow:
        add_sample(uow, OWNER, retail_pack())
    assert dump(database, stocked) == before


def test_a_dry_run_with_sample_data_leaves_nothing(database: Database, shop: Workspace) -> None:
    before = dump(database, shop)
    with database.workspace_tx(shop) as uow:
        outcome = preview(uow, OWNER, retail_pack(), Wishes(sample=True))
    assert outcome.sample is not None
    assert outcome.sample.total > 300
    assert dump(database, shop) == before


def test_removing_leaves_the_workspace_as_it_was(database: Database, shop: Workspace) -> None:
    before = dump(database, shop)
    with database.workspace_tx(shop) as uow:
        added = add_sample(uow, OWNER, retail_pack())
    with database.workspace_tx(shop) as uow:
        removed = remove_sample(uow, OWNER, "retail_crm")
    assert removed.gone == {form: count for form, count in added.counts if count}
    assert removed.kept == {}
    after = dump(database, shop)
    changed = {name for name in after if after[name] != before[name]}
    assert {name.rpartition(".")[2] for name in changed} <= GROWS
    with database.workspace_tx(shop, write=False) as uow:
        assert verify_chain(uow).is_whole


def test_own_records_stay_and_keep_what_they_refer_to(
    database: Database, stocked: Workspace
) -> None:
    with database.workspace_tx(stocked) as uow:
        customer, *_others = everyone(uow, "customers")
        product, *_others = everyone(uow, "products")
        own_customer = create_record(uow, OWNER, "customers", {"name": "真客户"}, origin=PAGE)
        own_order = create_record(
            uow,
            OWNER,
            "orders",
            {
                "customer": customer["id"],
                "items": [{"product": product["id"], "quantity": 2, "unit_price": "15.0015"}],
            },
            origin=PAGE,
        )
    with database.workspace_tx(stocked) as uow:
        removed = remove_sample(uow, OWNER, "retail_crm")
    assert removed.kept == {"customers": 1, "products": 1}
    with database.workspace_tx(stocked, write=False) as uow:
        people = {each["id"]: each for each in everyone(uow, "customers")}
        assert set(people) == {customer["id"], own_customer.id}
        assert people[customer["id"]]["total_spend"] == Decimal("30.00")
        assert get_record(uow, OWNER, "orders", own_order.id).values["amount"] == Decimal("30.00")
        assert [each["id"] for each in everyone(uow, "products")] == [product["id"]]
        assert find_sample(uow, "retail_crm") is None


def test_what_rules_made_of_made_up_people_goes_with_them(
    database: Database, stocked: Workspace
) -> None:
    with database.workspace_tx(stocked) as uow:
        first, second, *_others = everyone(uow, "customers")
        coupon = {"kind": "percent", "percent": 10}
        by_rule = create_record(
            uow, OWNER, "coupons", {**coupon, "customer": first["id"]}, origin=Origin("rule")
        )
        by_hand = create_record(
            uow, OWNER, "coupons", {**coupon, "customer": second["id"]}, origin=PAGE
        )
    with database.workspace_tx(stocked) as uow:
        assert remove_sample(uow, OWNER, "retail_crm").kept == {"customers": 1}
    with database.workspace_tx(stocked, write=False) as uow:
        assert [each["id"] for each in everyone(uow, "coupons")] == [by_hand.id]
        assert [each["id"] for each in everyone(uow, "customers")] == [second["id"]]
        left = sa.select(sa.func.count()).where(
            history.c.form == "coupons", history.c.record == by_rule.id
        )
        assert uow.scalar(left) == 0


def test_sample_records_in_the_bin_go_too(database: Database, stocked: Workspace) -> None:
    with database.workspace_tx(stocked) as uow:
        visit, *_others = everyone(uow, "visits")
        delete_record(uow, OWNER, "visits", visit["id"], origin=PAGE)
    with database.workspace_tx(stocked) as uow:
        remove_sample(uow, OWNER, "retail_crm")
        assert uow.scalar(sa.select(sa.func.count()).select_from(trash)) == 0


def test_stores_of_the_sample_go_unless_something_is_in_them(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        mine = create_unit(uow, OWNER, UnitValues("JA", "我的静安店"))
        add_sample(uow, OWNER, retail_pack())
        other = find_unit(uow, "XH")
        assert other is not None
        values = {"name": "真客户", "store": other.id}
        create_record(uow, OWNER, "customers", values, origin=PAGE)
    with database.workspace_tx(shop) as uow:
        remove_sample(uow, OWNER, "retail_crm")
        assert {each.id for each in list_units(uow)} == {mine.id, other.id}
        assert {each.name for each in list_units(uow)} == {"我的静安店", "徐汇店"}


def test_sample_data_needs_its_forms(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        archive(uow, OWNER, "form", "visits")
    with pytest.raises(Invalid) as refused, database.workspace_tx(shop) as uow:
        add_sample(uow, OWNER, retail_pack())
    assert [(p.path, p.code) for p in refused.value.problems] == [("visits", "sample-needs-form")]


def test_a_value_already_taken_refuses_the_whole_sample(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        taken = {"sku": "T101", "name": "我的龙井"}
        create_record(uow, OWNER, "products", taken, origin=PAGE)
    before = dump(database, shop)
    with pytest.raises(Invalid) as refused, database.workspace_tx(shop) as uow:
        add_sample(uow, OWNER, retail_pack())
    assert [each.path for each in refused.value.problems] == ["products/0/sku"]
    assert dump(database, shop) == before


def test_nothing_to_remove_is_said_so(database: Database, shop: Workspace) -> None:
    with pytest.raises(Conflict), database.workspace_tx(shop) as uow:
        remove_sample(uow, OWNER, "retail_crm")


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_the_sample_speaks_the_language_of_the_shop(
    database: Database, shop: Workspace, locale: str
) -> None:
    speaking = replace(shop, locale=locale)
    with database.workspace_tx(speaking) as uow:
        add_sample(uow, OWNER, retail_pack(20))
        names = {each["name"] for each in everyone(uow, "products")}
        assert catalog_of(uow).number
    expected = {
        "zh-Hans": "茉莉花茶 100g",
        "zh-Hant": "茉莉花茶 100g",
        "en": "Jasmine green, 100 g",
    }
    assert expected[locale] in names
