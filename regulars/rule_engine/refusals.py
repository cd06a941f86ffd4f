"""What was wrong, in the reader's words: with a record that a step was to write, with a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.platform import i18n
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Rule, Step
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.speaking import Speaker

KEPT = ("limit", "n", "step", "allowed")
"""Parameters of a problem that are kept with a run: none of them is anybody's value."""


def kept_problem(each: Problem) -> dict[str, Any]:
    """A problem as a run keeps it, without the value that was refused."""
    kept: dict[str, Any] = {"path": each.path, "code": each.code}
    params = {name: each.params[name] for name in KEPT if name in each.params}
    if params:
        kept["params"] = params
    if each.text is not None:
        kept["text"] = each.text
    return kept


def refusal_words(
    catalog: FormCatalog, locale: str, reason: Mapping[str, Any] | None
) -> list[str]:
    """Field by field what a form did not take, as far as this reader sees the form."""
    told = reason or {}
    form = catalog.forms.get(str(told.get("form")))
    if form is None or told.get("code") != "record-refused":
        return []
    found = [_one(form, each, locale) for each in told.get("problems") or ()]
    return list(dict.fromkeys(words for words in found if words))


def _one(form: FormDefinition, each: Mapping[str, Any], locale: str) -> str:
    key, _slash, rest = str(each["path"]).partition("/")
    field = form.find(key)
    if key and field is None:
        return ""  # hidden from this reader, or gone
    value = i18n.translate("goals.this-value", locale)
    params = {"value": value, "field": value, **(each.get("params") or {})}
    problem = Problem(key, str(each["code"]), params, each.get("text"))
    try:
        words = problem.message(locale)
    except (LookupError, i18n.MissingText):
        words = i18n.translate("goals.value-refused", locale)
    if field is None:
        return words
    names = [i18n.pick(field.name, locale), *_column(form, key, rest, locale)]
    return i18n.translate("goals.problem-at", locale, place=" › ".join(names), problem=words)


def _column(form: FormDefinition, key: str, rest: str, locale: str) -> list[str]:
    """The column of a row that is meant: ``items/2/price``."""
    name = rest.rpartition("/")[2]
    field = form.find(key)
    columns = {each.key: each for each in (field.fields if field else ())}
    return [i18n.pick(columns[name].name, locale)] if name in columns else []


def problem_words(say: Speaker, rule: Rule, problem: Problem) -> str:
    """A problem of a rule with the place it stands at, as the composer calls it."""
    place, words = _place(say, rule, problem.path), problem.message(say.locale)
    if not place:
        return words
    return i18n.translate("goals.problem-at", say.locale, place=place, problem=words)


def _place(say: Speaker, rule: Rule, path: str) -> str:
    step = _step(rule, path)
    if step is not None:
        words = step_words(say, rule, step)
        return words if len(words) <= 80 else f"{words[:79]}…"
    part = path.partition("/")[0]
    return i18n.find_text(f"definitions.part.rule.{part}", say.locale) or ""


def _step(rule: Rule, path: str) -> Step | None:
    """The innermost step at or above a place."""
    parts = path.split("/")
    for end in range(len(parts), 0, -1):
        found = rule.step_at("/".join(parts[:end]))
        if found is not None:
            return found
    return None
