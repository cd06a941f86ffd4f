"""Values on pages: how a field's value is shown, as markup by its type's template, or as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as with_factory
from decimal import Decimal
from functools import lru_cache
from typing import Any

import phonenumbers
from babel import numbers
from flask import current_app, g, url_for
from markupsafe import Markup

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import SYSTEM_PREFIX
from regulars.form_builder.definition import VALUELESS_TYPES, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.address import address_of
from regulars.form_builder.field_types.base import family_of, field_types
from regulars.form_builder.field_types.choice import option_label, options_of
from regulars.form_builder.field_types.choices import in_order
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.field_types.location import shown_point
from regulars.form_builder.field_types.related import RelatedField
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.querying import Record
from regulars.form_builder.saying_numbers import SAID
from regulars.form_builder.web.blueprints import forms
from regulars.platform import i18n
from regulars.platform.blobs.service import Blob
from regulars.platform.formats import Formats, clock_time
from regulars.platform.web.rendering import formats

Titles = Mapping[tuple[str, int], str]

_TOO_LONG = ("subform", "long_text", "rich_text", "json", *VALUELESS_TYPES)
TONES = {"amber": "yellow", "violet": "purple"}
_MEMBER_STAMPS = ("created_by", "updated_by")


@dataclass(frozen=True)
class Cell:
    """One value to be shown. ``field`` says how: of a formula it is what the formula gives."""

    field: FieldDefinition
    value: Any
    titles: Titles = with_factory(default_factory=dict)
    name: Any = None  # the label, an owner's text
    rows: tuple[FieldDefinition, ...] = ()  # of a subform: its columns as they are shown
    files: tuple[Blob, ...] | None = None  # of a file field, where they are at hand already
    is_large: bool = False  # shown on a page of its own, where there is room

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.value is None or self.value in ("", [], frozenset())

    @property
    def target(self) -> str:
        """The form that a link points to."""
        return target_of(self.field)

    @property
    def title(self) -> str:
        """What the linked record is called."""
        return self.titles.get((self.target, self.value), f"#{self.value}")

    @property
    def links(self) -> list[tuple[str, str]]:
        """(title, page) of each of several linked records."""
        if not self.value:
            return []
        column = self.field.fields[0]
        return [(c.title, c.url) for c in (self.of_row(column, row) for row in self.value)]

    @property
    def url(self) -> str:
        """Where the linked record is shown; nowhere for a person of the team or a store."""
        if self.target.startswith(SYSTEM_PREFIX):
            return ""
        return record_url(self.target, self.value)

    @property
    def tone(self) -> str:
        """The colour of a choice."""
        return tone_of(self.field, self.value)

    def option(self, locale: str, value: Any = None) -> str:
        """The words of a choice or of one tag."""
        return option_label(self.field, self.value if value is None else value, locale)

    @property
    def ordered(self) -> list[str]:
        """Several options or tags in the owner's order."""
        return in_order(self.field, self.value or ())

    def of_row(self, column: FieldDefinition, row: Mapping[str, Any]) -> Cell:
        """One cell of a subform's row."""
        return Cell(column, row.get(column.key), self.titles, column.name)


def record_url(form_key: str, record_id: int) -> str:
    """Where a record is shown; a page names many of the same form."""
    known: dict[str, str] = g.setdefault("record_urls", {})
    if form_key not in known:
        known[form_key] = url_for("records.show", form_key=form_key, record_id=0)[:-1]
    return f"{known[form_key]}{record_id}"


@forms.app_template_global("show_large")
def show_large(cell: Cell) -> Markup:
    """The value as it is shown where there is room: on the record's own page."""
    return show_value(replace(cell, is_large=True))


@forms.app_template_global("show_value")
def show_value(cell: Cell) -> Markup:
    """The value as its type's template draws it; a masked one as it stands."""
    if isinstance(cell.value, MaskedText):
        return Markup("{}").format(str(cell.value))
    return display_of(cell.field.type)(cell)


