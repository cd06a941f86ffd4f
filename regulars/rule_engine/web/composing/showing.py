"""What the templates of the composer ask of stored values: how an input shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.platform import i18n
from regulars.platform.expressions.types import Kind
from regulars.rule_engine import explain_aims as aims
from regulars.rule_engine.checks import RUN_REPORT
from regulars.rule_engine.digests import USUAL_READERS, reports_of
from regulars.rule_engine.explain import value_words
from regulars.rule_engine.matching import DELETED
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.triggers.base import trigger_kinds
from regulars.rule_engine.web.composing.changes import form_of_step
from regulars.rule_engine.web.composing.offering import Option
from regulars.rule_engine.web.composing.steps import STEP_NAMES
from regulars.rule_engine.web.composing.values import code_length, later_parts, source_of
from regulars.rule_engine.web.composing.view import Composer

__all__ = ["code_length", "later_parts", "source_of"]

_DATE = re.compile(
    r"(?P<plain>[a-z][\w.]*)\Z|"
    r'DATEADD\((?P<path>[a-z][\w.]*), (?P<n>-?\d+), "day"\)\Z'
)
_ORDER = (
    "send_message", "wait", "wait_until", "wait_for", "branch", "split", "create_record",
    "update_record", "add_tags", "remove_tags", "create_task", "approval", "notify_staff",
    "for_each", "update_related", "call_rule", "call_webhook", "stop",
)  # fmt: skip
_STARTS = (
    "scan", "record_created", "record_updated", "date_field", "mirror_entered", "mirror_left",
    "form_submitted", "record_deleted", "message_clicked", "message_replied", "message_opened",
    "message_sent", "message_failed", "consent_granted", "consent_withdrawn", "task_done",
    "task_overdue", "webhook", "event", "manual",
)  # fmt: skip


def offered_steps(composer: Composer) -> list[str]:
    """Every step that can be composed, the usual ones first."""
    order = (RUN_REPORT,) if composer.rule.is_report else _ORDER
    return [name for name in order if name in step_kinds and name in STEP_NAMES]


def offered_triggers(composer: Composer, *, starts: bool) -> list[str]:
    """Every trigger of a rule, or (for exits and waits) every event, the usual ones first."""
    if composer.rule.is_report:
        return ["scan"]
    found = [
        name
        for name in _STARTS
        if (kind := trigger_kinds.find(name)) is not None
        and (kind.may_start if starts else kind.by_event)
    ]
    return found if starts else sorted(found, key=lambda name: name.startswith("mirror"))


def may_narrow(on: str | None) -> bool:
    """Whether there are records left of which some may be meant."""
    return about_records(on or "") and on != DELETED


def about_records(on: str) -> bool:
    """Whether a trigger is about records of a form."""
    kind = trigger_kinds.find(on)
    return kind is not None and kind.about_records


def text(value: Any) -> str:
    """One value as an input shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(item) for item in value)
    return "" if value is None or isinstance(value, Mapping) else str(value)


def window(value: Any) -> str:
    """The period of a "within" row as its select shows it."""
    if not isinstance(value, Mapping):
        return ""
    return str(value.get("last") or value.get("calendar") or "")


def values_of(composer: Composer, path: str) -> list[tuple[str, str, str]]:
    """The fields a step fills: (key, title, the value in words)."""
    raw = composer.part(path)
    form = form_of_step(composer.rule, composer.raw, composer.say, path)
    key = form.key if form else ""
    return [
        (
            name,
            composer.say.field(key, name) if form else name,
            value_said(composer, key, name, value),
        )
        for name, value in (raw.get("values") or {}).items()
    ]


def value_said(composer: Composer, form: str, key: str, value: Any) -> str:
    """A step's value in words: “in 14 days”, the name of a field, the value itself."""
    say, source = composer.say, source_of(value)
    if source == "later":
        n, unit = later_parts(value)
        if n == 0:
            return _t(composer, "value-now")
        length = i18n.translate(f"rules.length.{unit}", say.locale, n=abs(n))
        return _t(composer, "value-later" if n > 0 else "value-earlier", length=length)
    if source == "code":
        return _t(composer, "value-code", n=code_length(value))
    if source == "event":
        return _t(composer, "value-event", path=value["event"])
    if source == "path":
        return path_words(composer, str(value["formula"]))
    if source == "formula":
        return f"= {value['formula']}"
    if isinstance(value, Mapping):
        return str(dict(value))
    if isinstance(value, bool):
        return i18n.translate("common.yes" if value else "common.no", say.locale)
    told = value if isinstance(value, list) else [value]
    return ", ".join(value_words(say, form, key, each) for each in told)


def path_words(composer: Composer, path: str) -> str:
    """What the owner calls a field, seen from a step."""
    say, first = composer.say, path.partition(".")
    names = composer.offer.around("").names
    if path == "subject":
        return say.form(composer.rule.subject)
    if first[0] in names:
        form = names[first[0]]
        return (
            say.form(form) if not first[2] else f"{say.form(form)} › {say.field(form, first[2])}"
        )
    return say.field(composer.rule.subject, path)


def form_key(composer: Composer, path: str) -> str:
    """The form that a writing step fills."""
    form = form_of_step(composer.rule, composer.raw, composer.say, path)
    return form.key if form else ""


