"""for_each, update_related: one run does something with many records, at most 1,000 of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.records import update_record
from regulars.platform.errors import RegularsError
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Step, Trigger
from regulars.rule_engine.matching import check_event, link_of, links_to
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    PATH_SETTING,
    STEPS_SETTING,
    Answer,
    Done,
    LiveRun,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
    scope_of,
)
from regulars.rule_engine.steps.records import is_taken
from regulars.rule_engine.steps.together import origin_of, refused
from regulars.rule_engine.steps.values import VALUES_SETTING, check_values, values_of

MOST = 1000
_QUERY: Settings = {
    "form": NAME_SETTING,
    "link": PATH_SETTING,
    "where": {"$ref": "#/$defs/condition"},
    "as": NAME_SETTING,
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST},
}


class ForEach(StepKind):
    """Do the steps in ``then`` once for each record of ``form`` that leads to the subject.

    ``link`` is the field that leads there, ``where`` narrows it; a form without such a field is
    taken as a whole. The records are found once, when the loop begins; ``as`` names the one in
    hand. A record that is gone by its turn is left out. A run goes on where it stood.
    """

    name = "for_each"
    icon = "repeat"
    settings: ClassVar[Settings] = {**_QUERY, "then": STEPS_SETTING}
    required_settings = ("form", "as")
    blocks = ("then",)

    def makes(self, step: Step) -> tuple[str, str] | None:
        return step.settings["as"], step.settings["form"]

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        yield from _check_query(step, meaning)
        if not step.blocks.get("then"):
            yield Problem("then", "no-steps")
        if is_taken(step.settings["as"], meaning):
            yield Problem("as", "name-taken", {"name": step.settings["as"]})

    def perform(self, work: StepWork) -> Answer:
        run, own = work.run, work.step.settings
        loop = _loop_at(run, work.step.path)
        if loop is None:
            found = find_records(work)
            loop = {"path": work.step.path, "ids": found, "next": 0, "outer": run.iteration}
            run.loops.append(loop)
        ids = loop["ids"]
        while loop["next"] < len(ids) and work.step.blocks.get("then"):
            record = ids[loop["next"]]
            loop["next"] += 1
            if work.sight.record(own["form"], record) is not None:
                run.iteration = run.seq + 1
                run.context[own["as"]] = [own["form"], record]
                told = {"form": own["form"], "record": record, "n": loop["next"], "of": len(ids)}
                return Done("next", told, "then")
        run.loops.remove(loop)
        run.iteration = loop["outer"]
        run.context.pop(own["as"], None)
        return Done(output={"records": len(ids)})


class UpdateRelated(StepKind):
    """Set ``values`` of every record of ``form`` that leads to the subject and meets ``where``.

    With ``as``, formulas may speak of the record that is being changed. All of them or none.
    """

    name = "update_related"
    writes = True
    icon = "pencil"
    settings: ClassVar[Settings] = {**_QUERY, "values": VALUES_SETTING}
    required_settings = ("form", "values")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        problems = list(_check_query(step, meaning))
        yield from problems
        form = meaning.catalog.forms.get(step.settings["form"])
        if form is None:
            return
        name = step.settings.get("as")
        if name is not None:
            if is_taken(name, meaning):
                yield Problem("as", "name-taken", {"name": name})
            meaning = meaning.within(scope_of(meaning).having(name, form.key))
        yield from check_values(form, step.settings["values"], meaning)

    def perform(self, work: StepWork) -> Answer:
        own, changed = work.step.settings, 0
        form = catalog_of(work.uow).get_form(own["form"])
        name = own.get("as")
        if name is not None:
            work.scope = work.scope.having(name, form.key)
        work.seen["values"] = sorted(own["values"])
        for record in find_records(work):
            if name is not None:
                work.run.context[name] = [form.key, record]
            values = values_of(work, form)
            try:
                update_record(
                    work.uow, work.access, form.key, record, values, origin=origin_of(work)
                )
            except RegularsError as error:
                raise refused(error, form.key) from error
            changed += 1
        work.run.context.pop(name or "", None)
        work.sight.forget()
        return Done(output={"form": form.key, "records": changed})


def find_records(work: StepWork) -> list[int]:
    """The records a step is about, by id; StepFailed when there are more than may be."""
    own, catalog, uow = work.step.settings, catalog_of(work.uow), work.uow
    form = own["form"]
    if form not in catalog.tables:
        raise StepFailed("record-gone", path=form)
    table = catalog.tables[form].main
    most = own.get("limit", MOST)
    parts = list(_conditions(work, catalog, table))
    query = sa.select(table.c.id).where(*parts).order_by(table.c.id).limit(MOST + 1)
    ids = list(uow.execute(query).scalars())
    if "limit" not in own and len(ids) > MOST:
        raise StepFailed("too-many-records", form=form, most=MOST)
    return ids[:most]


def _conditions(work: StepWork, catalog: FormCatalog, table: sa.Table) -> Iterator[Any]:
    own, run = work.step.settings, work.run
    link = link_of(catalog, Trigger("", own["form"], own.get("link")), run.form)
    if link is not None:
        tree, problems = catalog.path(own["form"], link)
        if problems:
            raise StepFailed("rule-broken", problems=[each.code for each in problems])
        yield expressing.value_sql(work.uow, catalog, tree, table) == run.record
    elif own["form"] == run.form:
        yield table.c.id == run.record
    if own.get("where"):
        tree, problems = catalog.condition(own["form"], own["where"])
        if problems:
            raise StepFailed("rule-broken", problems=[each.code for each in problems])
        yield expressing.where_sql(work.uow, catalog, tree, table)


def _check_query(step: Step, meaning: Meaning) -> Iterator[Problem]:
    own = step.settings
    trigger = Trigger("record_created", own["form"], own.get("link"), own.get("where"))
    free = own.get("link") is None and not links_to(meaning.catalog, own["form"], meaning.subject)
    for problem in check_event(trigger, meaning):
        if not (free and problem.code == "no-link-to-subject"):
            yield problem
    if free and own["form"] != meaning.subject and not own.get("where"):
        yield from under("where", [Problem("", "whole-form")])


def _loop_at(run: LiveRun, path: str) -> dict[str, Any] | None:
    """The loop a run is inside of at this step; None when it comes to it from outside."""
    return next((loop for loop in reversed(run.loops) if loop["path"] == path), None)
