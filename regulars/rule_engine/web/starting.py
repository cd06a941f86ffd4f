"""Starting a rule by hand, from the page of a record: by its menu, or by a button of its form."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.records import get_record
from regulars.form_builder.web.button_cells import RuleStarter
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.i18n import Text
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.rule_engine import pressing, service
from regulars.rule_engine.book import active_rules
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.pressing import startable, started_by_hand
from regulars.rule_engine.web.blueprints import pages


def start_links(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> Iterator[RecordLink]:
    """A line for every rule that people start and that is about this form."""
    addresses = start_addresses(uow, access, form_key, record_id)
    for pinned in started_by_hand(uow, form_key) if addresses else ():
        url = addresses.get(pinned.rule.key)
        if url is not None:
            yield RecordLink(
                url, "rules.start-this", "play", pinned.rule.label, "rules.start-sure"
            )


def start_addresses(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> dict[str, str]:
    """Rule → where it is started for this record, of those that this person may start now."""
    return {
        key: url_for("rules.start", key=key, form_key=form_key, record_id=record_id)
        for key in (startable(uow, form_key) if access.can("run_rules") else ())
    }


def _offered(uow: UnitOfWork, form_key: str) -> Iterator[tuple[str, Text]]:
    yield from ((each.rule.key, each.rule.label) for each in started_by_hand(uow, form_key))


def _address(form_key: str, record_id: int, key: str) -> str:
    return url_for("rules.press", form_key=form_key, record_id=record_id, key=key)


STARTER = RuleStarter(_offered, startable, _address)


@pages.post("/rules/<key>/start/<form_key>/<int:record_id>")
@workspace_page("run_rules")
def start(
    uow: UnitOfWork, access: Access, key: str, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Start the rule for this record, and say what came of it."""
    record = get_record(uow, access, form_key, record_id)
    found = (each for each in started_by_hand(uow, form_key) if each.rule.key == key)
    pinned = next(found, None)
    if pinned is None:
        raise NotFound("no-rule", key=key[:60])
    if key in active_rules(uow):
        _say(pinned.rule, record.title, service.start_manually(uow, access, key, [record_id]))
    else:
        flash("rules.start-paused", "warning", rule=pinned.rule.label)
    return go_to(url_for("records.show", form_key=form_key, record_id=record_id))


@pages.post("/rules/press/<form_key>/<int:record_id>/<key>")
@workspace_page("read_records")
def press(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str
) -> ResponseReturnValue:
    """Press a button of the record."""
    record = get_record(uow, access, form_key, record_id)
    began = pressing.press(uow, access, form_key, record_id, key)
    name = catalog_of(uow).get_form(form_key).by_key[key].name
    if began:
        flash("rules.pressed", button=name, title=record.title)
    else:
        flash("rules.pressed-idle", "info", button=name, title=record.title)
    return go_to(url_for("records.show", form_key=form_key, record_id=record_id))


def _say(rule: Rule, title: str, done: service.Enrolment) -> None:
    if done.entered:
        flash("rules.started-for", rule=rule.label, title=title)
        return
    if done.known:
        flash("rules.start-known", "info", rule=rule.label, title=title)
    for reason in done.held:
        flash(f"rules.start-held.{reason}", "warning", rule=rule.label, title=title)
