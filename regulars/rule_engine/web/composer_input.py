"""Posted composer forms as the JSON of a trigger, a condition row, a step, guards. Pure.

Field names are those of the templates; what nobody filled in is left out, so that the rule's own
checks name what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.web.filters import MissingValue, Typed, leaf_of
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Raw = dict[str, Any]
AGGREGATES = ("last", "first", "count", "sum", "avg", "min", "max")


class Repeated(Protocol):
    """What a web form sends: every value by name."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True)
class Posted:
    """A form post: what was not sent reads as an empty text."""

    sent: Repeated

    def get(self, name: str, default: str = "") -> str:
        """The first value of an input."""
        return next(iter(self.sent.getlist(name)), default)

    def getlist(self, name: str) -> list[str]:
        """Every value of a repeated input."""
        return self.sent.getlist(name)


def number(posted: Posted, name: str, default: int | None = None) -> int | None:
    """A whole number, the default when nothing was typed; Invalid for anything else."""
    text = posted.get(name, "").strip()
    if not text:
        return default
    if not text.removeprefix("-").isdecimal():
        raise Invalid([Problem(name, "not-a-number", {"value": text[:40]})])
    return int(text)


def length(posted: Posted, prefix: str) -> Raw:
    """``{"n": 7, "unit": "day"}`` of two inputs."""
    n = number(posted, f"{prefix}_n")
    if n is None or n < 1:
        raise Invalid([Problem(f"{prefix}_n", "required")])
    return {"n": n, "unit": posted.get(f"{prefix}_unit", "day")}


def trigger(posted: Posted) -> Raw:
    """What starts the rule."""
    on = posted.get("on")
    made: Raw = {"on": on}
    if on == "scan":
        made["every"] = posted.get("every", "day")
        if made["every"] != "hour":
            made["at"] = posted.get("at_time", "") or "10:00"
        if made["every"] == "week":
            made["weekday"] = number(posted, "weekday", 0)
    elif on == "date_field":
        made |= {"field": posted.get("field"), "offset": number(posted, "offset", 0)}
        made |= {"at": posted.get("at_time", "") or "09:00", "yearly": bool(posted.get("yearly"))}
    elif on in ("mirror_entered", "mirror_left"):
        made["rule"] = posted.get("rule")
        if posted.get("value"):
            made["value"] = posted.get("value")
    else:
        made |= about_record(posted)
    return made


def about_record(posted: Posted) -> Raw:
    """Form, link and status of a record that a trigger, exit or wait is about."""
    made: Raw = {}
    form, _colon, link = posted.get("about").partition(":")
    if form:
        made["form"] = form
    if link:
        made["link"] = link
    return made | only(posted, form)


def only(posted: Posted, form: str) -> Raw:
    """Which records of a form count: ``orders.status=paid`` as a ``where``; nothing for all."""
    place, _equals, value = posted.get("only").partition("=")
    owner, _dot, field = place.partition(".")
    if not value or owner != form:
        return {}
    return {"where": {"field": field, "op": "is", "value": value}}


KEEP = "keep"


def keeping(made: Raw, posted: Posted, before: Mapping[str, Any] | None) -> Raw:
    """``made`` with the ``where`` it had, when the form says to keep what it cannot show."""
    if posted.get("only") == KEEP and before and "where" in before:
        return {**made, "where": before["where"]}
    return made


def condition_row(posted: Posted, form: FormDefinition, catalog: FormCatalog) -> Raw:
    """One row of "only if"."""
    kind = posted.get("row")
    if kind == "consent":
        asked = {"purpose": posted.get("purpose"), "channel": posted.get("channel")}
        return {"consent": asked, "op": "is", "value": posted.get("wanted", "yes") == "yes"}
    if kind == "silent":
        return _silent(posted) | _rows_only(posted, "since", form)
    if kind == "related":
        return _related(posted) | _rows_only(posted, "measure", form)
    if kind == "formula":
        return {"formula": posted.get("formula").strip()}
    return _field(posted, form, catalog)


