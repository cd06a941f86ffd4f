"""Everything published about forms at one moment: definitions, tables, shapes, compiled parts.

Made once per snapshot of the definitions and shared by every transaction that sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa

from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED, Check, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Reading, field_types
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.rollup_plans import RollupPlan, plan_rollups
from regulars.form_builder.shaping import shape_forms
from regulars.form_builder.system_forms import system_forms
from regulars.form_builder.tables import FormTables, build_tables
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.errors import NotFound
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.dependencies import hop_places
from regulars.platform.expressions.evaluate import compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Call, Literal, Node, Path
from regulars.platform.expressions.types import BOOLEAN, ValueType
from regulars.platform.prepared import Prepared
from regulars.platform.privacy.ledger import consent_state
from regulars.platform.problems import Problem

T = TypeVar("T")
Checked = tuple[Node, list[Problem]]
_CONSENTS = sa.select(
    consent_state.c.form,
    consent_state.c.record.label("record_id"),
    consent_state.c.purpose,
    consent_state.c.channel,
    consent_state.c.granted,
).subquery("consents")


@dataclass(frozen=True)
class Source:
    """The tables behind the shapes, as the SQL compiler asks for them."""

    tables: Mapping[str, FormTables]

    def table(self, form_key: str) -> sa.Table:
        """The table of a form, of a subform's rows (``orders.items``) or of a system form."""
        system = system_forms.find(form_key)
        if system is not None:
            return system.table
        main, _dot, rows = form_key.partition(".")
        return self.tables[main].rows[rows].main if rows else self.tables[main].main

    def side(self, form_key: str, field_key: str) -> sa.Table:
        """The side table of a tags field (columns record, value)."""
        return self.tables[form_key].sides[field_key]

    def consents(self) -> sa.FromClause:
        """Who agrees to what now (columns form, record_id, purpose, channel, granted)."""
        return _CONSENTS

    def designed(self) -> Source:
        """The whole tables: derived fields look no further than everybody else."""
        return self


