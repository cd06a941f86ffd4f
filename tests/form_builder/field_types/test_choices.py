"""Several choices: ticked, asked for, taken through files and turned into other types."""

from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.choices import in_order
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

OPTIONS = [
    {"value": "tea", "label": {"en": "Tea", "zh-Hans": "茶"}, "color": "green"},
    {"value": "cake", "label": {"en": "Cake", "zh-Hans": "蛋糕"}},
    {"value": "wine", "label": {"en": "Wine, red", "zh-Hans": "酒、红"}},
]
FIELD: dict[str, Any] = {"type": "choices", "options": OPTIONS, "label": {"zh-Hans": "爱好"}}


def test_conditions_ask_for_any_all_or_none(uow: UnitOfWork) -> None:
    publish_things(uow, **FIELD)
    for name, codes in (("a", ["cake", "tea"]), ("b", ["tea", "tea"]), ("c", [])):
        make(uow, name, codes)
    for op, value, names in (
        ("has", "tea", ["a", "b"]),
        ("has_all", ["tea", "cake"], ["a"]),
        ("has_any", ["cake", "wine"], ["a"]),
        ("has_none", ["cake"], ["b", "c"]),
    ):
        assert names_where(uow, {"field": "f", "op": op, "value": value}) == names, op
    assert names_where(uow, {"field": "f", "op": "is_empty"}) == ["c"]
    with pytest.raises(Invalid) as refused:
        make(uow, "d", ["beer"])
    assert [(e.path, e.code) for e in refused.value.problems] == [("f", "not-an-option")]


def test_no_more_than_the_owner_allows(uow: UnitOfWork) -> None:
    publish_things(uow, **FIELD, most=2)
    assert value_of(uow, make(uow, "a", ["wine", "tea"])) == ["tea", "wine"]
    with pytest.raises(Invalid) as refused:
        make(uow, "b", ["tea", "cake", "wine"])
    assert [(e.path, e.code) for e in refused.value.problems] == [("f", "too-many-choices")]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_they_travel_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path, suffix: str
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_things(uow, **FIELD)
        for name, codes in (("a", ["cake", "tea"]), ("b", ["wine", "tea"]), ("c", [])):
            make(uow, name, codes)
    before, after, file = there_and_back(database, workspace, tmp_path, suffix)
    assert after == before
    if suffix == ".csv":
        assert "茶, 蛋糕" in file.decode()
    assert problems_of_lines(database, workspace, ["茶，Cake", "TEA;啤酒"]) == {
        3: ["not-an-option"]
    }


def test_the_page_ticks_shows_filters_and_remembers(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, **FIELD, most=2, required=True)
    base, owner = f"{site.home}/forms/things", site.signed_in()
    page = owner.get(f"{base}/records/new?f=cake").text
    assert 'value="cake" checked' in page
    assert "Choose up to 2." in words_of(page)
    posted = {"name": "Ann", "f~here": "1", "f": ["cake", "tea"]}
    made = owner.send(f"{base}/records/new", posted)
    assert made.status_code == 303, words_of(made.text)
    record = made.headers["Location"]
    shown = words_of(owner.get(record).text)
    assert shown.index("Tea") < shown.index("Cake"), "in the owner's order"
    refused = owner.send(f"{base}/records/new", {**posted, "f": ["cake", "tea", "wine"]})
    assert refused.status_code == 422
    assert "3 are ticked; at most 2, please." in words_of(refused.text)
    assert owner.send(f"{base}/records/new", {"name": "x", "f~here": "1"}).status_code == 422
    url = f"{base}/records?f=f&op=has_all&v=tea&v=cake"
    filtered = words_of(owner.get(url, follow_redirects=True).text)
    assert "Ann" in filtered
    owner.send(f"{record}/edit", {"f~here": "1", "f": ["cake"]})
    past = words_of(owner.get(f"{record}?tab=history").text)
    assert any("Cake" in each and "Tea" in each for each in past), past


def test_options_taken_away_stand_last() -> None:
    field = FieldDefinition("f", "choices", settings={"options": OPTIONS})
    assert in_order(field, {"gone", "cake", "tea"}) == ["tea", "cake", "gone"]
