"""What published reports ask of forms, for the advice on indexes."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.indexing.advice import Use
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.report_builder.definition import ReportDefinition

_ANY_TIME = {"last": 1, "unit": "day"}


def report_uses(uow: UnitOfWork) -> Iterator[Use]:
    """The condition and the time field of every published report; a broken one asks nothing."""
    catalog = catalog_of(uow)
    for report in snapshot(uow).all("report").values():
        yield from _uses(catalog, report)


def _uses(catalog: FormCatalog, report: ReportDefinition) -> Iterator[Use]:
    if report.source not in catalog.forms:
        return
    if report.where:
        tree, problems = catalog.condition(report.source, report.where)
        if not problems:
            yield Use(report.source, tree, "report")
    if report.time_field:
        yield from _narrowed_by(catalog, report.source, report.time_field)


def _narrowed_by(catalog: FormCatalog, form: str, path: str) -> Iterator[Use]:
    tree, problems = catalog.condition(form, {"field": path, "op": "within", "value": _ANY_TIME})
    if not problems:
        yield Use(form, tree, "report")
