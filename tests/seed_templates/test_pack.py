from typing import Any

import pytest

from regulars.platform.errors import Invalid
from regulars.platform.i18n import LOCALES
from tests.seed_templates.small_pack import GUESTS, MANIFEST, pack_of, small_files, small_pack


def problems(**changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        pack_of(small_files(**changes))
    for each in refused.value.problems:
        assert all(each.message(locale) for locale in LOCALES)
    return {(each.path, each.code) for each in refused.value.problems}


def manifest(**changes: Any) -> dict[str, Any]:
    return {"pack.json": {**MANIFEST, **changes}}


def form(**changes: Any) -> dict[str, Any]:
    return {"forms/guests.json": {**GUESTS, **changes}}


def test_a_sound_pack_lists_its_definitions_in_order() -> None:
    pack = small_pack()
    assert [(each.kind, each.key) for each in pack.definitions] == [
        ("form", "guests"),
        ("form", "stays"),
    ]
    assert (pack.key, pack.version, pack.sample) == ("small_inn", "1.0.0", None)


def test_every_problem_of_every_file_comes_at_once() -> None:
    found = problems(
        **{
            "forms/guests.json": {
                **GUESTS,
                "colour": "red",
                "fields": [{"key": "x", "type": "y"}],
            },
            "forms/stays.json": "not json",
            "notes/readme.json": {},
        }
    )
    assert found >= {
        ("forms/guests.json/colour", "unknown-key"),
        ("forms/guests.json/fields/0/type", "unknown-field-type"),
        ("notes/readme.json", "pack-file-unlisted"),
    }
    assert any(path == "forms/stays.json" for path, _code in found)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (manifest(version="1"), ("pack.json/version", "shape-pattern")),
        (manifest(price=3), ("pack.json/price", "unknown-key")),
        (manifest(platform=">=99"), ("pack.json/platform", "pack-other-platform")),
        (
            manifest(contents={"forms": ["guests", "stays", "guests"]}),
            ("pack.json/contents/forms/2", "duplicate-key"),
        ),
        (
            manifest(contents={"forms": ["guests", "stays", "rooms"]}),
            ("forms/rooms.json", "pack-file-missing"),
        ),
        (
            manifest(contents={"forms": ["guests"]}),
            ("forms/stays.json", "pack-file-unlisted"),
        ),
        (form(key="visitors"), ("forms/guests.json/key", "pack-other-key")),
        (
            form(title={"$ref": "https://elsewhere.example/schema.json"}),
            ("forms/guests.json/title/$ref", "pack-reference"),
        ),
        ({"pack.json": None}, ("pack.json", "pack-file-missing")),
        ({"pack.json": []}, ("pack.json", "shape-type")),
        ({"forms/guests.json": '{"key": 1, "key": 2}'}, ("forms/guests.json", "json-doubled-key")),
        ({"forms/guests.json": "[" * 100_000}, ("forms/guests.json", "json-too-deep")),
        ({"forms/guests.json": b"\xff\xfe"}, ("forms/guests.json", "json-not-utf8")),
        ({"forms/guests.json": '{"key": NaN}'}, ("forms/guests.json", "json-not-a-number")),
    ],
)
def test_a_broken_pack_is_refused_with_its_place(
    change: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert problem in problems(**change)


def test_a_definition_nested_too_deeply_is_refused() -> None:
    deep: Any = {"field": "name", "op": "is_not_empty"}
    for _ in range(40):
        deep = {"not": deep}
    checks = [{"must": deep, "message": "no"}]
    assert ("forms/guests.json", "too-deep") in problems(**form(checks=checks))


def test_an_unknown_sample_generator_is_refused() -> None:
    sample = {
        "generator": "magic",
        "plan": "plan.json",
        "flavours": {"en": "en.json", "zh-Hans": "en.json", "zh-Hant": "en.json"},
    }
    found = problems(
        **manifest(sample_data=sample),
        **{"sample_data/plan.json": {}, "sample_data/en.json": {}},
    )
    assert found == {("pack.json/sample_data/generator", "pack-unknown-generator")}