def display_of(field_type: str) -> Callable[[Cell], Markup]:
    """What draws the values of a type; for whoever draws many."""
    template = current_app.jinja_env.get_template(f"fields/{field_type}.html")
    found: Callable[[Cell], Markup] = template.module.display  # type: ignore[attr-defined]
    return found


@forms.app_template_global("tag_tone")
def tone_of(field: FieldDefinition, value: Any) -> str:
    """The chip colour of an option; gray for a word that is none."""
    color = str(options_of(field).get(str(value), {}).get("color", "gray"))
    return TONES.get(color, color)


def target_of(field: FieldDefinition) -> str:
    """The key of the form a field points to, "" for other fields."""
    kind = field_types.get(field.type)
    if isinstance(kind, LinkField):
        return kind.target(field)
    return "sys_members" if field.type in _MEMBER_STAMPS else ""


def shown_as(
    field: FieldDefinition, form: FormDefinition, catalog: FormCatalog
) -> FieldDefinition:
    """The field whose type draws the value: what a formula gives, what a lookup ends at."""
    if field.type == "formula":
        return _dressed(field, str(field.settings["result"]))
    if field.type == "rollup":
        kind: Any = field_types.get("rollup")
        result = kind.result(field)
        places = {} if family_of(result) != "number" else {"decimals": kind.decimals(field)}
        return _dressed(field, result, **places)
    if field.type == "lookup":
        whole = catalog.whole  # what the designer decided to show
        home = whole.forms.get(form.key, form)
        found = field_at_path(home, str(field.settings["path"]), whole)
        return field if found is None else replace(found, key=field.key, label=field.label)
    return field


def field_at_path(form: FormDefinition, path: str, catalog: FormCatalog) -> FieldDefinition | None:
    """The field that a path ends at, as it is shown; system fields included."""
    head, _dot, tail = path.partition(".")
    found = form.find(head) or system_field(head)
    if found is None:
        return None
    if not tail:
        return shown_as(found, form, catalog)
    target = catalog.forms.get(target_of(found))
    return None if target is None else field_at_path(target, tail, catalog)


def system_field(key: str) -> FieldDefinition | None:
    """A system field as a field, where it can be shown."""
    types = {"unit": "unit", "owner": "member", "id": "number", "version": "number"}
    if key.endswith(("_at", "_by")) and key in field_types:
        types[key] = key
    found = types.get(key)
    if found is None:
        return None
    words = {locale: i18n.translate(f"forms.system.{key}", locale) for locale in i18n.LOCALES}
    return FieldDefinition(key, found, words)


def cells_of(
    record: Record, form: FormDefinition, catalog: FormCatalog, keys: Iterable[str]
) -> list[Cell]:
    """The values of a record at these keys, ready to be shown."""
    made = []
    for key in keys:
        found = form.find(key) or system_field(key)
        if found is not None:
            made.append(cell_of(record.values.get(key), found, form, catalog, record.titles))
    return made


def cell_of(
    value: Any, field: FieldDefinition, form: FormDefinition, catalog: FormCatalog, titles: Titles
) -> Cell:
    """One value ready to be shown."""
    columns = tuple(shown_as(each, form, catalog) for each in field.fields)
    return Cell(shown_as(field, form, catalog), value, titles, field.name, columns)


def is_listed(field: FieldDefinition) -> bool:
    """Whether a field makes sense as a column of a list."""
    kind = field_types.get(field.type)
    return field.type not in _TOO_LONG and not isinstance(kind, RelatedField)


def text_of(cell: Cell, fmt: Formats, yes_no: tuple[str, str]) -> str:
    """The value in plain words, for history and messages."""
    if cell.is_empty:
        return ""
    if isinstance(cell.value, MaskedText):
        return str(cell.value)
    say = _TEXTS.get(cell.field.type)
    if say is not None:
        return str(say(cell, fmt, yes_no))
    return cell.title if cell.target else str(cell.value)


def _dressed(field: FieldDefinition, type_name: str, **settings: Any) -> FieldDefinition:
    return replace(field, type=type_name, settings={**field.settings, **settings})


