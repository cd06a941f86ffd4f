"""Reports that are sent, on pages: composed, run now, looked back at, met on the first page."""

from datetime import timedelta

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.simulating.desk import SimulationDesk
from tests.support.clocks import NOW
from tests.support.digests import BY_DAY
from tests.support.rule_shop import RuleShop
from tests.support.site import Site, words_of

RULE = "/w/shop/rules/every_monday"
STEP = {
    "action": "step", "at": "step@steps+", "do": "run_report", "block": "steps",
    "report": "sales", "period": "last_week", "channel": "email",
}  # fmt: skip


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with a report and an order of last week."""
    made = RuleShop(database, workspace).open()
    made.publish(BY_DAY)
    made.order(made.customer(), at=NOW - timedelta(days=7), amount="80")
    return made


def test_a_report_is_composed_run_and_looked_back_at(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert owner.send("/w/shop/rules/new", {"label": "", "class": "report"}).status_code == 422
    owner.send("/w/shop/rules/new", {"label": "Every Monday", "class": "report"})
    tap = owner.get(f"{RULE}/compose?at=step@steps%2B&kind=run_report").text
    assert {"Time it covers", "Readers", "How they get it"} <= set(words_of(tap))
    owner.send(f"{RULE}/compose", {**STEP, "roles": "owner", "emails": "lily@shop.example"})
    when = {"action": "trigger", "at": "trigger", "on": "scan", "every": "week", "weekday": "0"}
    owner.send(f"{RULE}/compose", {**when, "at_time": "08:00", "misfire": "each"})
    read_back = " ".join(words_of(owner.get(f"{RULE}/review").text))
    assert "run the report “Sales” (Last week) and mail it to Owner, lily@shop" in read_back
    assert "up to 31 of them" in read_back
    owner.send(f"{RULE}/publish", {})
    owner.send(f"{RULE}/run-now", {})
    shop.tick()
    page = words_of(owner.get(RULE).text)
    assert "2 Mar 2026 – 8 Mar 2026" in page
    assert "Reports for you" in words_of(owner.get("/w/shop/").text)
    one = owner.get("/w/shop/sent-reports/1").text
    assert "¥80.00" in words_of(one)
    assert "period=custom&amp;from=2026-03-02&amp;to=2026-03-08" in one
    assert "Sales" in words_of(owner.get("/w/shop/sent-reports").text)
    assert owner.get("/w/shop/runs/1").status_code == 200
    assert owner.get("/w/shop/messages/1").status_code == 200
    clerk = site.signed_in("Carl", "clerk")
    assert clerk.get("/w/shop/sent-reports/1").status_code == 403
    assert owner.get("/w/shop/sent-reports/99").status_code == 404


def test_it_is_tried_on_the_past(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    owner.send("/w/shop/rules/new", {"label": "Every Monday", "class": "report"})
    owner.send(f"{RULE}/compose", {**STEP, "roles": "owner"})
    owner.send(f"{RULE}/simulation", {"days": "30"})
    SimulationDesk(shop.database).answer()
    page = words_of(owner.get(f"{RULE}/simulation").text)
    assert any("it would have sent 5 reports" in words for words in page)