def _rows_only(posted: Posted, name: str, form: FormDefinition) -> Raw:
    relation = form.find(posted.get(name).partition(".")[0])
    return only(posted, str(relation.settings.get("from", ""))) if relation else {}


def _silent(posted: Posted) -> Raw:
    """Nothing in a list for so long: ``last … older than``."""
    relation, _dot, field = posted.get("since").partition(".")
    return {
        "aggregate": "last",
        "of": relation,
        "field": field,
        "op": "older_than",
        "value": {"n": number(posted, "days", 30), "unit": "day"},
        "if_none": bool(posted.get("never")),
    }


def _related(posted: Posted) -> Raw:
    """How many, or how much, in a list of records."""
    relation, _dot, field = posted.get("measure").partition(".")
    made: Raw = {"aggregate": "sum" if field else "count", "of": relation}
    if field:
        made["field"] = field
    days = number(posted, "within")
    if days and posted.get("on"):
        made |= {"within": {"last": days, "unit": "day"}, "on": posted.get("on")}
    amount = posted.get("amount").strip()
    if not amount:
        raise Invalid([Problem("amount", "required")])
    return {**made, "op": posted.get("op", "gte"), "value": amount}


def _field(posted: Posted, form: FormDefinition, catalog: FormCatalog) -> Raw:
    key = posted.get("field")
    found = form.find(key)
    if found is None:
        raise Invalid([Problem("field", "unknown-field", {"field": key[:60]})])
    values = [text for text in (*posted.getlist("value"), posted.get("value_to")) if text]
    try:
        return leaf_of(Typed(key, posted.get("op"), values), found)
    except MissingValue:
        raise Invalid([Problem("value", "required")]) from None


def step(posted: Posted, catalog: FormCatalog) -> Raw:
    """One step of "then"."""
    do = posted.get("do")
    made: Raw = {"do": do}
    if posted.get("label").strip():
        made["label"] = posted.get("label").strip()
    reader = _STEP_READERS.get(do)
    if reader is None:
        raise Invalid([Problem("do", "unknown-step", {"step": do[:40]})])
    return made | reader(posted, catalog)


def _send(posted: Posted, _catalog: FormCatalog) -> Raw:
    return {"message": posted.get("message"), "channel": posted.get("channel", "sms")}


def _wait(posted: Posted, _catalog: FormCatalog) -> Raw:
    return {"for": length(posted, "for")}


def _wait_for(posted: Posted, _catalog: FormCatalog) -> Raw:
    any_of = [{"on": "record_created", **about_record(posted)}]
    return {"any": any_of, "timeout": length(posted, "timeout"), "then": [], "timed_out": []}


def _tags(posted: Posted, _catalog: FormCatalog) -> Raw:
    text = posted.get("tags")
    for separator in ("，", "、", ";", "；"):
        text = text.replace(separator, ",")
    made: Raw = {"tags": [word.strip() for word in text.split(",") if word.strip()]}
    if posted.get("field"):
        made["field"] = posted.get("field")
    return made


def _create(posted: Posted, catalog: FormCatalog) -> Raw:
    form = catalog.get_form(posted.get("form"))
    made: Raw = {"form": form.key, "values": values_of(posted, form)}
    if posted.get("as").strip():
        made["as"] = posted.get("as").strip()
    return made


def _update(posted: Posted, catalog: FormCatalog) -> Raw:
    form = catalog.get_form(posted.get("form"))
    return {"values": values_of(posted, form)}


def _stop(posted: Posted, _catalog: FormCatalog) -> Raw:
    return {"outcome": posted.get("outcome").strip() or "stopped"}


def _task(posted: Posted, _catalog: FormCatalog) -> Raw:
    made: Raw = {name: text for name in ("title", "details") if (text := posted.get(name).strip())}
    if posted.get("role"):
        made["role"] = posted.get("role")
    if number(posted, "due_n"):
        made["due"] = length(posted, "due")
    return {"title": "", **made}


