"""Locations: read as people and maps write them, kept with six decimals, opened in a map."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.field_types.location import read_point, shown_point
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
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
    ("text", "point"),
    [
        ("30.27415, 120.15515", ("30.27415", "120.15515")),
        ("30.27415，120.15515", ("30.27415", "120.15515")),
        ("120.15515 30.27415", ("30.27415", "120.15515")),
        ("geo:-33.8688,151.2093;u=35", ("-33.8688", "151.2093")),
        ("北纬30.5° 东经120.25°", ("30.5", "120.25")),
        ("东经120度15分，北纬30度30分", ("30.5", "120.25")),
        ("30°30'0\"N 120°15'0\"E", ("30.5", "120.25")),
        ("S33.5 W70.25", ("-33.5", "-70.25")),
        ("纬度：30.5 经度：120.25", ("30.5", "120.25")),
        ("lat=30.5, lng=120.25", ("30.5", "120.25")),
        ("30.5", None),
        ("30°75'N 120°E", None),
        ("N30 N40", None),
        ("here", None),
    ],
)
def test_a_point_is_read_as_people_and_maps_write_it(
    text: str, point: tuple[str, str] | None
) -> None:
    assert read_point(text) == (point and tuple(map(Decimal, point)))


@given(st.decimals(-90, 90, places=6), st.decimals(-180, 180, places=6))
def test_what_is_shown_is_read_again(lat: Decimal, lng: Decimal) -> None:
    assert read_point(shown_point(f"{lat:f},{lng:f}")) == (lat, lng)


@given(st.text("0123456789.,-° NSEW'\"北纬东经度分秒geo:", max_size=40))
def test_any_text_is_a_point_or_none(text: str) -> None:
    found = read_point(text)
    assert found is None or all(each.is_finite() for each in found)


def test_it_is_written_in_numbers_or_a_text(uow: UnitOfWork) -> None:
    publish_things(uow, type="location")
    whole = {"lat": "30.274150", "lng": "120.155150"}
    for name, value in (("a", {"lat": 30.27415, "lng": "120.15515"}), ("b", whole),
                        ("c", "geo:30.27415,120.15515")):  # fmt: skip
        assert value_of(uow, make(uow, name, value)) == whole
    assert value_of(uow, make(uow, "d", "")) is None
    assert names_where(uow, {"field": "f", "op": "is_empty"}) == ["d"]
    assert names_where(uow, {"field": "f", "op": "is", "value": "120.15515 30.27415"}) == [
        "a", "b", "c",
    ]  # fmt: skip
    for bad, code in (
        ({"lat": 91, "lng": 0}, "not-on-earth"),
        ({"lat": 1}, "not-a-location"),
        ({"lat": True, "lng": 1}, "not-a-location"),
        ({"lat": "NaN", "lng": 1}, "not-on-earth"),
        ("near the market", "not-a-location"),
    ):
        with pytest.raises(Invalid) as refused:
            make(uow, "x", bad)
        assert [(e.path, e.code) for e in refused.value.problems] == [("f", code)], bad


def test_it_travels_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_things(uow, type="location")
        make(uow, "a", "-33.8688, 151.2093")
        make(uow, "b", None)
    for suffix in (".csv", ".xlsx"):
        before, after, _file = there_and_back(database, workspace, tmp_path, suffix)
        assert after == before
    problems = problems_of_lines(database, workspace, ["北纬30.5 东经120.25", "95, 200"])
    assert problems == {3: ["not-on-earth"]}


def test_the_pages_of_a_location(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, type="location", label="Where")
    base, owner = f"{site.home}/forms/things", site.signed_in()
    form = owner.get(f"{base}/records/new")
    assert "geolocation=(self)" in form.headers["Permissions-Policy"]
    assert "Where I am" in words_of(form.text)
    made = owner.send(f"{base}/records/new", {"name": "Ann", "f": "30.27415, 120.15515"})
    record = made.headers["Location"]
    shown = owner.get(record).text
    assert 'href="geo:30.274150,120.155150"' in shown
    assert "30.27415, 120.15515" in words_of(shown)
    assert owner.send(f"{record}/edit", {"f": "there"}).status_code == 422
    past = " ".join(words_of(owner.get(f"{record}?tab=history").text))
    assert "30.27415, 120.15515" in past
