"""The inputs of an entry form: what each shows, offers and complains about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as with_factory
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app, url_for
from markupsafe import Markup

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import is_formula
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import field_types, fold
from regulars.form_builder.field_types.cascade import choosable
from regulars.form_builder.field_types.choice import option_label, options_of
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.layout import Page, pages_of
from regulars.form_builder.locks import locks_of
from regulars.form_builder.querying import RecordQuery, scope_conditions
from regulars.form_builder.records import find_records
from regulars.form_builder.searching.hearing import is_not_latin
from regulars.form_builder.searching.sounds import sounds_like, typed_sound
from regulars.form_builder.system_forms import SystemForm, system_forms
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.posted import Answers
from regulars.form_builder.web.values import Cell, target_of
from regulars.platform import columns, i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

if TYPE_CHECKING:
    from regulars.form_builder.web.live import Live

OFFERED = 20
KNOWN_TAGS = 60

Choices = list[tuple[str, str]]
Errors = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Slot:
    """The place of a field that depends on others.

    ``mode`` is input, hidden, fixed (locked) or derived (works itself out), ``token`` says what it
    shows, ``given`` whether a rule has just put its value in; ``shown`` is there for what is only
    shown.
    """

    key: str
    mode: str
    token: str
    given: bool = False
    shown: Cell | None = None


@dataclass(frozen=True)
class Entry:
    """One input: its ``name`` in the post (``items/0/price``) and the ``answer`` in it."""

    field: FieldDefinition
    name: str
    answer: Any
    errors: Errors = with_factory(default_factory=dict)
    choices: Sequence[tuple[str, str]] = ()  # (value, words) of links and tags
    pick_url: str = ""  # where more choices are searched
    rows: tuple[tuple[Entry, ...], ...] = ()  # of a subform
    row_ids: tuple[str, ...] = ()
    blank: tuple[Entry, ...] = ()  # a subform's next row
    kept_by: i18n.Text = ""  # the rule that keeps the whole value
    kept_tags: frozenset[str] = frozenset()  # tags that rules put on and take off
    slot: Slot | None = None
    left: frozenset[str] | None = None  # the options that rules leave
    autocomplete: str = ""  # what of their own a browser may put in for a visitor

    @property
    def id(self) -> str:
        """The element's id, as the form components make it."""
        return "field-" + self.name.replace("/", "-")

    @property
    def messages(self) -> Sequence[str]:
        """What is wrong with this very input."""
        return self.errors.get(self.name, ())

    @property
    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """The owner's options by code."""
        every = options_of(self.field)
        if self.left is None:
            return every
        return {value: option for value, option in every.items() if value in self.left}

    def option_words(self, locale: str) -> Choices:
        """The owner's options as (code, words)."""
        return [(value, option_label(self.field, value, locale)) for value in self.options]

    def choosable(self, locale: str) -> Choices:
        """What may be chosen of a cascade; an answer of old stays where it stands."""
        codes = [code for code in choosable(self.field) if code in self.options]
        kept = [self.answer] if self.answer in self.options and self.answer not in codes else []
        return [(code, option_label(self.field, code, locale)) for code in (*kept, *codes)]


@forms.app_template_global("ask_value")
def ask_value(entry: Entry) -> Markup:
    """The input as its type's template draws it."""
    name = "form_builder/kept_value.html" if entry.kept_by else f"fields/{entry.field.type}.html"
    template = current_app.jinja_env.get_template(name)
    drawn: Markup = template.module.input(entry)  # type: ignore[attr-defined]
    return drawn


@dataclass(frozen=True)
class EntryForm:
    """A whole entry form: its pages, the input of each field, and what it complains about.

    ``at`` is the number of the page that is open.
    """

    pages: list[Page]
    entries: Mapping[str, Entry]
    errors: Errors
    at: int = 1

    def troubled(self, page: Page) -> list[str]:
        """The keys of the fields of a page that something is wrong with."""
        heads = {name.partition("/")[0] for name in self.errors}
        return [key for key in page.fields if key in heads]

    def opened(self, wanted: int) -> EntryForm:
        """The form with the first page open that has a problem, else the one that is wanted."""
        troubled = next((page.number for page in self.pages if self.troubled(page)), wanted)
        return replace(self, at=max(1, min(troubled, len(self.pages))))


