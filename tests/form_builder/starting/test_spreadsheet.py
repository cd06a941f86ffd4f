"""A spreadsheet's columns as fields."""

from typing import Any

import pytest

from regulars.form_builder.importing.guessing import guess_columns
from regulars.form_builder.schema import form_problems
from regulars.form_builder.starting import from_file
from regulars.form_builder.starting.spreadsheet import few_values, form_of, map_of, wishes_of
from regulars.platform.errors import Invalid

COLUMNS = ("姓名", "手机", "会员等级", "消费金额", "到店日期", "ID", "备注", "Site", "空")
LINES = [
    ("王芳", "13800138000", "金卡", "88.50", "2025-03-01", "7", "老顾客", "https://a.example", ""),
    ("李强", "13900139000", "银卡", "12", "2025-03-02", "9", "第一次来", "https://b.example", ""),
    ("张敏", "13700137000", "金卡", "40", "2025-03-05", "11", "", "https://c.example", ""),
    ("赵磊", "13600136000", "金卡", "8", "2025-03-05", "12", "x", "https://d.example", ""),
    ("钱多", "13500135000", "银卡", "9.90", "2025-03-06", "14", "y", "https://e.example", ""),
    ("孙丽", "13400134000", "银卡", "100", "2025-03-07", "15", "z", "https://f.example", ""),
]


def wishes() -> Any:
    guesses = [each.as_json() for each in guess_columns(COLUMNS, LINES)]
    return wishes_of(COLUMNS, guesses, few_values(LINES, COLUMNS)), guesses


def test_columns_become_fields_of_the_types_they_seem_to_hold() -> None:
    made, guesses = wishes()
    assert [wish.type for wish in made] == [
        "text", "phone", "choice", "money", "date", "number", "text", "url", "text",
    ]  # fmt: skip
    form = form_of("guests", "Guests", made)
    assert form_problems(form) == []
    assert form["person"] == {"name": "xing_ming", "mobile": "shou_ji"}
    assert form["title"] == "{xing_ming}"
    assert [each["label"] for each in form["fields"][2]["options"]] == ["金卡", "银卡"]
    assert "id" not in [field["key"] for field in form["fields"]]
    (target,) = map_of("guests", made, guesses)["targets"]
    assert [source["column"] for source in target["fields"].values()] == list(COLUMNS)


def test_different_values_that_do_not_come_again_are_no_options() -> None:
    assert set(few_values(LINES, COLUMNS)) == {"会员等级"}


def test_names_and_types_are_chosen_and_columns_left_out() -> None:
    made, _guesses = wishes()
    chosen = from_file.changed(
        made, {0: "Guest", 1: "Guest"}, {2: "text", **dict.fromkeys(range(3, 9), "")}
    )
    assert [(wish.key, wish.type) for wish in chosen] == [
        ("guest", "text"), ("guest_2", "phone"), ("hui_yuan_deng_ji", "text"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("types", "path"),
    [({0: "subform"}, "type/0"), ({0: "choice"}, "type/0"), (dict.fromkeys(range(9), ""), "")],
)
def test_what_no_column_can_become_is_refused(types: dict[int, str], path: str) -> None:
    made, _guesses = wishes()
    with pytest.raises(Invalid) as refused:
        from_file.changed(made, {}, types)
    assert path in [problem.path for problem in refused.value.problems]
