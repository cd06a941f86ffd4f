"""What a record would look like: the same answer as saving it, and nothing is stored."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.logic.trying import Trial, Wish, look_ahead
from regulars.form_builder.origin import PAGE
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.roles import FormRights, Role
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound
from tests.support.logic_forms import LOGIC_FORMS, access_without
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow, LOGIC_FORMS)
    return uow


def tried(
    uow: UnitOfWork, record: int | None = None, access: Access = ACCESS, **values: Any
) -> Trial:
    return look_ahead(uow, access, "sales", Wish(values, record))


def test_it_says_what_saving_would_make(shop: UnitOfWork) -> None:
    values = {"status": "paid", "amount": "21", "items": [{"what": "Tea", "price": "9"}]}
    trial = tried(shop, **values)
    made = records.create_record(shop, ACCESS, "sales", values, origin=PAGE)
    names = ("status", "amount", "paid_on", "fee", "total", "way")
    assert {n: trial.record[n] for n in names} == {n: made[n] for n in names}
    assert trial.given == {"paid_on"}
    assert not trial.problems


def test_nothing_is_stored(shop: UnitOfWork) -> None:
    tried(shop, status="paid")
    table = catalog_of(shop).tables["sales"].main
    assert shop.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_problems_and_states_come_together(shop: UnitOfWork) -> None:
    trial = tried(shop, status="refunded", amount="5", way="points")
    assert {(p.path, p.code) for p in trial.problems} == {
        ("reason", "required"), ("way", "not-offered"),
    }  # fmt: skip
    assert trial.shows("reason")
    assert trial.requires(trial.form.by_key["reason"])
    assert trial.options["way"].values == ("cash", "card")


def test_a_stored_record_is_looked_at_with_its_changes(shop: UnitOfWork) -> None:
    made = records.create_record(shop, ACCESS, "sales", {"amount": "21"}, origin=PAGE)
    trial = tried(shop, made.id, status="closed")
    assert trial.record["fee"] == 42
    assert "amount" in trial.read_only
    with pytest.raises(NotFound):
        tried(shop, made.id + 1)


def test_only_what_follows_from_the_last_change_moves_while_somebody_types(
    shop: UnitOfWork,
) -> None:
    buyers = [
        records.create_record(
            shop, ACCESS, "buyers", {"name": name, "address": name}, origin=PAGE
        ).id
        for name in ("Li", "Wu")
    ]
    typed = {"buyer": buyers[1], "address": "Li", "status": "paid", "paid_on": "2026-01-01"}
    trial = look_ahead(shop, ACCESS, "sales", Wish(typed, moved=frozenset({"buyer"})))
    assert trial.given == {"address"}
    assert trial.record["address"] == "Wu"
    trial = look_ahead(shop, ACCESS, "sales", Wish(typed, moved=frozenset({"address"})))
    assert trial.given == frozenset()
    assert trial.record["address"] == "Li"


def test_what_its_reader_cannot_see_is_left_out(shop: UnitOfWork) -> None:
    trial = tried(shop, access=access_without("reason", "paid_on", "status"))
    assert not {"reason", "paid_on", "status"} & set(trial.record.values)
    made = records.create_record(
        shop, ACCESS, "sales", {"status": "refunded", "reason": "x"}, origin=PAGE
    )
    trial = tried(shop, made.id, access_without("reason"), status="paid")
    assert trial.given == {"paid_on"}
    assert "reason" not in str(trial.record.values)


def test_it_takes_the_right_that_saving_takes(shop: UnitOfWork) -> None:
    made = records.create_record(shop, ACCESS, "sales", {}, origin=PAGE)
    role = Role("reader", frozenset({"enter", "read_records"}), False, FormRights({"read": "all"}))
    reader = Access(1, "Eve", "reader", "en", roles={"reader": role})
    for record in (None, made.id):
        with pytest.raises(Forbidden):
            tried(shop, record, reader)


def test_the_api_says_it_for_new_records_and_for_changes(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, LOGIC_FORMS)
    client, headers = site.app.test_client(), site.token()
    url = "/api/v1/forms/sales/records"
    answer = client.post(
        f"{url}/try", json={"values": {"status": "refunded", "city": "Wuhan"}}, headers=headers
    ).get_json()
    assert answer["fields"]["reason"] == {
        "visible": True, "required": True, "read_only": False, "given": False,
    }  # fmt: skip
    assert answer["fields"]["store"]["options"] == {
        "form": "stores",
        "where": {"all": [{"field": "city", "op": "is", "value": "Wuhan"}]},
    }
    assert [(p["path"], p["code"]) for p in answer["problems"]] == [("reason", "required")]
    made = client.post(url, json={"amount": "21"}, headers=headers).get_json()
    changed = client.post(
        f"{url}/{made['id']}/try", json={"values": {"status": "closed"}}, headers=headers
    ).get_json()
    assert changed["fields"]["amount"]["read_only"] is True
    assert changed["values"]["fee"] == "42.00"
    wrong = client.post(f"{url}/try", json={"value": {}}, headers=headers)
    assert wrong.status_code == 422
