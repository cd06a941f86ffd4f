"""Posted forms as a rule's name, entry, limits, goal and what a mirror keeps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.rule_engine.web.composing.events import about_record, only
from regulars.rule_engine.web.composing.reading import Posted, Raw, needed, number


def guards(posted: Posted, before: Mapping[str, Any]) -> Raw:
    """When and how often messages may go out; limits that the form does not show are kept."""
    shown = ("purpose", "quiet_hours", "on_quiet", "cap", "control_group", "max_per_hour")
    made: Raw = {name: value for name, value in before.items() if name not in shown}
    made["purpose"] = posted.get("purpose") or "marketing"
    start, end = posted.get("quiet_from"), posted.get("quiet_to")
    made["quiet_hours"] = [start, end] if start and end else None
    if posted.get("on_quiet") == "skip":
        made["on_quiet"] = "skip"
    cap = number(posted, "cap_n")
    if cap:
        made["cap"] = {"n": cap, "days": number(posted, "cap_days", 7)}
    for name in ("control_group", "max_per_hour"):
        if number(posted, name, 0):
            made[name] = number(posted, name)
    return made


def entry(posted: Posted) -> Raw:
    """Who may come in again, and what happens to those who match already."""
    made: Raw = posted.given("key")
    for name in ("min_gap_days", "max_per_hour"):
        if number(posted, name):
            made[name] = number(posted, name)
    if posted.get("group"):
        made |= {"group": posted.get("group")}
        made["max_live_per_group"] = number(posted, "max_live_per_group", 1)
    if posted.get("allow_self"):
        made["allow_self"] = True
    made["backlog"] = posted.get("backlog") or "skip"
    if made["backlog"] == "enrol" and number(posted, "per_day"):
        made["per_day"] = number(posted, "per_day")
    return made


def goal(posted: Posted, before: Mapping[str, Any]) -> Raw:
    """What the rule is for; nothing when no record counts."""
    if not posted.get("about"):
        return {}
    made = {**about_record(posted, before), "within_days": number(posted, "within_days", 14)}
    return {**made, **posted.given("value")}


def redeemed(posted: Posted, before: Mapping[str, Any]) -> Raw:
    """Which records that the rule made count as redeemed; what must be so has chips of its own."""
    form = posted.get("redeemed_form")
    if not form:
        return {}
    where = dict(before.get("where", {})) if before.get("form") == form else {}
    return {"form": form, "where": only(posted, form).get("where", where)}


def sets(posted: Posted, before: Mapping[str, Any]) -> Raw:
    """What a mirror keeps: a tag of a tags field, or one of several values of a choice."""
    field = needed(posted, "field")
    if posted.get("keeps") == "tag":
        return {"field": field, "add": needed(posted, "tag")}
    same = before.get("field") == field
    made: Raw = {"field": field, "choose": list(before.get("choose", ())) if same else []}
    if not made["choose"]:
        made["choose"] = [{"value": needed(posted, "value"), "when": {}}]
    return {**made, **({"else": posted.get("else")} if posted.get("else") else {})}
