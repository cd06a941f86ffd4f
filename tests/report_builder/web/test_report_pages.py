"""Reports as pages: the list, one report, its files, the records behind a number."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.site import Site, words_of


def option_of(page: str) -> dict[str, object]:
    found = re.search(r'data-option="([^"]*)"', page)
    assert found is not None
    option: dict[str, object] = json.loads(html.unescape(found.group(1)))
    return option


def test_the_list_names_every_report_and_its_form(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/reports").text)

    assert {"Sales by month", "Turnover", "Cohorts", "about Sales", "about People"} <= set(words)


def test_a_report_shows_its_chart_its_table_and_what_is_unfinished(shop: Site) -> None:
    page = shop.signed_in().get(f"{shop.home}/reports/by_month").text
    words = words_of(page)

    assert option_of(page)["xAxis"]["data"] == ["Feb 2026", "Mar 2026"]  # type: ignore[index]
    assert {"¥60.00", "¥5.00", "Total", "¥65.00", "running"} <= set(words)
    assert "Mar 2026 is still running; its numbers will grow." in words


def test_a_chosen_period_narrows_and_stays_in_the_addresses(shop: Site) -> None:
    page = shop.signed_in().get(f"{shop.home}/reports/by_month?period=last_month").text

    assert option_of(page)["xAxis"]["data"] == ["Feb 2026"]  # type: ignore[index]
    assert "period=last_month" in html.unescape(page)


def test_custom_days_include_the_last_one(shop: Site) -> None:
    address = f"{shop.home}/reports/by_month?period=custom&from=2026-02-04&to=2026-02-20"
    words = words_of(shop.signed_in().get(address).text)

    assert "¥50.00" in words


def test_htmx_gets_the_figure_alone(shop: Site) -> None:
    answer = shop.signed_in().htmx(
        "GET", f"{shop.home}/reports/by_month", {"period": "last_month"}
    )

    assert answer.text.lstrip().startswith(
        '<section class="card report-result" id="report-result">'
    )
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "query", ["period=nonsense", "period=custom&from=soon", "at=whenever", "colour=red"]
)
def test_an_address_that_makes_no_sense_says_so(shop: Site, query: str) -> None:
    answer = shop.signed_in().get(f"{shop.home}/reports/by_month?{query}")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_as_of_another_day_the_month_before_is_unfinished(shop: Site) -> None:
    words = words_of(
        shop.signed_in().get(f"{shop.home}/reports/by_month?at=2026-02-10T10:00").text
    )

    assert "Feb 2026 is still running; its numbers will grow." in words
    assert "¥30.00" in words


def test_a_number_leads_to_the_list_of_its_records(shop: Site) -> None:
    visitor = shop.signed_in()
    page = visitor.get(f"{shop.home}/reports/by_month").text
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*/behind[^"]*)"', page)]
    february = next(each for each in links if "2026-02-01" in each and "column=n" in each)

    answer = visitor.get(february)
    target = urlsplit(answer.headers["Location"])

    assert answer.status_code == 303
    assert target.path == f"{shop.home}/forms/sales/records"
    assert json.loads(parse_qs(target.query)["filter"][0]) == {
        "field": "sold_at",
        "op": "within",
        "value": {"from": "2026-01-31T16:00:00Z", "to": "2026-02-28T16:00:00Z"},
    }
    assert visitor.get(answer.headers["Location"]).status_code == 200


def test_totals_and_cohort_cells_lead_somewhere_too(shop: Site) -> None:
    visitor = shop.signed_in()

    total = visitor.get(f"{shop.home}/reports/by_month/behind?of=total&column=n")
    cell = visitor.get(f'{shop.home}/reports/cohorts/behind?of=["2026-02-01", 1]&column=active')

    assert "/forms/sales/records" in total.headers["Location"]
    assert "/forms/people/records" in cell.headers["Location"]
    assert "Ann" in visitor.get(cell.headers["Location"]).text


@pytest.mark.parametrize("of", ['["2026-07-01"]', "nonsense", ""])
def test_a_number_that_is_gone_is_refused(shop: Site, of: str) -> None:
    answer = shop.signed_in().get(f"{shop.home}/reports/by_month/behind?of={of}&column=n")

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("kind", "start"), [("csv", b"\xef\xbb\xbfsold_at,"), ("json", b"{"), ("xlsx", b"PK")]
)
def test_files_can_be_downloaded(shop: Site, kind: str, start: bytes) -> None:
    answer = shop.signed_in().get(f"{shop.home}/reports/by_month/file.{kind}?period=last_month")

    assert answer.status_code == 200
    assert f"by_month.{kind}" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(start)


def test_unknown_things_are_not_found(shop: Site) -> None:
    visitor = shop.signed_in()

    assert visitor.get(f"{shop.home}/reports/nowhere").status_code == 404
    assert visitor.get(f"{shop.home}/reports/by_month/file.exe").status_code == 404


def test_clerks_see_neither_reports_nor_the_way_there(shop: Site) -> None:
    clerk = shop.signed_in("Lin", "clerk")

    assert clerk.get(f"{shop.home}/reports").status_code == 403
    assert f"{shop.home}/reports" not in clerk.get(shop.home, follow_redirects=True).text


def test_a_report_is_put_on_a_dashboard_and_on_a_new_one(shop: Site) -> None:
    visitor = shop.signed_in()

    there = visitor.send(f"{shop.home}/reports/cohorts/put", {"dashboard": "front"})
    fresh = visitor.send(f"{shop.home}/reports/cohorts/put", {"dashboard": ""})

    assert there.headers["Location"].endswith("/dashboards/front")
    assert "Cohorts" in visitor.get(there.headers["Location"]).text
    assert fresh.headers["Location"].endswith("/dashboards/cohorts")
    assert "Cohorts" in visitor.get(fresh.headers["Location"]).text


def test_a_report_that_is_put_away_leaves_an_explained_gap(shop: Site) -> None:
    visitor = shop.signed_in()

    visitor.send(f"{shop.home}/reports/total/archive")
    words = words_of(visitor.get(f"{shop.home}/dashboards/front").text)

    assert "The report behind this card is gone." in words
    assert visitor.get(f"{shop.home}/reports/total").status_code == 404
