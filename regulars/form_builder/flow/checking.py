"""Whether the states of a form fit its fields, its roles and each other. Each problem in place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow.definition import Approval, Signer, State, Transition, Workflow
from regulars.form_builder.flow.legal import may_leave, reachable
from regulars.form_builder.flow.naming import state_name
from regulars.platform.accounts.roles import ROLES
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.problems import Problem, under

MEMBER_TYPES = ("member", "members")


def flow_problems(form: FormDefinition, catalog: FormCatalog, snapshot: Snapshot) -> list[Problem]:
    """Every problem of the form's ``workflow``; nothing where it has none."""
    flow = form.workflow
    if flow is None:
        return []
    field = form.find(flow.field)
    if field is None or field.type != "choice":
        code = "unknown-field" if field is None else "state-field-type"
        return [Problem("workflow/field", code, {"field": flow.field})]
    found = list(under("workflow", _states(form, flow, field.options)))
    roles = {*ROLES, *snapshot.all("role")}
    for number, state in enumerate(flow.states):
        if state.approval is not None:
            place = f"workflow/states/{number}/approval"
            found += under(place, _approval(form, flow, state, state.approval, roles))
    for number, way in enumerate(flow.transitions):
        place = f"workflow/transitions/{number}"
        found += under(place, _transition(form, flow, way, roles))
        if way.when is not None:
            found += under(f"{place}/when", catalog.condition(form.key, way.when)[1])
    return found


def _states(form: FormDefinition, flow: Workflow, options: Collection[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    if flow.start not in flow.by_value:
        yield Problem("start", "no-such-state", {"state": flow.start})
    for number, state in enumerate(flow.states):
        place = f"states/{number}"
        if state.value not in options:
            yield Problem(f"{place}/value", "no-such-option", {"value": state.value})
        if state.value in seen:
            yield Problem(f"{place}/value", "duplicate-state", {"state": state.value})
        seen.add(state.value)
        for position, key in enumerate(sorted(state.read_only)):
            if form.find(key) is None:
                yield Problem(f"{place}/read_only/{position}", "unknown-field", {"field": key})
        name = state_name(form, state.value)
        if state.final and may_leave(flow, state):
            yield Problem(f"{place}/final", "final-state-left", {"state": name})
    for value in options:
        if value not in seen:
            yield Problem("states", "option-without-state", {"value": state_name(form, value)})
    yield from _connected(form, flow)


def _connected(form: FormDefinition, flow: Workflow) -> Iterator[Problem]:
    known = reachable(flow)
    for number, state in enumerate(flow.states):
        place, name = f"states/{number}", state_name(form, state.value)
        if state.value not in known:
            yield Problem(place, "state-never-reached", {"state": name})
        elif not state.final and not may_leave(flow, state):
            yield Problem(place, "state-without-way-out", {"state": name})


def _transition(
    form: FormDefinition, flow: Workflow, way: Transition, roles: Collection[str]
) -> Iterator[Problem]:
    if [each.key for each in flow.transitions].count(way.key) > 1:
        yield Problem("key", "duplicate-key", {"key": way.key})
    yield from _known(flow, "from", way.origins)
    yield from _known(flow, "to", (way.to,))
    if way.to in way.origins:
        yield Problem("to", "way-to-itself", {"state": state_name(form, way.to)})
    doubled = [
        each for each in flow.transitions
        if each is not way and each.to == way.to and set(each.origins) & set(way.origins)
    ]  # fmt: skip
    if doubled and flow.transitions.index(doubled[0]) < flow.transitions.index(way):
        yield Problem("to", "way-twice", {"state": state_name(form, way.to)})
    for position, key in enumerate(way.require):
        if form.find(key) is None:
            yield Problem(f"require/{position}", "unknown-field", {"field": key})
    yield from under("who/roles", _roles(way.who.roles, roles))
    yield from under("who/fields", _people(form, way.who.fields))


def _approval(
    form: FormDefinition, flow: Workflow, state: State, asked: Approval, roles: Collection[str]
) -> Iterator[Problem]:
    for number, signer in enumerate(asked.signers):
        yield from under(f"signers/{number}", _signer(form, signer, roles))
    if asked.escalate is not None:
        yield from under("escalate", _signer(form, asked.escalate, roles))
        if asked.due is None:
            yield Problem("due", "escalate-needs-due")
    led = {"approved": (asked.approved,), "returned": asked.returned,
           "withdrawn": (asked.withdrawn,) if asked.withdrawn else ()}  # fmt: skip
    for name, values in led.items():
        yield from _known(flow, name, values)
        if state.value in values:
            yield Problem(name, "way-to-itself", {"state": state_name(form, state.value)})
    if asked.approved in asked.returned:
        yield Problem(
            "returned", "return-is-approval", {"state": state_name(form, asked.approved)}
        )


def _signer(form: FormDefinition, signer: Signer, roles: Collection[str]) -> Iterable[Problem]:
    if signer.kind == "role":
        return under("role", _roles([signer.name], roles))
    return under("field", _people(form, [signer.name])) if signer.kind == "field" else []


def _roles(named: Iterable[str], roles: Collection[str]) -> list[Problem]:
    return [Problem("", "no-such-role", {"role": each}) for each in named if each not in roles]


def _people(form: FormDefinition, named: Iterable[str]) -> list[Problem]:
    found = []
    for key in named:
        field = form.find(key)
        if field is None:
            found.append(Problem("", "unknown-field", {"field": key}))
        elif field.type not in MEMBER_TYPES:
            found.append(Problem("", "not-a-member-field", {"field": field.name}))
    return found


def _known(flow: Workflow, place: str, values: Iterable[str]) -> Iterator[Problem]:
    for value in values:
        if value not in flow.by_value:
            yield Problem(place, "no-such-state", {"state": value})
