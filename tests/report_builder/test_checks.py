"""Definitions with mistakes: every one is named at its place, in the reader's language."""

from typing import Any

import pytest

from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from regulars.report_builder.schema import dashboard_problems, report_problems
from regulars.report_builder.service import run_inline
from tests.report_builder.corner import OWNER, open_shop

COUNT = {"as": "n", "aggregate": "count"}
RED = {"field": "colour", "op": "is", "value": "red"}
FRAME = {"kind": "report", "key": "k", "label": "x", "from": "f", "measures": [COUNT]}
STUDY = {"subject": "buyer", "at": "sold_at"}


def problems_of(uow: UnitOfWork, **raw: Any) -> set[tuple[str, str]]:
    definition = {"from": "sales", **({} if "analysis" in raw else {"measures": [COUNT]}), **raw}
    with pytest.raises(Invalid) as refused:
        run_inline(uow, OWNER, definition)
    for problem in refused.value.problems:
        for locale in i18n.LOCALES:
            assert problem.message(locale)
    return {(problem.path, problem.code) for problem in refused.value.problems}


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    open_shop(uow)
    return uow


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"from": "nowhere"}, ("from", "unpublished-form")),
        ({"where": RED}, ("where/field", "unknown-field")),
        ({"dimensions": [{"field": "colour"}]}, ("dimensions/0/field", "unknown-field")),
        ({"dimensions": [{"field": "buyer.colour"}]}, ("dimensions/0/field", "unknown-field")),
        ({"dimensions": [{"field": "lines"}]}, ("dimensions/0/field", "field-does-not-fit")),
        (
            {"dimensions": [{"field": "note", "by": "month"}]},
            ("dimensions/0/by", "period-needs-date"),
        ),
        ({"dimensions": [{"field": "sold_at"}]}, ("dimensions/0/by", "period-needed")),
        ({"dimensions": [{"field": "note", "as": "n"}]}, ("measures/0/as", "duplicate-key")),
        (
            {"measures": [{"aggregate": "sum", "field": "note"}]},
            ("measures/0/field", "field-does-not-fit"),
        ),
        ({"measures": [{"aggregate": "sum"}]}, ("measures/0/field", "required")),
        (
            {"measures": [{"aggregate": "count", "where": RED}]},
            ("measures/0/where/field", "unknown-field"),
        ),
        (
            {"measures": [COUNT, {"as": "q", "ratio": ["n", "m"]}]},
            ("measures/1/ratio/1", "unknown-column"),
        ),
        (
            {"measures": [COUNT, {"as": "q", "ratio": ["n", "q"]}]},
            ("measures/1/ratio/1", "unknown-column"),
        ),
        (
            {"measures": [COUNT, {"as": "q", "aggregate": "count", "ratio": ["n", "n"]}]},
            ("measures/1/ratio", "ratio-or-aggregate"),
        ),
        ({"measures": [{"as": "q"}]}, ("measures/0/aggregate", "required")),
        ({"sort": ["-colour"]}, ("sort/0", "unknown-column")),
        ({"chart": {"type": "pie3d"}}, ("chart/type", "unknown-chart")),
        ({"chart": {"type": "line", "x": "month"}}, ("chart/x", "unknown-column")),
        ({"chart": {"type": "line", "y": ["m"]}}, ("chart/y/0", "unknown-column")),
        ({"compare": "previous_period"}, ("compare", "compare-needs-time")),
        ({"at": "note"}, ("at", "field-does-not-fit")),
        ({"analysis": "magic", **STUDY}, ("analysis", "unknown-analysis")),
        ({"analysis": "cohort", "at": "sold_at"}, ("subject", "required")),
        ({"analysis": "cohort", **STUDY, "subject": "note"}, ("subject", "field-does-not-fit")),
        ({"analysis": "cohort", **STUDY, "at": "note"}, ("at", "field-does-not-fit")),
        ({"analysis": "cohort", **STUDY, "period": "fortnight"}, ("period", "shape-enum")),
        ({"analysis": "cohort", **STUDY, "window_days": 3}, ("window_days", "unknown-key")),
        ({"analysis": "retention", **STUDY, "window_days": 0}, ("window_days", "shape-minimum")),
        ({"analysis": "rfm", **STUDY, "value": "note"}, ("value", "field-does-not-fit")),
        ({"analysis": "rfm", **STUDY, "measures": [COUNT]}, ("measures", "unknown-key")),
    ],
)
def test_each_mistake_is_named_at_its_place(
    shop: UnitOfWork, raw: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert problem in problems_of(shop, **raw)


def test_all_mistakes_come_together(shop: UnitOfWork) -> None:
    found = problems_of(
        shop,
        where=RED,
        dimensions=[{"field": "shape"}],
        measures=[{"aggregate": "sum", "field": "size"}, {"as": "q", "ratio": ["a", "b"]}],
        sort=["weight"],
        chart={"type": "pie3d"},
    )

    assert {place for place, _code in found} >= {
        "where/field",
        "dimensions/0/field",
        "measures/0/field",
        "measures/1/ratio/0",
        "measures/1/ratio/1",
        "sort/0",
        "chart/type",
    }


@pytest.mark.parametrize("raw", [None, [], "report", 7, {}, {"kind": "report"}, {"analysis": []}])
def test_what_is_no_report_at_all_is_refused(raw: Any) -> None:
    assert report_problems(raw)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({**FRAME, "key": "Bad Key"}, "key"),
        ({**FRAME, "measures": []}, "measures"),
        ({**FRAME, "from": "a b"}, "from"),
        ({**FRAME, "limit": 0}, "limit"),
        ({**FRAME, "colour": 1}, "colour"),
    ],
)
def test_shapes_are_checked(raw: dict[str, Any], path: str) -> None:
    assert path in [problem.path for problem in report_problems(raw)]


