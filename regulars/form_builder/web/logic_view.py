"""What the logic page shows: rules and checks as sentences, and the small form that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from regulars.form_builder import edits, service, undo
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.choice import options_of
from regulars.form_builder.formula_desk import drafted_catalog
from regulars.form_builder.logic import grouping
from regulars.form_builder.logic.actions import named_fields
from regulars.form_builder.logic.compiling import linked_form
from regulars.form_builder.logic.edits import named
from regulars.form_builder.logic.words import Sayer
from regulars.form_builder.web.entries import Choices, offered
from regulars.form_builder.web.filters import offered_ops
from regulars.form_builder.web.logic_opened import opened
from regulars.form_builder.web.values import field_at_path, target_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.store import Draft
from regulars.platform.formats import Formats
from regulars.platform.problems import Problem

KINDS = ("show", "hide", "require", "read_only", "set", "fill", "options")


@dataclass(frozen=True)
class Part:
    """One chip: its place in its list, its words, and what is wrong with it."""

    number: int
    words: str
    problems: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """A row of a condition, or a group of them joined by ``match``; ``place`` is the way to it."""

    place: str
    words: str = ""
    match: str = ""
    rows: Sequence[Row] = ()
    problems: Sequence[str] = ()

    @property
    def can_nest(self) -> bool:
        """Whether a group may stand in this one."""
        depth = self.place.count(".") + 1 if self.place else 0
        return depth + 2 <= grouping.DEEPEST


@dataclass(frozen=True)
class ShownRule:
    """One rule as a sentence."""

    key: str
    number: int
    condition: Row
    actions: Sequence[Part]
    names: frozenset[str]  # the fields it speaks of
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class ShownCheck:
    """One check: what must hold, and what is said when it does not."""

    key: str  # what its condition is named by, as a rule's by the key of the rule
    part: Part
    condition: Row
    message: Any
    at: Any


@dataclass(frozen=True)
class LogicPage:
    """Everything on the page. ``open`` is what the address asks for, read by `asked`.

    ``shows`` and ``keeps`` are the endpoints of the page and of its changes, ``root`` its place.
    """

    shows: ClassVar[str] = "designer.logic"
    keeps: ClassVar[str] = "designer.change_logic"
    root: ClassVar[str] = "#logic"
    draft: Draft
    form: FormDefinition
    catalog: FormCatalog
    rules: Sequence[ShownRule]
    checks: Sequence[ShownCheck]
    open: Mapping[str, Any]
    errors: Mapping[str, Sequence[str]]
    undo_steps: int
    redo_steps: int
    n_changes: int
    look_up: Callable[[str], Choices] = field(repr=False)
    published: frozenset[str] = frozenset()
    locale: str = "en"

    def asked(self, name: str, default: str = "") -> str:
        """One input of the form that is open, as it stands."""
        return str(self.open.get(name, default))

    @property
    def held(self) -> list[str]:
        """What is ticked or typed in the form that is open, as it is kept."""
        return list(self.open.get("held", ()))

    def pair(self, number: int) -> tuple[str, str]:
        """The fields of one line of what is filled in: here, there."""
        pairs = self.open.get("pairs", ())
        return pairs[number] if number < len(pairs) else ("", "")

    def is_open(self, do: str, rule: str = "", number: int | str = "") -> bool:
        """Whether this place has its form open."""
        at = (self.asked("at"), self.asked("rule"), self.asked("n"))
        return at == (do, rule, str(number))

    def named(self, fields: Iterable[FieldDefinition]) -> list[tuple[str, str]]:
        """Fields as the options of a select."""
        return [(each.key, i18n.pick(each.name, self.locale)) for each in fields]

    def title(self, path: str) -> str:
        """A path as its fields are called."""
        head, _dot, tail = path.partition(".")
        names = [self.form.find(head), self.at_path(path) if tail else None]
        return " › ".join(i18n.pick(each.name, self.locale) for each in names if each is not None)

    def points(self, field: FieldDefinition) -> bool:
        """Whether a field leads to a record, so that its value has to come from somewhere."""
        return bool(target_of(field))

    @property
    def compared(self) -> list[tuple[str, FieldDefinition]]:
        """The fields a condition can compare, with those behind links."""
        found = [(each.key, each) for each in self.form.fields if offered_ops(each)]
        for each in self.form.fields:
            target = self.catalog.forms.get(linked_form(each)) if not each.has_rows else None
            for other in target.fields if target is not None else ():
                if offered_ops(other):
                    found.append((f"{each.key}.{other.key}", other))
        return found

    def at_path(self, path: str) -> FieldDefinition | None:
        """The field at a path."""
        return field_at_path(self.form, path, self.catalog) if path else None

    def choices(self, field: FieldDefinition) -> Choices:
        """The records a link may be compared with."""
        target = linked_form(field) or target_of(field)
        return self.look_up(target) if target else []

    def filled(self, *, settable: bool = False) -> list[FieldDefinition]:
        """The fields people fill in; those a rule can set hold no rows."""
        return [
            each for each in self.form.fields
            if field_types.get(each.type).writable and not (settable and each.has_rows)
        ]  # fmt: skip

    def linked(self) -> list[FieldDefinition]:
        """The fields that lead to one record of a form."""
        return [e for e in self.form.fields if not e.has_rows and linked_form(e) in self.forms]

    def narrowed(self) -> list[FieldDefinition]:
        """The fields whose options can depend on others."""
        return [e for e in self.form.fields if options_of(e) or linked_form(e) in self.forms]

    def there(self, key: str) -> tuple[FieldDefinition, ...]:
        """The fields of the records that a link leads to."""
        found = self.form.find(key)
        target = self.forms.get(linked_form(found)) if found is not None else None
        return target.fields if target is not None else ()

    @property
    def forms(self) -> Mapping[str, FormDefinition]:
        """Every form."""
        return self.catalog.forms


def logic_page(
    uow: UnitOfWork, access: Access, key: str, wanted: Mapping[str, str],
    errors: Mapping[str, Sequence[str]] | None = None,
) -> LogicPage:  # fmt: skip
    """The page with one small form open, if any."""
    access.require(service.CAPABILITY)
    draft, catalog = store.get_draft(uow, "form", key), drafted_catalog(uow, key)
    raw = named(edits.spread(draft.raw))
    form = FormDefinition.from_json(raw)
    shop = uow.workspace
    say = Sayer(catalog, form, Formats(access.locale, shop.zone, shop.currency, uow.now))
    problems = service.draft_problems(uow, key)
    undo_steps, redo_steps = undo.depths(uow, key)
    return LogicPage(
        draft, form, catalog, _rules(say, problems), _checks(say, form, problems),
        opened(raw, wanted),
        errors or {}, undo_steps, redo_steps, len(service.pending_changes(uow, key)),
        lambda target: offered(uow, access, target), frozenset(catalog_of(uow).forms),
        access.locale,
    )  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """Who says rows, and what is wrong with them."""

    say: Sayer
    problems: Sequence[Problem]


def _group(told: _Told, when: Any, path: str, place: grouping.Place) -> Row:
    """A condition as the page shows it; ``path`` is where it stands in the form's JSON."""
    match, rows = grouping.group_of(when)
    joined = grouping.match_of(when) is not None
    shown = []
    for n, row in enumerate(rows):
        at, there = f"{path}/{match}/{n}" if joined else path, (*place, n)
        if grouping.match_of(row) is not None:
            shown.append(_group(told, row, at, there))
        else:
            wrong = _at(told.problems, at, told.say)
            shown.append(Row(grouping.text_of(there), told.say.condition(row), problems=wrong))
    return Row(grouping.text_of(place), match=match, rows=shown)