def _approval(posted: Posted, catalog: FormCatalog) -> Raw:
    made = _task(posted, catalog)
    if posted.get("escalate"):
        made["escalate"] = posted.get("escalate")
    return {**made, "then": [], "else": []}


def _webhook(posted: Posted, _catalog: FormCatalog) -> Raw:
    values: Raw = {}
    for line in posted.get("told").splitlines():
        name, _, value = line.strip().partition(" ")
        if name:
            typed = value.strip()
            values[name] = {"formula": typed[1:].strip()} if typed.startswith("=") else typed
    return {"to": posted.get("to"), **({"values": values} if values else {})}


def _notify(posted: Posted, _catalog: FormCatalog) -> Raw:
    return {"to": posted.get("to"), "text": posted.get("text")}


_STEP_READERS = {
    "send_message": _send, "wait": _wait, "wait_for": _wait_for, "add_tags": _tags,
    "remove_tags": _tags, "create_record": _create, "update_record": _update, "stop": _stop,
    "create_task": _task, "approval": _approval, "call_webhook": _webhook,
    "notify_staff": _notify,
}  # fmt: skip


def values_of(posted: Posted, form: FormDefinition) -> Raw:
    """The fields a step fills: what begins with = is a formula, the rest is meant as typed."""
    made: Raw = {}
    pairs = zip(posted.getlist("set_field"), posted.getlist("set_value"), strict=False)
    for key, text in pairs:
        field = form.find(key)
        typed = text.strip()
        if field is None or not typed:
            continue
        if typed.startswith("="):
            made[key] = {"formula": typed[1:].strip()}
        else:
            made[key] = _literal(field.type, typed)
    return made


def _literal(kind: str, typed: str) -> Any:
    if kind == "boolean":
        return typed.casefold() in ("yes", "true", "1", "是")
    if kind == "tags":
        return [word.strip() for word in typed.replace("，", ",").split(",") if word.strip()]
    return typed


def shown_values(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields a step fills as the inputs show them."""
    return [(key, shown(value)) for key, value in values.items()]


def shown(value: Any) -> str:
    """One value as an input shows it; the reverse of what `values_of` reads."""
    if isinstance(value, Mapping) and "formula" in value:
        return f"={value['formula']}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(item) for item in value)
    return str(value)


def guards(posted: Posted) -> Raw:
    """When and how often messages may go out."""
    made: Raw = {"purpose": posted.get("purpose", "marketing")}
    start, end = posted.get("quiet_from"), posted.get("quiet_to")
    made["quiet_hours"] = [start, end] if start and end else None
    cap = number(posted, "cap_n")
    if cap:
        made["cap"] = {"n": cap, "days": number(posted, "cap_days", 7)}
    control = number(posted, "control_group", 0)
    if control:
        made["control_group"] = control
    return made


def entry(posted: Posted) -> Raw:
    """Who may come in again, and what happens to those who match already."""
    made: Raw = {}
    if posted.get("key").strip():
        made["key"] = posted.get("key").strip()
    gap = number(posted, "min_gap_days")
    if gap:
        made["min_gap_days"] = gap
    if posted.get("group").strip():
        made |= {"group": posted.get("group").strip(), "max_live_per_group": 1}
    made["backlog"] = posted.get("backlog", "skip")
    return made


def exits(posted: Posted) -> list[Raw]:
    """What ends a run early."""
    made: list[Raw] = []
    if posted.get("about"):
        made.append({"on": "record_created", **about_record(posted), "outcome": "goal"})
    if posted.get("withdrawn"):
        made.append({"on": "consent_withdrawn", "outcome": "stopped"})
    return made


def sets(posted: Posted) -> Raw:
    """What a mirror keeps: the tag of a tags field."""
    return {"field": posted.get("field"), "add": posted.get("tag").strip()}