class Asking:
    """Makes the entries of one form for one reader; choices are looked up once per target."""

    def __init__(
        self, uow: UnitOfWork, access: Access, form: FormDefinition, live: Live | None = None,
        *, uploads: str = "",
    ) -> None:  # fmt: skip
        self.uow = uow
        self.live = live
        self.uploads = uploads
        self.access = access
        self.form = form
        self.catalog: FormCatalog = catalog_for(uow, access)
        self._offered: dict[str, Choices] = {}

    def entry_form(self, answers: Answers, errors: Errors, *, is_new: bool = False) -> EntryForm:
        """The pages with an entry for every field people fill in, or watch work itself out."""
        entries = {
            key: self.place(key, answers, errors, is_new=is_new)
            for key, field in self.form.by_key.items()
            if self._is_asked(field)
        }
        return EntryForm(pages_of(self.form.layout, entries), entries, errors)

    def place(self, key: str, answers: Answers, errors: Errors, *, is_new: bool) -> Entry:
        """The input of a field as it stands now, with what rules and other fields make of it."""
        field = _explained(self.form.by_key[key], is_new)
        if self.live is not None:
            field = self.live.field(field)
        entry = self._kept(self.entry(field, key, answers.get(key, ""), errors))
        return entry if self.live is None else self.live.shaped(entry)

    def _is_asked(self, field: FieldDefinition) -> bool:
        """Whether a field is on the page: people fill it in, or watch it work itself out."""
        shown = self.live is not None and field.key in self.live.slots
        return field_types.get(field.type).writable or shown

    def entry(self, field: FieldDefinition, name: str, answer: Any, errors: Errors) -> Entry:
        """One input with what it offers."""
        if field.has_rows:
            return self._subform(field, answer or [], errors)
        if field.has_side:
            return Entry(field, name, answer or [], errors, self._known_tags(field))
        if field.type in FILE_TYPES:
            return Entry(
                field, name, answer, errors, pick_url=self.uploads or url_for("forms.upload")
            )
        target = target_of(field)
        if not target:
            return Entry(field, name, answer, errors)
        where = self.live.where(field.key) if self.live is not None else None
        choices = self._choices(target, answer, where)
        url = url_for("records.pick", form_key=self.form.key, path=_path(name))
        return Entry(field, name, answer, errors, choices, url)

    def _kept(self, entry: Entry) -> Entry:
        """The entry, with what rules keep of it: a person cannot change that by hand."""
        place = (self.form.key, entry.field.key)
        locks = [lock for lock in locks_of(self.uow) if (lock.form, lock.field) == place]
        tags = frozenset(lock.value for lock in locks if lock.value is not None)
        whole = next((lock.rule for lock in locks if lock.value is None), "")
        return replace(entry, kept_by=whole, kept_tags=tags) if locks else entry

    def _subform(
        self, field: FieldDefinition, rows: list[dict[str, str]], errors: Errors
    ) -> Entry:
        columns = [each for each in field.fields if field_types.get(each.type).writable]

        def row_of(number: str, row: Mapping[str, str]) -> tuple[Entry, ...]:
            return tuple(
                self.entry(each, f"{field.key}/{number}/{each.key}", row.get(each.key, ""), errors)
                for each in columns
            )

        made = tuple(row_of(str(number), row) for number, row in enumerate(rows))
        ids = tuple(row.get("id", "") for row in rows)
        return Entry(
            field, field.key, rows, errors, rows=made, row_ids=ids, blank=row_of("new", {})
        )

    def _choices(self, target: str, chosen: Any, where: Any = None) -> Choices:
        name = target if where is None else f"{target} {where}"
        if name not in self._offered:
            self._offered[name] = offered(self.uow, self.access, target, where=where)
        choices = self._offered[name]
        if not str(chosen).isdecimal() or any(value == chosen for value, _words in choices):
            return choices
        wanted = int(chosen)
        title = titles_of(self.uow, self.access, self.catalog, {target: [wanted]}).get(
            (target, wanted)
        )
        return [(str(wanted), title or f"#{wanted}"), *choices]

    def _known_tags(self, field: FieldDefinition) -> Choices:
        """Tags that are in use already, the most frequent first, besides the owner's options."""
        tables = self.catalog.tables.get(self.form.key)
        side = tables.sides.get(field.key) if tables else None
        if side is None or field.settings.get("options"):
            return []
        counted = (
            sa.select(side.c.value)
            .group_by(side.c.value)
            .order_by(sa.func.count().desc(), side.c.value)
            .limit(KNOWN_TAGS)
        )
        main = tables.main if tables else side
        limits = scope_conditions(self.uow, self.access, self.catalog, self.form.key, main, "read")
        if limits:
            counted = counted.where(side.c.record.in_(sa.select(main.c.id).where(*limits)))
        return [(tag, tag) for tag in self.uow.execute(counted).scalars()]


def offered(
    uow: UnitOfWork, access: Access, target: str, words: str = "",
    where: Mapping[str, Any] | None = None,
) -> Choices:  # fmt: skip
    """Records of a form to link to: those that hold the words, else the latest.

    ``where`` is a condition that they meet.
    """
    system = system_forms.find(target)
    if system is not None:
        return _system_choices(uow, access, system, words)
    catalog = catalog_for(uow, access)
    if target not in catalog.forms or access.scope(target, "read") == "none":
        return []
    query = RecordQuery(where, search=words or None, limit=OFFERED)
    return [(str(r.id), r.title) for r in find_records(uow, access, target, query).records]


def _system_choices(uow: UnitOfWork, access: Access, system: SystemForm, words: str) -> Choices:
    table, title = system.table, system.title
    statement = sa.select(table.c.id, table.c[title]).order_by(table.c[title]).limit(500)
    letters = typed_sound(str(fold(words)))
    if system.key == "sys_units":  # whoever is bound to stores chooses among those
        catalog = catalog_for(uow, access)
        statement = statement.where(
            *scope_conditions(uow, access, catalog, system.key, table, "read")
        )
    if "active" in table.c:
        statement = statement.where(table.c.active == sa.literal(True, columns.Flag()))
    if words:
        named = table.c[title].icontains(words, autoescape=True)
        spoken = is_not_latin(uow.dialect, table.c[title])
        statement = statement.where(named if letters is None else sa.or_(named, spoken))
    found = [(str(row_id), str(name)) for row_id, name in uow.execute(statement)]
    if letters is None:
        return found
    return [
        (i, name) for i, name in found
        if str(fold(words)) in str(fold(name)) or sounds_like(name, letters)
    ]  # fmt: skip


def _explained(field: FieldDefinition, is_new: bool) -> FieldDefinition:
    """A field that computes its own default says that it may be left empty."""
    if not is_new or field.help or not is_formula(field.default):
        return field
    words = {each: i18n.translate("records.fills-itself", each) for each in i18n.LOCALES}
    return replace(field, help=words, required=False)


def _path(name: str) -> str:
    """``items/0/product`` asks like ``items.product``."""
    parts: Iterable[str] = (part for n, part in enumerate(name.split("/")) if n != 1)
    return ".".join(parts)
