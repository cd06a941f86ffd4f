"""What a record would be if it were saved now: values, what is shown, needed, locked and offered.

The page asks while somebody types, programs ask beforehand. It is the write path itself without
its last step, so that the answer is what saving would make. Nothing is stored or held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.form_builder import writing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, may_write
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.logic import ruling
from regulars.form_builder.logic.compiling import logic_of
from regulars.form_builder.logic.effects import Effects
from regulars.form_builder.logic.refusing import condition_of, narrowed_tree
from regulars.form_builder.logic.ruling import Case, case_of, value_of
from regulars.form_builder.origin import API
from regulars.form_builder.querying import Record, hide_masked, linked_ids
from regulars.form_builder.records import (
    get_record,
    read_row,
    require_verb,
    require_visible,
    seen_form,
)
from regulars.form_builder.storing import load_rows
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.dependencies import dependencies
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem

WORKED_OUT = ("formula", "lookup")
"""Types whose values follow from others on the spot."""


@dataclass(frozen=True)
class Wish:
    """A record to be looked at: ``values`` as they would be sent, of ``record`` or a new one.

    ``texts`` as in `records.create_record`; ``moved`` the fields changed since the last look, None
    where the record is looked at as a whole.
    """

    values: Mapping[str, Any]
    record: int | None = None
    texts: bool = False
    moved: frozenset[str] | None = None


@dataclass(frozen=True)
class Narrowed:
    """What is left to choose: ``values`` of a choice, or records of ``to`` that meet ``where``.

    ``where`` is None where the reader may not use what it speaks of.
    """

    values: tuple[str, ...] | None = None
    to: str = ""
    where: Any = None


@dataclass(frozen=True)
class Trial:
    """What the record would be, as its reader sees it.

    ``given`` are the fields that rules gave a value; ``read_only`` what the rules or the reader's
    role let nobody change.
    """

    form: FormDefinition
    record: Record
    effects: Effects
    given: frozenset[str]
    read_only: frozenset[str]
    options: Mapping[str, Narrowed]
    problems: Sequence[Problem]

    def shows(self, key: str) -> bool:
        """Whether a field is there to be filled in."""
        return key not in self.effects.hidden

    def requires(self, field: FieldDefinition) -> bool:
        """Whether a field has to hold something."""
        return self.effects.requires(field.key, usually=field.required)


def look_ahead(uow: UnitOfWork, access: Access, form_key: str, wish: Wish) -> Trial:
    """What saving would make; problems are part of the answer. Forbidden as for saving."""
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    work = Writing(uow, access, catalog, form, API, only_looks=True, moved=wish.moved)
    verb = "create" if wish.record is None else "update"
    require_verb(access, form_key, verb)
    if wish.record is not None:
        require_visible(work, wish.record, verb)
    draft = read_row(work, seen_form(work), wish.values, 0, texts=wish.texts)
    draft.id = wish.record
    cases = writing.prepare(work, [draft])
    case = cases[0] if cases else case_of(work, draft, frozenset(), None)
    return _told(work, case, wish)


def hidden_fields(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> frozenset[str]:
    """The fields that rules hide on a record as it is stored; whoever asks may read it."""
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    if not form.logic:
        return frozenset()
    work = Writing(uow, access, catalog, form, API, only_looks=True)
    stored = load_rows(uow, form, work.tables, [record_id])
    draft = RowDraft(0, id=record_id, current=stored.get(record_id))
    [case] = ruling.rule_over(replace(work, moved=frozenset()), [draft], {})
    return case.effects.hidden


def _told(work: Writing, case: Case, wish: Wish) -> Trial:
    """The case without what this reader may not see."""
    seen = catalog_for(work.uow, work.access)
    form, is_new = seen.get_form(work.form.key), wish.record is None
    locked = frozenset(
        each.key for each in form.fields
        if not may_write(work.access.field_right(form.key, each.key), is_new=is_new)
    )  # fmt: skip
    known = frozenset(form.by_key)
    return Trial(
        form, _record(work, seen, form, case), case.effects, frozenset(case.put_in) & known,
        (locked | case.effects.read_only) & known, dict(_narrowed(work, seen, form, case)),
        [each for each in case.draft.problems if _is_known(work.form, form, each)],
    )  # fmt: skip


def _is_known(whole: FormDefinition, seen: FormDefinition, problem: Problem) -> bool:
    """Problems of fields that are not there for this reader are told when they save."""
    key = problem.path.partition("/")[0]
    return whole.find(key) is None or seen.find(key) is not None


def _record(work: Writing, seen: FormCatalog, form: FormDefinition, case: Case) -> Record:
    draft, uow, access = case.draft, work.uow, work.access
    values: dict[str, Any] = {each.key: None for each in form.fields}
    version, number = 1, draft.id or 0
    if draft.id is not None:
        stored = get_record(uow, access, form.key, draft.id, verb="update")
        values, version = dict(stored.values), stored.version
    values.update({key: value for key, value in draft.values.items() if key in form.by_key})
    values.update(dict(_derived(work, seen, form, case)))
    for key, rows in draft.rows.items():
        if key in form.by_key:
            columns = _row_trees(seen, form.by_key[key], f"{form.key}.{key}")
            values[key] = [_row(work, case, columns, row) for row in rows]
    hide_masked(seen, form.key, values)
    found = Record(form.key, number, version, values)
    found.titles = titles_of(uow, access, seen, linked_ids(seen, form, [found]))
    return found


def _row_trees(
    seen: FormCatalog, field: FieldDefinition, rows: str
) -> list[tuple[str, Node | None]]:
    """The columns of rows, each with the tree that works it out where one does."""
    found: list[tuple[str, Node | None]] = []
    for each in field.fields:
        tree, problems = seen.shown_path(rows, each.key)
        derived = each.type in WORKED_OUT and not problems
        found.append((each.key, tree if derived else None))
    return found


def _row(
    work: Writing, case: Case, columns: Sequence[tuple[str, Node | None]], row: RowDraft
) -> dict[str, Any]:
    values: dict[str, Any] = {key: None for key, _tree in columns}
    values.update({**row.values, "id": row.id, "parent": case.draft.id or 0})
    for key, tree in columns:
        if tree is not None and _may_work_out(work, tree):
            values[key] = work.catalog.closure(tree)(values, case.context)
    return values


def _derived(
    work: Writing, seen: FormCatalog, form: FormDefinition, case: Case
) -> Iterator[tuple[str, Any]]:
    """Formulas, lookups and sums over the rows, worked out on the record as it would be."""
    for each in form.fields:
        if each.type == "rollup" and case.draft.rows:
            yield each.key, case.row.get(each.key)
        if each.type not in WORKED_OUT:
            continue
        tree, problems = seen.shown_path(form.key, each.key)
        if not problems and _may_work_out(work, tree):
            yield each.key, value_of(work, case, tree)


def _may_work_out(work: Writing, tree: Node) -> bool:
    """Other records count only for those who may read all of them; else saving tells."""
    other = {form for form, _key in dependencies(tree, work.catalog.shapes).fields}
    other = {form.partition(".")[0] for form in other} - {work.form.key}
    return all(
        form.startswith("sys_") or work.access.scope(form, "read") == "all" for form in other
    )


def _narrowed(
    work: Writing, seen: FormCatalog, form: FormDefinition, case: Case
) -> Iterator[tuple[str, Narrowed]]:
    logic = logic_of(work.catalog, work.form.key)
    for key, allowed in case.effects.allowed.items():
        if key in form.by_key:
            options = form.by_key[key].settings.get("options", ())
            left = tuple(each["value"] for each in options if each["value"] in allowed)
            yield key, Narrowed(left)
    for key, ways in case.effects.narrowed.items():
        if key not in form.by_key or logic is None:
            continue
        several = [logic.narrowings[n] for n in ways]
        where = {"all": [condition_of(work, way, case) for way in several]}
        to = several[0].to
        readable = to in seen.forms and narrowed_tree(seen, to, where) is not None
        yield key, Narrowed(None, to, where if readable else None)


def fields_told(trial: Trial) -> Iterator[FieldDefinition]:
    """The fields that people fill in, as far as the reader sees them."""
    yield from (each for each in trial.form.fields if field_types.get(each.type).writable)
