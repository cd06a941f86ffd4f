"""What selects offer: forms, fields, periods, stores, and the words for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regulars.form_builder.catalog import FormCatalog
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.units import list_units
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.expressions.types import Kind
from regulars.report_builder.asking import record_path
from regulars.report_builder.definition import DashboardDefinition, DashboardFilter
from regulars.report_builder.fields import FieldView, source_fields, view_of
from regulars.report_builder.service import KIND
from regulars.report_builder.web.chosen import CUSTOM, PRESETS

Options = list[tuple[str, str]]

PARENT = "parent"
HIDDEN_LINKED = frozenset({"id", "version", "batch", "created_by", "updated_by", "updated_at"})
HIDDEN = frozenset({"version", "batch", "position", PARENT})


@dataclass(frozen=True)
class Words:
    """Labels in one language."""

    catalog: FormCatalog
    locale: str

    def form(self, key: str) -> str:
        """What a form is called; rows of a subform after their form."""
        shape = self.catalog.shapes.find(key)
        name = i18n.pick(shape.label if shape else None, self.locale) or key
        main, dot, _rows = key.partition(".")
        return f"{self.form(main)} › {name}" if dot else name

    def field(self, view: FieldView) -> str:
        """What a field is called."""
        return i18n.pick(view.label, self.locale)


def form_options(catalog: FormCatalog, access: Access, locale: str) -> Options:
    """Every form the reader may read, and the rows of its subforms."""
    words = Words(catalog, locale)
    found = []
    for key, form in catalog.forms.items():
        if access.scope(key, "read") == "none":
            continue
        found.append((key, words.form(key)))
        found += [(rows.key, words.form(rows.key)) for rows in form.subforms()]
    return found


def field_options(
    catalog: FormCatalog, source: str, kinds: Iterable[Kind], locale: str
) -> Options:
    """The fields of these kinds, those of linked records after them (``Customer › Tier``)."""
    wanted = frozenset(kinds)
    words = Words(catalog, locale)
    views = source_fields(catalog, source)
    own = [
        (view.path, words.field(view))
        for key, view in views.items()
        if view.kind in wanted and key not in HIDDEN and _fits(view, wanted)
    ]
    linked = []
    for view in views.values():
        target = view.type.form if view.kind is Kind.LINK and not view.is_many else None
        if target and not target.startswith("sys_") and catalog.shapes.find(target):
            linked += _through(catalog, source, view, (wanted, words))
    return own + linked


def _fits(view: FieldView, wanted: frozenset[Kind]) -> bool:
    """Several values go where tags go."""
    return not view.is_many or Kind.TAGS in wanted


def _through(
    catalog: FormCatalog, source: str, link: FieldView, wish: tuple[frozenset[Kind], Words]
) -> Options:
    wanted, words = wish
    found = []
    for key, view in source_fields(catalog, str(link.type.form)).items():
        is_shown = key not in HIDDEN_LINKED | HIDDEN
        if view.kind in wanted and is_shown and _fits(view, wanted):
            path = f"{link.path}.{key}"
            if view_of(catalog, source, path)[0] is not None:
                found.append((path, f"{words.field(link)} › {words.field(view)}"))
    return found


def link_options(catalog: FormCatalog, source: str, locale: str) -> Options:
    """The links to people or other records: what an analysis can be about."""
    words = Words(catalog, locale)
    return [
        (view.path, words.field(view))
        for key, view in source_fields(catalog, source).items()
        if view.kind is Kind.LINK
        and not view.is_many
        and key not in HIDDEN_LINKED | HIDDEN
        and not str(view.type.form).startswith("sys_")
    ]


def period_options(locale: str) -> Options:
    """The presets of a period filter."""
    return [
        (name, i18n.translate(f"reports.period.{name}", locale)) for name in (*PRESETS, CUSTOM)
    ]


def unit_options(uow: UnitOfWork, access: Access) -> Options:
    """The stores this reader may look at, indented below those they belong to."""
    sees_all = access.scope("", "read") == "all"
    return [
        (str(unit.id), f"{'　' * unit.depth}{unit.name}")
        for unit in list_units(uow)
        if unit.active and (sees_all or unit.id in access.unit_ids)
    ]


def filter_options(
    uow: UnitOfWork,
    access: Access,
    catalog: FormCatalog,
    dashboard: DashboardDefinition,
    each: DashboardFilter,
) -> tuple[str, Options] | None:
    """(title, options) of a dashboard's field filter; None where there is nothing to choose."""
    view = _first_view(uow, catalog, dashboard, str(each.field))
    if view is not None and view.type.form == "sys_units":
        options = unit_options(uow, access)
        title = i18n.translate("reports.all-stores", access.locale)
        return (title, options) if options else None
    if view is None or not view.options:
        return None
    name = i18n.pick(each.label or view.label, access.locale)
    options = [(code, i18n.pick(text, access.locale)) for code, text in view.options.items()]
    return i18n.translate("reports.all-of", access.locale, field=name), options


def _first_view(
    uow: UnitOfWork, catalog: FormCatalog, dashboard: DashboardDefinition, path: str
) -> FieldView | None:
    """The field as the first card knows it that has it."""
    known = snapshot(uow).all(KIND)
    for card in dashboard.cards:
        source = known[card.report].source if card.report in known else ""
        view, _problems = view_of(catalog, source, record_path(source, path))
        if view is not None:
            return view
    return None


def named(prefix: str, names: Iterable[str], locale: str) -> Options:
    """(name, words) for names whose words stand at ``prefix.name``."""
    return [(name, i18n.translate(f"{prefix}.{name}", locale)) for name in names]


def titles(options: Options) -> Mapping[str, str]:
    """The words by value."""
    return dict(options)