@forms.app_template_global("places")
def places_of(field: FieldDefinition) -> int:
    """The decimal places of a number as it is shown."""
    kind: Any = field_types.get(field.type)
    return int(kind.decimals(field))


@forms.app_template_global("currency_sign")
def currency_sign(code: str | None) -> str:
    """The sign that stands before an amount: the field's currency, else the shop's."""
    fmt = formats()
    known = code or fmt.currency
    sign = numbers.get_currency_symbol(known, locale=fmt.babel)
    return sign[-1] if known == fmt.currency else sign


@forms.app_template_filter("phone_words")
@lru_cache(maxsize=2000)
def phone_words(value: str) -> str:
    """A number as people read it: at home without the country's code."""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    style = phonenumbers.PhoneNumberFormat
    is_home = phonenumbers.region_code_for_number(number) == "CN"
    return phonenumbers.format_number(number, style.NATIONAL if is_home else style.INTERNATIONAL)


@forms.app_template_filter("number_words")
def number_words(cell: Cell) -> str:
    """A share or a duration as people say it."""
    return _said(cell, formats())


@forms.app_template_filter("clock_words")
def clock_words(minutes: Decimal) -> str:
    """``09:30``, as clocks of shops show it."""
    return clock_time(minutes)


@forms.app_template_filter("address_parts")
def address_parts(text: str) -> dict[str, str | None]:
    """An address taken apart, for the inputs of its parts."""
    return address_of(text or "").as_json()


forms.add_app_template_filter(shown_point, "point_words")


@forms.app_template_filter("web_words")
def web_words(value: str) -> str:
    """An address without what every address has."""
    return value.removeprefix("https://").removeprefix("http://").rstrip("/")


def _files_text(cell: Cell, locale: str) -> str:
    return i18n.translate("records.n-files", locale, n=len(ids_of(str(cell.value))))


def _tags_text(cell: Cell, fmt: Formats, yes_no: tuple[str, str]) -> str:
    return fmt.joined([cell.option(fmt.locale, tag) for tag in in_order(cell.field, cell.value)])


def _said(cell: Cell, fmt: Formats, _yes_no: tuple[str, str] = ("", "")) -> str:
    return SAID[cell.field.type](cell.value, fmt, places_of(cell.field))


_TEXTS: Mapping[str, Any] = {
    **dict.fromkeys(SAID, _said),
    "number": lambda cell, fmt, _: fmt.number(cell.value, places_of(cell.field)),
    "money": lambda cell, fmt, _: fmt.money(
        cell.value, cell.field.settings.get("currency"), places_of(cell.field)
    ),
    "rating": lambda cell, fmt, _: fmt.number(cell.value, 0),
    "slider": lambda cell, fmt, _: fmt.number(cell.value, places_of(cell.field)),
    "phone": lambda cell, fmt, _: phone_words(cell.value),
    "boolean": lambda cell, fmt, yes_no: yes_no[0] if cell.value else yes_no[1],
    "time": lambda cell, fmt, _: clock_time(cell.value),
    "date": lambda cell, fmt, _: fmt.date(cell.value),
    "datetime": lambda cell, fmt, _: fmt.datetime(cell.value),
    "created_at": lambda cell, fmt, _: fmt.datetime(cell.value),
    "updated_at": lambda cell, fmt, _: fmt.datetime(cell.value),
    "choice": lambda cell, fmt, _: cell.option(fmt.locale),
    "cascade": lambda cell, fmt, _: cell.option(fmt.locale),
    "tags": _tags_text,
    "choices": _tags_text,
    "location": lambda cell, fmt, _: shown_point(cell.value),
    "members": lambda cell, fmt, _: fmt.joined([title for title, _url in cell.links]),
    "links": lambda cell, fmt, _: fmt.joined([title for title, _url in cell.links]),
    **dict.fromkeys(("file", "image"), lambda cell, fmt, _: _files_text(cell, fmt.locale)),
    "signature": lambda cell, fmt, _: i18n.translate("records.signed", fmt.locale),
}
