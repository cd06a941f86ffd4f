"""Goals of the workspace's own: kept from a rule, changed, put away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.damage import whole_draft
from regulars.platform.definitions.editing import AS_IT_STANDS, Seen, edit
from regulars.platform.errors import Invalid
from regulars.platform.i18n import LOCALES, find_text, spoken, translate
from regulars.platform.problems import Problem
from regulars.rule_engine.goals.making import Opening, Question, goal_of, openings_of
from regulars.rule_engine.goals.shelf import list_goals

Raw = Mapping[str, Any]

ICONS = (
    "target", "heart", "gift", "star", "sparkles", "cake", "award", "bell", "phone", "mail",
    "tags", "users", "calendar-clock",
)  # fmt: skip
LONGEST = 200
_CLASSES = ("journey", "mirror")
_OF_A_TEXT = ("key", "label", "purpose", "channels", "links")


@dataclass(frozen=True)
class GoalWish:
    """How a goal shall be called, and what it asks for: path of the value → the question."""

    label: str
    description: str = ""
    icon: str = ICONS[0]
    ask: Mapping[str, str] = field(default_factory=dict)


def rule_to_keep(uow: UnitOfWork, access: Access, key: str) -> Raw:
    """The working copy of a rule that a goal can be made of. Invalid for one of another class
    or about nobody."""
    access.require("edit_rules")
    raw = whole_draft(uow, access, "rule", key).raw
    seeing.require_whole(uow, access, "rule", raw)
    if raw.get("class") not in _CLASSES:
        raise Invalid([Problem("rule", "goal-of-this-class")])
    if not raw.get("subject"):  # a working copy may be half a rule
        raise Invalid([Problem("rule/subject", "required")])
    return raw


def question_about(opening: Opening, locale: str) -> str:
    """How such a value is usually asked for: by what it is for, where that is known."""
    for name in opening.path.split("/")[-2:]:
        known = find_text(f"goals.ask.{name.replace('_', '-')}.{opening.unit}", locale)
        if known is not None:
            return known
    return translate(f"goals.ask.{opening.unit or opening.kind}", locale)


def keep_as_goal(uow: UnitOfWork, access: Access, rule: str, wish: GoalWish) -> str:
    """Publish a goal that makes such a rule; its key. Invalid with everything that is wrong."""
    raw = rule_to_keep(uow, access, rule)
    openings = {each.path: each for each in openings_of(raw)}
    problems = [*_unfinished(uow, raw), *_problems(wish, openings)]
    if problems:
        raise Invalid(problems)
    taken = store.known_keys(uow, "goal") | {goal.key for goal in list_goals(uow)}
    head: dict[str, Any] = {
        "key": derive_key(wish.label, taken, "goal"), "label": wish.label, "icon": wish.icon,
    }  # fmt: skip
    if wish.description:
        head["description"] = wish.description
    texts = list(_texts(uow, raw))
    if texts:
        head["messages"] = texts
    asked = [
        Question(each, _in_languages(each, wish.ask[path], access.locale))
        for path, each in openings.items()
        if path in wish.ask
    ]
    made = goal_of(raw, head, asked, _people(uow, raw["subject"]))
    store.save_draft(uow, access, "goal", made, tag=0)
    store.publish(uow, access, [("goal", head["key"])])
    return str(head["key"])


def change_goal(
    uow: UnitOfWork, access: Access, key: str, values: Mapping[str, str],
    seen: Seen = AS_IT_STANDS,
) -> None:  # fmt: skip
    """Change what a goal says of itself and its questions, and publish it.

    ``values``: ``label``, ``description``, ``icon``, and for the place number n ``n/label``,
    ``n/help``, ``n/default``, ``n/least``, ``n/most`` as they are typed. Invalid as publishing.
    """

    def change(raw: Raw) -> Raw:
        places = [
            _changed(each, values, f"{n}/", access.locale) for n, each in enumerate(raw["places"])
        ]
        return {**_changed(raw, values, "", access.locale), "places": places}

    if not values.get("label", "").strip():
        raise Invalid([Problem("label", "required")])
    edit(uow, access, "goal", key, change, seen)
    store.publish(uow, access, [("goal", key)])


def write_goal(uow: UnitOfWork, access: Access, key: str, raw: Any) -> None:
    """Replace a goal by its whole JSON, and publish it. Invalid with every problem."""
    if not isinstance(raw, Mapping) or raw.get("key") != key:
        raise Invalid([Problem("key", "shape-const", {"expected": key})])
    store.save_draft(uow, access, "goal", raw)
    store.publish(uow, access, [("goal", key)])


def _changed(raw: Raw, values: Mapping[str, str], before: str, locale: str) -> dict[str, Any]:
    made = dict(raw)
    for name in ("label", "description", "help", "icon", "default", "least", "most"):
        typed = values.get(f"{before}{name}")
        if typed is None or typed.strip() == str(spoken(raw.get(name, ""), locale)):
            continue  # what nobody touched keeps its other languages
        text = typed.strip()[:LONGEST]
        is_number = raw.get("is") == "number" and name in ("default", "least", "most")
        if text:
            made[name] = int(text) if is_number and text.removeprefix("-").isdecimal() else text
        else:
            made.pop(name, None)
    return made


def _unfinished(uow: UnitOfWork, raw: Raw) -> Iterator[Problem]:
    """What a working copy lacks that every goal is built on: a form whose records it is about."""
    subject = raw.get("subject")
    if not subject:
        yield Problem("rule/subject", "required")
    elif subject not in catalog_of(uow).forms:
        yield Problem("rule/subject", "unpublished-form", {"form": subject})


def _problems(wish: GoalWish, openings: Mapping[str, Opening]) -> Iterator[Problem]:
    if not wish.label:
        yield Problem("label", "required")
    if wish.icon not in ICONS:
        yield Problem("icon", "shape-enum", {"allowed": list(ICONS)})
    for path, label in wish.ask.items():
        if path not in openings:
            yield Problem(f"ask/{path}", "goal-cannot-ask", {"place": path[:60]})
        elif not label.strip():
            yield Problem(f"ask/{path}", "required")


def _in_languages(opening: Opening, label: str, locale: str) -> Any:
    """The usual question stays translated; one's own words are as they were written."""
    if label.strip() != question_about(opening, locale):
        return label.strip()[:LONGEST]
    return {each: question_about(opening, each) for each in LOCALES}


def _people(uow: UnitOfWork, form: str) -> dict[str, Any]:
    known = catalog_of(uow).forms.get(form)
    question = {each: translate("goals.ask.form", each) for each in LOCALES}
    place: dict[str, Any] = {"label": question, "hints": [form]}
    return {**place, "person": True} if known is not None and known.person else place


def _texts(uow: UnitOfWork, raw: Any) -> Iterator[Raw]:
    """The texts that a rule sends, each once."""
    for key in dict.fromkeys(_sent(raw)):
        draft = store.find_draft(uow, "message", key)
        if draft is not None:
            text = {name: draft.raw[name] for name in _OF_A_TEXT if name in draft.raw}
            yield {"label": key, **text}


def _sent(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if part.get("do") == "send_message":
            yield str(part["message"])
        for value in part.values():
            yield from _sent(value)
    elif isinstance(part, list):
        for each in part:
            yield from _sent(each)
