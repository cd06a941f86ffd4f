"""Forms as a kind of definition: their schema, their checks, what publishing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.form_builder.arranging import Arrangement, arrangement_problems
from regulars.form_builder.buttons import guard_buttons
from regulars.form_builder.catalog import catalog_from
from regulars.form_builder.changing import tables as changing_tables  # noqa: F401 - known
from regulars.form_builder.changing.keeping import keep_lost_fields
from regulars.form_builder.checks import form_checks, has_bad_keys, without_bad_keys
from regulars.form_builder.color_rules import color_problems
from regulars.form_builder.comparing import difference
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.doubles import publish_without_doubles
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.flow.checking import flow_problems
from regulars.form_builder.flow.losing import keep_states_in_use
from regulars.form_builder.logic.compiling import logic_problems
from regulars.form_builder.own_formulas import own_formula_problems
from regulars.form_builder.schema import form_problems, form_schema
from regulars.form_builder.undo import let_go, write_down
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.problems import Problem

STRUCTURAL = ("duplicate-key", "reserved-key", "duplicate-field")


def _read_form(raw: Mapping[str, Any]) -> FormDefinition:
    """A stored form; LookupError where it has a field of a type that nobody knows."""
    form = FormDefinition.from_json(raw)
    for field in form.fields:
        field_types.get(field.type)
    return form


def form_kind() -> DefinitionKind:
    """The kind ``form``; ask only once every field type is registered."""
    return DefinitionKind(
        "form",
        form_schema(),
        form_problems,
        _read_form,
        check=check_form,
        published=_published,
        guard=guard_buttons,
        settle=keep_lost_fields,
        difference=difference,
        drafted=write_down,
    )


def _published(uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]) -> None:
    keep_states_in_use(uow, before, after, keys)
    publish_without_doubles(uow, before, after, keys)
    for key in keys:
        let_go(uow, key)


def sound(after: Snapshot) -> Snapshot:
    """The snapshot without fields whose keys no table could have; other forms are checked so."""
    known: Snapshot | None = after.derived.get("sound")
    if known is None:
        mended = [
            replace(each, parsed=without_bad_keys(each.parsed))
            for each in after.items.values()
            if each.kind == "form" and has_bad_keys(each.parsed)
        ]
        known = after.overlaid(mended) if mended else after
        after.derived["sound"] = known
    return known


def check_form(form: FormDefinition, after: Snapshot) -> list[Problem]:
    """Every problem of a form among the others; expressions too, once its keys are sound."""
    found = form_checks(form, after)
    if any(problem.code in STRUCTURAL for problem in found):
        return found
    catalog = catalog_from(sound(after))
    prefix = f"{form.key}/"
    for problem in catalog.problems:
        if problem.path.startswith(prefix):
            found.append(problem.moved_from(prefix))
    found += own_formula_problems(form, catalog)
    found += logic_problems(form, catalog)
    found += flow_problems(form, catalog, after)
    for position, check in enumerate(form.checks):
        _tree, problems = catalog.condition(form.key, check.must)
        found += [problem.under(f"checks/{position}/must") for problem in problems]
    found += color_problems(form, catalog)
    for position, view in enumerate(form.views):
        if "where" in view:
            _tree, problems = catalog.condition(form.key, view["where"])
            found += [problem.under(f"views/{position}/where") for problem in problems]
        laid = arrangement_problems(catalog, form.key, Arrangement.from_view(view))
        found += [problem.under(f"views/{position}") for problem in laid]
    return found
