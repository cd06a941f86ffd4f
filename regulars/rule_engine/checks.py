"""What a rule means: every problem at once, each with the place in the JSON where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.choice import options_of
from regulars.form_builder.field_types.tags import TagsField
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import LOOPS, Entry, Rule, Sets, Step, Trigger
from regulars.rule_engine.matching import DELETED, check_event, form_of
from regulars.rule_engine.merging import OPT_OUT, merge_fields
from regulars.rule_engine.message import Message
from regulars.rule_engine.scope import Meaning, Scope
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.steps.messages import check_merge_fields
from regulars.rule_engine.triggers.base import trigger_kinds

_JOURNEY_ONLY = ("steps", "exits", "goal", "redeemed")
_ABOUT_SOMEBODY = ("when", "sets", "exits", "goal", "redeemed")
RUN_REPORT = "run_report"


def check_rule(rule: Rule, after: Snapshot) -> list[Problem]:
    """Every problem of a rule among everything else that is published."""
    catalog = catalog_from(after)
    meaning = Meaning(after, catalog, rule.subject, rule)
    if rule.is_report:
        return [*_check_report(rule), *_check_parts(rule, meaning)]
    if not rule.subject:
        return [Problem("subject", "required")]
    if rule.subject not in catalog.forms:
        return [Problem("subject", "unpublished-form", {"form": rule.subject})]
    return [*_check_class(rule), *_check_when(rule, catalog), *_check_parts(rule, meaning)]


def check_message(message: Message, after: Snapshot) -> list[Problem]:
    """Problems of a message's links, and those it makes for the rules that send it."""
    found = list(_check_links(message))
    for rule in after.all("rule").values():
        scopes = scopes_of(rule, catalog_from(after))
        for step in rule.walk():
            if step.do != "send_message" or step.settings["message"] != message.key:
                continue
            meaning = Meaning(after, catalog_from(after), rule.subject, rule, scopes[step.path])
            for problem in check_merge_fields(message, step.settings["channel"], meaning):
                params = {**problem.params, "rule": rule.label}
                found.append(Problem("channels", f"{problem.code}-in-rule", params))
            if step.settings["channel"] not in message.channels:
                told = {"rule": rule.label, "channel": step.settings["channel"]}
                found.append(Problem("channels", "channel-in-use", told))
    return found


def _check_links(message: Message) -> Iterator[Problem]:
    """A link nobody defined would reach people as a gap."""
    if OPT_OUT in message.links:
        yield Problem(f"links/{OPT_OUT}", "reserved-link-name", {"name": OPT_OUT})
    known = {*message.links, OPT_OUT}
    for place, text in message.texts():
        for field in merge_fields(text):
            if field.link is not None and field.link not in known:
                told = {"field": field.written, "known": sorted(known)}
                yield Problem(place, "unknown-link", {**told, "message": message.label})


def scopes_of(rule: Rule, catalog: FormCatalog) -> dict[str, Scope]:
    """The scope that holds at each step: names made by the steps before it, in reading order.

    The record that a loop has in hand is known inside of it only.
    """
    found: dict[str, Scope] = {}
    _note_scopes(rule.steps, Scope.start(catalog, rule.subject, trigger_form(rule)), found)
    return found


def _note_scopes(steps: tuple[Step, ...], scope: Scope, found: dict[str, Scope]) -> Scope:
    for step in steps:
        found[step.path] = scope
        kind = step_kinds.find(step.do)
        made = kind.makes(step) if kind else None
        inner = scope
        if made is not None and made[0] not in scope.names:
            inner = scope.having(*made)
        for block in step.blocks.values():
            inner = _note_scopes(block, inner, found)
        scope = scope if step.do in LOOPS else inner
    return scope


def entry_scope(rule: Rule, catalog: FormCatalog) -> Scope:
    """What the entry key may speak of."""
    return Scope.start(catalog, rule.subject, trigger_form(rule))


