"""No way of writing moves a record where it may not go, or edits what its state locks."""

from copy import deepcopy
from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.flow import offering
from regulars.form_builder.history import history_of
from regulars.form_builder.origin import API, Origin
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.putting_back import put_back
from regulars.platform.accounts.access import Access, public_access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from tests.form_builder.flow.conftest import Office, codes, refused
from tests.support.flow_forms import EXPENSES
from tests.support.site import Site

SYSTEM = system_access("en")


@pytest.fixture(autouse=True)
def published(office: Office) -> None:
    office.publish()


def write(office: Office, name: str, record: int, origin: Origin = API, **values: Any) -> None:
    office.run(name, lambda uow, access: records.update_record(
        uow, access, "expenses", record, values, origin=origin))  # fmt: skip


def test_a_record_begins_at_the_start_whatever_is_given(office: Office) -> None:
    assert office.state(office.make()) == "draft"
    assert refused(lambda: office.make(status="paid")) == {("status", "state-not-start")}


def test_a_way_asks_for_its_condition_its_fields_and_its_word(office: Office) -> None:
    record = office.make(amount="0", receipt=None)
    said = refused(lambda: office.move("Ann", record, "asked"))
    assert said == {("status", "move-condition"), ("receipt", "required")}
    assert refused(lambda: office.move("Ann", record, "dropped")) == {
        ("comment", "move-needs-comment")
    }
    office.move("Ann", record, "dropped", "bought by mistake")
    assert office.state(record) == "dropped"


def test_only_those_who_are_meant_go_a_way_and_the_refusal_names_what_they_may(
    office: Office,
) -> None:
    record = office.make()
    said = refused(lambda: office.move("Mia", record, "paid"))
    assert said == {("status", "move-not-allowed")}
    with office.tx() as uow:
        done = records.write_batch(
            uow, SYSTEM, "expenses", [{"id": record, "status": "agreed"}], origin=API,
            mode="update",
        )  # fmt: skip
    words = done.results[0].problems[0].message("zh-Hans")
    assert words == "不能从“草稿”变成“已同意”。现在可以选：待审批。"


def test_naming_oneself_as_approver_opens_no_way_in_the_same_save(office: Office) -> None:
    site = office.site
    site.person("Cleo", "clerk")
    record = office.make()
    me = site.member_id("Cleo")

    def both(uow: UnitOfWork, access: Access) -> None:
        records.update_record(
            uow, access, "expenses", record, {"approver": me, "status": "dropped"},
            origin=Origin("api", note="mine now"),
        )  # fmt: skip

    assert refused(lambda: office.run("Cleo", both)) == {("status", "move-not-allowed")}


def test_what_a_state_locks_stays_and_the_rest_may_be_edited(office: Office) -> None:
    record = office.asked()
    said = refused(lambda: write(office, "Olga", record, amount="99", items=[{"price": "1"}]))
    assert said == {("amount", "locked-in-state"), ("items", "locked-in-state")}
    write(office, "Ann", record, what="Mugs", amount="12", items=[])
    task = office.tasks("Max")[0]
    office.decide("Max", task.id)
    assert refused(lambda: write(office, "Olga", record, what="x")) == {
        ("what", "locked-in-state")
    }


def test_saying_no_state_opens_nothing_in_a_record_from_before_there_were_states(
    office: Office,
) -> None:
    form = deepcopy(EXPENSES)
    form["workflow"]["states"][0]["read_only"] = ["what"]
    office.publish(form)
    record = office.make()
    with office.tx() as uow:
        table = catalog_of(uow).tables["expenses"].main
        uow.execute(table.update().values(status=None))
    found = refused(lambda: write(office, "Ann", record, what="Other", status=None))
    assert found == {("what", "locked-in-state")}


@pytest.mark.parametrize("kind", ["page", "api", "import", "rule", "cli", "merge"])
def test_no_side_doors_whoever_writes(office: Office, kind: str) -> None:
    """Whatever the origin, and as history that restores: the same refusals."""
    record = office.asked()
    for origin in (Origin(kind), Origin(kind, "none", restores=True)):
        with office.tx() as uow:
            rows = [{"id": record, "status": "agreed"}, {"id": record, "amount": "1"},
                    {"id": record, "status": None}]  # fmt: skip
            done = records.write_batch(uow, SYSTEM, "expenses", rows, origin=origin, mode="update")
        found = [codes(list(each.problems)) for each in done.results]
        assert found == [
            {("status", "move-awaits-approval")}, {("amount", "locked-in-state")},
            {("status", "required")},
        ]  # fmt: skip
    assert office.state(record) == "asked"


