"""What each form of the composer changes in the draft, by the name of its action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine import composing
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.placing import (
    NoSuchPlace,
    append,
    drop,
    find_at,
    get_at,
    join,
    negate,
    put,
    take,
    turn,
)
from regulars.rule_engine.speaking import Speaker
from regulars.rule_engine.web.composing import limits, values
from regulars.rule_engine.web.composing.events import event_of
from regulars.rule_engine.web.composing.offering import Offering
from regulars.rule_engine.web.composing.reading import Posted, Raw, needed
from regulars.rule_engine.web.composing.rows import row_of
from regulars.rule_engine.web.composing.steps import step_of


@dataclass(frozen=True)
class Changing:
    """A draft in hand, and what was sent."""

    raw: Raw
    rule: Rule
    say: Speaker
    posted: Posted
    by_now: Mapping[str, Any]  # the draft as it stands: another tab may have changed it

    @property
    def catalog(self) -> FormCatalog:
        """The forms the rule may speak of."""
        return self.say.catalog

    @property
    def place(self) -> str:
        """Where the change belongs."""
        return self.posted.get("place")

    @property
    def before(self) -> Mapping[str, Any]:
        """What stands there; {} for nothing."""
        found = find_at(self.raw, self.place) if self.place else None
        return found if isinstance(found, Mapping) else {}


def _label(work: Changing) -> Raw:
    raw = composing.with_part(work.raw, "label", needed(work.posted, "label"))
    return composing.with_part(raw, "description", work.posted.get("description"))


def _trigger(work: Changing) -> Raw:
    before = work.raw.get("trigger") or {}
    return composing.with_part(work.raw, "trigger", event_of(work.posted, before))


def _event(work: Changing) -> Raw:
    """An exit or an awaited event: changed where it stands, or one more."""
    made = event_of(work.posted, work.before)
    if work.place.startswith("exit"):
        made["outcome"] = work.posted.get("outcome") or "stopped"
    if work.place.rpartition("/")[2].isdecimal():
        return put(work.raw, work.place, made)
    return append(work.raw, work.place, made)


def _row(work: Changing) -> Raw:
    """A row of a condition: a new one, a changed one, or one beside the row at the place."""
    place, how = work.place or "when", work.posted.get("how") or "add"
    offer = Offering(work.rule, work.raw, work.say)
    where = offer.where(place)
    field = offer.field(where, work.posted.get("field"))
    form = work.catalog.forms.get(where.form)
    if form is None:
        raise NoSuchPlace
    row = row_of(work.posted, form, field, dict(work.before) if how == "change" else {})
    if how == "change":
        return put(work.raw, place, row)
    return join(work.raw, place, row, how if how in ("all", "any") else "all")


def _step(work: Changing) -> Raw:
    path = work.posted.get("path")
    before = composing.step_at(work.raw, path) if path else {}
    made = step_of(work.posted, work.catalog, before)
    if path:
        return composing.change_step(work.raw, path, made)
    block = work.posted.get("block") or "steps"
    if made["do"] == "create_record" and "as" not in made:
        made["as"] = _free_name(work, str(made["form"]))
    made["id"] = composing.free_id(work.raw, work.by_now)
    return composing.add_step(work.raw, block, made)


def _free_name(work: Changing, form: str) -> str:
    """What later steps call a new record: ``coupon`` for one of ``coupons``."""
    subject = work.catalog.forms.get(work.rule.subject)
    taken = {field.key for field in subject.fields} if subject else set()
    taken |= {str(step.get("as")) for step in composing.every_step(work.raw.get("steps", ()))}
    taken |= {"subject", "trigger"}
    base = form.removesuffix("s") or form
    names = [base, *(f"{base}_{n}" for n in range(2, 99))]
    return next(name for name in names if name not in taken)


def _value(work: Changing) -> Raw:
    """The value of one field of a step; its place is the step's."""
    key, step = needed(work.posted, "filled"), get_at(work.raw, work.place)
    field = _field_of(work, step, key)
    value = values.value_of(work.posted, field)
    known = {**step.get("values", {}), key: value}
    return put(work.raw, f"{work.place}/values", known)


