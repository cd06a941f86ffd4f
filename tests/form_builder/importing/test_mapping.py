"""Maps: their shape, the maps our documents show, and what a file without one is taken to mean."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.importing.mapping import ImportMap, Parse, map_problems
from regulars.form_builder.importing.suggesting import suggest_map
from tests.support.import_forms import IMPORT_SHOP

ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("docs/guide/import-your-sales-history.md", "docs/reference/import-maps.md")
FORMS = {raw["key"]: FormDefinition.from_json(raw) for raw in IMPORT_SHOP}


def shown_maps() -> list[Any]:
    found = []
    for name in SHOWN:
        text = (ROOT / name).read_text("utf-8")
        found += [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    return found


def test_every_map_our_documents_show_is_a_right_one() -> None:
    maps = shown_maps()
    assert len(maps) == 3
    for raw in maps:
        assert map_problems(raw) == []
        assert ImportMap.from_json(raw).targets


def test_the_golden_map_is_the_one_the_guide_shows() -> None:
    golden = json.loads((ROOT / "tests/golden/online_retail_map.json").read_text("utf-8"))
    assert map_problems(golden) == []
    assert [_bare(each) for each in golden["targets"]] == [
        _bare(each) for each in shown_maps()[0]["targets"]
    ]


def _bare(target: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(target, sort_keys=True))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        ([], "", "shape-type"),
        ({}, "targets", "required"),
        ({"targets": []}, "targets", "shape-min-items"),
        ({"targets": [{"form": "x"}]}, "targets/0/fields", "required"),
        ({"targets": [{"form": "x", "fields": {}}]}, "targets/0/fields", "shape"),
        (
            {"targets": [{"form": "x", "fields": {"a": {"column": "a"}}, "mode": "sideways"}]},
            "targets/0/mode",
            "shape-enum",
        ),
        (
            {"targets": [{"form": "x", "fields": {"a": {"column": "a"}}}], "b": 1},
            "b",
            "unknown-key",
        ),
        (
            {"targets": [{"form": "x", "fields": {"a": {}}}]},
            "targets/0/fields/a/column",
            "required",
        ),
    ],
)
def test_a_wrong_shape_is_named_with_its_place(raw: Any, path: str, code: str) -> None:
    found = [(problem.path, problem.code) for problem in map_problems(raw)]
    assert (path, code) in found, found
    assert all(problem.message("zh-Hans") for problem in map_problems(raw))


@pytest.mark.parametrize(
    ("raw", "parse"),
    [
        ("dmy", Parse(way="dmy")),
        ("negate", Parse(sign="negate")),
        ("number", Parse()),
        ({"decimal": ",", "sign": "absolute"}, Parse(decimal=",", sign="absolute")),
        ({"as": "%d.%m.%Y"}, Parse(way="%d.%m.%Y")),
        (None, Parse()),
    ],
)
def test_ways_of_writing_have_short_and_long_forms(raw: Any, parse: Parse) -> None:
    assert Parse.from_json(raw) == parse


def test_columns_called_like_fields_are_taken() -> None:
    columns = ("CODE", "姓名", "Phone", "birthday ", "Points", "who knows")
    guesses = {
        "Phone": {"kind": "phone"},
        "birthday ": {"kind": "date", "way": "dmy"},
        "Points": {"kind": "number", "way": ","},
    }
    target = suggest_map(FORMS["customers"], FORMS, columns, guesses)["targets"][0]
    assert target["key"] == "code"
    assert target["fields"] == {
        "code": {"column": "CODE"},
        "name": {"column": "姓名"},
        "mobile": {"column": "Phone"},
        "birthday": {"column": "birthday ", "parse": "dmy"},
        "points": {"column": "Points", "parse": {"decimal": ","}},
    }


def test_rows_and_links_are_found_too() -> None:
    columns = ("order_no", "customer", "items › product", "quantity", "unit_price")
    guesses = {"customer": {"kind": "phone"}}
    target = suggest_map(FORMS["orders"], FORMS, columns, guesses)["targets"][0]
    assert target["group_by"] == "order_no"
    assert target["fields"]["customer"] == {"column": "customer", "by": "mobile"}
    assert target["rows"] == {
        "field": "items",
        "fields": {
            "product": {"column": "items › product", "by": "sku"},
            "quantity": {"column": "quantity"},
            "unit_price": {"column": "unit_price"},
        },
    }
