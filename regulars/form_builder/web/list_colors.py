"""Colours by condition on a list: the marks on its records, and the legend that explains them.

A colour never stands alone: each rule has a number, which stands on the record and in the legend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.color_rules import (
    MOST,
    ColorRule,
    chosen_rules,
    usable_rules,
)
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.web import filter_words, filters
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.values import TONES, field_at_path
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import translate

Drawn = tuple[str, str, str]
_TINTED = Markup('<span class="tinted">{}{}</span>')
_MARK = Markup(
    '<span class="tint tint-{tone}{whole}"><span aria-hidden="true">{n}</span>'
    '<span class="visually-hidden">{words}: </span></span>'
)


@forms.app_template_filter("color_tone")
def color_tone(color: str) -> str:
    """The chip colour of a colour that owners choose."""
    return TONES.get(color, color)


@dataclass(frozen=True)
class Legend:
    """One rule as it stands above the list."""

    number: int
    tone: str
    words: str
    remove_url: str


@dataclass(frozen=True)
class Coloring:
    """The rules of a list that its reader may use, in words; empty for a list without colours."""

    rules: Sequence[ColorRule] = ()
    legend: Sequence[Legend] = ()

    def marking(self, query: RecordQuery) -> RecordQuery:
        """A query that also tells which rules each record meets."""
        return replace(query, marks=tuple(rule.when for rule in self.rules))

    def painted(self, record: Record, paths: Sequence[str], drawn: Sequence[Drawn]) -> list[Drawn]:
        """What stands in the columns of a record, with its marks; the record's own comes first."""
        if not any(record.marks):
            return list(drawn)
        cells = self.cell_marks(record)
        made: list[Drawn] = []
        for path, (title, kind, value) in zip(paths, drawn, strict=True):
            is_main = kind == "main"
            mark = cells.get(path, Markup()) + (self.mark(record) if is_main else "")
            said = value or (record.title if is_main else "")
            made.append((title, kind, _TINTED.format(mark, said) if mark else value))
        return made

    def mark(self, record: Record) -> Markup:
        """The mark of a whole record; empty when no rule colours it."""
        whole, _fields = chosen_rules(self.rules, record.marks)
        return Markup() if whole is None else self._drawn(whole, " tint-whole")

    def cell_marks(self, record: Record) -> Mapping[str, Markup]:
        """The marks of single fields of a record."""
        _whole, fields = chosen_rules(self.rules, record.marks)
        return {key: self._drawn(n) for key, n in fields.items()}

    def _drawn(self, n: int, whole: str = "") -> Markup:
        said = self.legend[n]
        return _MARK.format(tone=said.tone, whole=whole, words=said.words, n=said.number)


def coloring_of(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> Coloring:
    """The colours of a list for this reader."""
    rules = usable_rules(catalog_for(uow, access), form.key, state.colors_of(form))
    legend = []
    for n, rule in enumerate(rules):
        rest = tuple(each for other, each in enumerate(rules) if other != n)
        words = filter_words.said(uow, access, form, rule.when)
        if rule.field not in ("", rule.when.get("field")):
            words = translate("records.color-of-field", field=_name(uow, access, form, rule.field),
                              words=words)  # fmt: skip
        tone = color_tone(rule.color)
        legend.append(Legend(n + 1, tone, words, state.url(colors=rest)))
    return Coloring(rules, tuple(legend))


def with_rule(
    catalog: FormCatalog, form: FormDefinition, state: ListState, rule: ColorRule
) -> ListState:
    """The list with one more colour; the rules it has already come first."""
    known = usable_rules(catalog, form.key, state.colors_of(form))
    return replace(state, colors=(*known, rule)[:MOST], page=1)


def from_filters(
    catalog: FormCatalog, form: FormDefinition, state: ListState, color: str
) -> ListState:
    """The list with its filters turned into a colour: everything shows, what they find stands
    out."""
    leaves = filters.leaves_of(state.filter)
    when = leaves[0] if len(leaves) == 1 else {"all": list(leaves)}
    return replace(with_rule(catalog, form, state, ColorRule(when, color)), filter=None)


def _name(uow: UnitOfWork, access: Access, form: FormDefinition, path: str) -> str:
    field = field_at_path(form, path, catalog_for(uow, access))
    return i18n.pick(field.name, access.locale) if field is not None else path
