"""The states page of the designer: every change is kept at once, mistakes keep the form open."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.flow import edits
from regulars.form_builder.flow.definition import Workflow
from regulars.form_builder.flow.drawing import picture_of
from regulars.form_builder.origin import API
from regulars.form_builder.schema import form_problems
from regulars.form_builder.web.flow_posts import ready_words
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from tests.support.flow_forms import EXPENSES, expenses
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor, words_of

PAGE = "/w/shop/forms/expenses/design/states"
BARE = {key: value for key, value in EXPENSES.items() if key != "workflow"}


def begin(site: Site, form: dict[str, Any]) -> Visitor:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, (form,))
    return site.signed_in("Alice")


def flow_of(site: Site) -> Any:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return store.get_draft(uow, "form", "expenses").raw.get("workflow")


def said(html: str) -> str:
    return " ".join(" ".join(words_of(html)).split())


def test_states_and_ways_stand_there_as_sentences_and_as_a_picture(site: Site) -> None:
    terms = {"due": {"n": 2, "unit": "day"}, "escalate": {"role": "owner"}, "four_eyes": True}
    page = begin(site, expenses(**terms)).get(PAGE).text
    words = said(page)
    assert "From “Draft” to “Asked”: everybody who may edit the record" in words
    assert "when “Amount” is more than 0" in words or "when “Amount”" in words
    assert "From “Agreed” to “Paid”: Owner or automatic rules" in words
    assert "Signed by one of: Manager." in words
    assert "Approved, it goes to “Agreed”; it can be sent back to “Draft”." in words
    assert "Without an answer within 2 days it goes to Owner." in words
    assert "Cannot be edited: Amount, items" in words
    assert page.count('class="flow-arrow') == 6


def test_a_flow_is_put_together_from_nothing(site: Site) -> None:
    owner = begin(site, BARE)
    assert "This form has no states yet" in said(owner.get(PAGE).text)
    owner.send(PAGE, {"do": "ready"})
    made = flow_of(site)
    assert [each["value"] for each in made["states"]] == ["draft", "pending", "approved"]
    owner.send(PAGE, {"do": "state", "label": "Paid", "color": "blue", "final": "1",
                      "lock": "some", "fields": ["amount"]})  # fmt: skip
    owner.send(PAGE, {"do": "state", "state": "approved", "label": "Agreed", "color": "green",
                      "lock": "all"})  # fmt: skip
    owner.send(PAGE, {"do": "way", "from": ["approved"], "to": "paid", "label": "Pay",
                      "who": ["role:owner", "field:approver", "rules"], "require": ["receipt"],
                      "comment": "1"})  # fmt: skip
    owner.send(PAGE, {"do": "row", "n": "1", "f": "amount", "op": "gt", "v": "0"})
    owner.send(PAGE, {"do": "approval", "state": "pending", "signers": ["role:manager", "manager"],
                      "needs": "in_order", "approved": "approved", "returned": ["draft"],
                      "due_n": "24", "due_unit": "hour", "escalate": "role:owner",
                      "four_eyes": "1"})  # fmt: skip
    made = flow_of(site)
    assert made["states"][2:] == [
        {"value": "approved", "read_only": True},
        {"value": "paid", "final": True, "read_only": ["amount"]},
    ]
    assert made["transitions"][1] == {
        "key": "way1", "from": ["approved"], "to": "paid", "label": {"en": "Pay"},
        "who": {"roles": ["owner"], "fields": ["approver"], "rules": True},
        "require": ["receipt"], "comment": True,
        "when": {"field": "amount", "op": "gt", "value": "0"},
    }  # fmt: skip
    assert made["states"][1]["approval"] == {
        "signers": [{"role": "manager"}, {"manager": True}], "needs": "in_order",
        "approved": "approved", "returned": ["draft"], "withdrawn": False,
        "due": {"n": 24, "unit": "hour"}, "escalate": {"role": "owner"}, "four_eyes": True,
    }  # fmt: skip
    owner.send(PAGE, {"do": "drop-row", "n": "1"})
    owner.send(PAGE, {"do": "undo"})
    assert flow_of(site) == made
    owner.send(PAGE, {"do": "drop-approval", "state": "pending"})
    owner.send(PAGE, {"do": "drop-way", "n": "1"})
    owner.send(PAGE, {"do": "drop-state", "state": "paid"})
    after = flow_of(site)
    assert ("approval" in after["states"][1], len(after["transitions"])) == (False, 1)
    owner.send(PAGE, {"do": "remove"})
    assert flow_of(site) is None


def test_mistakes_keep_the_form_open_with_what_was_chosen(site: Site) -> None:
    owner = begin(site, EXPENSES)
    none = owner.send(PAGE, {"do": "way", "n": "1", "label": "Pay now", "who": ["manager"]})
    assert none.status_code == 422
    assert 'value="Pay now"' in none.text
    assert 'value="manager" checked' in none.text
    late = {"do": "approval", "state": "asked", "rule": "asked", "n": "1", "due_n": "soon",
            "escalate": "manager"}  # fmt: skip
    refused = owner.send(PAGE, late)
    assert refused.status_code == 422
    assert owner.send(PAGE, {"do": "drop-state", "state": "draft"}).status_code == 409
    assert owner.send(PAGE, {"do": "drop-way", "n": "99"}).status_code == 409
    assert owner.send(PAGE, {"do": "dance"}).status_code == 409
    assert flow_of(site) == EXPENSES["workflow"]
    missing = owner.get("/w/shop/forms/nothing/design/states")
    assert missing.status_code == 404


def test_a_field_of_options_becomes_states_that_follow_each_other(site: Site) -> None:
    owner = begin(site, BARE)
    owner.send(PAGE, {"do": "begin", "field": "status"})
    flow = flow_of(site)
    assert [(each["from"], each["to"]) for each in flow["transitions"]] == [
        (["draft"], "asked"), (["asked"], "agreed"), (["agreed"], "paid"), (["paid"], "dropped"),
    ]  # fmt: skip
    assert owner.send(PAGE, {"do": "begin", "field": "status"}).status_code == 409


VALUES = ("draft", "asked", "agreed", "paid", "dropped", "gone")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("drop"), st.sampled_from(VALUES)),
        st.tuples(st.just("state"), st.sampled_from([None, *VALUES])),
        st.tuples(st.just("way"), st.tuples(st.sampled_from(VALUES[:5]), st.integers(-1, 4))),
        st.tuples(st.just("drop-way"), st.integers(0, 5)),
        st.tuples(st.just("approval"), st.sampled_from(VALUES)),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=50)
@given(steps)
def test_any_steps_leave_the_shape_of_a_form_that_can_be_drawn(taken: list[Any]) -> None:
    form: dict[str, Any] = EXPENSES
    for kind, what in taken:
        try:
            form = _step(form, kind, what)
        except StepRefused:
            continue
        assert form_problems(form) == []
        flow = Workflow.from_json(form["workflow"])
        drawn = picture_of(flow)
        assert [each.value for each in drawn.boxes] == [each.value for each in flow.states]
    assert "workflow" in EXPENSES, "no step changes what it is given"


def _step(form: dict[str, Any], kind: str, what: Any) -> dict[str, Any]:
    if kind == "drop":
        return edits.drop_state(form, what)
    if kind == "state":
        return edits.set_state(form, what, {"read_only": ["what"]}, ("新状态", "zh-Hans", "blue"))
    if kind == "way":
        target, number = what
        way = {"from": ["draft"], "to": target, "label": {"en": "Go"}}
        return edits.set_way(form, None if number < 0 else number, way)
    if kind == "drop-way":
        return edits.drop_way(form, what)
    return edits.set_approval(form, what, {"signers": [{"manager": True}], "approved": "paid"})


def test_a_ready_made_approval_has_the_shape_of_a_form() -> None:
    made = edits.begin_ready(BARE, ready_words())
    assert form_problems(made) == []
    with pytest.raises(StepRefused):
        edits.begin_ready(made, ready_words())


def test_a_state_at_which_records_stand_is_not_taken_away(site: Site) -> None:
    owner = begin(site, EXPENSES)
    with site.database.workspace_tx(site.workspace) as uow:
        made = records.create_record(uow, system_access("en"), "expenses", {}, origin=API)
        table = catalog_of(uow).tables["expenses"].main
        uow.execute(table.update().where(table.c.id == made.id).values(status="agreed"))
    refused = owner.send(PAGE, {"do": "drop-state", "state": "agreed"})
    assert refused.status_code == 409
    assert "Records that still stand at “Agreed”: 1." in refused.text
    with site.database.workspace_tx(site.workspace) as uow:
        owner_access = system_access("en")
        without = edits.drop_state(deepcopy(EXPENSES), "agreed")
        without["workflow"]["states"][1].pop("approval")
        way = {"key": "on", "from": ["asked"], "to": "paid"}
        without["workflow"]["transitions"].append(way)
        store.save_draft(uow, owner_access, "form", without)
        with pytest.raises(Invalid) as told:
            store.publish(uow, owner_access, [("form", "expenses")])
        assert [(each.code, each.params["n"]) for each in told.value.problems] == [
            ("state-in-use", 1)
        ]
    with site.database.workspace_tx(site.workspace) as uow:
        table = catalog_of(uow).tables["expenses"].main
        uow.execute(table.update().values(status="asked"))
        store.save_draft(uow, system_access("en"), "form", without)
        store.publish(uow, system_access("en"), [("form", "expenses")])
