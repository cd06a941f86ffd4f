"""Colours by condition: which rule wins, and asking the records in the same question."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.color_rules import ColorRule, chosen_rules, rules_from, usable_rules
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from tests.support.shop_forms import CUSTOMERS, publish_forms

ACCESS = system_access("en")
VIP = {"field": "tier", "op": "is", "value": "diamond"}
ANN = {"field": "name", "op": "is", "value": "Ann"}


@pytest.mark.parametrize(
    ("marks", "whole", "fields"),
    [
        ((False, False, False, False), None, {}),
        ((True, True, True, True), 0, {"tier": 1}),
        ((False, False, True, True), 3, {"tier": 2}),
        ((), None, {}),
    ],
)
def test_the_first_rule_that_is_met_wins_for_the_record_and_for_each_field(
    marks: tuple[bool, ...], whole: int | None, fields: dict[str, int]
) -> None:
    rules = (
        ColorRule(VIP, "red"), ColorRule(VIP, "blue", "tier"),
        ColorRule(ANN, "green", "tier"), ColorRule(ANN, "gray"),
    )  # fmt: skip
    assert chosen_rules(rules, marks) == (whole, fields)


@pytest.mark.parametrize(
    "raw",
    [None, "red", 7, {"when": VIP}, [7], [{"when": "x", "color": "red"}], [{"when": VIP}],
     [{"when": VIP, "color": "url(x)"}], [{"when": VIP, "color": "red", "field": 7}]],
)  # fmt: skip
def test_what_makes_no_sense_is_no_rule(raw: Any) -> None:
    assert rules_from(raw) == ()


def test_rules_are_read_as_they_were_written_and_only_so_many() -> None:
    rules = (ColorRule(VIP, "red"), ColorRule(ANN, "blue", "tier"))
    assert rules_from([rule.as_json for rule in rules]) == rules
    assert len(rules_from([rules[0].as_json] * 99)) == 12


def test_records_say_which_conditions_they_meet_in_the_same_question(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        people = [{"name": "Ann", "tier": "diamond"}, {"name": "Bo"}]
        records.write_batch(uow, ACCESS, "customers", people, origin=API)
    asked: list[str] = []
    with database.workspace_tx(workspace, write=False) as uow:
        broken = {"field": "nowhere", "op": "is", "value": 1}
        query = RecordQuery(sort=("name",), marks=(VIP, ANN, broken, {"not": VIP}))
        found = records.find_records(uow, ACCESS, "customers", query).records
        assert [each.marks for each in found] == [
            (True, True, False, False), (False, False, False, True),
        ]  # fmt: skip

        def listen(*given: Any) -> None:
            asked.append(given[2])

        engine = uow.connection.engine
        sa.event.listen(engine, "before_cursor_execute", listen)
        try:
            plain = records.find_records(uow, ACCESS, "customers", RecordQuery(sort=("name",)))
            n = len(asked)
            records.find_records(uow, ACCESS, "customers", query)
        finally:
            sa.event.remove(engine, "before_cursor_execute", listen)
        assert [each.marks for each in plain.records] == [(), ()]
        assert len(asked) == 2 * n


def test_a_hidden_field_marks_nothing_s12(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        records.create_record(
            uow, ACCESS, "customers", {"name": "Ann", "tier": "diamond"}, origin=API
        )
        role = {
            "kind": "role", "key": "blind", "label": "Blind", "capabilities": [],
            "forms": {"customers": {"read": "all", "fields": {"tier": "hidden"}}},
        }  # fmt: skip
        store.save_draft(uow, ACCESS, "role", role)
        store.publish(uow, ACCESS, [("role", "blind")])
        reader = Access(1, "Kim", "blind", "en", roles=roles_of(uow))
        query = RecordQuery(marks=(VIP, {"not": VIP}))
        [seen] = records.find_records(uow, reader, "customers", query).records
        assert seen.marks == (False, False)
        theirs, all_of_it = catalog_for(uow, reader), catalog_for(uow, ACCESS)
        for rule in (ColorRule(VIP, "red"), ColorRule(ANN, "red", "tier")):
            assert usable_rules(all_of_it, "customers", [rule]) == (rule,)
            assert usable_rules(theirs, "customers", [rule]) == ()


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"when": {"field": "nowhere", "op": "is", "value": 1}, "color": "red"}, "when/field"),
        ({"when": VIP, "color": "red", "field": "nowhere"}, "field"),
        ({"when": VIP, "color": "rainbow"}, "color"),
    ],
)
def test_a_wrong_colour_of_a_view_is_refused_where_it_stands(
    database: Database, workspace: Workspace, rule: dict[str, Any], place: str
) -> None:
    form = {**CUSTOMERS, "views": [{"key": "a", "colors": [rule]}]}
    with database.workspace_tx(workspace) as uow, pytest.raises(Invalid) as refused:
        publish_forms(uow, (form,))
    assert any(each.path.endswith(f"views/0/colors/0/{place}") for each in refused.value.problems)
