"""What a draft holds against the rules of its form: one problem at each such field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import defaults, expressing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import is_formula
from regulars.form_builder.definition import LINKED, FieldDefinition
from regulars.form_builder.linking import chunks
from regulars.form_builder.logic.compiled import FormLogic, Narrowing
from regulars.form_builder.logic.compiling import logic_of
from regulars.form_builder.logic.outer import filled_in, outer_paths
from regulars.form_builder.logic.ruling import Case, value_of
from regulars.form_builder.plain_values import plain_json
from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem


def refuse_ruled_out(writing: Writing, cases: Sequence[Case]) -> None:
    """Note a problem at each value that a rule does not let stand."""
    logic = logic_of(writing.catalog, writing.form.key)
    if logic is None:
        return
    for case in cases:
        _refuse_hidden(writing, case)
        _refuse_fixed(writing, case)
        _refuse_options(writing, logic, case)
    for way in logic.narrowings:
        _refuse_links(writing, way, cases)


def condition_of(writing: Writing, way: Narrowing, case: Case) -> Any:
    """Which records a link may lead to, with the values of the record being filled in."""
    trees = {
        path: writing.catalog.path(writing.form.key, path)[0]
        for _place, path, _leaf in outer_paths(way.where)
    }
    return filled_in(way.where, lambda path: plain_json(value_of(writing, case, trees[path])))


def _refuse_hidden(writing: Writing, case: Case) -> None:
    """A hidden field takes no value from outside; on a new record it starts out empty."""
    for key in case.effects.hidden:
        field = writing.form.by_key[key]
        if key in case.given:
            if key in case.draft.rows or case.draft.values[key] != case.base.get(key):
                _refuse(case, key, "hidden-by-logic", field=field.name)
        elif case.draft.is_new and key in case.draft.values and key not in case.put_in:
            case.draft.values[key] = frozenset() if field.has_side else None


def _refuse_fixed(writing: Writing, case: Case) -> None:
    for key in case.effects.read_only & case.touched:
        value = case.draft.values.get(key)
        if key in case.base and value == case.base[key] and key not in case.draft.rows:
            continue
        field = writing.form.by_key[key]
        if case.draft.is_new and field.default is not None and value == _usual(writing, field):
            continue
        _refuse(case, key, "read-only-by-logic", field=field.name)


def _usual(writing: Writing, field: FieldDefinition) -> Any:
    """The default that stands there by itself, where it is a plain value."""
    if is_formula(field.default):
        return None
    return defaults.as_given(field, field.default, writing.reading)


def _refuse_options(writing: Writing, logic: FormLogic, case: Case) -> None:
    for key, allowed in case.effects.allowed.items():
        field = writing.form.by_key[key]
        rules = [each.rule for each in logic.offers if each.field.key == key]
        reads = frozenset().union(*(logic.reads[n] for n in rules))
        if not any(map(case.moved, {key, *reads})):
            continue
        value = case.row.get(key)
        held = value if isinstance(value, frozenset) else {value} - {None}
        for each in sorted(held - allowed):
            _refuse(case, key, "not-offered", field=field.name, value=_label(field, each))


def _label(field: FieldDefinition, value: str) -> Any:
    return field.options.get(value, {}).get("label") or value


def _refuse_links(writing: Writing, way: Narrowing, cases: Sequence[Case]) -> None:
    """Every link of the batch that a condition narrows, in one question per condition."""
    groups: dict[str, tuple[Any, list[tuple[Case, str, int]]]] = {}
    for case in cases:
        key = way.field.key
        if not case.truths[way.rule] or not any(map(case.moved, {key, *way.reads})):
            continue
        wanted = condition_of(writing, way, case)
        name = writing.catalog.condition_name(wanted)
        _where, found = groups.setdefault(name, (wanted, []))
        found += [(case, path, linked) for path, linked in _links(way.field, case)]
    for where, found in groups.values():
        allowed = meeting(writing, way.to, where, {linked for _case, _path, linked in found})
        for case, path, linked in found:
            if linked not in allowed:
                _refuse(case, path, "not-offered", field=way.field.name, value=str(linked))


def _links(field: FieldDefinition, case: Case) -> list[tuple[str, int]]:
    if not field.has_rows:
        value = case.row.get(field.key)
        return [(field.key, value)] if isinstance(value, int) else []
    rows = case.draft.rows.get(field.key, ())
    return [(f"{field.key}/{n}", row.values[LINKED]) for n, row in enumerate(rows)]


def meeting(writing: Writing, to: str, where: Any, ids: set[int]) -> set[int]:
    """Which of these records of a form meet a condition; none when it cannot be understood."""
    tree = narrowed_tree(writing.catalog, to, where)
    if tree is None:
        return set()
    table = writing.catalog.source().table(to)
    limit = expressing.where_sql(writing.uow, writing.catalog, tree, table)
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        statement = sa.select(table.c.id).where(table.c.id.in_(some), limit)
        found.update(writing.uow.execute(statement).scalars())
    return found


def narrowed_tree(catalog: FormCatalog, to: str, where: Any) -> Node | None:
    """The checked condition, None where this catalog's reader may not use it.

    It holds one record's values, so that it is not kept.
    """
    tree, problems = parse_condition(where)
    if not problems:
        tree, problems = check(tree, catalog.shapes, to)
    return None if problems or catalog.refusals(tree) else tree


def _refuse(case: Case, path: str, code: str, **params: Any) -> None:
    if not any(problem.path == path for problem in case.draft.problems):
        case.draft.problems.append(Problem(path, code, params))