def _rules(say: Sayer, problems: Sequence[Problem]) -> list[ShownRule]:
    shown, last = [], len(say.form.logic) - 1
    for number, rule in enumerate(say.form.logic):
        place = f"logic/{number}"
        condition = _group(_Told(say, problems), rule.when, f"{place}/when", ())
        actions = [
            Part(n, say.action(each), _at(problems, f"{place}/then/{n}", say))
            for n, each in enumerate(rule.then)
        ]
        names = frozenset(key for each in rule.then for _place, key in named_fields(each))
        words = (rule.key, number, condition, actions, names)
        shown.append(ShownRule(*words, number == 0, number == last))
    return shown


def _checks(say: Sayer, form: FormDefinition, problems: Sequence[Problem]) -> list[ShownCheck]:
    return [
        ShownCheck(
            f"check:{n}",
            Part(n, "", _at(problems, f"checks/{n}", say)),
            _group(_Told(say, ()), each.must, f"checks/{n}/must", ()),
            each.message,
            getattr(form.find(each.at or ""), "name", None),
        )
        for n, each in enumerate(form.checks)
    ]


def _at(problems: Sequence[Problem], place: str, say: Sayer) -> list[str]:
    """What is wrong at a place or below it; a field that is not there says so itself."""
    return [
        problem.message(say.locale)
        for problem in problems
        if problem.path == place or problem.path.startswith(f"{place}/")
    ]