def trigger_form(rule: Rule) -> str | None:
    """The form of the record that starts a run; None where only the subject is known."""
    kind = trigger_kinds.find(rule.trigger.on)
    if kind is None or not kind.about_records:
        return None
    return form_of(rule.trigger, rule.subject)


def _check_class(rule: Rule) -> Iterator[Problem]:
    if rule.is_mirror:
        yield from _check_mirror(rule)
        return
    if rule.sets is not None:
        yield Problem("sets", "only-for-mirrors")
    if rule.is_campaign and rule.trigger.on != "once":
        yield Problem("trigger/on", "campaign-goes-once")
    if rule.trigger.on == DELETED and form_of(rule.trigger, rule.subject) == rule.subject:
        yield Problem("trigger/form", "deleted-subject-starts-nothing")
    if not rule.steps:
        yield Problem("steps", "no-steps")


def _check_report(rule: Rule) -> Iterator[Problem]:
    """It is about nobody: it says when, which reports, and who reads them."""
    if rule.subject:
        yield Problem("subject", "not-for-reports")
    for part in _ABOUT_SOMEBODY:
        if getattr(rule, part):
            yield Problem("exit" if part == "exits" else part, "not-for-reports")
    if rule.entry != Entry():
        yield Problem("entry", "not-for-reports")
    if rule.trigger.on != "scan":
        yield Problem("trigger/on", "report-goes-by-the-clock")
    if not rule.steps:
        yield Problem("steps", "no-steps")


def _check_mirror(rule: Rule) -> Iterator[Problem]:
    if rule.sets is None:
        yield Problem("sets", "required")
    elif not rule.sets.choose and not rule.when:
        yield Problem("when", "required")
    for part in _JOURNEY_ONLY:
        if getattr(rule, part):
            yield Problem("exit" if part == "exits" else part, "only-for-journeys")
    if rule.trigger.on != "scan":
        yield Problem("trigger/on", "mirror-goes-by-the-clock")


def _check_when(rule: Rule, catalog: FormCatalog) -> list[Problem]:
    if not rule.when:
        return []
    _tree, problems = catalog.condition(rule.subject, rule.when)
    return under("when", problems)


def _check_parts(rule: Rule, meaning: Meaning) -> Iterator[Problem]:
    yield from under("trigger", check_event(rule.trigger, meaning))
    yield from _check_entry(rule, meaning.catalog)
    for position, each in enumerate(rule.exits):
        yield from under(f"exit/{position}", check_event(each.trigger, meaning))
    yield from _check_goal(rule, meaning)
    yield from _check_redeemed(rule, meaning)
    if rule.sets is not None:
        yield from under("sets", _check_sets(rule, rule.sets, meaning))
    yield from _check_steps(rule, meaning)


def _check_entry(rule: Rule, catalog: FormCatalog) -> Iterator[Problem]:
    entry = rule.entry
    if entry.key is not None:
        tree, problems = entry_scope(rule, catalog).formula(entry.key)
        yield from under("entry/key", problems)
        if tree.type is not None and tree.type.kind in (Kind.ROWS, Kind.TAGS):
            yield Problem("entry/key", "key-is-many")
    if (entry.group is None) != (entry.max_live_per_group is None):
        missing = "group" if entry.group is None else "max_live_per_group"
        yield Problem(f"entry/{missing}", "required")


def _check_goal(rule: Rule, meaning: Meaning) -> Iterator[Problem]:
    goal = rule.goal
    if goal is None:
        return
    trigger = Trigger("record_created", goal.form, goal.link, goal.where)
    problems = list(check_event(trigger, meaning))
    yield from under("goal", problems)
    shape = meaning.catalog.shapes.find(goal.form)
    if goal.value is None or shape is None:
        return
    field = shape.field(goal.value)
    if field is None:
        yield Problem("goal/value", "unknown-field", {"field": goal.value, "form": shape.label})
    elif field.type.kind is not Kind.NUMBER:
        yield Problem("goal/value", "not-a-number-field", {"field": field.label or goal.value})


