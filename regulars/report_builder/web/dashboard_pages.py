"""The pages of dashboards: the list, one dashboard under its filters, arranging its cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial
from regulars.platform.web.rendering import formats, render
from regulars.report_builder import layout
from regulars.report_builder.asking import PERIOD
from regulars.report_builder.dashboards import (
    DATE_RANGE,
    KIND,
    ShownCard,
    change_dashboard,
    get_dashboard,
    list_dashboards,
    new_dashboard,
    put_on_dashboard,
    run_dashboard,
)
from regulars.report_builder.definition import DashboardDefinition, DashboardFilter
from regulars.report_builder.service import EDIT, VIEW, list_reports
from regulars.report_builder.web.blueprints import dashboards
from regulars.report_builder.web.choices import Options, filter_options, period_options
from regulars.report_builder.web.chosen import Chosen
from regulars.report_builder.web.shown import Shown, show

STEPS: Mapping[str, Callable[[layout.Raw, int], layout.Raw]] = {
    "forward": lambda raw, n: layout.move_card(raw, n, -1),
    "back": lambda raw, n: layout.move_card(raw, n, 1),
    "wider": lambda raw, n: layout.resize_card(raw, n, 1),
    "narrower": lambda raw, n: layout.resize_card(raw, n, -1),
    "remove": layout.remove_card,
}


@dataclass(frozen=True)
class CardView:
    """One card on the page: its figure, or why there is none."""

    number: int
    card: ShownCard
    shown: Shown | None
    title: str
    url: str
    error: str
    not_narrowed: str


@dataclass(frozen=True)
class FilterView:
    """One filter above the cards."""

    key: str
    title: str
    options: Options
    value: str


@dashboards.get("")
@workspace_page(VIEW)
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every dashboard; the only one is shown at once."""
    known = list_dashboards(uow, access)
    if len(known) == 1 and not access.can(EDIT):
        return go_to(url_for("dashboards.show_dashboard", dashboard_key=known[0].key))
    return render("report_builder/dashboards.html", dashboards=known, errors={}, label_typed="")


@dashboards.post("")
@workspace_page(EDIT)
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """A new empty dashboard."""
    name = request.form.get("label", "").strip()
    if not name:
        errors = errors_by_field([Problem("label", "required")])
        known = list_dashboards(uow, access)
        page = {"dashboards": known, "errors": errors, "label_typed": name}
        return render("report_builder/dashboards.html", 422, **page)
    made = new_dashboard(uow, access, name)
    flash("reports.dashboard-made", label=name)
    return go_to(url_for("dashboards.show_dashboard", dashboard_key=made.key, arrange=1))


@dashboards.get("/<dashboard_key>")
@workspace_page(VIEW)
def show_dashboard(uow: UnitOfWork, access: Access, dashboard_key: str) -> ResponseReturnValue:
    """One dashboard; ``?arrange=1`` shows the buttons that move its cards."""
    dashboard = get_dashboard(uow, access, dashboard_key)
    chosen = _chosen(dashboard)
    context = {
        "dashboard": dashboard,
        "cards": _cards(uow, access, dashboard, chosen),
        "tag": store.get_draft(uow, KIND, dashboard_key).tag,
        "arranging": bool(request.args.get("arrange")) and access.can(EDIT),
        "chosen": chosen,
    }
    if wants_partial():
        return vary_on_htmx(render("report_builder/_cards.html", **context))
    used = {card.report for card in dashboard.cards}
    page = render(
        "report_builder/dashboard.html",
        periods=period_options(access.locale) if _has_period(dashboard) else [],
        filters=_filters(uow, access, dashboard, chosen),
        unused=[each for each in list_reports(uow, access) if each.key not in used],
        **context,
    )
    return vary_on_htmx(page)


@dashboards.post("/<dashboard_key>/cards")
@workspace_page(EDIT)
def add_card(uow: UnitOfWork, access: Access, dashboard_key: str) -> ResponseReturnValue:
    """Put one more report on the dashboard."""
    put_on_dashboard(uow, access, request.form.get("report", ""), dashboard_key)
    return _arranged(dashboard_key)


@dashboards.post("/<dashboard_key>/cards/<int:number>/<step>")
@workspace_page(EDIT)
def arrange(
    uow: UnitOfWork, access: Access, dashboard_key: str, number: int, step: str
) -> ResponseReturnValue:
    """Move, resize or take off one card."""
    if step not in STEPS:
        raise Invalid([Problem("step", "unknown-key", {"key": step})])
    card = request.form.get("report", "")
    change_dashboard(
        uow, access, dashboard_key, lambda raw: STEPS[step](raw, _place_of(raw, card, number))
    )
    return _arranged(dashboard_key)