def pairs(choices: Sequence[tuple[str, str, str]]) -> list[Option]:
    """Choices as the options of a select."""
    return [(value, title) for value, title, _help in choices]


def with_help(options: Sequence[Option]) -> list[tuple[str, str, str]]:
    """The options of a select, to tick."""
    return [(value, title, "") for value, title in options]


def weekdays(composer: Composer) -> list[tuple[int, str]]:
    """Monday to Sunday."""
    return [(n, _t(composer, f"weekday.{n}")) for n in range(7)]


def weekday_choices(composer: Composer) -> list[tuple[str, str, str]]:
    """The same, to tick."""
    return [(str(n), title, "") for n, title in weekdays(composer)]


def weekday_values(raw: Mapping[str, Any]) -> list[str]:
    """The days that are ticked; all of them where none are named."""
    return [str(n) for n in raw.get("weekdays", range(7))]


def until_how(raw: Mapping[str, Any]) -> str:
    """Which way of waiting until something a step has."""
    if "window" in raw:
        return "window"
    if "formula" not in raw:
        return "at"
    return "date" if until_path(raw) else "formula"


def until_path(raw: Mapping[str, Any]) -> str:
    """The date field a step waits for; "" when it is none."""
    found = _DATE.match(str(raw.get("formula", "")))
    return (found["plain"] or found["path"]) if found else ""


def until_offset(raw: Mapping[str, Any]) -> int:
    """How many days after that date."""
    found = _DATE.match(str(raw.get("formula", "")))
    return int(found["n"] or 0) if found else 0


def lateness(composer: Composer, known: str | None) -> list[Option]:
    """How late a message may still be sent."""
    found = [("", _t(composer, "late-usual")), ("same_day", _t(composer, "late-same-day"))]
    found += [(f"{n}h", _t(composer, "length.hour", n=n)) for n in (2, 24, 72)]
    if known and known not in dict(found):
        found.append((known, known))
    return found


def sources(composer: Composer, field: Any, paths: Sequence[Option]) -> list[Option]:
    """The ways to choose a value of a field."""
    kind = composer.offer.kind(field) if field else "text"
    offered = ["path"] if paths else []
    if kind in ("date", "datetime"):
        offered.append("later")
    if kind == "text":
        offered.append("code")
    if composer.rule.trigger.on in ("webhook", "event"):
        offered.append("event")
    if kind != "link":
        offered.insert(0, "fixed")
    return [(name, _t(composer, f"value-from-{name}")) for name in (*offered, "formula")]


def first_source(composer: Composer, field: Any, paths: Sequence[Option]) -> str:
    """The way that is offered first: links come from somewhere, dates are reckoned."""
    kind = composer.offer.kind(field) if field else "text"
    if kind == "link":
        return "path" if paths else "formula"
    return "later" if kind in ("date", "datetime") else "fixed"


def numbers(composer: Composer, form: str) -> list[Option]:
    """The numbers of a form."""
    return composer.offer.fields(form, Kind.NUMBER)


def choice_fields(composer: Composer) -> list[Option]:
    """The subject's fields with options."""
    form = composer.subject
    offered = dict(composer.offer.fields(composer.rule.subject))
    return [(e.key, offered[e.key]) for e in (form.fields if form else ()) if e.type == "choice"]


def field_options(composer: Composer, key: str) -> list[Option]:
    """The options of one of the subject's fields."""
    form = composer.subject
    return pairs(composer.offer.options(form.find(key) if form else None))


def sets_words(composer: Composer) -> str:
    """What a tag rule keeps, in words; "" when nothing is chosen yet."""
    sets, say = composer.rule.sets, composer.say
    if sets is None:
        return ""
    if sets.add is None:
        return _t(composer, "sets-choice", field=say.field(composer.rule.subject, sets.field))
    tag = value_words(say, composer.rule.subject, sets.field, sets.add)
    return say.t("sets-tag", tag=tag)


def goal_words(composer: Composer) -> str:
    """What counts as success, in words."""
    goal = composer.rule.goal
    if goal is None:
        return _t(composer, "goal-none")
    return aims.goal_words(composer.say, goal)


def redeemed_words(composer: Composer) -> str:
    """What counts as redeemed, in words."""
    redeemed = composer.rule.redeemed
    if redeemed is None:
        return _t(composer, "redeemed-none")
    if not redeemed.where:
        return _t(composer, "redeemed-form", form=composer.say.form(redeemed.form))
    return aims.redeemed_words(composer.say, redeemed)


def made_forms(composer: Composer) -> list[Option]:
    """The forms of the records that the rule makes."""
    made = [step.settings["form"] for step in composer.rule.walk() if step.do == "create_record"]
    return [(form, composer.say.form(form)) for form in dict.fromkeys(made)]


def readers(raw: Mapping[str, Any]) -> tuple[list[str], str]:
    """The roles a report goes to, and the addresses, with commas between them."""
    named = list(raw.get("readers", USUAL_READERS))
    return [each for each in named if "@" not in each], ", ".join(e for e in named if "@" in e)


def report_periods(composer: Composer, known: str | None) -> list[Option]:
    """The stretches of time a report can cover; an unusual one that is kept stays."""
    found = list(reports_of().periods(composer.say.locale))
    return found if not known or known in dict(found) else [*found, (known, known)]


def _t(composer: Composer, key: str, **params: Any) -> str:
    return i18n.translate(f"rules.{key}", composer.say.locale, **params)