def _check_redeemed(rule: Rule, meaning: Meaning) -> Iterator[Problem]:
    redeemed = rule.redeemed
    if redeemed is None:
        return
    if redeemed.form not in meaning.catalog.forms:
        yield Problem("redeemed/form", "unpublished-form", {"form": redeemed.form})
        return
    made = {step.settings.get("form") for step in rule.walk() if step.do == "create_record"}
    if redeemed.form not in made:
        form = meaning.catalog.forms[redeemed.form].label
        yield Problem("redeemed/form", "makes-no-such-record", {"form": form})
    if not redeemed.where:
        yield Problem("redeemed/where", "required")
        return
    _tree, problems = meaning.catalog.condition(redeemed.form, redeemed.where)
    yield from under("redeemed/where", problems)


def _check_sets(rule: Rule, sets: Sets, meaning: Meaning) -> Iterator[Problem]:
    form = meaning.catalog.get_form(rule.subject)
    field = form.find(sets.field)
    if field is None:
        yield Problem("field", "unknown-field", {"field": sets.field, "form": form.label})
        return
    wanted = "tags" if sets.add is not None else "choice"
    if not (field.has_side if sets.add is not None else field.type == "choice"):
        yield Problem("field", f"not-a-{wanted}-field", {"field": field.name})
        return
    offered = options_of(field)
    kind = field_types.get(field.type)
    closed = not (isinstance(kind, TagsField) and kind.is_free(field))
    for place, value in _values(sets):
        if closed and value not in offered:
            yield Problem(place, "not-an-option", {"value": value, "allowed": list(offered)[:12]})
    for position, choice in enumerate(sets.choose):
        _tree, problems = meaning.catalog.condition(rule.subject, choice.when)
        yield from under(f"choose/{position}/when", problems)
    yield from _check_rivals(rule, sets, form, meaning.snapshot)


def _values(sets: Sets) -> Iterator[tuple[str, str]]:
    if sets.add is not None:
        yield "add", sets.add
    for position, choice in enumerate(sets.choose):
        yield f"choose/{position}/value", choice.value
    if sets.otherwise is not None:
        yield "else", sets.otherwise


def _check_rivals(
    rule: Rule, sets: Sets, form: FormDefinition, after: Snapshot
) -> Iterator[Problem]:
    """Two mirrors that keep the same thing would take it from each other for ever."""
    for other in after.all("rule").values():
        if other.key == rule.key or other.sets is None or other.subject != rule.subject:
            continue
        same_field = other.sets.field == sets.field
        if same_field and (sets.add is None or other.sets.add == sets.add):
            told: dict[str, Any] = {"rule": other.label, "field": form.by_key[sets.field].name}
            yield Problem("field", "kept-by-another-rule", told)


def _check_steps(rule: Rule, meaning: Meaning) -> Iterator[Problem]:
    scopes = scopes_of(rule, meaning.catalog)
    seen: set[str] = set()
    for step in rule.walk():
        if step.id in seen:
            yield Problem(f"{step.path}/id", "duplicate-step", {"step": step.id})
        seen.add(step.id)
        kind = step_kinds.get(step.do)
        if rule.is_report is not (step.do == RUN_REPORT):
            yield Problem(f"{step.path}/do", "only-reports-here" if rule.is_report else
                          "only-for-reports")  # fmt: skip
            continue
        yield from _check_blocks(step)
        problems = kind.check(step, meaning.within(scopes[step.path]))
        yield from under(step.path, problems)


def _check_blocks(step: Step) -> Iterator[Problem]:
    """Steps after a stop are never reached."""
    for name, block in step.blocks.items():
        for position, child in enumerate(block[:-1]):
            if child.do == "stop":
                yield Problem(f"{step.path}/{name}/{position + 1}", "never-reached")
