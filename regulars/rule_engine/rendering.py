"""Texts of messages with a person's values in them, written as people in their language write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import dates

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.choice import option_label
from regulars.form_builder.saying_numbers import SAID
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import Node, Path, unwrap
from regulars.platform.expressions.types import Kind
from regulars.platform.formats import Formats
from regulars.platform.i18n import translate
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.markdown import shield
from regulars.rule_engine.merging import FORMATS, OPT_OUT, MergeField, MissingValues, fill_in
from regulars.rule_engine.scope import Scope
from regulars.rule_engine.steps.base import Sight

_DATES = frozenset({"date", "month_day"})
_INSTANTS = frozenset({"date", "time", "datetime", "month_day"})
_OFFERED: Mapping[Kind, frozenset[str]] = {
    Kind.DATE: _DATES,
    Kind.DATETIME: _INSTANTS,
    Kind.NUMBER: frozenset({"whole"}),
}


class Voice:
    """Says the values of one run in one language."""

    def __init__(
        self, uow: UnitOfWork, catalog: FormCatalog, locale: str, links: LinkWriter
    ) -> None:
        shop = uow.workspace
        self.links = links
        self.uow = uow
        self.catalog = catalog
        self.locale = locale
        self.formats = Formats(locale, shop.zone, shop.currency, uow.now)
        self.said: list[tuple[str, str]] = []  # the merged values of a short message, in order

    def parts(self, texts: Mapping[str, str], scope: Scope, sight: Sight) -> dict[str, str]:
        """Every text filled in. Raises MissingValues for all that is missing in any of them."""
        filled: dict[str, str] = {}
        missing: list[MergeField] = []
        self.said = []
        for name, text in texts.items():
            try:
                filled[name] = fill_in(text, self._writer(name, scope, sight))
            except MissingValues as gaps:
                missing += [MergeField(path) for path in gaps.paths]
        if missing:
            raise MissingValues(missing)
        return filled

    def _writer(self, part: str, scope: Scope, sight: Sight) -> Callable[[MergeField], str | None]:
        """How values stand in one part of a message."""

        def plain(field: MergeField) -> str | None:
            words = self.words(field, scope, sight)
            self.said.append((_name_of(field), words or field.fallback or ""))
            return words

        def shielded(field: MergeField) -> str | None:
            words = plain(field)
            return words if words is None or field.link is not None else shield(words)

        return shielded if part == "markdown" else plain

    def words(self, field: MergeField, scope: Scope, sight: Sight) -> str | None:
        """One value in words, None where there is none."""
        if field.link is not None:
            return self.links.opt_out() if field.link == OPT_OUT else self.links.to(field.link)
        tree, problems = scope.path(field.path)
        if problems:
            return None
        value = sight.at_path(scope, field.path)
        if value is None or value == "" or value == frozenset():
            return None
        return self._said(value, tree, field.format)

    def _said(self, value: Any, tree: Node, form: str | None) -> str:
        if isinstance(value, bool):
            return translate("messages.yes" if value else "messages.no", self.locale)
        if isinstance(value, (datetime, date)):
            return self._moment(value, form)
        field = field_at(self.catalog, tree)
        if isinstance(value, Decimal):
            return self._number(value, field, form)
        if isinstance(value, frozenset):
            return self.formats.joined([self._option(field, tag) for tag in sorted(value)])
        if tree.type is not None and tree.type.kind is Kind.LINK:
            target = str(tree.type.form)
            return titles_of(
                self.uow, system_access(self.locale), self.catalog, {target: [value]}
            ).get((target, value), "")
        return self._option(field, str(value))

    def _moment(self, value: date, form: str | None) -> str:
        if isinstance(value, datetime):
            if form == "time":
                return self.formats.time(value)
            if form in (None, "datetime"):
                return self.formats.datetime(value)
            value = value.astimezone(self.formats.tz).date()
        if form == "month_day":
            return str(dates.format_skeleton("MMMMd", value, locale=self.formats.babel))
        return self.formats.date(value, "long")

    def _number(self, value: Decimal, field: FieldDefinition | None, form: str | None) -> str:
        settings = field.settings if field else {}
        is_money = field is not None and "money" in (field.type, settings.get("result"))
        if form == "whole":
            value = value.to_integral_value()
        if is_money:
            places = 0 if form == "whole" or value == value.to_integral_value() else None
            return self.formats.money(value, settings.get("currency"), places)
        say = SAID.get(field.type) if field is not None else None
        return say(value, self.formats, None) if say is not None else self.formats.number(value)

    def _option(self, field: FieldDefinition | None, value: str) -> str:
        return option_label(field, value, self.locale) if field is not None else value


def _name_of(field: MergeField) -> str:
    return f"link_{field.link}" if field.link is not None else field.path


def field_at(catalog: FormCatalog, tree: Node) -> FieldDefinition | None:
    """The field definition a path ends in, None for system fields and formulas."""
    bare = unwrap(tree)
    if not isinstance(bare, Path) or not bare.hops:
        return None
    last = bare.hops[-1]
    form = catalog.forms.get(last.form)
    return form.find(last.field.key) if form else None


def offered_formats(kind: Kind) -> frozenset[str]:
    """The formats that mean something for values of a kind."""
    return _OFFERED.get(kind, frozenset())


def is_format(name: str) -> bool:
    """Whether ``name`` is a format at all."""
    return name in FORMATS
