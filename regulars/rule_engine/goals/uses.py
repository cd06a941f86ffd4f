"""Where goals of one's own name a form or a field, for the question where it is used.

A goal is half a rule, so it cannot be tried like one: the paths in it are followed instead, from
the form it is about and from every other form it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.places import named
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.uses import Use, Used
from regulars.rule_engine.goals.definition import filled

Forms = Mapping[str, FormDefinition]
_PATH = re.compile(r"[a-z]\w*(?:\.\w+)*")
_SHOWN = re.compile(r"\{([a-z][\w.]*)")
_PLAIN = {
    "at", "channel", "class", "do", "every", "id", "kind", "message", "on", "op", "purpose",
    "unit", "value",
}  # fmt: skip
"""What never names a field: words of the rule itself, and values to compare with."""
_WORDS = {"label", "description", "help", "title", "text", "subject_line", "body"}


def goal_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """The published goals that name the form, or the field of it."""
    if used.kind != "form":
        return
    forms = catalog_of(uow).forms
    place = {each: i18n.translate("definitions.part.goal-rule", each) for each in i18n.LOCALES}
    for item in snapshot(uow).items.values():
        if item.kind == "goal" and _names(forms, item.raw, used):
            yield Use("goal", item.key, named("goal", item.raw), "", place)


def _names(forms: Forms, raw: Mapping[str, Any], used: Used) -> bool:
    defaults = {each["key"]: each.get("default", "") for each in raw["places"]}
    typed = {key: each for key, each in defaults.items() if isinstance(each, str | int)}
    paths = set(_paths([filled(raw["rule"], typed), list(raw.get("messages", ()))]))
    paths |= {path.partition(".")[2] for path in paths}  # “order.amount” of a step's own name
    about = [forms[path] for path in sorted(paths & set(forms))]
    if not used.ref:
        return used.key in paths
    return any(_leads_to(forms, form, path, used) for form in about for path in paths if path)


def _leads_to(forms: Forms, form: FormDefinition, path: str, used: Used) -> bool:
    """Whether the way of a path from ``form`` passes the field that is asked about."""
    here: FormDefinition | None = form
    while here is not None and path:
        if here.key == used.key and (path == used.ref or path.startswith(f"{used.ref}.")):
            return True
        head, _dot, path = path.partition(".")
        field = here.find(head)
        settings = {} if field is None else field.settings
        here = forms.get(str(settings.get("to") or settings.get("from") or ""))
    return False


def _paths(part: Any, name: str = "") -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if name == "values":
                yield str(key)
            if key not in _PLAIN or not isinstance(value, str):
                yield from _paths(value, name if key in i18n.LOCALES else str(key))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _paths(each, name)
    elif isinstance(part, str):
        yield from _paths_in_text(part, name)


def _paths_in_text(text: str, name: str) -> Iterator[str]:
    if name in _WORDS:
        yield from _SHOWN.findall(text)
    elif name == "formula":
        yield from _PATH.findall(text)
    elif _PATH.fullmatch(path := text.removeprefix("-")):
        yield path
