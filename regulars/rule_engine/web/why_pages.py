"""Why, or why not: for one record, any rule, any moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.records import get_record
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.problems import Problem
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.rendering import render
from regulars.rule_engine import overview
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.why import explain_rule


def why_link(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> Iterator[RecordLink]:
    """The way from a record's page to the questions about it."""
    if access.can("edit_rules"):
        url = url_for("rules.why", form_key=form_key, record_id=record_id)
        yield RecordLink(url, "insight.why-link", "circle-help")


@pages.get("/why/<form_key>/<int:record_id>")
@workspace_page("edit_rules")
def why(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """A checklist: every question the rule asks about this record, with what it found."""
    record = get_record(uow, access, form_key, record_id)
    rules = [each for each in snapshot(uow).all("rule").values() if each.subject == form_key]
    chosen = _chosen(rules)
    at, problems = _moment(uow)
    found = None
    if chosen is not None and not problems:
        uow.now = at or uow.now
        found = explain_rule(uow, access, chosen.key, record_id)
    runs = overview.list_runs(uow, access, overview.Wanted(person=(form_key, record_id))).rows
    return render(
        "rule_engine/why.html",
        422 if problems else 200,
        record=record,
        form_key=form_key,
        rules=rules,
        chosen=chosen,
        at=request.args.get("at", ""),
        found=found,
        errors=errors_by_field(problems),
        runs=[each for each in runs if chosen is not None and each.rule == chosen.key],
    )


def _chosen(rules: Sequence[Rule]) -> Rule | None:
    key = request.args.get("rule")
    named = next((each for each in rules if each.key == key), None)
    return named or (rules[0] if rules else None)


def _moment(uow: UnitOfWork) -> tuple[datetime | None, list[Problem]]:
    """The moment asked about, in the shop's time; None for now."""
    written = request.args.get("at", "").strip()
    if not written:
        return None, []
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None, [Problem("at", "not-a-datetime", {"value": written[:40]})]
    at = found if found.tzinfo else found.replace(tzinfo=uow.workspace.tz)
    if at > uow.now:
        return None, [Problem("at", "in-the-future")]
    return at, []
