"""What people do with dashboards: look at them under filters, make them, arrange their cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.editing import AS_IT_STANDS, Seen, edit
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import RegularsError
from regulars.report_builder.asking import PERIOD, record_path
from regulars.report_builder.charts.base import charts
from regulars.report_builder.definition import (
    Card,
    DashboardDefinition,
    DashboardFilter,
    ReportDefinition,
)
from regulars.report_builder.fields import view_of
from regulars.report_builder.layout import add_card
from regulars.report_builder.result import Result
from regulars.report_builder.service import (
    VIEW,
    Wish,
    chart_of,
    get_report,
    open_report,
    run_report,
)

KIND = "dashboard"
DATE_RANGE = "date_range"
NEW_FILTERS = (
    {"key": "period", "type": DATE_RANGE, "default": {"last": 30, "unit": "day"}},
    {"key": "store", "field": "unit"},
)

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class ShownCard:
    """One card's answer, or why there is none; ``not_narrowed``: filters it has no field for."""

    card: Card
    report: ReportDefinition | None
    result: Result | None = None
    error: RegularsError | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    not_narrowed: tuple[DashboardFilter, ...] = ()


def get_dashboard(uow: UnitOfWork, access: Access, key: str) -> DashboardDefinition:
    """The published dashboard of this key; NotFound otherwise."""
    access.require(VIEW)
    found: DashboardDefinition = snapshot(uow).get(KIND, key)
    return found


def list_dashboards(uow: UnitOfWork, access: Access) -> list[DashboardDefinition]:
    """Every published dashboard, in the owner's order."""
    access.require(VIEW)
    return list(snapshot(uow).all(KIND).values())


def run_dashboard(
    uow: UnitOfWork,
    access: Access,
    dashboard: DashboardDefinition,
    chosen: Mapping[str, Any],
    at: datetime | None = None,
) -> list[ShownCard]:
    """Every card under the chosen filters (by the filter's key); defaults where nothing is chosen.

    A card that cannot be shown says why and does not spoil the others.
    """
    return [run_card(uow, access, dashboard, card, Wish(chosen, at)) for card in dashboard.cards]


def run_card(
    uow: UnitOfWork, access: Access, dashboard: DashboardDefinition, card: Card, wish: Wish
) -> ShownCard:
    """One card under the chosen filters."""
    try:
        report = open_report(uow, access, card.report)
    except RegularsError as error:
        return ShownCard(card, None, error=error)
    params, skipped = params_for(dashboard, report, catalog_for(uow, access), wish.params)
    try:
        result = run_report(uow, access, report, Wish(params, wish.at))
    except RegularsError as error:
        return ShownCard(card, report, error=error, params=params)
    return ShownCard(card, report, result, params=params, not_narrowed=skipped)


def params_for(
    dashboard: DashboardDefinition,
    report: ReportDefinition,
    catalog: FormCatalog,
    chosen: Mapping[str, Any],
) -> tuple[dict[str, Any], tuple[DashboardFilter, ...]]:
    """The chosen filters as this report's parameters, and those it has no field for."""
    params: dict[str, Any] = {}
    skipped = []
    for each in dashboard.filters:
        value = chosen.get(each.key, each.default)
        if value in (None, "", [], "all"):
            continue
        if each.type == DATE_RANGE:
            name = PERIOD if report.time_field else None
        else:
            name = _path_on(catalog, report, str(each.field))
        if name is None:
            skipped.append(each)
        else:
            params[name] = value
    return params, tuple(skipped)


def _path_on(catalog: FormCatalog, report: ReportDefinition, path: str) -> str | None:
    view, _problems = view_of(catalog, report.source, record_path(report.source, path))
    return None if view is None else path


def new_dashboard(uow: UnitOfWork, access: Access, label: str) -> DashboardDefinition:
    """An empty dashboard with a period and a store filter, published at once."""
    taken = {draft.key for draft in store.list_drafts(uow, KIND)}
    key = derive_key(label, taken)
    raw = {"kind": KIND, "key": key, "label": label, "filters": list(NEW_FILTERS), "cards": []}
    return _publish(uow, access, raw)


def change_dashboard(
    uow: UnitOfWork, access: Access, key: str, step: Callable[[Raw], Raw],
    seen: Seen = AS_IT_STANDS,
) -> DashboardDefinition:  # fmt: skip
    """Take one step on the dashboard that was seen and publish the outcome."""
    edit(uow, access, KIND, key, step, seen)
    store.publish(uow, access, [(KIND, key)])
    return get_dashboard(uow, access, key)


def put_on_dashboard(
    uow: UnitOfWork, access: Access, report_key: str, dashboard_key: str
) -> DashboardDefinition:
    """The report as a new card at the end of a dashboard, in the size its chart likes."""
    report = get_report(uow, report_key)
    chart = charts.get(chart_of(report).type)
    return change_dashboard(
        uow,
        access,
        dashboard_key,
        lambda raw: add_card(raw, report_key, chart.width, chart.height),
    )


def _publish(uow: UnitOfWork, access: Access, raw: Raw) -> DashboardDefinition:
    store.save_draft(uow, access, KIND, raw, tag=0)
    store.publish(uow, access, [(KIND, raw["key"])])
    return get_dashboard(uow, access, raw["key"])
