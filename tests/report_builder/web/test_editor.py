"""The report editor: the picture follows, saving and publishing, mistakes in place."""

from typing import Any

import pytest

from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import find_draft
from tests.support.site import Site, Visitor, words_of

SIMPLE = {
    "label": "Tea by month",
    "analysis": "",
    "source": "sales",
    "measure-0-aggregate": "sum",
    "measure-0-field": "amount",
    "time_field": "sold_at",
    "time_by": "month",
    "condition-0-field": "note",
    "condition-0-op": "is",
    "condition-0-value": "tea",
}


def follow(visitor: Visitor, shop: Site, **values: Any) -> str:
    return visitor.htmx("POST", f"{shop.home}/reports/sketch", {**SIMPLE, **values}).text


def published(shop: Site, key: str) -> Any:
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        found = snapshot(uow).items.get(("report", key))
    return found and found.raw


def test_an_empty_editor_asks_for_a_form_first(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/reports/new").text)

    assert {"New report", "Choose…", "Sales", "Sales › lines", "Cohorts"} <= set(words)
    assert "Choose a form, and your numbers appear here." in words


def test_the_picture_follows_what_is_chosen(shop: Site) -> None:
    answer = follow(shop.signed_in(), shop)

    assert answer.lstrip().startswith('<div class="report-editor" id="report-editor">')
    assert "data-chart" in answer
    assert {"¥40.00", "¥5.00"} <= set(words_of(answer))


def test_without_scripts_the_editor_is_a_whole_page(shop: Site) -> None:
    answer = shop.signed_in().send(f"{shop.home}/reports/sketch", SIMPLE)

    assert "<html" in answer.text
    assert "data-chart" in answer.text


def test_nothing_is_saved_by_looking(shop: Site) -> None:
    follow(shop.signed_in(), shop)

    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        assert find_draft(uow, "report", "tea_by_month") is None


def test_rows_come_and_go(shop: Site) -> None:
    visitor = shop.signed_in()

    more = follow(visitor, shop, row="add-measure")
    less = follow(visitor, shop, row="drop-condition-0")

    assert 'name="measure-1-aggregate"' in more
    assert 'name="condition-0-field"' not in less


def test_the_chart_follows_until_somebody_chooses(shop: Site) -> None:
    visitor = shop.signed_in()

    followed = follow(visitor, shop, chart="number", chart_auto="number")
    chosen = follow(visitor, shop, chart="bar", chart_auto="number")

    assert 'name="chart" value="line" checked' in followed
    assert 'name="chart" value="bar" checked' in chosen


def test_choices_that_another_form_does_not_have_are_dropped(shop: Site) -> None:
    answer = follow(shop.signed_in(), shop, source="people", **{"measure-0-aggregate": "count"})

    assert "There is no field" not in answer
    assert "2" in words_of(answer)


def test_an_analysis_helps_itself_to_the_only_link(shop: Site) -> None:
    answer = follow(shop.signed_in(), shop, analysis="cohort")

    assert "cohort-grid" in answer
    assert '<option value="buyer" selected>' in answer


@pytest.mark.parametrize("analysis", ["lifecycle", "retention", "cohort", "repurchase", "rfm"])
def test_every_analysis_can_be_made_here(shop: Site, analysis: str) -> None:
    settings = {"value": "amount", "period": "month", "window_days": "90", "by": "days"}
    values = {
        **SIMPLE,
        "label": analysis,
        "analysis": analysis,
        "subject": "buyer",
        "at": "sold_at",
        **{f"setting-{name}": value for name, value in settings.items()},
    }

    answer = shop.signed_in().send(f"{shop.home}/reports/new", {**values, "do": "publish"})

    assert answer.headers["Location"].endswith(f"/reports/{analysis}")
    assert published(shop, analysis)["analysis"] == analysis


def test_a_report_is_published_under_a_key_of_its_name(shop: Site) -> None:
    visitor = shop.signed_in()

    answer = visitor.send(
        f"{shop.home}/reports/new", {**SIMPLE, "label": "每月茶叶", "do": "publish"}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/reports/mei_yue_cha_ye")
    assert "每月茶叶" in visitor.get(answer.headers["Location"]).text
    assert published(shop, "mei_yue_cha_ye")["where"] == {
        "field": "note",
        "op": "is",
        "value": "tea",
    }


def test_a_draft_is_listed_for_editors_and_has_no_page_yet(shop: Site) -> None:
    visitor = shop.signed_in()

    visitor.send(f"{shop.home}/reports/new", {**SIMPLE, "do": "draft"})

    assert published(shop, "tea_by_month") is None
    assert "Draft" in words_of(visitor.get(f"{shop.home}/reports").text)
    assert visitor.get(f"{shop.home}/reports/tea_by_month").status_code == 404


def test_a_report_without_a_name_comes_back_with_the_mistake(shop: Site) -> None:
    answer = shop.signed_in().send(f"{shop.home}/reports/new", {**SIMPLE, "label": " "})

    assert answer.status_code == 422
    assert "Please fill this in." in words_of(answer.text)


def test_editing_keeps_what_the_editor_does_not_show(shop: Site) -> None:
    visitor = shop.signed_in()
    page = visitor.get(f"{shop.home}/reports/by_month/edit").text
    values = {
        "label": "Sales per month",
        "source": "sales",
        "time_field": "sold_at",
        "time_by": "month",
        "chart": "line",
        "measure-0-aggregate": "sum",
        "measure-0-field": "amount",
        "measure-0-kept": '{"as":"total","aggregate":"sum","field":"amount"}',
        "measure-1-aggregate": "count",
        "measure-1-kept": '{"as":"n","aggregate":"count"}',
    }

    visitor.send(f"{shop.home}/reports/by_month/edit", {**values, "do": "publish"})
    raw = published(shop, "by_month")

    assert "measure-0-kept" in page
    assert raw["label"] == {"en": "Sales per month", "zh-Hans": "每月销售"}
    assert raw["dimensions"] == [{"as": "month", "field": "sold_at", "by": "month"}]
    assert raw["chart"] == {"type": "line", "x": "month", "y": ["total"]}


def test_those_who_may_only_look_do_not_edit(shop: Site) -> None:
    clerk = shop.signed_in("Lin", "clerk")

    assert clerk.get(f"{shop.home}/reports/new").status_code == 403
    assert clerk.send(f"{shop.home}/reports/new", SIMPLE).status_code == 403
