"""A site whose shop has people, sales, reports and a dashboard."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from tests.report_builder.corner import OWNER, add, open_shop
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.site import Site

REPORTS: tuple[dict[str, Any], ...] = (
    {
        "kind": "report",
        "key": "by_month",
        "label": {"en": "Sales by month", "zh-Hans": "每月销售"},
        "from": "sales",
        "dimensions": [{"as": "month", "field": "sold_at", "by": "month"}],
        "measures": [
            {"as": "total", "aggregate": "sum", "field": "amount"},
            {"as": "n", "aggregate": "count"},
        ],
        "chart": {"type": "line", "x": "month", "y": ["total"]},
    },
    {
        "kind": "report",
        "key": "total",
        "label": "Turnover",
        "from": "sales",
        "at": "sold_at",
        "measures": [{"as": "total", "aggregate": "sum", "field": "amount"}],
        "compare": "previous_period",
        "chart": {"type": "number"},
    },
    {
        "kind": "report",
        "key": "cohorts",
        "label": "Cohorts",
        "from": "sales",
        "analysis": "cohort",
        "subject": "buyer",
        "at": "sold_at",
    },
    {
        "kind": "report",
        "key": "tiers",
        "label": "People by tier",
        "from": "people",
        "dimensions": [{"as": "tier", "field": "tier"}],
        "measures": [{"as": "n", "aggregate": "count"}],
        "chart": {"type": "bar", "x": "tier"},
    },
)
DASHBOARD: dict[str, Any] = {
    "kind": "dashboard",
    "key": "front",
    "label": {"en": "Front page", "zh-Hans": "首页看板"},
    "filters": [
        {"key": "period", "type": "date_range", "default": {"calendar": "this_month"}},
        {"key": "store", "field": "unit"},
    ],
    "cards": [
        {"report": "total", "x": 0, "y": 0, "w": 3, "h": 2},
        {"report": "by_month", "x": 3, "y": 0, "w": 6, "h": 4},
        {"report": "tiers", "x": 0, "y": 4, "w": 6, "h": 4},
    ],
}


def fill(database: Database, workspace: Workspace) -> None:
    """Three sales in February, one in March (now is 10 March 2026); reports and a dashboard."""
    with database.workspace_tx(workspace) as uow:
        open_shop(uow)
        one, two = add(
            uow, "people", {"name": "Ann <b>", "tier": "gold"}, {"name": "Bo", "tier": "basic"}
        )
        add(
            uow,
            "sales",
            {"buyer": one, "sold_at": "2026-02-03", "amount": "10", "note": "tea"},
            {"buyer": one, "sold_at": "2026-02-04", "amount": "20", "note": "cup"},
            {"buyer": two, "sold_at": "2026-02-20", "amount": "30", "note": "tea"},
            {"buyer": one, "sold_at": "2026-03-05", "amount": "5", "note": "tea"},
        )
        for raw in (*REPORTS, DASHBOARD):
            store.save_draft(uow, OWNER, raw["kind"], raw)
        chosen = [(raw["kind"], raw["key"]) for raw in (*REPORTS, DASHBOARD)]
        store.publish(uow, OWNER, chosen)


@pytest.fixture
def shop(site: Site) -> Site:
    """The filled shop behind a test client."""
    fill(site.database, site.workspace)
    return site


@pytest.fixture
def open_shop_page(live_server: LiveServer, page: Page) -> Callable[[str], Page]:
    """Open an address of the filled shop in a real browser, signed in as its English owner."""
    fill(live_server.database, let_in(page.context, live_server, "Alice", locale="en"))

    def go(path: str) -> Page:
        page.goto(f"{live_server.url}/w/shop{path}")
        page.wait_for_load_state("networkidle")
        return page

    return go
