"""Runs with their traces, and the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.web.history_words import EntryWords, history_words
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import NotFound
from regulars.platform.i18n import find_text
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import figures, overview, service
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.inquiring import can_ask, question_about, settle
from regulars.rule_engine.measuring.winning import won_by
from regulars.rule_engine.refusals import refusal_words
from regulars.rule_engine.reverting import has_changes
from regulars.rule_engine.tracing.story import Touched, story_of
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.channels import around

_NARROWED = ("rule", "channel", "reason")
STATES = ("queued", "sending", "sent", "failed", "unknown", "suppressed", "withheld")


@pages.get("/runs/<int:run_id>")
@workspace_page("edit_rules")
def show_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """One run, step by step."""
    story = story_of(uow, access, run_id)
    row = story.row
    label = story.rule.label if story.rule is not None else row.rule
    return render(
        "rule_engine/run.html",
        may_revert=row.status != "live" and access.can("run_rules") and has_changes(uow, run_id),
        row=row,
        story=story,
        rule_label=label,
        changes_of=changes_of(uow, access),
        refused=refusal_words(catalog_for(uow, access), access.locale, row.reason),
    )


def changes_of(uow: UnitOfWork, access: Access) -> Callable[[Touched], EntryWords]:
    """What was written into a record, in words."""
    catalog = catalog_for(uow, access)

    def words(each: Touched) -> EntryWords:
        form = catalog.get_form(each.form)
        (found,) = history_words(uow, access, catalog, form, [each.entry])
        return found

    return words


def run_url(number: int) -> str:
    """The page of a run."""
    return url_for("rules.show_run", run_id=number)


def message_url(number: int) -> str:
    """The page of a message."""
    return url_for("rules.show_message", message_id=number)


@pages.get("/messages")
@workspace_page("edit_rules")
def outbox(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every message that was sent, waits, or was held back, and why."""
    status = request.args.get("status")
    if status not in STATES:
        status = None
    below = request.args.get("below", type=stored_id)
    chosen = {name: request.args.get(name, "").strip() or None for name in _NARROWED}
    wanted = overview.Wanted(
        status=status, below=below, rule=chosen["rule"], channel=chosen["channel"],
        reason=chosen["reason"],
    )  # fmt: skip
    return render(
        "rule_engine/outbox.html",
        listing=overview.list_messages(uow, access, wanted),
        chosen=chosen,
        reasons=_reasons(uow, access),
        channels=sorted({name for each in providers for name in each.channels}),
        counts=figures.count_messages(uow, access, STATES),
        status=status,
        states=STATES,
        label_of=_labels(uow),
    )


@pages.get("/messages/<int:message_id>")
@workspace_page("edit_rules")
def show_message(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """One message as it was or will be sent."""
    message = overview.get_message(uow, access, message_id)
    person = (message.rule, message.record, message.run)
    return render(
        "rule_engine/message.html",
        message=message,
        label_of=_labels(uow),
        can_ask=can_ask(message.provider),
        won=won_by(uow, access, *person) if message.status == "sent" else [],
    )


@pages.post("/messages/<int:message_id>/resolve")
@workspace_page("send_messages")
def resolve_message(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """Say what became of a message whose fate is unclear."""
    decision = request.form.get("decision", "")
    if decision not in ("sent", "resend"):
        raise NotFound("not-found")
    service.resolve_message(uow, access, message_id, decision)
    flash("messages.resolved")
    if request.form.get("back") == "list":
        return go_to(url_for("rules.outbox", status="unknown"))
    return go_to(url_for("rules.show_message", message_id=message_id))


@pages.post("/messages/<int:message_id>/ask")
@workspace_page("send_messages", writes=False)
def ask_provider(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """Ask the provider what became of a message whose fate is unclear."""
    question = question_about(uow, access, message_id)
    fate = question.ask(around())
    with uow.database.workspace_tx(uow.workspace, now=uow.now) as writing:
        known = settle(writing, question, fate)
    flash("messages.asked-left" if known else "messages.asked-unsure", "info")
    return go_to(url_for("rules.show_message", message_id=message_id))


def _reasons(uow: UnitOfWork, access: Access) -> list[tuple[str, str]]:
    """The reasons messages have, in short words."""
    found = []
    for code in overview.known_reasons(uow, access):
        words = find_text(f"today.held-back.{code}", access.locale)
        full = find_text(f"messages.reason.{code}", access.locale)
        if words or full:
            found.append((code, words or re.sub(r"[:：]?\s*\{[^}]*\}", "…", full or "")))
    return found


def _labels(uow: UnitOfWork) -> dict[tuple[str, str], object]:
    """The owner's words for rules and messages."""
    seen = snapshot(uow)
    return {
        (kind, key): parsed.label
        for kind in ("rule", "message")
        for key, parsed in seen.all(kind).items()
    }
