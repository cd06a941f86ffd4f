"""The settings panel of the designer: one widget per setting of a field. Pure.

Each widget has a ``kind`` (a macro of ``form_builder/widgets.html``) and what it offers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import get_currency_name

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.barcode import SYMBOLOGIES
from regulars.form_builder.field_types.base import family_of, field_types
from regulars.form_builder.field_types.button import PRESSERS
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.field_types.formula import RESULTS
from regulars.form_builder.field_types.rollup import AGGREGATES, ROLLED_UP
from regulars.form_builder.field_types.rollup import rows_of as rows_added_up
from regulars.form_builder.outlines import outline_of
from regulars.platform import i18n
from regulars.platform.formats import babel_locale

Choices = Sequence[tuple[str, str]]
Forms = Mapping[str, FormDefinition]

CURRENCIES = ("CNY", "HKD", "TWD", "USD", "EUR", "GBP", "JPY", "SGD", "MYR", "AUD", "CAD")
REGIONS = ("CN", "HK", "TW", "MO", "SG", "MY", "GB", "US", "AU", "CA", "DE", "FR", "JP", "KR")
NO_DEFAULT = frozenset({
    "tags", "choices", "link", "links", "unit", "member", "members", "subform", "rich_text",
    *FILE_TYPES,
})  # fmt: skip
NO_PLACEHOLDER = NO_DEFAULT | {
    "time",
    "cascade",
    "boolean",
    "choice",
    "date",
    "datetime",
    "rating",
}
_DATES = ("date", "datetime")


@dataclass(frozen=True)
class Widget:
    """One setting as it is asked for; ``fixed`` once stored values depend on it."""

    name: str
    kind: str
    value: Any = None
    options: Choices = ()
    fixed: bool = False


@dataclass(frozen=True)
class Subject:
    """The field whose settings are shown, with everything its widgets look at."""

    field: FieldDefinition
    form: FormDefinition
    forms: Forms
    is_column: bool
    is_stored: bool  # published already, so that records may hold values
    locale: str
    rules: Choices = ()  # about this form that people start: (key, words)

    def words(self, key: str) -> str:
        """A catalog text in the designer's language."""
        return i18n.translate(key, self.locale)

    def name_of(self, text: Any) -> str:
        """An owner's text in the designer's language."""
        return i18n.pick(text, self.locale)

    def setting(self, name: str) -> Any:
        """A setting of the field, None when it is not set."""
        return self.field.settings.get(name)


def widgets_of(subject: Subject) -> list[Widget]:
    """Every widget of a field, its own settings before those that all fields share."""
    return [*_own(subject), *_shared(subject)]


def _own(subject: Subject) -> Iterator[Widget]:
    kind = field_types.get(subject.field.type)
    for name in kind.settings:
        make = _WIDGETS.get(name)
        if make is not None and not (name == "field" and subject.setting("aggregate") == "count"):
            yield make(subject, name)
    if subject.field.type == "formula":
        frozen = subject.field.freeze is not None
        yield Widget("freeze", "check", frozen, fixed=subject.is_stored)


def _shared(subject: Subject) -> Iterator[Widget]:
    field, kind = subject.field, field_types.get(subject.field.type)
    if kind.writable:
        yield Widget("required", "check", field.required)
    if kind.writable and kind.may_be_unique and not subject.is_column:
        yield Widget("unique", "check", field.unique)
    if subject.is_column:  # a field on the canvas has it on its card
        wide = [
            (str(n), i18n.translate("forms.width-n", subject.locale, n=n)) for n in range(1, 5)
        ]
        yield Widget("width", "choose", str(field.width), wide)
    if kind.writable and field.type not in NO_DEFAULT:
        yield _default(subject)
    yield Widget("help", "text", subject.name_of(field.help))
    if kind.writable and field.type not in NO_PLACEHOLDER:
        yield Widget("placeholder", "text", subject.name_of(field.placeholder))


def _default(subject: Subject) -> Widget:
    field, value = subject.field, subject.field.default
    shown = f"={value['formula']}" if isinstance(value, Mapping) else value
    if field.type in ("choice", "cascade"):
        options = [
            (code, subject.name_of(option.get("label")) or code)
            for code, option in field.options.items()
        ]
        return Widget("default", "select", shown, options)
    if field.type == "boolean":
        yes_no = [("true", subject.words("records.yes")), ("false", subject.words("records.no"))]
        return Widget("default", "select", None if value is None else str(value).lower(), yes_no)
    if field.type in _DATES:
        formula = "=TODAY()" if field.type == "date" else "=NOW()"
        known = [(formula, subject.words(f"forms.default.{field.type}"))]
        if shown not in (None, formula):
            known.append((str(shown), str(shown)))
        return Widget("default", "select", shown, known)
    is_time = field.type == "time" and not isinstance(value, Mapping)
    return Widget("default", "time" if is_time else "text", shown)


def _choice_of(subject: Subject, name: str, options: Choices) -> Widget:
    """One of these, and what is chosen already even where it is gone."""
    chosen = subject.setting(name)
    if chosen and chosen not in [key for key, _words in options]:
        options = [*options, (str(chosen), str(chosen))]
    return Widget(name, "select", chosen, options)


def _plain(kind: str) -> Callable[[Subject, str], Widget]:
    return lambda subject, name: Widget(name, kind, subject.setting(name))


def _options(subject: Subject, name: str) -> Widget:
    options = subject.setting(name) or []
    if subject.field.type == "cascade":
        return Widget(name, "outline", outline_of(options, subject.locale))
    return Widget(name, "options", options)