@dashboards.post("/<dashboard_key>/name")
@workspace_page(EDIT)
def rename(uow: UnitOfWork, access: Access, dashboard_key: str) -> ResponseReturnValue:
    """Give the dashboard another name in the reader's language."""
    name = request.form.get("label", "").strip()
    if name:
        change_dashboard(
            uow, access, dashboard_key,
            lambda raw: {**raw, "label": _renamed(raw, name, access)}, posted_seen(),
        )  # fmt: skip
        flash("reports.dashboard-renamed")
    return _arranged(dashboard_key)


@dashboards.post("/<dashboard_key>/archive")
@workspace_page(EDIT)
def archive(uow: UnitOfWork, access: Access, dashboard_key: str) -> ResponseReturnValue:
    """Take a dashboard out of use; its reports stay."""
    dashboard = get_dashboard(uow, access, dashboard_key)
    store.archive(uow, access, KIND, dashboard_key)
    flash("reports.dashboard-archived", label=i18n.pick(dashboard.label, access.locale))
    return go_to(url_for("dashboards.index"))


def _place_of(raw: layout.Raw, report: str, number: int) -> int:
    """Where the card stands by now: others may have moved it, or taken it off."""
    places = [n for n, card in enumerate(layout.cards_of(raw)) if card["report"] == report]
    if report and not places:
        raise Conflict("card-is-gone")
    return places[0] if report and number not in places else number


def _arranged(dashboard_key: str) -> ResponseReturnValue:
    return go_to(url_for("dashboards.show_dashboard", dashboard_key=dashboard_key, arrange=1))


def _renamed(raw: Mapping[str, Any], name: str, access: Access) -> Any:
    old = raw.get("label")
    return {**old, access.locale: name} if isinstance(old, Mapping) else name


def _has_period(dashboard: DashboardDefinition) -> bool:
    return any(each.type == DATE_RANGE for each in dashboard.filters)


def _chosen(dashboard: DashboardDefinition) -> Chosen:
    """What the address says, else the dashboard's own defaults."""
    names = [each.key for each in dashboard.filters if each.type != DATE_RANGE]
    chosen = Chosen.from_args(request.args, names)
    period = next((each for each in dashboard.filters if each.type == DATE_RANGE), None)
    return chosen.or_period(period.default) if period else chosen


def _cards(
    uow: UnitOfWork, access: Access, dashboard: DashboardDefinition, chosen: Chosen
) -> list[CardView]:
    period = next((each.key for each in dashboard.filters if each.type == DATE_RANGE), PERIOD)
    wanted = {period: chosen.period or "all", **chosen.filters}
    try:
        at = chosen.moment(uow.workspace.tz)
    except Invalid:
        at = None
    cards = run_dashboard(uow, access, dashboard, wanted, at)
    return [_card(n, card, chosen, access) for n, card in enumerate(cards)]


def _card(number: int, card: ShownCard, chosen: Chosen, access: Access) -> CardView:
    report = card.report
    title = i18n.pick(
        card.card.label or (report.label if report else card.card.report), access.locale
    )
    narrowed = {name: value for name, value in card.params.items() if name != PERIOD}
    arguments: dict[str, Any] = {**_narrowed(chosen, narrowed).arguments}
    shown = None
    if report is not None and card.result is not None:
        shown = show(report, card.result, formats(), arguments)
    url = url_for("reports.show_report", report_key=report.key, **arguments) if report else ""
    skipped = [_filter_words(each, access.locale) for each in card.not_narrowed]
    return CardView(
        number,
        card,
        shown,
        title,
        url,
        card.error.message(access.locale) if card.error else "",
        formats().joined(skipped) if skipped else "",
    )


def _narrowed(chosen: Chosen, filters: Mapping[str, Any]) -> Chosen:
    """The reader's choice as one report's address has it."""
    return replace(chosen, filters={name: str(value) for name, value in filters.items()})


def _filter_words(each: DashboardFilter, locale: str) -> str:
    if each.label:
        return i18n.pick(each.label, locale)
    if each.type == DATE_RANGE:
        return i18n.translate("reports.period", locale)
    return i18n.translate("reports.store", locale) if each.field == "unit" else each.key


def _filters(
    uow: UnitOfWork, access: Access, dashboard: DashboardDefinition, chosen: Chosen
) -> list[FilterView]:
    found = []
    for each in dashboard.filters:
        if each.type == DATE_RANGE:
            continue
        options = filter_options(uow, access, catalog_for(uow, access), dashboard, each)
        if options is not None:
            found.append(FilterView(each.key, *options, chosen.filters.get(each.key, "")))
    return found
