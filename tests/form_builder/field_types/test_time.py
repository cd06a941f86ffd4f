"""Times of day: read as people write them, compared like numbers, said like times."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.time import read_time
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from regulars.platform.expressions.explain import explain
from regulars.platform.formats import Formats, clock_time
from tests.support.one_field import (
    make,
    names_where,
    problems_of_lines,
    publish_things,
    there_and_back,
    value_of,
)
from tests.support.site import Site, words_of


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9:30", "09:30"),
        ("09：30", "09:30"),
        ("23:59:00", "23:59"),
        ("3:30 pm", "15:30"),
        ("12:05 a.m.", "00:05"),
        ("8am", "08:00"),
        ("9点", "09:00"),
        ("上午9点半", "09:30"),
        ("下午3点20分", "15:20"),
        ("下午3：20", "15:20"),
        ("15时30分", "15:30"),
        ("晚上8點一刻", "20:15"),
        ("中午12点", "12:00"),
        ("中午1点", "13:00"),
        ("晚上12点", "00:00"),
        ("凌晨1点整", "01:00"),
        ("0.5", "12:00"),
        (".395833333333333", "09:30"),
        ("24:00", None),
        ("9:75", None),
        ("13:00 pm", None),
        ("下午25点", None),
        ("9", None),
        ("9:30:15", None),
        ("0.99999", None),
        ("soon", None),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, time: str | None) -> None:
    found = read_time(text)
    assert (None if found is None else clock_time(found)) == time


@given(st.integers(0, 1439))
def test_every_time_is_read_as_it_is_written(minutes: int) -> None:
    assert read_time(clock_time(Decimal(minutes))) == minutes


@given(st.text(max_size=12))
def test_any_text_is_a_time_of_the_day_or_none(text: str) -> None:
    found = read_time(text)
    assert found is None or 0 <= found < 1440


def test_conditions_formulas_and_their_words_speak_of_times(uow: UnitOfWork) -> None:
    publish_things(uow, type="time", label="Opens")
    for name, value in (("a", "08:00"), ("b", "9:30"), ("c", None), ("d", 1080)):
        make(uow, name, value)
    for op, value, names in (
        ("is", "9:30", ["b"]),
        ("lt", "9:30", ["a"]),
        ("gte", "09:30", ["b", "d"]),
        ("between", ["8:00", "10:00"], ["a", "b"]),
        ("in", ["18:00", "08:00"], ["a", "d"]),
    ):
        assert names_where(uow, {"field": "f", "op": op, "value": value}) == names, op
    assert names_where(uow, {"formula": 'f > "上午8点" AND f - 30 < 600'}) == ["b"]
    catalog = catalog_of(uow)
    formats = Formats("en", uow.workspace.zone, "CNY", uow.now)
    tree, problems = catalog.condition("things", {"field": "f", "op": "lt", "value": "9:30"})
    assert not problems
    assert explain(tree, catalog.shapes, formats) == "“Opens” is before 09:30"
    tree, _none = catalog.condition("things", {"field": "f", "op": "between",
                                               "value": ["08:00", "12:00"]})  # fmt: skip
    assert "between 08:00 and 12:00" in explain(tree, catalog.shapes, formats)
    _tree, problems = catalog.condition("things", {"field": "f", "op": "lt", "value": "soon"})
    assert [each.code for each in problems] == ["literal-not-of-kind"]


def test_a_time_keeps_within_its_bounds(uow: UnitOfWork) -> None:
    publish_things(uow, type="time", min="09:00", max="18:00")
    assert value_of(uow, make(uow, "a", "下午6点")) == "18:00"
    for value, code in (("08:59", "below-min"), ("18:01", "above-max"), ("later", "not-a-time")):
        with pytest.raises(Invalid) as refused:
            make(uow, "b", value)
        assert [(e.path, e.code) for e in refused.value.problems] == [("f", code)]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_times_travel_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path, suffix: str
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_things(uow, type="time")
        for name, value in (("a", "00:00"), ("b", "23:59"), ("c", None)):
            make(uow, name, value)
    before, after, _file = there_and_back(database, workspace, tmp_path, suffix)
    assert after == before
    problems = problems_of_lines(database, workspace, ["下午3点", "25:00"])
    assert problems == {3: ["not-a-time"]}


def test_the_page_of_a_time(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, type="time", min="08:00", default="09:30", label="Opens")
    base, owner = f"{site.home}/forms/things", site.signed_in()
    page = owner.get(f"{base}/records/new").text
    assert 'type="time" value="09:30"' in page
    assert 'min="08:00"' in page
    made = owner.send(f"{base}/records/new", {"name": "Ann", "f": "10:15"})
    record = made.headers["Location"]
    assert "10:15" in words_of(owner.get(record).text)
    owner.send(f"{record}/edit", {"f": "11:00"})
    past = words_of(owner.get(f"{record}?tab=history").text)
    assert {"10:15", "11:00"} <= set(past), "\n".join(past)
    query: dict[str, Any] = {"field": "f", "op": "gt", "value": "10:30"}
    listed = owner.get(f"{base}/records", query_string={"filter": json.dumps(query)}).text
    assert "Ann" in words_of(listed)
    assert any(
        "Opens is after 11:00" in w or "Opens is after 10:30" in w for w in words_of(listed)
    )
