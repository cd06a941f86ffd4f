"""Campaigns: one message to everybody who fits at one moment, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.i18n import pick
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import figures, service
from regulars.rule_engine.campaigning import CampaignWish
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.durations import at_local, read_moment
from regulars.rule_engine.matching import link_of
from regulars.rule_engine.publishing import stop_everyone
from regulars.rule_engine.web.blueprints import pages


@pages.get("/campaigns")
@workspace_page("edit_rules")
def campaigns(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every campaign, the latest first, with what was sent."""
    rows = [row for row in figures.list_rules(uow, access) if row.rule.is_campaign]
    moments = {
        row.rule.key: at_local(read_moment(row.rule.trigger.settings["at"]), uow.workspace.tz)
        for row in rows
        if row.rule.trigger.on == "once"
    }
    rows.sort(key=lambda row: str(moments.get(row.rule.key, "")), reverse=True)
    standings = {row.rule.key: _standing(uow, row, moments.get(row.rule.key)) for row in rows}
    return render("rule_engine/campaigns.html", rows=rows, moments=moments, standings=standings)


def _standing(uow: UnitOfWork, row: figures.RuleRow, moment: datetime | None) -> str | None:
    """planned, out (somebody is inside still) or over; None while it is none of these."""
    if row.state != "active" or moment is None:
        return None
    if moment > uow.now:
        return "planned"
    return "out" if row.inside else "over"


@pages.get("/campaigns/new")
@workspace_page("edit_rules")
def new_campaign(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """To whom, what, when, and how one will know whether it worked."""
    return _form(uow, access, {})


@pages.post("/campaigns/new")
@workspace_page("edit_rules")
def create_campaign(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep the campaign as a draft; to whom it goes is said in the composer."""
    wish = _wish(uow)
    text = store.find_draft(uow, "message", wish.message) if wish.message else None
    problems = list(wish.problems())
    if wish.subject and wish.subject not in catalog_of(uow).forms:
        problems.append(Problem("subject", "required"))
    if wish.message and text is None:
        problems.append(Problem("message", "required"))
    if problems:
        return _form(uow, access, errors_by_field(problems), 422)
    assert text is not None
    key = derive_key(wish.label, {each.key for each in store.list_drafts(uow, "rule")}, "campaign")
    store.save_draft(uow, access, "rule", wish.rule(key, text.raw.get("purpose", "marketing")))
    return go_to(url_for("rules.compose", key=key))


@pages.post("/campaigns/<key>/stop")
@workspace_page("run_rules")
def stop_campaign(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Nobody enters any more, and what has not left yet does not leave."""
    service.pause_rule(uow, access, key)
    stopped = stop_everyone(uow, access, key)
    flash("insight.campaign-stopped", n=stopped)
    return go_to(url_for("rules.show", key=key))


def _wish(uow: UnitOfWork) -> CampaignWish:
    given = request.form
    at = given.get("at", "").strip()
    if given.get("when", "now") == "now":
        soon = uow.now.astimezone(uow.workspace.tz) + timedelta(minutes=1)
        at = f"{soon:%Y-%m-%dT%H:%M}"
    return CampaignWish(
        given.get("label", "").strip(), given.get("subject", ""), given.get("message", ""),
        given.get("channel", ""), at[:16], given.get("second", ""),
        given.get("percent", 50, type=int), given.get("control", 0, type=int),
        given.get("goal_form", ""), given.get("goal_days", 14, type=int),
        given.get("goal_only", ""), given.get("goal_value", ""),
        given.get("gift", ""), given.get("gift_used", ""),
    )  # fmt: skip


def _counted(form: FormDefinition, locale: str) -> Iterator[tuple[str, str]]:
    """By each option of its choices, which records of a form may be meant."""
    for field in form.fields:
        if field.type == "choice":
            for option in field.settings.get("options", ()):
                title = pick(option.get("label"), locale) or option["value"]
                name = f"{pick(form.label, locale)} · {field_name(field, locale)}: {title}"
                yield f"{form.key}.{field.key}={option['value']}", name


def _gifts(
    catalog: FormCatalog, form: FormDefinition, people: Sequence[FormDefinition], locale: str
) -> Iterator[tuple[str, str]]:
    """A form whose records can be given away: all they need is whom they are for."""
    for person in people:
        link = link_of(catalog, Trigger("record_created", form.key), person.key)
        needed = [field.key for field in form.fields if field.required and field.default is None]
        if link is not None and set(needed) <= {link}:
            yield f"{form.key}:{link}", pick(form.label, locale)


def _worths(form: FormDefinition, locale: str) -> Iterator[tuple[str, str]]:
    """The amounts of money a record of a form may be worth."""
    for field in form.fields:
        if "money" in (field.type, field.settings.get("result")):
            name = f"{pick(form.label, locale)} · {field_name(field, locale)}"
            yield f"{form.key}.{field.key}", name


def field_name(field: FieldDefinition, locale: str) -> str:
    """What a field is called."""
    return pick(field.label, locale) or field.key


def _form(
    uow: UnitOfWork, access: Access, errors: dict[str, Any], status: int = 200
) -> ResponseReturnValue:
    catalog = catalog_of(uow)
    people = [form for form in catalog.forms.values() if form.person is not None]
    goals = [
        form
        for form in catalog.forms.values()
        if any(link_of(catalog, Trigger("record_created", form.key), p.key) for p in people)
    ]
    texts = snapshot(uow).all("message").values()
    worths = [each for form in goals for each in _worths(form, access.locale)]
    usual = next((key for key, _title in worths), "")
    return render(
        "rule_engine/campaign_new.html",
        status,
        errors=errors,
        subjects=[(form.key, pick(form.label, access.locale)) for form in people],
        goals=[(form.key, pick(form.label, access.locale)) for form in goals],
        counted=[each for form in goals for each in _counted(form, access.locale)],
        worths=worths,
        gifts=[each for form in goals for each in _gifts(catalog, form, people, access.locale)],
        usual_goal=usual.partition(".")[0],
        usual_worth=usual,
        texts=[(each.key, pick(each.label, access.locale)) for each in texts],
        channels=sorted({way for each in texts for way in each.channels}, reverse=True),
    )