@dataclass(frozen=True)
class FormCatalog:
    """The published forms of a workspace with everything compiled from them.

    One made for a role (`field_rights`) leaves out what that role does not see: then ``origin`` is
    the whole one, and ``masks`` says by form and field what is only shown masked, and how.
    """

    number: int
    forms: Mapping[str, FormDefinition]
    versions: Mapping[str, int]
    tables: Mapping[str, FormTables]
    shapes: Shapes
    rollups: tuple[RollupPlan, ...]
    problems: tuple[Problem, ...] = ()
    masks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    origin: FormCatalog | None = None
    statements: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Statements that are built once, by whoever needs them; shared by all threads."""
    _trees: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def whole(self) -> FormCatalog:
        """The catalog with everything, by which records are stored and derived values made."""
        return self.origin or self

    def prepared(self, name: Any, make: Callable[[], sa.Executable]) -> Prepared:
        """The statement under this name, made once; it holds for everybody at any moment."""
        found: Prepared | None = self.statements.get(name)
        if found is None:
            found = self.statements[name] = Prepared(make())
        return found

    def kept(self, name: Any, make: Callable[[], T]) -> T:
        """What was made of this catalog before under this name, else made now."""
        found: T | None = self._trees.get(name)
        if found is None:
            found = self._trees[name] = make()
        return found

    def mask_of(self, form_key: str, field_key: str) -> str | None:
        """How a field is masked for this reader, None when it is not."""
        return self.masks[form_key].get(field_key) if form_key in self.masks else None

    def get_form(self, key: str) -> FormDefinition:
        """A form, or the row form of a subform (``orders.items``); NotFound otherwise."""
        found = self.forms.get(key) or self._row_forms().get(key)
        if found is None:
            raise NotFound("no-form", key=key)
        return found

    def version(self, key: str) -> int:
        """The published version of a form."""
        return self.versions[key]

    def source(self) -> Source:
        """The tables, for the SQL compiler."""
        return Source(self.tables)

    def condition(self, form_key: str, raw: Any) -> Checked:
        """A condition's checked tree and all problems with it."""
        name = ("condition", form_key, self.condition_name(raw))
        tree, problems = self._checked(name, form_key, lambda: parse_condition(raw), BOOLEAN)
        return tree, problems or self.refusals(tree)

    def condition_name(self, raw: Any) -> str:
        """The same text for the same condition."""
        return json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False)

    def path(self, form_key: str, path: str) -> Checked:
        """A field path's checked tree and all problems with it: to sort, group or count by."""
        tree, problems = self.shown_path(form_key, path)
        return tree, problems or self.refusals(tree)

    def shown_path(self, form_key: str, path: str) -> Checked:
        """As `path`, for a value that is only shown: its last field may be masked."""
        name, bare = ("path", form_key, path), Path(tuple(path.split(".")))
        tree, problems = self._checked(name, form_key, lambda: (bare, []), None)
        return tree, problems or self.refusals(tree, shown=True)

    def period(self, form_key: str, path: str, unit: str) -> Node:
        """The first day of the ``unit`` (of `times.CALENDAR_UNITS`) that a path's value is in."""
        bare = Call("STARTOF", (Path(tuple(path.split("."))), Literal(unit)))
        name = ("period", form_key, path, unit)
        return self._checked(name, form_key, lambda: (bare, []), None)[0]

    def formula(self, form_key: str, text: str) -> Node:
        """A published formula's checked tree."""
        return self.read_formula(form_key, text)[0]

    def read_formula(self, form_key: str, text: str) -> Checked:
        """A formula's checked tree and all problems with it."""
        return self._checked(("formula", form_key, text), form_key, lambda: _read(text), None)

    def closure(self, tree: Node) -> Callable[[Any, Any], Any]:
        """The compiled Python of a checked tree; a yes or no that nobody gave stays None."""
        known = self._trees.get(id(tree))
        if known is None or known[0] is not tree:
            known = (tree, compile_python_value(tree, self.shapes))
            self._trees[id(tree)] = known
        return known[1]

    def checks(self, form_key: str) -> list[tuple[Check, Node]]:
        """A form's own checks with their trees."""
        form = self.get_form(form_key)
        return [(each, self.condition(form_key, each.must)[0]) for each in form.checks]

    def rollups_over(self, rows: str) -> Sequence[RollupPlan]:
        """The rollups that a change of this form's records, or rows, may concern."""
        over = (plan for plan in self.rollups if rows in plan.sources)
        return self.kept(("rollups-over", rows), lambda: tuple(over))

    def adds_up_through(self, rows: str) -> bool:
        """Whether a rollup adds up fields of the records that rows of a links field lead to."""
        joints = ((plan.joint, plan.uses) for plan in self.rollups if plan.joint is not None)
        return any(j.form == rows and j.rows == LINKED and uses for j, uses in joints)

    def zero_columns(self, form_key: str) -> Sequence[str]:
        """Rollup columns that begin at nought, not at nothing."""
        return self.kept(("zero-columns", form_key), lambda: self._zero_columns(form_key))

    def _zero_columns(self, form_key: str) -> Sequence[str]:
        return tuple(
            each.key
            for each in self.get_form(form_key).fields
            if each.type == "rollup" and each.settings["aggregate"] in ("count", "sum")
        )

    def link_targets(self, form_key: str) -> Sequence[tuple[str, str]]:
        """(field, target form) of every field that points to one record."""
        return self.kept(("link-targets", form_key), lambda: self._link_targets(form_key))

    def _link_targets(self, form_key: str) -> Sequence[tuple[str, str]]:
        found = []
        for each in self.get_form(form_key).fields:
            kind = field_types.get(each.type)
            if isinstance(kind, LinkField):
                found.append((each.key, kind.target(each)))
            elif each.type in ("created_by", "updated_by"):
                found.append((each.key, "sys_members"))
        return found

    def links_to(self, form_key: str) -> list[tuple[str, FieldDefinition]]:
        """(form or row form, field) of every link field that points to records of this form."""
        every = [*self.forms.values(), *self._row_forms().values()]
        return [
            (form.key, each)
            for form in every
            for each in form.fields
            if each.type == "link" and each.settings.get("to") == form_key
        ]

    def from_stored_json(
        self, form_key: str, body: Mapping[str, Any], uow: UnitOfWork
    ) -> RowDraft:
        """Values kept as JSON (recycle bin, undo) as a draft; what no longer fits is left out."""
        form = self.get_form(form_key)
        reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now)
        draft = RowDraft(0)
        for each in form.fields:
            if each.key not in body or each.has_rows:
                continue
            with suppress(ValueError):
                kept = field_types.get(each.type).kept(each, body[each.key], reading)
                draft.values[each.key] = kept
        return draft

    def refusals(self, tree: Node, *, shown: bool = False) -> list[Problem]:
        """A problem for each field that this reader may see masked, but not use."""
        if not self.masks:
            return []
        found = dict.fromkeys(hop_places(tree))
        if shown and isinstance(tree, Path) and tree.hops:
            last = tree.hops[-1]
            found.pop((last.form, last.field.key), None)
        return [
            Problem("", "masked-field", {"field": self._label(form, key)})
            for form, key in found
            if self.mask_of(form, key)
        ]

    def _label(self, form_key: str, field_key: str) -> Any:
        shape = self.shapes.find(form_key)
        found = shape.field(field_key) if shape else None
        return (found.label if found else None) or field_key

    def _row_forms(self) -> dict[str, FormDefinition]:
        known: dict[str, FormDefinition] | None = self._trees.get("row-forms")
        if known is None:
            known = {rows.key: rows for form in self.forms.values() for rows in form.subforms()}
            self._trees["row-forms"] = known
        return known

    def _checked(
        self, name: Any, form_key: str, parse: Callable[[], Checked], expect: ValueType | None
    ) -> Checked:
        known: Checked | None = self._trees.get(name)
        if known is None:
            tree, problems = parse()
            if not problems:
                tree, problems = check(
                    tree, self.shapes, form_key, expect=expect, volatile=expect is None
                )
            known = (tree, problems)
            if len(self._trees) < 5000:
                self._trees[name] = known
        return known


