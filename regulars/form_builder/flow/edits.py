"""The states page's steps as pure functions: a form's JSON in, the changed JSON out.

States are named by the value of their option, ways by their place in the list.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from regulars.form_builder.edits import Form, Json, StepRefused, add_field, field_at, reworded
from regulars.form_builder.keys import derive_key


def begin(form: Form, field: str) -> Json:
    """The options of a choice become states, each leading to the next; the last is the end."""
    made = copy.deepcopy(dict(form))
    options = [each["value"] for each in field_at(made, field).get("options", ())]
    if not options or "workflow" in made:
        raise StepRefused
    made["workflow"] = {
        "field": field, "start": options[0],
        "states": [{"value": each} for each in options],
        "transitions": [
            {"key": f"way{n}", "from": [before], "to": after}
            for n, (before, after) in enumerate(pairwise(options), 1)
        ],
    }  # fmt: skip
    made["workflow"]["states"][-1]["final"] = True
    return made


def begin_ready(form: Form, words: Mapping[str, Mapping[str, str]]) -> Json:
    """A new field of states that is submitted, signed by a manager and then locked.

    ``words`` are the labels of field, draft, pending, approved and submit in all languages.
    """
    if "workflow" in form:
        raise StepRefused
    names = ("draft", "pending", "approved")
    colors = ("gray", "orange", "green")
    options = [
        {"value": name, "label": dict(words[name]), "color": color}
        for name, color in zip(names, colors, strict=True)
    ]
    field = {"type": "choice", "label": dict(words["field"]), "options": options}
    known = {each["key"] for each in form.get("fields", ())}
    made = add_field(form, field)
    key = next(each["key"] for each in made["fields"] if each["key"] not in known)
    made["workflow"] = {
        "field": key, "start": "draft",
        "states": [
            {"value": "draft"},
            {"value": "pending", "read_only": True,
             "approval": {"signers": [{"role": "manager"}], "approved": "approved"}},
            {"value": "approved", "final": True, "read_only": True},
        ],
        "transitions": [
            {"key": "submit", "from": ["draft"], "to": "pending", "label": dict(words["submit"])}
        ],
    }  # fmt: skip
    return made


def remove(form: Form) -> Json:
    """The form without states; the field and its values stay."""
    made = copy.deepcopy(dict(form))
    made.pop("workflow", None)
    return made


def set_state(form: Form, value: str | None, state: Json, look: tuple[str, str, str]) -> Json:
    """A state changed, or one more where ``value`` is None.

    ``state`` holds what is set of it and ``start``; ``look`` are its name in one language, the
    language and its colour.
    """
    made, flow = _with_flow(form)
    options = field_at(made, flow["field"])["options"]
    words, locale, color = look
    if value is None:
        value = derive_key(words, {each["value"] for each in options}, "state")
        options.append({"value": value})
        flow["states"].append({"value": value})
    option = next((each for each in options if each["value"] == value), None)
    if option is None:
        raise StepRefused
    option["label"] = reworded(option.get("label"), words, locale)
    option["color"] = color
    if state.get("start"):
        flow["start"] = value
    found = _state(flow, value)
    for name in ("final", "read_only"):
        _put(found, name, state.get(name))
    return made


def drop_state(form: Form, value: str) -> Json:
    """The form without a state, its option, and the ways from and to it."""
    made, flow = _with_flow(form)
    if flow["start"] == value or len(flow["states"]) < 2:
        raise StepRefused("start-state-stays")
    flow["states"].remove(_state(flow, value))
    field = field_at(made, flow["field"])
    field["options"] = [each for each in field["options"] if each["value"] != value]
    ways = []
    for way in flow.get("transitions", ()):
        origins = [each for each in way["from"] if each != value]
        if origins and way["to"] != value:
            ways.append({**way, "from": origins})
    flow["transitions"] = ways
    return made


def set_approval(form: Form, value: str, approval: Json | None) -> Json:
    """What is asked for in a state; None: nothing any more."""
    made, flow = _with_flow(form)
    _put(_state(flow, value), "approval", approval)
    return made


def set_way(form: Form, number: int | None, way: Json) -> Json:
    """A way changed, or one more; its key and its condition stay."""
    made, flow = _with_flow(form)
    ways = flow.setdefault("transitions", [])
    if number is None:
        taken = {each["key"] for each in ways}
        key = next(k for n in range(1, len(ways) + 2) if (k := f"way{n}") not in taken)
        ways.append({"key": key, **way})
        return made
    old = ways[_within(ways, number)]
    kept = {name: old[name] for name in ("key", "when") if name in old}
    label = {"label": {**_texts(old.get("label")), **_texts(way.get("label"))}}
    ways[number] = {**kept, **way, **(label if label["label"] else {})}
    return made


def set_when(form: Form, number: int, when: Json | None) -> Json:
    """The condition of a way; None: none."""
    made, flow = _with_flow(form)
    ways = flow.get("transitions", [])
    _put(ways[_within(ways, number)], "when", when)
    return made


def drop_way(form: Form, number: int) -> Json:
    """The form without a way."""
    made, flow = _with_flow(form)
    ways = flow.get("transitions", [])
    del ways[_within(ways, number)]
    return made


def _texts(label: Any) -> Json:
    return dict(label) if isinstance(label, Mapping) else ({"en": label} if label else {})


def _with_flow(form: Form) -> tuple[Json, Json]:
    made = copy.deepcopy(dict(form))
    if "workflow" not in made:
        raise StepRefused
    return made, made["workflow"]


def _state(flow: Json, value: str) -> Json:
    for each in flow["states"]:
        if each["value"] == value:
            found: Json = each
            return found
    raise StepRefused


def _put(target: Json, name: str, value: Any) -> None:
    if value:
        target[name] = value
    else:
        target.pop(name, None)


def _within(items: list[Json], number: int) -> int:
    if not 0 <= number < len(items):
        raise StepRefused
    return number
