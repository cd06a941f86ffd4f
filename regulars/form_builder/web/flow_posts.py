"""What the states page posts, as steps on the draft. Field names are those of its templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import Form, Json, StepRefused
from regulars.form_builder.field_types.choice import COLORS
from regulars.form_builder.flow import edits
from regulars.form_builder.web.logic_posts import row_of
from regulars.platform import i18n
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Posted = MultiDict[str, str]
Step = Callable[[Form], Json]
READY = ("field", "draft", "pending", "approved", "submit")


def step_of(posted: Posted, form: FormDefinition, catalog: FormCatalog, locale: str) -> Step:
    """The step that ``do`` names; Invalid with what is missing, StepRefused for an unknown one."""
    do = posted.get("do", "")
    if do == "ready":
        return lambda raw: edits.begin_ready(raw, ready_words())
    if do == "begin":
        field = _text(posted, "field")
        return lambda raw: edits.begin(raw, field)
    if do == "remove":
        return edits.remove
    make = _STATE_STEPS.get(do) or _WAY_STEPS.get(do)
    if make is None:
        raise StepRefused("unknown-step")
    return make(posted, form, catalog, locale)


def ready_words() -> dict[str, dict[str, str]]:
    """What the field and the states of a ready-made approval are called, in every language."""
    return {
        name: {each: i18n.translate(f"flow.ready-{name}", each) for each in i18n.LOCALES}
        for name in READY
    }


def _state(posted: Posted, form: FormDefinition, _catalog: FormCatalog, locale: str) -> Step:
    words, lock = _text(posted, "label")[:60], posted.get("lock", "none")
    fields = [key for key in posted.getlist("fields") if form.find(key) is not None]
    if lock == "some" and not fields:
        raise Invalid([Problem("fields", "required")])
    held: Any = True if lock == "all" else (fields if lock == "some" else None)
    color = posted.get("color", "")
    look = (words, locale, color if color in COLORS else "gray")
    state = {"start": bool(posted.get("start")), "final": bool(posted.get("final")),
             "read_only": held}  # fmt: skip
    value = posted.get("state") or None
    return lambda raw: edits.set_state(raw, value, state, look)


def _drop_state(posted: Posted, *_more: Any) -> Step:
    value = posted.get("state", "")
    return lambda raw: edits.drop_state(raw, value)


def _approval(posted: Posted, *_more: Any) -> Step:
    value = posted.get("state", "")
    problems = [
        Problem(name, "required") for name in ("signers", "approved") if not posted.get(name)
    ]
    due_n = posted.get("due_n", "").strip()
    if due_n and not (due_n.isascii() and due_n.isdecimal() and 0 < int(due_n[:9]) <= 1000):
        problems.append(Problem("due_n", "not-a-number"))
    escalate = posted.get("escalate", "")
    if escalate and not due_n:
        problems.append(Problem("due_n", "escalate-needs-due"))
    if problems:
        raise Invalid(problems)
    made: Json = {
        "signers": [_signer(each) for each in posted.getlist("signers") if each],
        "needs": posted.get("needs", "one"), "approved": posted["approved"],
    }  # fmt: skip
    if returned := [each for each in posted.getlist("returned") if each]:
        made["returned"] = returned
    if not posted.get("withdraw"):
        made["withdrawn"] = False
    if due_n:
        unit = "hour" if posted.get("due_unit") == "hour" else "day"
        made["due"] = {"n": int(due_n), "unit": unit}
    if escalate:
        made["escalate"] = _signer(escalate)
    if posted.get("four_eyes"):
        made["four_eyes"] = True
    return lambda raw: edits.set_approval(raw, value, made)


def _drop_approval(posted: Posted, *_more: Any) -> Step:
    value = posted.get("state", "")
    return lambda raw: edits.set_approval(raw, value, None)


def _way(posted: Posted, form: FormDefinition, _catalog: FormCatalog, locale: str) -> Step:
    origins = [each for each in posted.getlist("from") if each]
    problems = [] if origins else [Problem("from", "required")]
    if not posted.get("to"):
        problems.append(Problem("to", "required"))
    if problems:
        raise Invalid(problems)
    made: Json = {"from": origins, "to": posted["to"]}
    if words := posted.get("label", "").strip()[:60]:
        made["label"] = {locale: words}
    if who := who_of([each for each in posted.getlist("who") if each]):
        made["who"] = who
    if require := [key for key in posted.getlist("require") if form.find(key) is not None]:
        made["require"] = require
    if posted.get("comment"):
        made["comment"] = True
    number = _number(posted)
    return lambda raw: edits.set_way(raw, number, made)


def _drop_way(posted: Posted, *_more: Any) -> Step:
    number = _needed_number(posted)
    return lambda raw: edits.drop_way(raw, number)


def _when(posted: Posted, form: FormDefinition, catalog: FormCatalog, _locale: str) -> Step:
    number, when = _needed_number(posted), row_of(posted, form, catalog)
    return lambda raw: edits.set_when(raw, number, when)


def _drop_when(posted: Posted, *_more: Any) -> Step:
    number = _needed_number(posted)
    return lambda raw: edits.set_when(raw, number, None)


_STATE_STEPS: dict[str, Callable[..., Step]] = {
    "state": _state, "drop-state": _drop_state, "approval": _approval,
    "drop-approval": _drop_approval,
}  # fmt: skip
_WAY_STEPS: dict[str, Callable[..., Step]] = {
    "way": _way,
    "drop-way": _drop_way,
    "row": _when,
    "drop-row": _drop_when,
}


def who_of(ticked: list[str]) -> Json:
    """The people of a way from what was ticked: ``role:manager``, ``owner`` and so on."""
    made: Json = {}
    for each in ticked:
        kind, _colon, name = each.partition(":")
        if kind in ("role", "field") and name:
            made.setdefault(f"{kind}s", []).append(name)
        elif kind in ("owner", "manager", "rules"):
            made[kind] = True
    return made


def _signer(code: str) -> Json:
    kind, _colon, name = code.partition(":")
    return {"manager": True} if kind == "manager" else {kind: name}


def _text(posted: Posted, name: str) -> str:
    found = posted.get(name, "").strip()
    if not found:
        raise Invalid([Problem(name, "required")])
    return found


def _number(posted: Posted) -> int | None:
    text = posted.get("n", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _needed_number(posted: Posted) -> int:
    found = _number(posted)
    if found is None:
        raise StepRefused
    return found
