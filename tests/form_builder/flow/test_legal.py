"""Which ways are open to whom, by tables and by trying all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.flow.definition import Who, Workflow
from regulars.form_builder.flow.legal import Mover, may_leave, reachable, targets, ways_for
from tests.support.flow_forms import EXPENSES, expenses

FLOW = Workflow.from_json(EXPENSES["workflow"])
MANAGER, OWNER = Mover("manager", manages=True), Mover("owner")
RULE, SHELL, NOBODY = Mover(is_rule=True), Mover(is_operator=True), Mover()


@pytest.mark.parametrize(
    ("state", "mover", "wanted"),
    [
        ("draft", NOBODY, ["asked"]),
        ("draft", MANAGER, ["asked", "dropped"]),
        ("draft", Mover(owns=True), ["asked", "dropped"]),
        ("draft", Mover(fields=frozenset({"watchers"})), ["asked", "dropped"]),
        ("draft", Mover(fields=frozenset({"other"})), ["asked"]),
        ("draft", RULE, ["asked"]),
        ("asked", OWNER, []),
        ("agreed", OWNER, ["paid"]),
        ("agreed", RULE, ["paid"]),
        ("agreed", MANAGER, ["dropped"]),
        ("agreed", SHELL, ["paid", "dropped"]),
        ("paid", SHELL, []),
        (None, NOBODY, ["asked"]),
        ("an option from before", NOBODY, ["asked"]),
    ],
)
def test_ways_of_a_state(state: str | None, mover: Mover, wanted: list[str]) -> None:
    assert [each.to for each in ways_for(FLOW, FLOW.at(state), mover)] == wanted


def test_an_approval_leads_on_and_back_and_may_be_taken_back() -> None:
    assert targets(FLOW.at("asked")) == {"agreed", "draft"}
    kept = expenses(returned=["dropped"], withdrawn=False)
    flow = Workflow.from_json(kept["workflow"])
    assert targets(flow.at("asked")) == {"agreed", "dropped"}
    assert targets(flow.at("draft")) == frozenset()


def test_every_state_is_reached_and_only_ends_are_never_left() -> None:
    assert reachable(FLOW) == {"draft", "asked", "agreed", "paid", "dropped"}
    assert {each.value for each in FLOW.states if not may_leave(FLOW, each)} == {"paid", "dropped"}


movers = st.builds(
    Mover, st.sampled_from(("", "owner", "manager", "clerk")), st.booleans(),
    st.frozensets(st.sampled_from(("approver", "watchers"))), st.booleans(), st.booleans(),
    st.just(False),
)  # fmt: skip
whos = st.builds(
    Who, st.lists(st.sampled_from(("owner", "manager"))).map(tuple), st.booleans(),
    st.lists(st.sampled_from(("approver", "watchers"))).map(tuple), st.booleans(), st.booleans(),
)  # fmt: skip


@given(movers, whos)
def test_whoever_is_more_may_do_no_less_and_rules_only_where_they_are_named(
    mover: Mover, who: Who
) -> None:
    if mover.is_rule:
        assert mover.fits(who) == (who.rules or who.is_everybody)
        return
    wider = Mover(mover.role, True, mover.fields | {"approver", "watchers"}, True)
    assert wider.fits(who) >= mover.fits(who)
    assert Mover(is_operator=True).fits(who)