def test_no_side_doors_of_programs_and_boards(office: Office, site: Site) -> None:
    record = office.asked()
    client, headers = site.app.test_client(), site.token()
    url = f"/api/v1/forms/expenses/records/{record}"
    plain = client.patch(url, json={"status": "paid"}, headers=headers)
    assert plain.status_code == 422
    assert plain.get_json()["problems"][0]["code"] == "move-awaits-approval"
    batch = client.post(
        "/api/v1/forms/expenses/records/batch", headers=headers,
        json={"mode": "update", "records": [{"id": record, "status": "paid"}]},
    )  # fmt: skip
    assert batch.get_json()["results"][0]["status"] == "refused"
    owner = site.signed_in("Olga")
    board = f"/w/shop/forms/expenses/records/{record}/move?as=kanban&by=status"
    told = owner.htmx("POST", board, {"to": "paid"})
    assert "waiting for approval" in told.text
    assert office.state(record) == "asked"


def test_rules_go_only_the_ways_that_are_theirs(office: Office) -> None:
    record = office.asked()
    office.decide("Max", office.tasks("Max")[0].id)
    rule = Origin("rule", ref="run:1/s1")
    with office.tx() as uow:
        rows = [{"id": record, "status": "dropped"}, {"id": record, "status": "paid"}]
        done = records.write_batch(uow, SYSTEM, "expenses", rows, origin=rule, mode="update")
    assert [each.status for each in done.results] == ["refused", "updated"]


def test_a_deleted_record_is_asked_about_no_more_and_comes_back_where_it_was(
    office: Office,
) -> None:
    record = office.asked()
    with office.tx() as uow:
        records.delete_record(uow, SYSTEM, "expenses", record, origin=API)
    assert office.tasks("Max") == []
    with office.tx() as uow:
        records.restore_record(uow, SYSTEM, "expenses", record, origin=API)
    standing = office.run("Ann", lambda uow, access: offering.standing_of(
        uow, access, "expenses", record))  # fmt: skip
    assert (standing.state.value, standing.request, standing.may_ask) == ("asked", None, True)


def test_old_history_asks_nobody(office: Office) -> None:
    with office.tx() as uow:
        row = {"what": "x", "amount": "1", "receipt": "r"}
        quiet = Origin("import", "none")
        [made] = records.write_batch(uow, SYSTEM, "expenses", [row], origin=quiet).results
        moved = {"id": made.id, "status": "asked"}
        records.write_batch(uow, SYSTEM, "expenses", [moved], origin=quiet, mode="update")
    assert office.state(made.id or 0) == "asked"
    assert office.tasks("Max") == []


def test_who_may_not_edit_the_record_goes_no_way(office: Office) -> None:
    record = office.make()
    with pytest.raises(NotFound), office.tx() as uow:
        offering.move(uow, public_access("en"), "expenses", record, "asked")


def test_merging_leaves_the_survivor_where_it_stands(office: Office) -> None:
    """What the other one held is taken over only as far as the survivor's state lets it."""
    people = {**deepcopy(EXPENSES), "person": {"name": "what"}}
    office.publish(people)
    keep, drop = office.make(what="Wang"), office.asked(what="Wang Fang", amount="7")

    def merge(**choose: str) -> None:
        with office.tx() as uow:
            merge_people(uow, SYSTEM, MergeWish("expenses", keep, drop, choose))

    merge(amount="drop")
    assert office.state(keep) == "draft"
    assert office.tasks("Max") == []
    drop = office.asked(what="Li", amount="3")
    office.move("Ann", keep, "asked")
    assert refused(lambda: merge(amount="drop")) == {("amount", "locked-in-state")}
    merge(amount="keep")
    assert [each.record for each in office.tasks("Max")] == [keep]


def test_a_value_from_the_history_is_put_back_only_along_a_way(office: Office) -> None:
    record = office.asked()
    office.decide("Max", office.tasks("Max")[0].id, "returned", note="no")
    with office.tx() as uow:
        entries = history_of(uow, "expenses", record)
        moved = next(each for each in entries if each.changes["status"][0] == "draft")

    def back(uow: UnitOfWork, access: Access) -> None:
        put_back(uow, access, "expenses", record, moved.id, origin=API)

    office.move("Ann", record, "dropped", "no longer needed")
    assert refused(lambda: office.run("Olga", back)) == {("status", "move-none-left")}
