"""The rules of a form checked and compiled; a problem stands at its place (``logic/0/when``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.field_types.choice import options_of
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.logic.actions import Fill, LogicRule, Options, SetValue, State
from regulars.form_builder.logic.compiled import FormLogic, Narrowing, Offer, Setting, Target
from regulars.form_builder.logic.ordering import Circle, in_order
from regulars.form_builder.logic.outer import outer_paths, without_outer
from regulars.form_builder.logic.reads import link_reads, own_reads
from regulars.platform import i18n
from regulars.platform.expressions.check_leaves import kind_word
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import ValueType
from regulars.platform.problems import Problem, under

_ANY_DAY = Reading(ZoneInfo("UTC"), "CNY", datetime(2000, 1, 1, tzinfo=UTC))


def logic_of(catalog: FormCatalog, form_key: str) -> FormLogic | None:
    """The compiled rules of a published form; None when it has none."""
    form = catalog.get_form(form_key)
    if not form.logic:
        return None
    whole = catalog.whole
    return whole.kept(("logic", form_key), lambda: compile_logic(whole, form_key)[0])


def logic_problems(form: FormDefinition, catalog: FormCatalog) -> list[Problem]:
    """Everything wrong with the rules of a form of this catalog; paths are inside the form."""
    return compile_logic(catalog, form.key)[1] if form.logic else []


def compile_logic(catalog: FormCatalog, form_key: str) -> tuple[FormLogic, list[Problem]]:
    """The rules with everything that could be understood, and the problems with the rest."""
    bench = _Bench(catalog, catalog.get_form(form_key))
    seen: set[str] = set()
    for number, rule in enumerate(bench.form.logic):
        place = f"logic/{number}"
        if rule.key and rule.key in seen:
            bench.problems.append(Problem(f"{place}/key", "duplicate-key", {"key": rule.key}))
        seen.add(rule.key)
        bench.take(number, rule, place)
    return bench.logic(), bench.problems


@dataclass
class _Bench:
    """One form's rules on their way: what is understood so far, and what is wrong."""

    catalog: FormCatalog
    form: FormDefinition
    problems: list[Problem] = field(default_factory=list)
    whens: list[Node | None] = field(default_factory=list)
    reads: list[frozenset[str]] = field(default_factory=list)
    states: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    settings: dict[str, list[tuple[Setting, frozenset[str]]]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # target → where it is set first
    offers: list[Offer] = field(default_factory=list)
    narrowings: list[Narrowing] = field(default_factory=list)
    trees: list[Node] = field(default_factory=list)

    def take(self, number: int, rule: LogicRule, place: str) -> None:
        tree: Node | None = None
        if rule.when is not None:
            tree = self._read(f"{place}/when", self.catalog.condition(self.form.key, rule.when))
        self.whens.append(tree)
        self.reads.append(self._reads(tree))
        for position, action in enumerate(rule.then):
            here = f"{place}/then/{position}"
            if isinstance(action, State):
                self._state(number, action, here)
            elif isinstance(action, SetValue):
                self._set(number, action, f"{here}/set")
            elif isinstance(action, Fill):
                self._fill(number, action, f"{here}/fill")
            else:
                self._options(number, action, f"{here}/options")

    def logic(self) -> FormLogic:
        links = [
            each for tree in self.trees
            for each in link_reads(tree, self.catalog.shapes, self.form.key)
        ]  # fmt: skip
        return FormLogic(
            tuple(self.whens), tuple(self.reads), self.states, self._ordered(),
            tuple(self.offers), tuple(self.narrowings), tuple(dict.fromkeys(links)),
        )  # fmt: skip

    def _ordered(self) -> tuple[Target, ...]:
        """The targets, each after those it reads; a circle is named and left out."""
        targets = {}
        for key, found in self.settings.items():
            several = [reads | self.reads[setting.rule] for setting, reads in found]
            settings = tuple(setting for setting, _reads in found)
            every = frozenset().union(*several)
            targets[key] = Target(self.form.by_key[key], settings, every)
        try:
            order = in_order({key: each.reads for key, each in targets.items()})
        except Circle as circle:
            chain = {
                locale: " → ".join(
                    i18n.pick(self.form.by_key[key].name, locale) for key in circle.keys
                )
                for locale in i18n.LOCALES
            }
            place = self.places[circle.keys[0]]
            self.problems.append(Problem(place, "logic-circle", {"chain": chain}))
            return ()
        return tuple(targets[key] for key in order)

    def _read(self, place: str, checked: tuple[Node, list[Problem]]) -> Node | None:
        tree, problems = checked
        self.problems += under(place, problems)
        if problems:
            return None
        self.trees.append(tree)
        return tree

    def _reads(self, tree: Node | None) -> frozenset[str]:
        if tree is None:
            return frozenset()
        return own_reads(tree, self.catalog.shapes, self.form.key)

    def _named(self, place: str, key: str) -> FieldDefinition | None:
        """The field an action is about; one that is no field of the form is a problem."""
        found = self.form.find(key)
        if found is None:
            self.problems.append(Problem(place, "unknown-field", {"field": key}))
        return found

    def _state(self, number: int, action: State, place: str) -> None:
        said = self.states.setdefault(action.kind, {})
        for position, key in enumerate(action.fields):
            at = f"{place}/{action.kind}/{position}"
            found = self._named(at, key)
            if found is None:
                continue
            if action.kind in ("require", "read_only") and not _is_filled(found):
                self.problems.append(Problem(at, "logic-not-filled-in", {"field": found.name}))
                continue
            said[key] = (*said.get(key, ()), number)

    def _target(self, place: str, key: str) -> FieldDefinition | None:
        found = self._named(place, key)
        if found is not None and (found.has_rows or not _is_filled(found)):
            self.problems.append(Problem(place, "logic-cannot-set", {"field": found.name}))
            return None
        return found

    def _set(self, number: int, action: SetValue, place: str) -> None:
        found = self._target(f"{place}/field", action.field)
        if found is None:
            return
        if action.formula is not None:
            checked = self.catalog.read_formula(self.form.key, action.formula)
            tree = self._read(f"{place}/formula", checked)
            if tree is not None and self._fits(f"{place}/formula", tree, found):
                self._add(number, found, tree, None, action.if_empty, place)
        elif self._is_value(place, found, action.value):
            self._add(number, found, None, action.value, action.if_empty, place)

    def _is_value(self, place: str, target: FieldDefinition, value: Any) -> bool:
        kind = field_types.get(target.type)
        if value is not None and isinstance(kind, LinkField):
            at = f"{place}/value"
            self.problems.append(Problem(at, "logic-link-by-fill", {"field": target.name}))
            return False
        try:
            kind.convert(target, value, _ANY_DAY)
        except BadValue as bad:
            params = {"field": target.name, **bad.params}
            self.problems.append(Problem(f"{place}/value", bad.code, params))
            return False
        return True

    def _fill(self, number: int, action: Fill, place: str) -> None:
        _tree, problems = self.catalog.path(self.form.key, action.source)
        self.problems += under(f"{place}/from", problems)
        if problems:
            return
        for key, path in action.fields.items():
            at = f"{place}/fields/{key}"
            found = self._target(at, key)
            checked = self.catalog.path(self.form.key, f"{action.source}.{path}")
            tree = self._read(at, checked)
            if found is not None and tree is not None and self._fits(at, tree, found):
                self._add(number, found, tree, None, action.if_empty, at)

    def _fits(self, place: str, tree: Node, target: FieldDefinition) -> bool:
        wanted: ValueType = field_types.get(target.type).value_type(target)
        if tree.type is None or expressing.fits(tree.type, wanted):
            return True
        words = {"wanted": kind_word(wanted.kind), "found": kind_word(tree.type.kind)}
        self.problems.append(Problem(place, "wrong-kind", words))
        return False

    def _add(
        self, number: int, target: FieldDefinition, tree: Node | None, value: Any,
        if_empty: bool, place: str,
    ) -> None:  # fmt: skip
        setting = Setting(number, tree, value, if_empty)
        self.settings.setdefault(target.key, []).append((setting, self._reads(tree)))
        self.places.setdefault(target.key, place)

    def _options(self, number: int, action: Options, place: str) -> None:
        found = self._named(f"{place}/field", action.field)
        if found is None:
            return
        known, to = options_of(found), linked_form(found)
        if known and action.values is not None:
            for position, value in enumerate(action.values):
                if value not in known:
                    params = {"field": found.name, "value": value, "allowed": list(known)}
                    at = f"{place}/values/{position}"
                    self.problems.append(Problem(at, "not-an-option", params))
            self.offers.append(Offer(number, found, frozenset(action.values)))
        elif to and action.where is not None:
            self._narrow(number, found, to, action.where, f"{place}/where")
        else:
            self.problems.append(Problem(place, "logic-no-options", {"field": found.name}))

    def _narrow(
        self, number: int, target: FieldDefinition, to: str, where: Mapping[str, Any], place: str
    ) -> None:
        _tree, problems = self.catalog.condition(to, without_outer(where))
        self.problems += under(place, problems)
        reads: set[str] = set()
        for at, path, leaf in outer_paths(where):
            tree = self._read(f"{place}/{at}value/record", self.catalog.path(self.form.key, path))
            reads |= self._reads(tree)
            problems += self._comparable(f"{place}/{at}value", tree, to, leaf)
        if not problems:
            way = Narrowing(number, target, to, where, frozenset(reads) | self.reads[number])
            self.narrowings.append(way)

    def _comparable(
        self, place: str, tree: Node | None, to: str, leaf: Mapping[str, Any]
    ) -> list[Problem]:
        """Whether the linked record's field can be compared with a field of this record."""
        other, wrong = self.catalog.path(to, str(leaf.get("field", "")))
        if tree is None or wrong or tree.type is None or other.type is None:
            return wrong
        if expressing.fits(tree.type, other.type) or _is_member(tree.type, other.type, leaf):
            return []
        words = {"wanted": kind_word(other.type.kind), "found": kind_word(tree.type.kind)}
        found = [Problem(place, "wrong-kind", words)]
        self.problems += found
        return found


def linked_form(target: FieldDefinition) -> str:
    """The form whose records a link or links field chooses among; "" for other fields."""
    own = target.fields[0] if target.has_links and target.fields else target
    kind = field_types.get(own.type)
    return kind.target(own) if isinstance(kind, LinkField) else ""


def _is_filled(each: FieldDefinition) -> bool:
    return field_types.get(each.type).writable


def _is_member(found: ValueType, wanted: ValueType, leaf: Mapping[str, Any]) -> bool:
    """A tags field of the linked record that holds a text of this one."""
    return str(leaf.get("op")) in ("has", "has_any") and wanted.kind.value == "tags"
