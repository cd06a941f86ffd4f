"""Posted forms as what starts a rule, ends a run or answers a wait. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regulars.rule_engine.triggers.base import trigger_kinds
from regulars.rule_engine.web.composing.reading import Posted, Raw, number

KEEP = "keep"


def event_of(posted: Posted, before: Mapping[str, Any] | None = None) -> Raw:
    """The trigger that a form describes; ``before`` is what stood there."""
    on = posted.get("on")
    made: Raw = {"on": on}
    kind = trigger_kinds.find(on)
    if kind is not None and kind.about_records:
        made |= about_record(posted, before or {})
    reader = _READERS.get(on) or _READERS.get(on.partition("_")[0])
    return made | (reader(posted) if reader else {})


def about_record(posted: Posted, before: Mapping[str, Any]) -> Raw:
    """Form and link of the records that are meant, and which of them count."""
    made: Raw = {}
    form, _colon, link = posted.get("about").partition(":")
    if form:
        made["form"] = form
    if link:
        made["link"] = link
    same = before.get("form", form) == form
    if posted.get("only") == KEEP and "where" in before and same:
        return {**made, "where": before["where"]}
    return made | only(posted, form)


def only(posted: Posted, form: str) -> Raw:
    """Which records of a form count: ``orders.status=paid`` as a ``where``; nothing for all."""
    place, _equals, value = posted.get("only").partition("=")
    owner, _dot, field = place.partition(".")
    if not value or owner != form:
        return {}
    return {"where": {"field": field, "op": "is", "value": value}}


def _scan(posted: Posted) -> Raw:
    made: Raw = {"every": posted.get("every") or "day"}
    if made["every"] != "hour":
        made["at"] = posted.get("at_time") or "10:00"
    if made["every"] == "week":
        made["weekday"] = number(posted, "weekday", 0)
    if made["every"] == "month":
        made["day"] = number(posted, "day", 1)
    if posted.get("misfire") in ("skip", "each"):
        made["misfire"] = posted.get("misfire")
    return made


def _date_field(posted: Posted) -> Raw:
    made: Raw = {"field": posted.get("field"), "offset": number(posted, "offset", 0)}
    return {**made, "at": posted.get("at_time") or "09:00", "yearly": bool(posted.get("yearly"))}


def _updated(posted: Posted) -> Raw:
    field = posted.get("field")
    if not field:
        return {}
    made: Raw = {"fields": [field]}
    for name in ("from", "to"):
        if posted.get(name):
            made[name] = posted.get(name)
    return made


def _consent(posted: Posted) -> Raw:
    return posted.given("purpose", "channel")


def _task(posted: Posted) -> Raw:
    made = posted.given("of", "ended")
    rule, _slash, step = posted.get("of_rule").partition("/")
    return {**made, **({"rule": rule, "of": step} if step else {})}


_READERS: Mapping[str, Callable[[Posted], Raw]] = {
    "scan": _scan,
    "date_field": _date_field,
    "record_updated": _updated,
    "mirror": lambda posted: posted.given("rule", "value"),
    "consent": _consent,
    "message": lambda posted: posted.given("of", "rule", "message"),
    "task": _task,
    "event": lambda posted: {"name": posted.get("name")},
    "webhook": lambda posted: {"hook": posted.get("hook"), **posted.given("type")},
}