def _read(text: str) -> Checked:
    try:
        return parse_formula(text), []
    except FormulaError as error:
        return Path(()), [error.problem()]


def catalog_of(uow: UnitOfWork) -> FormCatalog:
    """The published forms as this transaction sees them."""
    return catalog_from(snapshot(uow))


def catalog_from(seen: Snapshot) -> FormCatalog:
    """The forms of a snapshot; computed once and kept with it."""
    known: FormCatalog | None = seen.derived.get("forms")
    if known is None:
        known = _compile(seen)
        seen.derived["forms"] = known
    return known


def _compile(seen: Snapshot) -> FormCatalog:
    forms: dict[str, FormDefinition] = seen.all("form")
    shapes, problems = shape_forms(forms.values(), (system.shape for system in system_forms))
    rollups, more = plan_rollups(forms.values(), shapes)
    return FormCatalog(
        seen.number,
        forms,
        {key: seen.version("form", key) for key in forms},
        _TablesOf(forms),
        shapes,
        tuple(rollups),
        (*problems, *more),
    )


class _TablesOf(Mapping[str, FormTables]):
    """The tables of each form, made when somebody asks: checking a draft never does.

    Every step of the designer is a form that nobody will see again.
    """

    def __init__(self, forms: Mapping[str, FormDefinition]) -> None:
        self._forms = forms
        self._made: dict[str, FormTables] = {}

    def __getitem__(self, key: str) -> FormTables:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = tables_of(self._forms[key])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


def tables_of(form: FormDefinition) -> FormTables:
    """The tables of one form version; the same objects for the same definition in a process."""
    return _tables(_Same(form))


@dataclass(frozen=True)
class _Same:
    """Names a form by its content, so that equal definitions share their tables."""

    form: FormDefinition

    def __hash__(self) -> int:
        return hash((self.form.key, tuple(each.key for each in self.form.fields)))


@lru_cache(maxsize=2000)
def _tables(name: _Same) -> FormTables:
    return build_tables(name.form)
