"""Reports and dashboards for outside clients."""

from typing import Any

import pytest

from tests.support.site import Site

COUNT = {"as": "n", "aggregate": "count"}
FRESH = {"key": "fresh", "label": "Fresh", "from": "sales", "measures": [COUNT]}


def call(shop: Site, method: str, path: str, body: Any = None, **headers: str) -> Any:
    client = shop.app.test_client()
    return client.open(
        f"/api/v1{path}", method=method, json=body, headers={**shop.token(), **headers}
    )


def test_a_definition_is_run_without_being_stored(shop: Site) -> None:
    body = {
        "definition": {
            "from": "sales",
            "dimensions": [{"as": "month", "field": "sold_at", "by": "month"}],
            "measures": [{"as": "total", "aggregate": "sum", "field": "amount"}, COUNT,
                         {"as": "each", "ratio": ["total", "n"]}],
        },
        "at": "2026-02-15T10:00:00+08:00",
    }  # fmt: skip

    answer = call(shop, "POST", "/reports/run", body)

    assert answer.status_code == 200
    assert answer.json == {
        "columns": [
            {"key": "month", "type": "period", "label": "sold_at", "by": "month"},
            {"key": "total", "type": "money", "label": "金额合计"},
            {"key": "n", "type": "count", "label": "销售数"},
            {"key": "each", "type": "ratio", "label": "each", "format": "money"},
        ],
        "rows": [["2026-02-01", "30.00", 2, "15.000000"]],
        "totals": [None, "30.00", 2, "15.000000"],
        "period": None,
        "notes": [{"code": "unfinished-period", "value": "2026-02-01"}],
        "drill": [
            {
                "form": "sales",
                "condition": {
                    "field": "sold_at",
                    "op": "within",
                    "value": {
                        "from": "2026-01-31T16:00:00Z",
                        "to": "2026-02-15T02:00:00.000001Z",
                    },
                },
            }
        ],
    }


def test_a_stored_report_is_run_with_parameters(shop: Site) -> None:
    by_path = call(shop, "POST", "/reports/total/run", {"params": {"period": "last_month"}})
    by_key = call(
        shop, "POST", "/reports/run",
        {"key": "total", "params": {"period": {"calendar": "last_month"}}},
    )  # fmt: skip

    assert by_path.json["rows"] == [["60.00", "0.00"]] == by_key.json["rows"]
    assert by_path.json["period"] == {"from": "2026-02-01", "to": "2026-03-01"}
    assert call(shop, "POST", "/reports/total/run").json["rows"] == [["65.00", None]]


def test_an_analysis_answers_with_its_columns_and_drills(shop: Site) -> None:
    answer = call(shop, "POST", "/reports/cohorts/run", {"at": "2026-03-10T12:00"}).json

    assert [column["key"] for column in answer["columns"]] == [
        "cohort", "size", "offset", "active", "rate",
    ]  # fmt: skip
    assert answer["rows"] == [
        ["2026-02-01", 2, 0, 2, "1.000000"],
        ["2026-02-01", 2, 1, 1, "0.500000"],
    ]
    assert answer["drill"][0]["form"] == "people"
    assert {"code": "unfinished-period", "value": "2026-03-01"} in answer["notes"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "definition"),
        ({"key": "total", "colour": 1}, "colour"),
        ({"key": "total", "params": []}, "params"),
        ({"key": "total", "at": 7}, "at"),
        ({"key": "total", "at": "soon"}, "at"),
        ({"definition": []}, "definition"),
        ({"definition": {"from": "sales"}}, "measures"),
        ({"definition": {"from": "sales", "measures": [COUNT], "colour": 1}}, "colour"),
    ],
)
def test_bad_bodies_are_refused_with_their_place(shop: Site, body: Any, path: str) -> None:
    answer = call(shop, "POST", "/reports/run", body)

    assert answer.status_code == 422
    assert path in [problem["path"] for problem in answer.json["problems"]]


def test_a_report_is_made_changed_and_published(shop: Site) -> None:
    made = call(shop, "POST", "/reports", FRESH)
    again = call(shop, "POST", "/reports", FRESH)
    hidden = call(shop, "GET", "/reports/fresh")
    saved = call(
        shop,
        "PUT",
        "/reports/fresh",
        {**FRESH, "label": "Fresher"},
        **{"If-Match": made.headers["ETag"]},
    )
    stale = call(shop, "PUT", "/reports/fresh", FRESH, **{"If-Match": made.headers["ETag"]})
    published = call(shop, "POST", "/reports/fresh/publish")

    assert (made.status_code, again.status_code, hidden.status_code) == (201, 409, 404)
    assert (saved.status_code, stale.status_code) == (200, 412)
    assert published.json == {"version": 1, "problems": []}
    assert call(shop, "GET", "/reports/fresh").json["label"] == "Fresher"
    draft = call(shop, "GET", "/reports/fresh?state=draft")
    assert draft.headers["ETag"] == saved.headers["ETag"]


def test_lists_name_what_is_there(shop: Site) -> None:
    reports = call(shop, "GET", "/reports").json["reports"]
    boards = call(shop, "GET", "/dashboards").json["dashboards"]

    assert [each["key"] for each in reports] == ["by_month", "total", "cohorts", "tiers"]
    assert (boards[0]["key"], boards[0]["version"]) == ("front", 1)


def test_a_dashboard_is_made_and_run(shop: Site) -> None:
    board = {"key": "side", "label": "Side", "cards": [{"report": "total"}]}

    assert call(shop, "POST", "/dashboards", board).status_code == 201
    assert call(shop, "POST", "/dashboards/side/publish").json["version"] == 1
    cards = call(shop, "POST", "/dashboards/front/run", {"params": {"period": "last_month"}}).json
    assert cards["cards"][0]["result"]["rows"] == [["60.00", "0.00"]]


def test_another_key_than_the_address_is_refused(shop: Site) -> None:
    answer = call(shop, "PUT", "/reports/fresh", {**FRESH, "key": "other"})

    assert answer.status_code == 422


def test_clerks_tokens_run_nothing(shop: Site) -> None:
    client = shop.app.test_client()

    answer = client.post("/api/v1/reports/total/run", json={}, headers=shop.token("clerk"))

    assert answer.status_code == 403
