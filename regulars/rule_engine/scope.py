"""What a formula, condition or merge field inside a rule may speak of.

The subject's own fields by their keys, ``subject.*``, the trigger's record as ``trigger.*``, and
every record the run made by its name (``coupon.*``). Alone, such a name is a link to the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.evaluate import Evaluate, compile_python_value
from regulars.platform.expressions.findings import LeafMeter
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import FieldShape, Shapes
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import BOOLEAN, Kind, ValueType
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Rule

SUBJECT, TRIGGER = "subject", "trigger"
Checked = tuple[Node, list[Problem]]


@dataclass(frozen=True)
class Scope:
    """The names of one rule at one of its steps: ``names`` maps each to its form."""

    catalog: FormCatalog
    subject: str
    names: Mapping[str, str]
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def start(cls, catalog: FormCatalog, subject: str, trigger_form: str | None) -> Scope:
        """What is known when a run enters."""
        names = {SUBJECT: subject}
        if trigger_form is not None:
            names[TRIGGER] = trigger_form
        return cls(catalog, subject, names)

    def having(self, name: str, form: str) -> Scope:
        """This scope with one more record."""
        return Scope(self.catalog, self.subject, {**self.names, name: form})

    def shapes(self) -> Shapes:
        """All forms, the subject's with the names as further links."""
        known: Shapes | None = self._known.get("shapes")
        if known is None:
            known = _with_names(self.catalog.shapes, self.subject, self.names)
            self._known["shapes"] = known
        return known

    def condition(self, raw: Any) -> Checked:
        """A condition's checked tree and its problems."""
        return self._checked(("condition", _name(raw)), lambda: parse_condition(raw), BOOLEAN)

    def formula(self, text: str) -> Checked:
        """A formula's checked tree and its problems."""
        return self._checked(("formula", text), lambda: _read(text), None)

    def path(self, path: str) -> Checked:
        """A field path's checked tree and its problems."""
        tree = Path(tuple(path.split(".")))
        return self._checked(("path", path), lambda: (tree, []), None)

    def closure(self, tree: Node) -> Evaluate:
        """The compiled Python of a checked tree; a yes or no that nobody gave stays None."""
        known = self._known.get(id(tree))
        if known is None or known[0] is not tree:
            known = (tree, compile_python_value(tree, self.shapes()))
            self._known[id(tree)] = known
        return known[1]

    def meter(self, tree: Node) -> LeafMeter:
        """What measures the leaves of a checked condition."""
        name = ("meter", id(tree))
        known = self._known.get(name)
        if known is None or known[0] is not tree:
            known = (tree, LeafMeter(tree, self.shapes()))
            self._known[name] = known
        meter: LeafMeter = known[1]
        return meter

    def _checked(
        self, name: Any, parse: Callable[[], Checked], expect: ValueType | None
    ) -> Checked:
        known: Checked | None = self._known.get(name)
        if known is None:
            tree, problems = parse()
            if not problems:
                volatile = expect is None
                tree, problems = check(
                    tree, self.shapes(), self.subject, expect=expect, volatile=volatile
                )
            known = (tree, problems)
            self._known[name] = known
        return known


@dataclass(frozen=True)
class Meaning:
    """What checks look things up in: every form, every definition, the rule itself."""

    snapshot: Snapshot
    catalog: FormCatalog
    subject: str
    rule: Rule | None = None
    scope: Scope | None = None

    def within(self, scope: Scope) -> Meaning:
        """The same, at a step where ``scope`` holds."""
        return replace(self, scope=scope)


def _with_names(shapes: Shapes, subject: str, names: Mapping[str, str]) -> Shapes:
    form = shapes.find(subject)
    if form is None:
        return shapes
    links = {
        name: FieldShape(name, ValueType(Kind.LINK, form=key), label=_label(shapes, key))
        for name, key in names.items()
    }
    widened = replace(form, fields={**form.fields, **links})
    return Shapes({**shapes.forms, subject: widened})


def _label(shapes: Shapes, key: str) -> Any:
    found = shapes.find(key)
    return found.label if found else None


def _read(text: str) -> Checked:
    try:
        return parse_formula(text), []
    except FormulaError as error:
        return Path(()), [error.problem("")]


def _name(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False)
