"""Options of several levels: chosen to the end, asked for by branch, written as a text."""

from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from regulars.platform.expressions.explain import explain
from regulars.platform.formats import Formats
from tests.support.one_field import (
    make,
    names_where,
    problems_of_lines,
    publish_things,
    there_and_back,
    value_of,
)
from tests.support.site import Site, words_of


def option(value: str, en: str, zh: str) -> dict[str, Any]:
    return {"value": value, "label": {"en": en, "zh-Hans": zh}}


OPTIONS = [
    option("food", "Food", "食品"),
    option("food.tea", "Tea", "茶叶"),
    option("food.tea.green", "Green", "绿茶"),
    option("food.cake", "Cakes", "糕点"),
    option("foodware", "Ware", "餐具"),
    option("foodware.tea", "Tea", "茶具"),
]
FIELD: dict[str, Any] = {"type": "cascade", "options": OPTIONS, "label": "Kind"}
KIND = FieldDefinition("f", "cascade", settings={"options": OPTIONS})


def read(text: str, field: FieldDefinition = KIND) -> Any:
    reading: Any = None  # nothing of the workspace matters
    return field_types.get("cascade").parse_text(field, text, reading)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("food.cake", "food.cake"),
        ("食品 / 茶叶 / 绿茶", "food.tea.green"),
        ("Food>tea>GREEN", "food.tea.green"),
        ("食品茶叶绿茶", "food.tea.green"),
        ("茶具", "foodware.tea"),
        ("green", "food.tea.green"),
        ("", None),
    ],
)
def test_a_cell_is_read_by_code_by_way_or_by_a_word_of_its_own(text: str, code: Any) -> None:
    assert read(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Tea", "several-options"),
        ("Food / Tea", "choose-further"),
        ("Food / Beer", "not-an-option"),
    ],
)
def test_what_is_unclear_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadValue) as refused:
        read(text)
    assert refused.value.code == code


def test_every_level_has_the_one_above_it() -> None:
    field = FieldDefinition("f", "cascade", settings={"options": [{"value": "a.b"}]})
    form = FormDefinition("things", "Things", (field,))
    found = [(e.path, e.code) for e in field_types.get("cascade").check(field, form, {})]
    assert found == [("options/0/value", "option-without-level-above")]


def test_a_condition_asks_for_a_whole_branch(uow: UnitOfWork) -> None:
    publish_things(uow, **FIELD)
    for name, code in (("a", "food.tea.green"), ("b", "food.cake"), ("c", "foodware.tea")):
        assert value_of(uow, make(uow, name, code)) == code
    for value, names in (
        ("food", ["a", "b"]),
        ("food.tea", ["a"]),
        ("food.cake", ["b"]),
        ("foodware", ["c"]),
    ):
        assert names_where(uow, {"field": "f", "op": "under", "value": value}) == names, value
    catalog = catalog_of(uow)
    formats = Formats("en", uow.workspace.zone, "CNY", uow.now)
    tree, _none = catalog.condition("things", {"field": "f", "op": "under", "value": "food"})
    assert explain(tree, catalog.shapes, formats) == "“Kind” is in “Food”"
    for code in ("beer", "food.beer"):
        with pytest.raises(Invalid) as refused:
            names_where(uow, {"field": "f", "op": "under", "value": code})
        assert [each.code for each in refused.value.problems] == ["unknown-option"]


def test_a_level_in_between_counts_where_the_owner_says_so(uow: UnitOfWork) -> None:
    publish_things(uow, **FIELD, any_level=True)
    assert value_of(uow, make(uow, "a", "food.tea")) == "food.tea"
    assert names_where(uow, {"field": "f", "op": "under", "value": "food.tea"}) == ["a"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_they_travel_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path, suffix: str
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_things(uow, **FIELD)
        for name, code in (("a", "food.tea.green"), ("b", "foodware.tea"), ("c", None)):
            make(uow, name, code)
    before, after, file = there_and_back(database, workspace, tmp_path, suffix)
    assert after == before
    if suffix == ".csv":
        assert "食品 / 茶叶 / 绿茶" in file.decode()
    assert problems_of_lines(database, workspace, ["糕点", "茶叶", "Tea"]) == {
        3: ["choose-further"],
        4: ["several-options"],
    }


def test_the_pages_of_a_cascade(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, **FIELD)
    base, owner = f"{site.home}/forms/things", site.signed_in()
    page = owner.get(f"{base}/records/new").text
    assert '<option value="food.tea.green">Food / Tea / Green</option>' in page
    assert 'value="food.tea"' not in page, "levels in between are no choice"
    made = owner.send(f"{base}/records/new", {"name": "Ann", "f": "food.cake"})
    record = made.headers["Location"]
    assert "Food / Cakes" in words_of(owner.get(record).text)
    owner.send(f"{record}/edit", {"f": "foodware.tea"})
    past = " ".join(words_of(owner.get(f"{record}?tab=history").text))
    assert "Food / Cakes" in past
    assert "Ware / Tea" in past
    url = f"{base}/records?f=f&op=under&v=foodware"
    listed = words_of(owner.get(url, follow_redirects=True).text)
    assert any("Kind is in Ware" in each for each in listed), "\n".join(listed)
    assert "Ann" in listed

    panel = owner.get(f"{base}/design?field=f").text
    assert "Food\n  Tea\n    Green\n  Cakes\nWare\n  Tea" in panel
