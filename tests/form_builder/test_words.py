"""Every problem a form, a field or a row can have is told in every language."""

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.schema import form_problems
from regulars.platform import i18n, json_schema
from regulars.platform.problems import Problem

PACKAGE = Path(json_schema.__file__).parents[1]
READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))
OPTIONS = {"options": [{"value": "a", "label": {"en": "Apple", "zh-Hans": "苹果"}}]}


def _codes() -> set[str]:
    """Codes that stand as literals in ``BadValue(code)`` and ``draft.refuse(place, code)``."""
    found = set()
    for path in sorted((PACKAGE / "form_builder").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = {"BadValue": 0, "refuse": 1}.get(name)
            if place is not None and len(node.args) > place:
                code = node.args[place]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add(code.value)
    return found


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_code_has_words(locale: str) -> None:
    codes = _codes()
    assert len(codes) > 25
    silent = [
        code for code in sorted(codes) if i18n.find_text(f"problems.{code}", locale, 2) is None
    ]
    assert silent == []


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("kind", ["type", "type-help", "fills-itself"])
def test_every_field_type_has_words(locale: str, kind: str) -> None:
    names = [each.name for each in field_types if kind != "fills-itself" or not each.writable]
    assert all(i18n.translate(f"forms.{kind}.{name}", locale) for name in names)


BAD: list[tuple[str, dict[str, Any], Any]] = [
    ("text", {}, 1), ("text", {}, "\x00"), ("text", {"max_length": 2}, "abc"),
    ("number", {}, "many"), ("number", {}, "1.5"), ("number", {}, "9" * 50),
    ("number", {}, 10**20),
    ("number", {"min": 3}, 1), ("number", {"max": 3}, 9), ("money", {}, True),
    ("boolean", {}, "maybe"), ("date", {}, "31.12."), ("date", {}, 5), ("datetime", {}, "soon"),
    ("choice", OPTIONS, "pear"), ("choice", OPTIONS, 1), ("tags", {}, "a"),
    ("tags", {}, ["x" * 61]),
    ("tags", OPTIONS, ["pear"]), ("tags", {}, [str(n) for n in range(200)]),
    ("email", {}, "nobody"),
    ("phone", {}, "12"), ("url", {}, "javascript:alert(1)"), ("link", {"to": "x"}, "Ann"),
    ("unit", {}, True), ("serial", {}, "7"), ("formula", {"formula": "1", "result": "number"}, 1),
    ("subform", {}, "rows"), ("subform", {"max_rows": 1}, [{}, {}]),
    ("subform", {"min_rows": 1}, []),
]  # fmt: skip


@pytest.mark.parametrize(("type_name", "settings", "raw"), BAD)
def test_a_bad_value_is_explained_in_every_language(
    type_name: str, settings: dict[str, Any], raw: Any
) -> None:
    field = FieldDefinition(
        "f", type_name, label={"en": "Field", "zh-Hans": "字段"}, settings=settings
    )
    with pytest.raises(BadValue) as bad:
        field_types.get(type_name).convert(field, raw, READING)
    problem = Problem("f", bad.value.code, {"field": field.name, **bad.value.params})
    said = {locale: problem.message(locale) for locale in i18n.LOCALES}
    assert all("{" not in words for words in said.values())
    assert said["en"] != said["zh-Hans"]


BROKEN: list[tuple[Any, str]] = [
    ([], "shape-type"),
    ({"kind": "rule"}, "shape-const"),
    ({"label": ""}, "shape-min-length"),
    ({"label": "x" * 2001}, "shape-max-length"),
    ({"label": {}}, "shape"),
    ({"fields": [{"key": "A", "type": "text"}]}, "shape-pattern"),
    ({"fields": [{"key": "a", "type": "subform", "fields": []}]}, "shape-min-items"),
    ({"fields": [{"key": "a", "type": "text"}] * 501}, "shape-max-items"),
    ({"fields": [{"key": "a", "type": "number", "decimals": 9}]}, "shape-maximum"),
    ({"fields": [{"key": "a", "type": "number", "decimals": -1}]}, "shape-minimum"),
    ({"fields": [{"key": "a", "type": "serial", "reset": "hourly"}]}, "shape-enum"),
    ({"fields": [{"key": "a", "type": "link"}]}, "required"),
    ({"fields": [{"key": "a", "type": "text", "size": 1}]}, "unknown-key"),
    ({"fields": [{"key": "a", "type": "rainbow"}]}, "unknown-field-type"),
]


@pytest.mark.parametrize(("broken", "code"), BROKEN)
def test_a_wrong_shape_is_explained_in_every_language(broken: Any, code: str) -> None:
    sound = {"kind": "form", "key": "f", "label": "Form", "fields": []}
    raw = {**sound, **broken} if isinstance(broken, dict) else broken
    problems = form_problems(raw)
    assert code in {problem.code for problem in problems}
    for problem in problems:
        for locale in i18n.LOCALES:
            assert "{" not in problem.message(locale)


def test_a_definition_nested_without_end_is_refused_at_once() -> None:
    deep: dict[str, Any] = {"field": "a", "op": "is"}
    for _ in range(60):
        deep = {"not": deep}
    raw = {
        "kind": "form",
        "key": "f",
        "label": "F",
        "fields": [],
        "checks": [{"must": deep, "message": "x"}],
    }
    assert [problem.code for problem in form_problems(raw)] == ["too-deep"]
