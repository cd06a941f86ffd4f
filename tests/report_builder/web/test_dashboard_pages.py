"""Dashboards as pages: cards under filters, arranging them with buttons."""

import html
import re
from typing import Any

import pytest

from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.definitions.snapshot import snapshot
from regulars.report_builder.dashboards import change_dashboard
from tests.report_builder.corner import OWNER, add
from tests.support.site import Site, words_of


def cards(shop: Site, key: str = "front") -> list[Any]:
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        return [(card.report, card.w) for card in snapshot(uow).get("dashboard", key).cards]


def test_cards_are_shown_under_the_default_period(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/dashboards/front").text)

    assert {"Front page", "Turnover", "¥5.00", "This month"} <= set(words)
    assert "Compared with" in " ".join(words)


def test_another_period_is_chosen_in_the_address(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/dashboards/front?period=last_month").text)

    assert "¥60.00" in words


def test_a_card_without_that_time_says_that_it_is_not_narrowed(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/dashboards/front").text)

    assert "Always shows everything; these filters do not apply: Period" in words


def test_the_store_filter_is_offered_where_there_are_stores(shop: Site) -> None:
    visitor = shop.signed_in()
    assert "All stores" not in words_of(visitor.get(f"{shop.home}/dashboards/front").text)
    with shop.database.workspace_tx(shop.workspace) as uow:
        east = create_unit(uow, OWNER, UnitValues("east", "East")).id
        add(uow, "sales", {"sold_at": "2026-03-06", "amount": "7", "store": east})

    everywhere = words_of(visitor.get(f"{shop.home}/dashboards/front").text)
    there = words_of(visitor.get(f"{shop.home}/dashboards/front?store={east}").text)

    assert {"All stores", "East", "¥12.00"} <= set(everywhere)
    assert "¥7.00" in there


def test_a_filter_may_be_about_a_store_field_or_a_choice(shop: Site) -> None:
    filters = [{"key": "where", "field": "store"}, {"key": "tier", "field": "tier"}]
    with shop.database.workspace_tx(shop.workspace) as uow:
        east = create_unit(uow, OWNER, UnitValues("east", "East")).id
        add(uow, "sales", {"sold_at": "2026-03-06", "amount": "7", "store": east})
        change_dashboard(uow, OWNER, "front", lambda raw: {**raw, "filters": filters})
    visitor = shop.signed_in()

    words = words_of(visitor.get(f"{shop.home}/dashboards/front").text)
    there = words_of(visitor.get(f"{shop.home}/dashboards/front?where={east}&tier=gold").text)

    assert {"All stores", "East", "tier: all", "Gold"} <= set(words)
    assert "¥7.00" in there


def test_numbers_of_cards_lead_to_records_of_the_chosen_period(shop: Site) -> None:
    page = shop.signed_in().get(f"{shop.home}/dashboards/front?period=last_month").text
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*/behind[^"]*)"', page)]

    assert any("/reports/total/behind" in each and "period=last_month" in each for each in links)


def test_htmx_gets_the_cards_alone(shop: Site) -> None:
    answer = shop.signed_in().htmx("GET", f"{shop.home}/dashboards/front", {"period": "all"})

    assert answer.text.lstrip().startswith('<div class="dashboard-grid" id="dashboard-cards">')


def test_a_new_dashboard_begins_empty_and_teaches_the_next_step(shop: Site) -> None:
    visitor = shop.signed_in()

    made = visitor.send(f"{shop.home}/dashboards", {"label": "早会"})
    words = words_of(visitor.get(made.headers["Location"]).text)

    assert "/dashboards/zao_hui" in made.headers["Location"]
    assert "This dashboard is still empty" in words
    assert "Sales by month" in words  # offered to be added


def test_a_dashboard_wants_a_name(shop: Site) -> None:
    answer = shop.signed_in().send(f"{shop.home}/dashboards", {"label": " "})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("number", "step", "result"),
    [
        (0, "back", [("by_month", 6), ("total", 3), ("tiers", 6)]),
        (1, "forward", [("by_month", 6), ("total", 3), ("tiers", 6)]),
        (0, "wider", [("total", 4), ("by_month", 6), ("tiers", 6)]),
        (1, "narrower", [("total", 3), ("by_month", 4), ("tiers", 6)]),
        (0, "remove", [("by_month", 6), ("tiers", 6)]),
    ],
)
def test_cards_are_arranged_with_buttons(
    shop: Site, number: int, step: str, result: list[tuple[str, int]]
) -> None:
    answer = shop.signed_in().send(f"{shop.home}/dashboards/front/cards/{number}/{step}")

    assert answer.status_code == 303
    assert cards(shop) == result


def test_a_report_is_added_from_the_dashboard(shop: Site) -> None:
    shop.signed_in().send(f"{shop.home}/dashboards/front/cards", {"report": "cohorts"})

    assert cards(shop)[-1] == ("cohorts", 12)


def test_the_name_changes_in_the_readers_language_only(shop: Site) -> None:
    shop.signed_in().send(f"{shop.home}/dashboards/front/name", {"label": "Morning"})

    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        label = snapshot(uow).get("dashboard", "front").label
    assert label == {"en": "Morning", "zh-Hans": "首页看板"}


def test_a_dashboard_is_put_away(shop: Site) -> None:
    visitor = shop.signed_in()

    visitor.send(f"{shop.home}/dashboards/front/archive")

    assert visitor.get(f"{shop.home}/dashboards/front").status_code == 404
    assert "No dashboards yet" in words_of(visitor.get(f"{shop.home}/dashboards").text)


def test_managers_of_a_store_see_their_own_numbers(shop: Site) -> None:
    with shop.database.workspace_tx(shop.workspace) as uow:
        east = create_unit(uow, OWNER, UnitValues("east", "East")).id
        west = create_unit(uow, OWNER, UnitValues("west", "West")).id
        add(uow, "sales", {"sold_at": "2026-03-06", "amount": "7", "store": east})
        add(uow, "sales", {"sold_at": "2026-03-06", "amount": "100", "store": west})
    shop.person("Mo", "manager", [east])

    page = shop.signed_in("Mo", "manager").get(f"{shop.home}/dashboards/front").text
    words = words_of(page)

    assert "¥12.00" in words  # the east's 7 and 5 without a store
    assert "East" in words
    assert "West" not in words
