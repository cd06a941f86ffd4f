"""How a run sees the world: its subject's fields and the records it knows by name, as of now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.form_builder.storing import load_rows
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.evaluate import Context
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem
from regulars.rule_engine.scope import SUBJECT, Scope
from regulars.rule_engine.steps.base import StepFailed


class KnownRows(dict[tuple[str, int], dict[str, Any]]):
    """Records read beforehand for many runs; when one of them writes, all of them forget."""

    generation = 0

    def forget(self) -> None:
        """Something was written: nothing that was read before holds any more."""
        self.clear()
        self.generation += 1


class Unreadable(StepFailed):
    """A formula or condition that no longer means anything, because a form changed."""

    def __init__(self, problems: list[Problem]) -> None:
        codes = [{"path": each.path, "code": each.code} for each in problems]
        super().__init__("rule-broken", problems=codes)


class KnownRecords(StoredRecords):
    """Stored records, some of which were read beforehand for many runs together."""

    def __init__(self, uow: UnitOfWork, known: KnownRows) -> None:
        super().__init__(uow, catalog_of(uow))
        self._known = known

    def linked(self, form_key: str, record_id: int) -> Mapping[str, Any] | None:
        """The record of a form, None when it is gone."""
        return self._known.get((form_key, record_id)) or super().linked(form_key, record_id)


def read_ahead(uow: UnitOfWork, rows: Iterable[Any]) -> KnownRows:
    """The subjects of many runs, and what started them, read with one question per form."""
    catalog = catalog_of(uow)
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.form, set()).add(row.record)
        for form, record in row.context.values():
            wanted.setdefault(form, set()).add(record)
    found = KnownRows()
    for key, ids in wanted.items():
        if key in catalog.tables:
            stored = load_rows(uow, catalog.get_form(key), catalog.tables[key], ids)
            found.update({(key, record): values for record, values in stored.items()})
    return found


class RunSight:
    """Values of one subject and its named records. `forget` after anything was written."""

    def __init__(
        self,
        uow: UnitOfWork,
        form: str,
        subject: int,
        names: dict[str, Any],
        known: KnownRows | None = None,
    ) -> None:
        self.uow = uow
        self.form = form
        self.subject = subject
        self.names = names
        self._known = KnownRows() if known is None else known
        self._generation = -1

    def forget(self) -> None:
        """Something was written: read every record anew from now on."""
        self._known.forget()

    @property
    def _records(self) -> StoredRecords:
        """The records as they are, whoever wrote last."""
        if self._generation != self._known.generation:
            self._generation = self._known.generation
            self._stored = self.open_records()
        return self._stored

    def open_records(self) -> StoredRecords:
        """Where values are read from, with nothing read yet."""
        return KnownRecords(self.uow, self._known)

    @property
    def context(self) -> Context:
        """What closures need beside the row."""
        return expressing.context(self.uow, None, self._records)

    @property
    def is_there(self) -> bool:
        """Whether the subject still exists."""
        return self._records.linked(self.form, self.subject) is not None

    def row(self) -> Mapping[str, Any]:
        """The subject's values with the named records as links."""
        stored = self._records.linked(self.form, self.subject)
        if stored is None:
            raise StepFailed("record-gone", path=SUBJECT)
        links = {name: int(found[1]) for name, found in self.names.items()}
        return {**stored, SUBJECT: self.subject, **links}

    def record(self, form: str, record: int) -> Mapping[str, Any] | None:
        """The stored values of any record, None when it is gone."""
        return self._records.linked(form, record)

    def value(self, scope: Scope, formula: str) -> Any:
        """The plain value of a formula."""
        return self._computed(scope, scope.formula(formula))

    def holds(self, scope: Scope, condition: Mapping[str, Any]) -> bool:
        """Whether a condition holds."""
        return bool(self._computed(scope, scope.condition(condition)))

    def measured(self, scope: Scope, condition: Mapping[str, Any]) -> list[list[Any]]:
        """What every leaf of a condition finds, as a trace keeps it."""
        tree, problems = scope.condition(condition)
        if problems:
            raise Unreadable(problems)
        found = scope.meter(tree).measure(self._whole_row(scope), self.context)
        return [each.as_kept() for each in found]

    def at_path(self, scope: Scope, path: str) -> Any:
        """The plain value at a field path."""
        return self._computed(scope, scope.path(path))

    def _computed(self, scope: Scope, checked: tuple[Node, list[Problem]]) -> Any:
        tree, problems = checked
        if problems:
            raise Unreadable(problems)
        try:
            return scope.closure(tree)(self._whole_row(scope), self.context)
        except FormulaError as error:  # it looks at more records than one step may
            raise Unreadable([error.problem()]) from error

    def _whole_row(self, scope: Scope) -> Mapping[str, Any]:
        """The row with every name of the scope, known or not."""
        return {**dict.fromkeys(scope.names), **self.row()}