def _field_of(work: Changing, step: Mapping[str, Any], key: str) -> FieldDefinition:
    if step["do"] == "call_webhook":
        return FieldDefinition(key, "text")
    form = form_of_step(work.rule, work.raw, work.say, work.place)
    found = form.find(key) if form else None
    if found is None:
        raise Invalid([Problem("filled", "unknown-field", {"field": key[:60]})])
    return found


def form_of_step(
    rule: Rule, raw: Mapping[str, Any], say: Speaker, path: str
) -> FormDefinition | None:
    """The form that a writing step fills; None when that is unclear."""
    step = find_at(raw, path) or {}
    if step.get("form"):
        return say.catalog.forms.get(step["form"])
    return Offering(rule, raw, say).form_at(path, str(step.get("of", "subject")))


def _choice(work: Changing) -> Raw:
    """One value of a mirror that chooses: changed where it stands, or one more."""
    value = needed(work.posted, "value")
    if work.before:
        return put(work.raw, work.place, {**work.before, "value": value})
    return append(work.raw, "sets/choose", {"value": value, "when": {}})


def _move_choice(by: int) -> Callable[[Changing], Raw]:
    def moved(work: Changing) -> Raw:
        rows, n = list(get_at(work.raw, "sets/choose")), int(work.place.rpartition("/")[2])
        if 0 <= n + by < len(rows):
            rows[n], rows[n + by] = rows[n + by], rows[n]
        return put(work.raw, "sets/choose", rows)

    return moved


def _take(work: Changing) -> Raw:
    get_at(work.raw, work.place)
    above = work.place.rpartition("/")[0]
    if above.endswith("/any") and len(get_at(work.raw, above)) == 1:
        raise Invalid([Problem("", "wait-for-something")])
    return take(work.raw, work.place)


def _drop(work: Changing) -> Raw:
    """Without a row; a step or a mirror's value keeps an empty condition."""
    changed = drop(work.raw, work.place)
    above = work.place.split("/")
    if above[-1] == "when" and len(above) > 1:
        return put(changed, work.place, {})
    root = "/".join(above[: len(above) - above[::-1].index("when")]) if "when" in above else ""
    needs = root and root != "when" and find_at(changed, root) is None
    return put(changed, root, {}) if needs else changed


def _moved_step(by: int) -> Callable[[Changing], Raw]:
    return lambda work: composing.move_step(work.raw, work.posted.get("path"), by)


CHANGES: Mapping[str, Callable[[Changing], Raw]] = {
    "label": _label,
    "trigger": _trigger,
    "event": _event,
    "row": _row,
    "drop-row": _drop,
    "match": lambda work: turn(work.raw, work.place or "when", work.posted.get("match")),
    "negate": lambda work: negate(work.raw, work.place),
    "take": _take,
    "step": _step,
    "drop-step": lambda work: composing.remove_step(work.raw, work.posted.get("path")),
    "step-up": _moved_step(-1),
    "step-down": _moved_step(1),
    "value": _value,
    "guards": lambda work: composing.with_part(
        work.raw, "guards", limits.guards(work.posted, work.raw.get("guards", {}))
    ),
    "entry": lambda work: composing.with_part(work.raw, "entry", limits.entry(work.posted)),
    "goal": lambda work: composing.with_part(
        work.raw, "goal", limits.goal(work.posted, work.raw.get("goal", {}))
    ),
    "redeemed": lambda work: composing.with_part(
        work.raw, "redeemed", limits.redeemed(work.posted, work.raw.get("redeemed", {}))
    ),
    "sets": lambda work: composing.with_part(
        work.raw, "sets", limits.sets(work.posted, work.raw.get("sets", {}))
    ),
    "choice": _choice,
    "choice-up": _move_choice(-1),
    "choice-down": _move_choice(1),
}
