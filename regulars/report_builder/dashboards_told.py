"""A dashboard as its readers may read it: without filters by fields that they do not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definitions_seen import known_forms
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.report_builder.asking import record_path
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.fields import view_of


def tell_dashboard(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The dashboard; what its cards show is up to the reports themselves."""
    known = known_forms(uow, access)
    filters = raw.get("filters")
    if known is None or not isinstance(filters, list):
        return raw
    reports: Mapping[str, ReportDefinition] = snapshot(uow).all("report")
    cards = raw.get("cards") or ()
    named = {str(each.get("report")) for each in cards if isinstance(each, Mapping)}
    sources = {reports[key].source for key in named if key in reports}
    kept = [each for each in filters if not _is_hidden(each, known, sources)]
    return raw if len(kept) == len(filters) else {**raw, "filters": kept}


def _is_hidden(wanted: Any, known: FormCatalog, sources: Iterable[str]) -> bool:
    """Whether a filter is by a field that some card's records have, but not for this reader."""
    path = wanted.get("field") if isinstance(wanted, Mapping) else None
    if not isinstance(path, str):
        return False

    def has(catalog: FormCatalog) -> bool:
        return any(view_of(catalog, each, record_path(each, path))[0] for each in sources)

    return has(known.whole) and not has(known)
