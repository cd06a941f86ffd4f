"""The parts of a rule in plain words: what starts it, what a step does. Pure.

Every sentence is a text of the catalogs (``rules.say.…``); names of fields, forms, messages and
tags are the owner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.platform import i18n
from regulars.rule_engine.definition import Rule, Step, Trigger
from regulars.rule_engine.durations import at_local, read_moment
from regulars.rule_engine.explain_aims import report_step
from regulars.rule_engine.speaking import Speaker


def trigger_words(say: Speaker, rule: Rule, trigger: Trigger) -> str:
    """What starts a rule, ends a run or answers a wait."""
    own = trigger.settings
    if trigger.on == "scan":
        return _scan(say, own)
    if trigger.on == "once":
        return say.t(
            "once", at=say.formats.datetime(at_local(read_moment(own["at"]), say.formats.tz))
        )
    if trigger.on == "date_field":
        return _date_field(say, rule, own)
    if trigger.on in ("mirror_entered", "mirror_left"):
        name = say.named("rule", own.get("rule"))
        if own.get("value"):
            return say.t(f"{trigger.on}-value", rule=name, value=own["value"])
        return say.t(trigger.on, rule=name)
    teller = _TRIGGERS.get(trigger.on)
    words = teller(say, rule, trigger) if teller else say.t(trigger.on)
    return _narrowed(say, rule, trigger, words)


def _narrowed(say: Speaker, rule: Rule, trigger: Trigger, words: str) -> str:
    """The words with what else must be so."""
    if trigger.where:
        told = say.condition(trigger.form or rule.subject, trigger.where)
        return say.t("where", what=words, condition=told)
    own = trigger.settings
    if own.get("message"):
        return say.t("of-message", what=words, message=say.named("message", own["message"]))
    if own.get("of"):
        step = rule.step_called(own["of"])
        named = step_words(say, rule, step) if step is not None else own["of"]
        return say.t("of-step", what=words, step=named)
    return words


def _record(say: Speaker, rule: Rule, trigger: Trigger) -> str:
    return say.t(trigger.on, form=say.form(trigger.form or rule.subject))


def _updated(say: Speaker, rule: Rule, trigger: Trigger) -> str:
    own, form = trigger.settings, trigger.form or rule.subject
    fields = own.get("fields", ())
    if not fields:
        return _record(say, rule, trigger)
    names = [say.field(form, key) for key in fields]
    if "to" not in own:
        return say.t("changed-fields", fields=names, form=say.form(form))
    told = {name: value_words(say, form, fields[0], own[name]) for name in own if name != "fields"}
    key = "changed-from-to" if "from" in own else "changed-to"
    return say.t(key, field=names[0], form=say.form(form), **told)


def _hook(say: Speaker, _rule: Rule, trigger: Trigger) -> str:
    own = trigger.settings
    key = "webhook-type" if own.get("type") else "webhook"
    return say.t(key, hook=own.get("hook", "…"), type=own.get("type", ""))


_TRIGGERS: dict[str, Any] = {
    "record_created": _record, "record_deleted": _record, "form_submitted": _record,
    "record_updated": _updated, "webhook": _hook,
    "event": lambda say, _rule, trigger: say.t("event", name=trigger.settings.get("name", "…")),
}  # fmt: skip


def _scan(say: Speaker, own: Mapping[str, Any]) -> str:
    every = own.get("every", "hour")
    if every == "week":
        day = i18n.translate(f"rules.weekday.{own.get('weekday', 0)}", say.locale)
        return say.t("scan-week", day=day, at=own.get("at", "00:00"))
    if every == "month":
        return say.t("scan-month", day=own.get("day", 1), at=own.get("at", "00:00"))
    return say.t(f"scan-{every}", at=own.get("at", "00:00"))


def _date_field(say: Speaker, rule: Rule, own: Mapping[str, Any]) -> str:
    offset = int(own.get("offset", 0))
    when = "on" if offset == 0 else ("before" if offset < 0 else "after")
    yearly = "yearly" if own.get("yearly") else "once"
    return say.t(
        f"date-{when}-{yearly}",
        field=say.field(rule.subject, str(own["field"])),
        n=abs(offset),
        at=own.get("at", "09:00"),
    )


def step_words(say: Speaker, rule: Rule, step: Step) -> str:
    """What one step does, without the steps below it."""
    teller = _STEPS.get(step.do)
    return teller(say, rule, step.settings) if teller else step.do


def _send(say: Speaker, _rule: Rule, own: Mapping[str, Any]) -> str:
    channel = i18n.translate(f"rules.channel.{own.get('channel', 'sms')}", say.locale)
    return say.t("send", channel=channel, message=say.named("message", own.get("message")))


def _create(say: Speaker, _rule: Rule, own: Mapping[str, Any]) -> str:
    form = own.get("form", "")
    fields = [say.field(form, key) for key in own.get("values", {})]
    if not fields:
        return say.t("create-empty", form=say.form(form))
    return say.t("create", form=say.form(form), fields=fields)


def _update(say: Speaker, rule: Rule, own: Mapping[str, Any]) -> str:
    form = rule.subject if own.get("of", "subject") == "subject" else ""
    values = own.get("values", {})
    if len(values) == 1:
        ((key, value),) = values.items()
        if not isinstance(value, Mapping):
            return say.t(
                "update-one", field=say.field(form, key), value=value_words(say, form, key, value)
            )
    return say.t("update", fields=[say.field(form, key) for key in values])


def value_words(say: Speaker, form: str, key: str, value: Any) -> str:
    """What the owner calls a value of a field, such as an option of a choice."""
    found = say.catalog.forms.get(form)
    field = found.find(key) if found else None
    option = field.options.get(value) if field and isinstance(value, str) else None
    if option and option.get("label"):
        return i18n.pick(option["label"], say.locale)
    return str(i18n.spoken(value, say.locale))


def _tags(say: Speaker, rule: Rule, own: Mapping[str, Any], key: str) -> str:
    field = own.get("field") or _tags_field(say, rule.subject)
    return say.t(
        key, tags=[value_words(say, rule.subject, field, tag) for tag in own.get("tags", ())]
    )


def _tags_field(say: Speaker, form: str) -> str:
    found = say.catalog.forms.get(form)
    return next((each.key for each in (found.fields if found else ()) if each.type == "tags"), "")


def _wait_until(say: Speaker, rule: Rule, own: Mapping[str, Any]) -> str:
    days = [i18n.translate(f"rules.weekday.{n}", say.locale) for n in own.get("weekdays", ())]
    if "window" in own:
        start, end = own["window"]
        key = "wait-window-days" if days else "wait-window"
        return say.t(key, start=start, end=end, days=days)
    if days:
        return say.t("wait-until-days", days=days, at=own.get("at", "00:00"))
    if "formula" in own:
        return say.t("wait-until-formula", formula=own["formula"])
    return say.t("wait-until", at=own.get("at", "00:00"))


def _wait_for(say: Speaker, rule: Rule, own: Mapping[str, Any]) -> str:
    wanted = [trigger_words(say, rule, Trigger.from_json(each)) for each in own.get("any", ())]
    joined = i18n.translate("rules.say.or", say.locale).join(wanted)
    return say.t("wait-for", what=joined, length=say.length(own["timeout"]))


def _ask(say: Speaker, own: Mapping[str, Any], key: str) -> str:
    words = say.t(key, title=i18n.pick(own["title"], say.locale))
    due = own.get("due")
    return words if due is None else say.t("within-time", what=words, length=say.length(due))


def _for_each(say: Speaker, _rule: Rule, own: Mapping[str, Any]) -> str:
    form = own["form"]
    if not own.get("where"):
        return say.t("for-each", form=say.form(form))
    condition = say.condition(form, own["where"])
    return say.t("for-each-where", form=say.form(form), condition=condition)


def _update_related(say: Speaker, _rule: Rule, own: Mapping[str, Any]) -> str:
    form = own["form"]
    fields = [say.field(form, key) for key in own.get("values", {})]
    return say.t("update-related", form=say.form(form), fields=fields)


_STEPS: dict[str, Any] = {
    "send_message": _send,
    "create_record": _create,
    "update_record": _update,
    "add_tags": lambda say, rule, own: _tags(say, rule, own, "add-tags"),
    "remove_tags": lambda say, rule, own: _tags(say, rule, own, "remove-tags"),
    "wait": lambda say, _rule, own: say.t("wait", length=say.length(own["for"])),
    "wait_until": _wait_until,
    "wait_for": _wait_for,
    "notify_staff": lambda say, _rule, own: say.t(
        "notify-staff", to=own["to"], text=i18n.pick(own["text"], say.locale)
    ),
    "call_webhook": lambda say, _rule, own: say.t("call-webhook", to=own["to"]),
    "create_task": lambda say, _rule, own: _ask(say, own, "create-task"),
    "approval": lambda say, _rule, own: _ask(say, own, "approval"),
    "branch": lambda say, rule, own: say.t("branch", condition=say.condition(rule, own["when"])),
    "split": lambda say, _rule, own: say.t("split", percent=own["percent"]),
    "for_each": _for_each,
    "call_rule": lambda say, _rule, own: say.t("call-rule", rule=say.named("rule", own["rule"])),
    "update_related": _update_related,
    "stop": lambda say, _rule, own: say.t("stop"),
    "run_report": report_step,
}


def block_words(say: Speaker, step: Step, name: str) -> str:
    """What stands over the steps below a step."""
    key = "block-on_error" if name == "on_error" else f"block-{step.do}-{name}"
    return say.t(key, percent=step.settings.get("percent", ""))
