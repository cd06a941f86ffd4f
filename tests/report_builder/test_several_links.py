"""Reports over records that link to several others: each link counts, the record once."""

from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Kind
from regulars.report_builder.fields import GROUPABLE
from regulars.report_builder.result import Linked
from regulars.report_builder.web.choices import field_options, link_options
from tests.report_builder.corner import OWNER, add, ask
from tests.support.shop_forms import publish_forms

FORMS: list[dict[str, Any]] = [
    {"kind": "form", "key": "courses", "label": "Courses", "title": "{name}",
     "fields": [{"key": "name", "type": "text", "unique": True}]},
    {"kind": "form", "key": "pupils", "label": "Pupils", "title": "{name}",
     "fields": [{"key": "name", "type": "text"}, {"key": "age", "type": "number"},
                {"key": "courses", "type": "links", "to": "courses", "label": "Takes"}]},
    {"kind": "form", "key": "marks", "label": "Marks",
     "fields": [{"key": "pupil", "type": "link", "to": "pupils"},
                {"key": "mark", "type": "number"}]},
]  # fmt: skip
BY_COURSE = [{"as": "course", "field": "courses"}]


@pytest.fixture
def school(uow: UnitOfWork) -> dict[str, int]:
    publish_forms(uow, FORMS)
    tea, cake, _wine = add(uow, "courses", *({"name": name} for name in ("Tea", "Cake", "Wine")))
    ann, ben, _cid = add(
        uow, "pupils",
        {"name": "Ann", "age": 8, "courses": [tea, cake]},
        {"name": "Ben", "age": 30, "courses": [cake]},
        {"name": "Cid", "age": 50},
    )  # fmt: skip
    add(uow, "marks", *({"pupil": who, "mark": mark} for who, mark in ((ann, 1), (ben, 4))))
    return {"tea": tea, "cake": cake, "ann": ann}


def shown(rows: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(value.title if isinstance(value, Linked) else value for value in row) for row in rows
    ]


def test_a_record_counts_under_each_link_and_once_in_the_total(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    measures = [
        {"as": "n", "aggregate": "count"}, {"as": "years", "aggregate": "sum", "field": "age"},
    ]  # fmt: skip
    result = ask(uow, measures, source="pupils", dimensions=BY_COURSE, sort=["-n", "years"])
    assert shown(result.rows) == [("Cake", 2, 38), ("Tea", 1, 8), (None, 1, 50)]
    assert result.totals == (None, 3, 88)
    columns = {each.key: each.type for each in result.columns}
    assert columns["course"] == "link"


def test_what_stands_behind_a_number_are_those_who_link_there(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    result = ask(uow, source="pupils", dimensions=BY_COURSE, sort=["-n"])
    for drill, names in zip(result.drill, (["Ann", "Ben"], ["Ann"], ["Cid"]), strict=True):
        assert drill is not None
        query = RecordQuery(filter=drill.condition, sort=("name",))
        found = find_records(uow, OWNER, "pupils", query).records
        assert [each["name"] for each in found] == names


def test_links_are_filtered_by_and_reached_through_another_link(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    tea = {"field": "courses", "op": "has", "value": school["tea"]}
    assert ask(uow, source="pupils", where=tea).rows == ((1,),)
    assert ask(uow, source="pupils", params={"courses": school["cake"]}).rows == ((2,),)
    mean = [{"as": "mean", "aggregate": "avg", "field": "mark"}]
    through = [{"as": "course", "field": "pupil.courses"}]
    result = ask(uow, mean, source="marks", dimensions=through, sort=["mean"])
    assert shown(result.rows) == [("Tea", 1), ("Cake", 2.5)]
    rows = ask(uow, source="pupils.courses", dimensions=[{"as": "c", "field": "record.name"}])
    assert sorted(shown(rows.rows)) == [("Cake", 2), ("Tea", 1)]


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"measures": [{"as": "n", "aggregate": "count_distinct", "field": "courses"}]},
         "measures/0/field"),
        ({"analysis": "cohort", "subject": "courses", "at": "created_at", "period": "month"},
         "subject"),
    ],
)  # fmt: skip
def test_where_one_value_is_wanted_several_links_do_not_fit(
    uow: UnitOfWork, school: dict[str, int], parts: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        ask(uow, source="pupils", **parts)
    assert [(p.path, p.code) for p in caught.value.problems] == [(path, "field-does-not-fit")]


def test_the_editor_offers_them_to_group_by_only(uow: UnitOfWork, school: dict[str, int]) -> None:
    catalog = catalog_of(uow)

    def offered(kinds: Any) -> list[str]:
        return [path for path, _words in field_options(catalog, "marks", kinds, "en")]

    assert "pupil.courses" in offered(GROUPABLE)
    assert "pupil.courses" not in offered(GROUPABLE - {Kind.TAGS})
    assert "courses" not in [path for path, _words in link_options(catalog, "pupils", "en")]
