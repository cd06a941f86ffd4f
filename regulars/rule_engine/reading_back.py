"""A rule said back in plain words, whole, with the settings nobody has touched.

What nobody chose is marked as usual: it holds all the same, and pages show it apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from regulars.platform.privacy.purposes import SERVICE
from regulars.rule_engine.definition import Guards, Rule, Step
from regulars.rule_engine.entering import RUNS_PER_HOUR
from regulars.rule_engine.explain import block_words, step_words, trigger_words, value_words
from regulars.rule_engine.explain_aims import goal_words, redeemed_words, report_limits
from regulars.rule_engine.speaking import Speaker
from regulars.rule_engine.steps.messages import LATEST_BY_DEFAULT, SAME_DAY
from regulars.rule_engine.triggers.base import trigger_kinds

_NEWEST = re.compile(r"LAST\((\w+)\)\.id")


class Line(NamedTuple):
    """One sentence; ``indent`` counts the branches it stands in."""

    indent: int
    text: str
    is_usual: bool = False


class Change(NamedTuple):
    """A sentence that came or went; ``is_new`` says which."""

    text: str
    is_new: bool


def rule_words(say: Speaker, rule: Rule) -> list[Line]:
    """The whole rule, read from the top; what is usual comes last."""
    lines = [Line(0, say.t("when", what=trigger_words(say, rule, rule.trigger)))]
    if rule.when:
        subject = say.form(rule.subject)
        condition = say.condition(rule, rule.when)
        lines.append(Line(0, say.t("only-if", subject=subject, condition=condition)))
    if rule.sets is not None:
        lines += _sets_words(say, rule)
    lines += _block_words(say, rule, rule.steps, 0)
    return lines + sorted(_limits(say, rule), key=lambda line: line.is_usual)


def changes_in_words(say: Speaker, before: Rule, after: Rule) -> list[Change]:
    """What a new version says that the old one did not, and the other way round, in order."""
    old = ["\u2003" * line.indent + line.text for line in rule_words(say, before)]
    new = ["\u2003" * line.indent + line.text for line in rule_words(say, after)]
    found = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            found += [Change(text, False) for text in old[a:b]]
            found += [Change(text, True) for text in new[c:d]]
    return list(_without_moves(say, found))


def _without_moves(say: Speaker, found: Sequence[Change]) -> Iterator[Change]:
    """What only stands elsewhere now neither came nor went, and is said once."""
    came = Counter(each.text.strip() for each in found if each.is_new)
    went = Counter(each.text.strip() for each in found if not each.is_new)
    moves, left = came & went, came & went
    for text, is_new in found:
        plain = text.strip()
        if not is_new and left[plain]:
            left[plain] -= 1
        elif is_new and moves[plain]:
            moves[plain] -= 1
            yield Change(say.t("moved", what=plain), True)
        else:
            yield Change(text, is_new)


def _sets_words(say: Speaker, rule: Rule) -> Iterator[Line]:
    sets = rule.sets
    assert sets is not None
    field = say.field(rule.subject, sets.field)
    if sets.add:
        tag = value_words(say, rule.subject, sets.field, sets.add)
        yield Line(0, say.t("sets-tag", tag=tag))
    for choice in sets.choose:
        value = value_words(say, rule.subject, sets.field, choice.value)
        condition = say.condition(rule, choice.when)
        yield Line(0, say.t("sets-choice", field=field, value=value, condition=condition))
    if sets.otherwise:
        value = value_words(say, rule.subject, sets.field, sets.otherwise)
        yield Line(0, say.t("sets-else", field=field, value=value))


def _block_words(say: Speaker, rule: Rule, steps: tuple[Step, ...], indent: int) -> Iterator[Line]:
    for step in steps:
        yield Line(indent, say.t("then", what=step_words(say, rule, step)))
        for name, block in step.blocks.items():
            if block:
                yield Line(indent + 1, block_words(say, step, name))
                yield from _block_words(say, rule, block, indent + 1)


def _limits(say: Speaker, rule: Rule) -> Iterator[Line]:
    yield Line(0, say.t("zone", zone=say.formats.zone), True)
    if rule.is_report:
        yield from (Line(0, text, is_usual) for text, is_usual in report_limits(say, rule))
        return
    if rule.is_mirror:
        yield Line(0, say.t("mirror-both-ways"))
        yield from _late_look(say, rule)
        return
    yield from _entries(say, rule)
    yield from _late_look(say, rule)
    yield from _ends(say, rule)
    if rule.sends:
        yield from _guard_words(say, rule.guards)
        yield from _late_words(say, rule)


def _entries(say: Speaker, rule: Rule) -> Iterator[Line]:
    entry = rule.entry
    yield Line(0, _entry_words(say, rule), entry.key is None)
    if entry.min_gap_days:
        yield Line(0, say.t("gap", n=entry.min_gap_days))
    elif entry.key is not None or rule.trigger.on != "scan":
        yield Line(0, say.t("gap-none"), True)
    if entry.group:
        yield Line(0, say.t("group", group=entry.group, n=entry.max_live_per_group or 1))
    if rule.trigger.on == "scan":
        share = entry.backlog == "enrol" and entry.per_day
        key = "backlog-by-day" if share else f"backlog-{entry.backlog}"
        yield Line(0, say.t(key, n=entry.per_day or 0), entry.backlog == "skip")
    yield from _rounds(say, rule)


def _rounds(say: Speaker, rule: Rule) -> Iterator[Line]:
    kind = trigger_kinds.find(rule.trigger.on)
    most = rule.entry.max_per_hour or (RUNS_PER_HOUR if kind and kind.by_event else None)
    if most is not None:
        number = say.formats.number(most)
        yield Line(0, say.t("rounds", n=number), rule.entry.max_per_hour is None)
    if rule.entry.allow_self:
        yield Line(0, say.t("allow-self"))
    elif kind and kind.by_event:
        yield Line(0, say.t("allow-self-not"), True)


def _late_look(say: Speaker, rule: Rule) -> Iterator[Line]:
    """What becomes of a time at which the computer was off."""
    on, misfire = rule.trigger.on, rule.trigger.settings.get("misfire")
    if on == "scan":
        yield Line(0, say.t(f"misfire-{misfire or 'run_once'}"), misfire is None)
    elif on == "date_field":
        yield Line(0, say.t("misfire-each"), True)


def _ends(say: Speaker, rule: Rule) -> Iterator[Line]:
    for each in rule.exits:
        yield Line(0, say.t("exit", what=trigger_words(say, rule, each.trigger)))
    if not rule.exits:
        yield Line(0, say.t("exit-none"), True)
    if rule.goal is None:
        yield Line(0, say.t("goal-none"), True)
    else:
        yield Line(0, goal_words(say, rule.goal))
        yield Line(0, say.t("goal-counted", n=rule.goal.within_days), True)
    if rule.redeemed is not None:
        yield Line(0, redeemed_words(say, rule.redeemed))


def _entry_words(say: Speaker, rule: Rule) -> str:
    if rule.entry.key:
        return _entry_key(say, rule, rule.entry.key)
    if rule.trigger.on in ("scan", "once"):
        return say.t("entry-once")
    if rule.trigger.on == "date_field":
        return say.t("entry-yearly" if rule.trigger.settings.get("yearly") else "entry-date")
    return say.t("entry-each")


def _entry_key(say: Speaker, rule: Rule, formula: str) -> str:
    newest = _NEWEST.fullmatch(formula)
    if newest:
        return say.t("entry-newest", what=say.field(rule.subject, newest[1]))
    if formula == "trigger.id":
        return say.t("entry-record", form=say.form(rule.trigger.form or rule.subject))
    name = say.field(rule.subject, formula) if formula.isidentifier() else formula
    return say.t("entry-key", formula=name)


def _guard_words(say: Speaker, guards: Guards) -> Iterator[Line]:
    if guards.purpose == SERVICE:
        yield Line(0, say.t("needs-no-consent"))
    else:
        yield Line(0, say.t("needs-consent"), guards.purpose is None)
    if guards.quiet_hours:
        start, end = (f"{clock:%H:%M}" for clock in guards.quiet_hours)
        key = "quiet" if guards.on_quiet == "next_window" else "quiet-skip"
        yield Line(0, say.t(key, start=start, end=end))
    else:
        yield Line(0, say.t("quiet-none"), True)
    if guards.cap:
        yield Line(0, say.t("cap", n=guards.cap.n, days=guards.cap.days))
    else:
        yield Line(0, say.t("cap-none"), True)
    if guards.max_per_hour:
        yield Line(0, say.t("rate", n=say.formats.number(guards.max_per_hour)))
    else:
        yield Line(0, say.t("rate-none"), True)
    if guards.control_group:
        yield Line(0, say.t("control", percent=guards.control_group))
    else:
        yield Line(0, say.t("control-none"), True)
    yield Line(0, say.t("shop-limits"), True)


def _late_words(say: Speaker, rule: Rule) -> Iterator[Line]:
    """How late a message may still leave; each wish once, however many steps have it."""
    sending = [step.settings for step in rule.walk() if step.do == "send_message"]
    for limit in dict.fromkeys(own.get("not_later_than") or "" for own in sending):
        if limit == SAME_DAY:
            yield Line(0, say.t("late-same-day"))
        else:
            length = say.length(limit or LATEST_BY_DEFAULT)
            yield Line(0, say.t("late", length=length), not limit)
