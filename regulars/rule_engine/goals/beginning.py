"""From a goal to a rule on the shop's own forms: seen first, then kept as a draft and tried out.

Nothing is sent and nobody enters: the rule is a draft until somebody publishes it. Its texts are
published at once, since a text by itself does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from regulars.form_builder.field_rights import catalog_for
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import Published, Snapshot, snapshot
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem, under
from regulars.rule_engine.authors import require_seen_fields
from regulars.rule_engine.checks import check_rule
from regulars.rule_engine.counting import Matches, count_matches
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.goals.definition import Goal, filled
from regulars.rule_engine.goals.guessing import Sheet, look
from regulars.rule_engine.goals.shelf import get_goal
from regulars.rule_engine.message import Message
from regulars.rule_engine.reading_back import Line, rule_words
from regulars.rule_engine.schema import message_problems, rule_problems
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.speaking import speaker

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Composed:
    """A goal with every place filled: the rule and the texts it sends, nowhere kept yet."""

    rule: Raw
    messages: tuple[Raw, ...]


@dataclass(frozen=True)
class Glimpse:
    """What a rule that is not there yet would be: its words, and who fits now."""

    rule: Rule
    words: Sequence[Line]
    matches: Matches | None
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Begun:
    """The draft that was made, its texts, and the try-out on the last days (None: none)."""

    rule: str
    messages: tuple[str, ...]
    simulation: int | None


def sheet_of(uow: UnitOfWork, access: Access, key: str, given: Mapping[str, str]) -> Sheet:
    """A goal over the forms this reader sees."""
    access.require("edit_rules")
    return look(get_goal(uow, key), catalog_for(uow, access), given, access.locale)


def glimpse(uow: UnitOfWork, access: Access, sheet: Sheet) -> Glimpse:
    """What the goal would be on these forms. Invalid while a place is open."""
    made = _composed(uow, sheet)
    rule = Rule.from_json(made.rule)
    after = _with_texts(uow, made)
    require_seen_fields(uow, access, check_rule, rule)
    say = speaker(uow, access, after)
    problems = check_rule(rule, after)
    matches = None if problems else count_matches(uow, access, rule)
    return Glimpse(rule, rule_words(say, rule), matches, problems)


def begin(uow: UnitOfWork, access: Access, key: str, given: Mapping[str, str]) -> Begun:
    """Keep the rule as a draft and try it on the last days. Invalid with every open place."""
    sheet = sheet_of(uow, access, key, given)
    made = _composed(uow, sheet)
    rule = Rule.from_json(made.rule)
    problems = check_rule(rule, _with_texts(uow, made))
    if problems:
        raise Invalid(problems)
    require_seen_fields(uow, access, check_rule, rule)
    texts = [("message", str(each["key"])) for each in made.messages]
    for raw in made.messages:
        store.save_draft(uow, access, "message", raw)
    store.publish(uow, access, texts)
    store.save_draft(uow, access, "rule", made.rule)
    return Begun(rule.key, tuple(key for _kind, key in texts), _try_out(uow, access, rule))


def _try_out(uow: UnitOfWork, access: Access, rule: Rule) -> int | None:
    if rule.is_mirror:
        return None
    days = keeping.DEFAULT_DAYS
    return keeping.ask(uow, access, keeping.wish_of(uow, access, rule.key, days), days)


def _composed(uow: UnitOfWork, sheet: Sheet) -> Composed:
    if sheet.problems:
        raise Invalid(list(sheet.problems))
    goal, names = sheet.goal, {}
    messages = []
    for raw in goal.messages:
        text = {"kind": "message", "schema": 1, **filled(raw, sheet.values)}
        names[raw["key"]] = text["key"] = _free_key(uow, "message", str(raw["key"]))
        messages.append(text)
    rule = _renamed({**_head(uow, goal), **filled(goal.rule, sheet.values)}, names)
    problems = under("rule", rule_problems(rule))
    for text in messages:
        problems += under("messages", message_problems(text))
    if problems:
        raise Invalid(problems)
    return Composed(rule, tuple(messages))


def _head(uow: UnitOfWork, goal: Goal) -> dict[str, Any]:
    key = _free_key(uow, "rule", goal.key)
    head = {"kind": "rule", "schema": 1, "key": key, "label": goal.label}
    return head if goal.description is None else {**head, "description": goal.description}


def _free_key(uow: UnitOfWork, kind: str, wanted: str) -> str:
    """A key nobody has, those put away included: their history is theirs."""
    taken = store.known_keys(uow, kind)
    return next(
        key for n in count(1) if (key := f"{wanted}_{n}" if n > 1 else wanted) not in taken
    )


def _renamed(raw: Any, names: Mapping[str, str]) -> Any:
    """The rule with its steps sending the texts under the keys they got."""
    if isinstance(raw, Mapping):
        renamed = {name: _renamed(value, names) for name, value in raw.items()}
        if renamed.get("do") == "send_message" and renamed.get("message") in names:
            renamed["message"] = names[str(renamed["message"])]
        return renamed
    return [_renamed(each, names) for each in raw] if isinstance(raw, list) else raw


def _with_texts(uow: UnitOfWork, made: Composed) -> Snapshot:
    texts = [
        Published("message", str(raw["key"]), 1, raw, Message.from_json(raw), uow.now)
        for raw in made.messages
    ]
    return snapshot(uow).overlaid(texts)