def test_the_only_amount_of_a_form_goes_without_saying(shop: UnitOfWork) -> None:
    result = run_inline(
        shop, OWNER, {"from": "sales", "analysis": "rfm", **STUDY, "value": "double"}
    )

    assert result.rows == ()
    assert ("value", "required") in problems_of(shop, analysis="rfm", **STUDY)  # amount and double


WIDE = {"kind": "dashboard", "key": "k", "label": "x", "cards": [{"report": "r", "w": 13}]}


@pytest.mark.parametrize("raw", [None, [], {"kind": "dashboard"}, WIDE])
def test_what_is_no_dashboard_is_refused(raw: Any) -> None:
    assert dashboard_problems(raw)


def test_a_dashboard_shows_published_reports_only(shop: UnitOfWork) -> None:
    raw = {
        "kind": "dashboard",
        "key": "front",
        "label": "Front",
        "filters": [{"key": "a", "type": "field"}, {"key": "a", "field": "unit"}],
        "cards": [{"report": "nowhere"}],
    }
    store.save_draft(shop, OWNER, "dashboard", raw)

    with pytest.raises(Invalid) as refused:
        store.publish(shop, OWNER, [("dashboard", "front")])

    assert {(problem.path, problem.code) for problem in refused.value.problems} == {
        ("dashboard/front/cards/0/report", "unpublished-report"),
        ("dashboard/front/filters/0/field", "required"),
        ("dashboard/front/filters/1/key", "duplicate-key"),
    }


def test_a_report_and_its_dashboard_are_published_together(shop: UnitOfWork) -> None:
    report = {"kind": "report", "key": "n", "label": "N", "from": "sales", "measures": [COUNT]}
    cards = [{"report": "n", "x": 0, "y": 0, "w": 6, "h": 4}]
    store.save_draft(shop, OWNER, "report", report)
    store.save_draft(
        shop, OWNER, "dashboard", {"kind": "dashboard", "key": "d", "label": "D", "cards": cards}
    )

    assert store.publish(shop, OWNER, [("report", "n"), ("dashboard", "d")]) == {
        ("report", "n"): 1,
        ("dashboard", "d"): 1,
    }
