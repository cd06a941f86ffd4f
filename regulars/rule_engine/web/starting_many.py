"""Starting a rule for many records of a list: choose, read the count, then start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.records import find_records
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import stored_ids
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.starting_many import Chosen, Started, count_start, start_many
from regulars.rule_engine.triggers.base import trigger_kinds
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.composing.reading import Posted, number


def start_many_link(
    uow: UnitOfWork, access: Access, form_key: str, arguments: Mapping[str, str]
) -> Iterator[RecordLink]:
    """The way from a list to starting a rule for what it shows."""
    if access.can("run_rules") and _startable(uow, form_key):
        values: dict[str, Any] = dict(arguments)
        url = url_for("rules.choose_many", form_key=form_key, **values)
        yield RecordLink(url, "goals.start-many", "play")


@pages.get("/rules/start/<form_key>")
@workspace_page("run_rules")
def choose_many(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Which rule, and for whom of the list."""
    return _choice(uow, access, form_key)


@pages.post("/rules/start/<form_key>")
@workspace_page("run_rules")
def start_for_many(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """First the count for the choice; with ``sure`` the deed."""
    form, state = _list(uow, access, form_key)
    posted = Posted(request.form)
    try:
        rule = _rule(uow, form_key, posted.get("rule"))
        chosen = _chosen(state, form, posted)
        share = number(posted, "per_day") if posted.get("how") == "by_day" else None
        if posted.get("how") == "by_day" and share is None:
            raise Invalid([Problem("per_day", "required")])
        if posted.get("sure") != "1":
            count = count_start(uow, access, rule.key, chosen)
            return render(
                "rule_engine/start_many.html", form=form, state=state, rule=rule, count=count,
                chosen=chosen, share=share,
            )  # fmt: skip
        _say(rule, start_many(uow, access, rule.key, chosen, per_day=share))
    except Invalid as invalid:
        return _choice(uow, access, form_key, invalid.problems)
    return go_to(url_for("rules.show", key=rule.key) if access.can("edit_rules") else state.url())


def _choice(
    uow: UnitOfWork, access: Access, form_key: str, problems: Any = ()
) -> ResponseReturnValue:
    form, state = _list(uow, access, form_key)
    page = find_records(uow, access, form_key, state.query(form))
    return render(
        "rule_engine/start_many.html",
        422 if problems else 200,
        form=form,
        state=state,
        rules=_startable(uow, form_key),
        page=page,
        errors=errors_by_field(problems),
    )


def _list(uow: UnitOfWork, access: Access, form_key: str) -> tuple[FormDefinition, ListState]:
    form = list_form(uow, access, form_key)
    return form, ListState.from_args(form, request.args)


def _chosen(state: ListState, form: FormDefinition, posted: Posted) -> Chosen:
    if posted.get("whom") != "some":
        query = state.query(form)
        return Chosen(None, query.filter, query.search or "")
    ticked = stored_ids(posted.getlist("record"))
    if not ticked:
        raise Invalid([Problem("whom", "nobody-ticked")])
    return Chosen(tuple(ticked))


def _rule(uow: UnitOfWork, form_key: str, key: str) -> Rule:
    for rule in _startable(uow, form_key):
        if rule.key == key:
            return rule
    raise NotFound("no-rule", key=key[:60])


def _startable(uow: UnitOfWork, form_key: str) -> list[Rule]:
    """The running journeys about this form; those that people start come first.

    One that starts from a record of its own would miss it.
    """
    rules = [
        each.rule
        for each in book_of(uow).rules.values()
        if each.rule.subject == form_key and not each.rule.is_mirror
    ]
    active = active_rules(uow) if rules else set()
    found = [rule for rule in rules if rule.key in active and not _needs_record(rule)]
    return sorted(found, key=lambda rule: rule.trigger.on != "manual")


def _needs_record(rule: Rule) -> bool:
    kind = trigger_kinds.find(rule.trigger.on)
    return rule.is_campaign or kind is None or kind.about_records


def _say(rule: Rule, done: Started) -> None:
    if done.waiting:
        flash("goals.started-waiting", n=done.waiting, rule=rule.label)
    else:
        flash("goals.started-many", n=done.entered, rule=rule.label)
    if done.busy:
        flash("rules.start-in-already", "info", n=done.busy)
    for reason, n in done.held.items():
        flash(f"rules.start-kept-out.{reason}", "info", n=n)
