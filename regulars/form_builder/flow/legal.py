"""Which ways are open to whom. Pure: facts come in, nothing is looked up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.form_builder.flow.definition import State, Transition, Who, Workflow


@dataclass(frozen=True)
class Mover:
    """What counts of whoever wants to move a record, seen from that record.

    ``fields`` are the members fields of the record that name them.
    """

    role: str = ""
    owns: bool = False
    fields: frozenset[str] = frozenset()
    manages: bool = False
    is_rule: bool = False
    is_operator: bool = False

    def fits(self, who: Who) -> bool:
        """Whether they are meant."""
        if who.is_everybody or self.is_operator:
            return True
        if self.is_rule:
            return who.rules
        return (
            self.role in who.roles
            or (who.owner and self.owns)
            or (who.manager and self.manages)
            or not self.fields.isdisjoint(who.fields)
        )


def ways_from(workflow: Workflow, state: State) -> Iterator[Transition]:
    """Every way that begins in a state, in the owner's order."""
    return (each for each in workflow.transitions if state.value in each.origins)


def ways_for(workflow: Workflow, state: State, mover: Mover) -> list[Transition]:
    """The ways of a state that somebody may go, conditions aside."""
    return [each for each in ways_from(workflow, state) if mover.fits(each.who)]


def onward(workflow: Workflow, value: str, mover: Mover) -> frozenset[str]:
    """Where records of a state may perhaps go by hand: what one record says of its mover aside."""
    anyone = Mover(
        mover.role, True, frozenset(k for w in workflow.transitions for k in w.who.fields),
        True, mover.is_rule, mover.is_operator,
    )  # fmt: skip
    return frozenset(each.to for each in ways_for(workflow, workflow.at(value), anyone))


def targets(state: State) -> frozenset[str]:
    """Where an approval may lead out of a state."""
    asked = state.approval
    if asked is None:
        return frozenset()
    taken_back = {asked.withdrawn} if asked.withdrawn else set()
    return frozenset({asked.approved, *asked.returned} | taken_back)


def reachable(workflow: Workflow) -> frozenset[str]:
    """The states that records can ever come to."""
    found, waiting = {workflow.start}, [workflow.start]
    while waiting:
        here = workflow.at(waiting.pop())
        nearby = {each.to for each in ways_from(workflow, here)} | targets(here)
        fresh = nearby - found
        found |= fresh
        waiting += sorted(fresh)
    return frozenset(found)


def may_leave(workflow: Workflow, state: State) -> bool:
    """Whether any way leads out of a state."""
    return bool(targets(state)) or next(ways_from(workflow, state), None) is not None