def _bound(subject: Subject, name: str) -> Widget:
    kind = "time" if subject.field.type == "time" else "decimal"
    return Widget(name, kind, subject.setting(name))


def _words(group: str, names: Sequence[str]) -> Callable[[Subject, str], Widget]:
    def make(subject: Subject, name: str) -> Widget:
        options = [(each, subject.words(f"forms.{group}.{each}")) for each in names]
        return Widget(name, "select", subject.setting(name), options)

    return make


def _decimals(subject: Subject, name: str) -> Widget:
    options = [(str(n), str(n)) for n in range(7)]
    is_stored = subject.is_stored and subject.field.type != "formula"
    return Widget(name, "select", subject.setting(name), options, fixed=is_stored)


def _currency(subject: Subject, name: str) -> Widget:
    locale = babel_locale(subject.locale)
    options = [(code, f"{get_currency_name(code, locale=locale)} ({code})") for code in CURRENCIES]
    return Widget(name, "select", subject.setting(name), options)


def _region(subject: Subject, name: str) -> Widget:
    territories = babel_locale(subject.locale).territories
    options = [(code, str(territories.get(code, code))) for code in REGIONS]
    return Widget(name, "select", subject.setting(name) or "CN", options)


def _form(subject: Subject, name: str) -> Widget:
    known = {**subject.forms, subject.form.key: subject.form}
    options = [(form.key, subject.name_of(form.label)) for form in known.values()]
    chosen = subject.setting(name)
    if chosen not in known:
        options.append((str(chosen), str(chosen)))
    return Widget(name, "choose", chosen, options, fixed=subject.is_stored and name == "to")


def _via(subject: Subject, name: str) -> Widget:
    source = subject.forms.get(str(subject.setting("from")))
    options = [
        (each.key, subject.name_of(each.name))
        for each in (source.fields if source else ())
        if each.type in ("link", "links") and each.settings.get("to") == subject.form.key
    ]
    return Widget(name, "choose", subject.setting(name), options)


def _order(subject: Subject, name: str) -> Widget:
    source = subject.forms.get(str(subject.setting("from")))
    options = []
    for each in source.fields if source else ():
        if each.type in (*_DATES, "text", "serial") or family_of(each.type) == "number":
            label = subject.name_of(each.name)
            newest = "newest" if each.type in _DATES else "largest"
            oldest = "oldest" if each.type in _DATES else "smallest"
            options.append((f"-{each.key}", f"{label} · {subject.words(f'forms.order.{newest}')}"))
            options.append((each.key, f"{label} · {subject.words(f'forms.order.{oldest}')}"))
    return Widget(name, "select", subject.setting(name), options)


def _of(subject: Subject, name: str) -> Widget:
    options = [
        (each.key, subject.name_of(each.name))
        for each in subject.form.fields
        if each.type in ROLLED_UP
    ]
    return Widget(name, "choose", subject.setting(name), options)


def rows_of(subject: Subject) -> Sequence[FieldDefinition]:
    """The fields of the rows that a rollup adds up."""
    of = subject.form.find(str(subject.setting("of")))
    return () if of is None else rows_added_up(of, subject.forms)


def _row_field(subject: Subject, name: str) -> Widget:
    wanted = ("number",) if subject.setting("aggregate") in ("sum", "avg") else ("number", *_DATES)
    options = [
        (each.key, subject.name_of(each.name))
        for each in rows_of(subject)
        if family_of(each.settings.get("result", each.type)) in wanted
    ]
    return Widget(name, "choose", subject.setting(name), options)


def _policies(subject: Subject) -> tuple[str, ...]:
    """What may happen when a linked record is deleted; one of several takes nothing along."""
    return ("refuse", "clear") if subject.field.has_links else ("refuse", "clear", "cascade")


def _path(subject: Subject, name: str) -> Widget:
    options = []
    for link in subject.form.fields:
        target = subject.forms.get(str(link.settings.get("to"))) if link.type == "link" else None
        for each in target.fields if target else ():
            if each.type not in ("subform", "related"):
                words = f"{subject.name_of(link.name)} → {subject.name_of(each.name)}"
                options.append((f"{link.key}.{each.key}", words))
    return Widget(name, "choose", subject.setting(name), options)


def _exact(subject: Subject, name: str) -> Widget:
    return Widget(name, "check", subject.field.exact, fixed=subject.is_stored)


_WIDGETS: Mapping[str, Callable[[Subject, str], Widget]] = {
    "options": _options,
    "any_level": _plain("check"),
    "free": _plain("check"),
    "decimals": _decimals,
    "currency": _currency,
    "region": _region,
    "min": _bound,
    "max": _bound,
    "suffix": _plain("text"),
    "max_length": _plain("count"),
    "stars": _plain("count"),
    "most": _plain("count"),
    "step": _plain("count"),
    "min_rows": _plain("count"),
    "max_rows": _plain("count"),
    "case": _exact,
    "to": _form,
    "on_delete": lambda subject, name: _words("on-delete", _policies(subject))(subject, name),
    "from": _form,
    "via": _via,
    "order": _order,
    "of": _of,
    "aggregate": _words("aggregate", AGGREGATES),
    "field": _row_field,
    "where": _plain("where"),
    "path": _path,
    "formula": _plain("formula"),
    "result": _words("result", RESULTS),
    "pattern": _plain("text"),
    "reset": _words("reset", ("never", "year", "month", "day")),
    "per_unit": _plain("check"),
    "starts": lambda subject, name: _choice_of(subject, name, subject.rules),
    "opens": _plain("text"),
    "press": _words("press", PRESSERS),
    "ask": _plain("check"),
    "symbology": _words("symbology", SYMBOLOGIES[1:]),
}
