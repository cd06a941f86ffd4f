"""Posted forms as one step. Pure.

Conditions, awaited events and values of a step have chips of their own; they stay as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine.web.composing.events import about_record, event_of
from regulars.rule_engine.web.composing.reading import Posted, Raw, length, needed, number, words

Before = Mapping[str, Any]


def step_of(posted: Posted, catalog: FormCatalog, before: Before) -> Raw:
    """One step of "then"; ``before`` is the step that stood there ({} for a new one)."""
    do = posted.get("do")
    reader = _READERS.get(do)
    if reader is None:
        raise Invalid([Problem("do", "unknown-step", {"step": do[:40]})])
    made: Raw = {"do": do, **posted.given("label")}
    return made | reader(posted, catalog, before)


def _send(posted: Posted, _catalog: FormCatalog, _before: Before) -> Raw:
    made: Raw = {"message": posted.get("message"), "channel": posted.get("channel") or "sms"}
    return made | posted.given("to", "not_later_than")


def _wait(posted: Posted, _catalog: FormCatalog, _before: Before) -> Raw:
    return {"for": length(posted, "for")}


def _wait_until(posted: Posted, _catalog: FormCatalog, _before: Before) -> Raw:
    made: Raw = {}
    how = posted.get("how") or "at"
    if how == "window":
        made["window"] = [needed(posted, "window_from"), needed(posted, "window_to")]
    elif how == "date":
        made["formula"] = _day(needed(posted, "path"), number(posted, "offset", 0) or 0)
        made["at"] = posted.get("at_time") or "09:00"
    elif how == "formula":
        made["formula"] = needed(posted, "formula")
    else:
        made["at"] = needed(posted, "at_time")
    days = sorted({int(day) for day in posted.getlist("weekdays") if day.isdecimal()})
    if how in ("at", "window") and 0 < len(days) < 7:
        made["weekdays"] = days
    return made


def _day(path: str, offset: int) -> str:
    return path if offset == 0 else f'DATEADD({path}, {offset}, "day")'


def _wait_for(posted: Posted, _catalog: FormCatalog, before: Before) -> Raw:
    known = list(before.get("any", ())) or [event_of(posted)]
    return {"any": known, "timeout": length(posted, "timeout")}


def _tags(posted: Posted, _catalog: FormCatalog, _before: Before) -> Raw:
    return {"tags": words(posted.get("tags")), **posted.given("field"), **_about(posted)}


def _create(posted: Posted, catalog: FormCatalog, before: Before) -> Raw:
    form = catalog.get_form(posted.get("into"))
    values = dict(before.get("values", {})) if before.get("form") == form.key else {}
    return {"form": form.key, "values": values, **posted.given("as")}


def _update(posted: Posted, _catalog: FormCatalog, before: Before) -> Raw:
    same = before.get("of", "subject") == (posted.get("of") or "subject")
    return {"values": dict(before.get("values", {})) if same else {}, **_about(posted)}


def _about(posted: Posted) -> Raw:
    of = posted.get("of")
    return {"of": of} if of and of != "subject" else {}


def _many(posted: Posted, _catalog: FormCatalog, before: Before) -> Raw:
    made = about_record(posted, before)
    if before.get("form") == made.get("form") and "where" in before:
        made.setdefault("where", before["where"])
    return {**made, **posted.given("as")}


def _for_each(posted: Posted, catalog: FormCatalog, before: Before) -> Raw:
    made = _many(posted, catalog, before)
    made.setdefault("as", "each_one")
    return made


def _update_related(posted: Posted, catalog: FormCatalog, before: Before) -> Raw:
    made = _many(posted, catalog, before)
    same = before.get("form") == made.get("form")
    return {**made, "values": dict(before.get("values", {})) if same else {}}


def _task(posted: Posted, _catalog: FormCatalog, _before: Before) -> Raw:
    made = {"title": needed(posted, "title"), **posted.given("details", "role", "member")}
    if number(posted, "due_n"):
        made["due"] = length(posted, "due")
    return {**made, **_about(posted)}


def _approval(posted: Posted, catalog: FormCatalog, before: Before) -> Raw:
    return {**_task(posted, catalog, before), **posted.given("escalate")}


def _webhook(posted: Posted, _catalog: FormCatalog, before: Before) -> Raw:
    return {"to": posted.get("to"), "values": dict(before.get("values", {}))}


def _report(posted: Posted, _catalog: FormCatalog, before: Before) -> Raw:
    channel = posted.get("channel") or "email"
    made: Raw = {"report": needed(posted, "report"), "channel": channel}
    if posted.get("period") not in ("", "all"):
        made["period"] = posted.get("period")
    readers = [role for role in posted.getlist("roles") if role]
    if channel == "staff":
        made["to"] = posted.get("to")
        readers = readers[:1]
    else:
        readers += words(posted.get("emails"))
    if readers:
        made["readers"] = readers
    if posted.get("skip_empty"):
        made["skip_empty"] = True
    kept = {"not_later_than": before["not_later_than"]} if "not_later_than" in before else {}
    return {**made, **kept}


_READERS: Mapping[str, Callable[[Posted, FormCatalog, Before], Raw]] = {
    "send_message": _send, "wait": _wait, "wait_until": _wait_until, "wait_for": _wait_for,
    "notify_staff": lambda posted, _c, _b: {"to": posted.get("to"), "text": posted.get("text")},
    "add_tags": _tags, "remove_tags": _tags, "create_record": _create, "update_record": _update,
    "update_related": _update_related, "for_each": _for_each, "create_task": _task,
    "approval": _approval, "call_webhook": _webhook,
    "call_rule": lambda posted, _c, _b: {"rule": posted.get("rule")},
    "split": lambda posted, _c, _b: {"percent": number(posted, "percent", 50)},
    "run_report": _report,
    "branch": lambda _posted, _c, before: {"when": dict(before.get("when", {}))},
    "stop": lambda posted, _c, _b: {"outcome": posted.get("outcome") or "stopped"},
}  # fmt: skip
STEP_NAMES = tuple(_READERS)
