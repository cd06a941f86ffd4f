"""create_task, approval: a person is asked to do or to decide something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.people_forms import MEMBERS
from regulars.platform import i18n
from regulars.platform.accounts.roles import ROLES
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.platform.tasks import service as tasks
from regulars.platform.tasks.service import NewTask
from regulars.rule_engine.definition import Step
from regulars.rule_engine.durations import LENGTH_SCHEMA, Length
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.merging import MissingValues, merge_fields
from regulars.rule_engine.rendering import Voice
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    PATH_SETTING,
    STEPS_SETTING,
    Answer,
    Done,
    Rest,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
    scope_of,
)
from regulars.rule_engine.steps.targets import check_target, target_of

_WORDS: Settings = {
    "title": {"$ref": "#/$defs/text"},
    "details": {"$ref": "#/$defs/text"},
    "of": PATH_SETTING,
    "role": NAME_SETTING,
    "member": PATH_SETTING,
    "due": LENGTH_SCHEMA,
}
LONGEST_WAIT: Mapping[str, Any] = {"n": 30, "unit": "day"}


class CreateTask(StepKind):
    """Put a task into the inbox of a ``role``, of the ``member`` a path leads to, or of everybody.

    It is about the record ``of`` (the subject by default) and belongs to that record's store;
    ``title`` and ``details`` may hold merge fields; ``due`` is how long there is for it.
    """

    name = "create_task"
    writes = True
    icon = "clipboard-list"
    settings: ClassVar[Settings] = _WORDS
    required_settings = ("title",)

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        _form, problems = check_target(step, meaning)
        yield from problems
        yield from _check_member(step, meaning)
        yield from _check_roles(step, meaning)
        for name in ("title", "details"):
            yield from under(name, check_words(step.settings.get(name), meaning))

    def perform(self, work: StepWork) -> Answer:
        made = tasks.create_task(work.uow, work.access, new_task(work, "task", _due(work)))
        return Done(output={"task": made})


class Approval(StepKind):
    """Ask somebody to approve: ``then`` is done after yes, ``else`` after no.

    Without an answer within ``due`` (30 days by default) it goes to the role ``escalate`` for the
    same time again; then ``timed_out`` is done.
    """

    name = "approval"
    writes = True
    icon = "badge-check"
    settings: ClassVar[Settings] = {
        **_WORDS, "escalate": NAME_SETTING, "then": STEPS_SETTING, "else": STEPS_SETTING,
        "timed_out": STEPS_SETTING,
    }  # fmt: skip
    required_settings = ("title",)
    blocks = ("then", "else", "timed_out")

    check = CreateTask.check

    def perform(self, work: StepWork) -> Answer:
        asked = tasks.find_by_key(work.uow, work.key)
        if asked is None:
            until = _due(work) or Length.from_json(LONGEST_WAIT).after(
                work.run.meant_at, _tz(work)
            )
            made = tasks.create_task(work.uow, work.access, new_task(work, "approval", until))
            return Rest(until, self.name, {"task": made, "until": until.isoformat()})
        if asked.state == "done":
            block = "then" if asked.outcome == tasks.OUTCOMES["approval"][0] else "else"
            said = {"task": asked.id, "by": asked.finished_by, "note": asked.note}
            return Done(asked.outcome, said, block)
        escalate = work.step.settings.get("escalate")
        if asked.state == "open" and escalate and asked.role != escalate:
            return self._hand_over(work, asked, escalate)
        return Done("timed_out", {"task": asked.id}, "timed_out")

    def _hand_over(self, work: StepWork, asked: Any, role: str) -> Answer:
        given = work.step.settings.get("due", LONGEST_WAIT)
        until = Length.from_json(given).after(work.run.meant_at, _tz(work))
        tasks.hand_over(work.uow, work.key, role=role, due_at=until)
        return Rest(until, self.name, {"task": asked.id, "role": role, "until": until.isoformat()})


def new_task(work: StepWork, kind: str, due_at: datetime | None) -> NewTask:
    """The task a step describes, its words filled in."""
    form, record = target_of(work)
    values = work.sight.record(form, record)
    if values is None:
        raise StepFailed("record-gone", path=work.step.settings.get("of", "subject"))
    own, words = work.step.settings, _words(work)
    work.seen.update(words)
    member = work.sight.at_path(work.scope, own["member"]) if "member" in own else None
    return NewTask(
        title=words["title"][: tasks.MAX_TITLE], details=words.get("details"), kind=kind,
        form=form, record=record, unit=values.get("unit"), member=member,
        role=own.get("role"), due_at=due_at, key=work.key, rule=work.rule.key, run=work.run.id,
        step=work.step.id, chain=work.chain,
    )  # fmt: skip


def _words(work: StepWork) -> dict[str, str]:
    locale = work.uow.workspace.locale
    links = LinkWriter(work.uow.workspace.id, work.key, {})
    voice = Voice(work.uow, catalog_of(work.uow), locale, links)
    own = work.step.settings
    texts = {name: i18n.pick(own[name], locale) for name in ("title", "details") if name in own}
    try:
        return voice.parts(texts, work.scope, work.sight)
    except MissingValues as gaps:
        raise StepFailed("missing-merge-value", paths=gaps.paths, message=work.step.id) from gaps


def _due(work: StepWork) -> datetime | None:
    given = work.step.settings.get("due")
    return None if given is None else Length.from_json(given).after(work.run.meant_at, _tz(work))


def _tz(work: StepWork) -> Any:
    return work.uow.workspace.tz


def _check_member(step: Step, meaning: Meaning) -> Iterator[Problem]:
    if "member" not in step.settings:
        return
    tree, problems = scope_of(meaning).path(step.settings["member"])
    yield from under("member", problems)
    kind = tree.type
    if not problems and (kind is None or kind.kind is not Kind.LINK or kind.form != MEMBERS.key):
        yield Problem("member", "leads-to-no-member", {"path": step.settings["member"]})


def _check_roles(step: Step, meaning: Meaning) -> Iterator[Problem]:
    for name in ("role", "escalate"):
        role = step.settings.get(name)
        if role is not None and role not in ROLES and meaning.snapshot.find("role", role) is None:
            yield Problem(name, "no-such-role", {"role": role})


def check_words(text: Any, meaning: Meaning) -> list[Problem]:
    """Merge fields of a step's own words that mean nothing here; each is named once."""
    told: dict[str, Problem] = {}
    texts = [text] if isinstance(text, str) else list((text or {}).values())
    for field in (each for one in texts for each in merge_fields(one)):
        tree, problems = scope_of(meaning).path(field.path)
        if field.link is not None or problems or (tree.type and tree.type.kind is Kind.ROWS):
            told[field.written] = Problem("", "unknown-field-in-words", {"field": field.written})
    return list(told.values())
