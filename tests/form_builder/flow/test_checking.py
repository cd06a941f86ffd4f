"""What is wrong with the states of a form is said at its place, all together."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Invalid
from tests.support.flow_forms import EXPENSES, expenses
from tests.support.shop_forms import publish_forms

Problems = Callable[[dict[str, Any]], set[tuple[str, str]]]


@pytest.fixture
def problems(database: Database, workspace: Workspace) -> Problems:
    """What publishing a form says."""

    def publish(form: dict[str, Any]) -> None:
        with database.workspace_tx(workspace) as uow:
            publish_forms(uow, (form,))

    def said(form: dict[str, Any]) -> set[tuple[str, str]]:
        with pytest.raises(Invalid) as caught:
            publish(form)
        found = caught.value.problems
        return {(each.path.removeprefix("form/expenses/"), each.code) for each in found}

    return said


def flow(**changes: Any) -> dict[str, Any]:
    made = deepcopy(EXPENSES)
    made["workflow"].update(changes)
    return made


def way(**changes: Any) -> dict[str, Any]:
    made = deepcopy(EXPENSES)
    made["workflow"]["transitions"][1].update(changes)
    return made


CASES: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    (flow(field="amount"), {("workflow/field", "state-field-type")}),
    (flow(field="gone"), {("workflow/field", "unknown-field")}),
    (way(who={"roles": ["nobody"], "fields": ["what"]}),
     {("workflow/transitions/1/who/roles", "no-such-role"),
      ("workflow/transitions/1/who/fields", "not-a-member-field")}),
    (way(require=["gone"]), {("workflow/transitions/1/require/0", "unknown-field")}),
    (way(to="agreed", **{"from": ["agreed"]}),
     {("workflow/transitions/1/to", "way-to-itself"),
      ("workflow/states/3", "state-never-reached")}),
    (way(**{"from": ["agreed", "paid"]}),
     {("workflow/transitions/1/to", "way-to-itself"), ("workflow/states/3/final",
                                                       "final-state-left")}),
    (way(when={"field": "gone", "op": "is", "value": 1}),
     {("workflow/transitions/1/when/field", "unknown-field")}),
    (expenses(approved="nowhere", returned=["asked"]),
     {("workflow/states/1/approval/approved", "no-such-state"),
      ("workflow/states/1/approval/returned", "way-to-itself"),
      ("workflow/states/1/approval/withdrawn", "way-to-itself"),
      ("workflow/states/2", "state-never-reached"), ("workflow/states/3", "state-never-reached")}),
    (expenses(escalate={"role": "boss"}, signers=[{"field": "what"}]),
     {("workflow/states/1/approval/escalate/role", "no-such-role"),
      ("workflow/states/1/approval/due", "escalate-needs-due"),
      ("workflow/states/1/approval/signers/0/field", "not-a-member-field")}),
]  # fmt: skip


@pytest.mark.parametrize(("form", "wanted"), CASES)
def test_problems_of_states(
    problems: Problems, form: dict[str, Any], wanted: set[tuple[str, str]]
) -> None:
    assert problems(form) == wanted


def test_every_option_is_a_state_and_every_state_is_left_or_an_end(problems: Problems) -> None:
    form = deepcopy(EXPENSES)
    form["workflow"]["states"] = [each for each in form["workflow"]["states"]
                                  if each["value"] != "dropped"]  # fmt: skip
    found = problems(form)
    assert ("workflow/states", "option-without-state") in found
    form["workflow"]["states"].append({"value": "dropped"})
    assert problems(form) == {("workflow/states/4", "state-without-way-out")}


def test_a_field_that_states_speak_of_is_not_put_away(problems: Problems) -> None:
    form = deepcopy(EXPENSES)
    form["fields"] = [each for each in form["fields"] if each["key"] != "receipt"]
    assert ("workflow/transitions/0/require/0", "unknown-field") in problems(form)
