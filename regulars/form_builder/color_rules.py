"""Colours by condition: what a view's records, or one field of them, are marked with. Pure.

The first rule that a record meets colours it; of the rules for one field, the first again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.choice import COLORS
from regulars.platform.problems import Problem

MOST = 12


@dataclass(frozen=True)
class ColorRule:
    """What meets the condition ``when`` is ``color``: the record, or only its ``field``."""

    when: Mapping[str, Any]
    color: str
    field: str = ""

    @property
    def as_json(self) -> dict[str, Any]:
        """The rule as a view's definition has it."""
        made = {"when": dict(self.when), "color": self.color}
        return {**made, "field": self.field} if self.field else made


def rules_from(raw: Any) -> tuple[ColorRule, ...]:
    """The rules of a view or of an address; what makes no sense is left out."""
    rows = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ()
    return tuple(rule for row in rows[:MOST] if (rule := _rule(row)) is not None)


def _rule(row: Any) -> ColorRule | None:
    if not isinstance(row, Mapping):
        return None
    when, color, field = row.get("when"), row.get("color"), row.get("field", "")
    if not isinstance(when, Mapping) or color not in COLORS or not isinstance(field, str):
        return None
    return ColorRule(when, str(color), field)


def usable_rules(
    catalog: FormCatalog, form_key: str, rules: Iterable[ColorRule]
) -> tuple[ColorRule, ...]:
    """The rules about what a reader may see; the others would tell of what they may not."""
    return tuple(
        rule
        for rule in rules
        if not catalog.condition(form_key, rule.when)[1]
        and not (rule.field and catalog.shown_path(form_key, rule.field)[1])
    )


def chosen_rules(
    rules: Sequence[ColorRule], marks: Sequence[bool]
) -> tuple[int | None, dict[str, int]]:
    """The number of the rule that colours a record, and of those that colour its fields.

    ``marks`` says of each rule whether the record meets it.
    """
    whole: int | None = None
    fields: dict[str, int] = {}
    for n, (rule, is_met) in enumerate(zip(rules, marks, strict=False)):
        if not is_met:
            continue
        if rule.field:
            fields.setdefault(rule.field, n)
        elif whole is None:
            whole = n
    return whole, fields


def color_problems(form: FormDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    """Conditions that make no sense, and fields that are not there, in the rules of all views."""
    for position, view in enumerate(form.views):
        for n, raw in enumerate(view.get("colors", ())):
            place = f"views/{position}/colors/{n}"
            for problem in catalog.condition(form.key, raw["when"])[1]:
                yield problem.under(f"{place}/when")
            if "field" in raw and catalog.shown_path(form.key, raw["field"])[1]:
                yield Problem(f"{place}/field", "unknown-field", {"field": raw["field"]})
