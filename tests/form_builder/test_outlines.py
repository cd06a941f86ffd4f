"""Trees of options as indented texts, and back."""

from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.outlines import options_of_outline, outline_of

TEXT = "浙江\n  杭州\n    西湖区\n    余杭区\n  宁波\n上海"


def codes(text: str, before: list[dict[str, object]] | None = None) -> list[str]:
    return [each["value"] for each in options_of_outline(text, before or [], "zh-Hans")]


def test_an_indented_text_becomes_a_tree_and_back() -> None:
    options = options_of_outline(TEXT, [], "zh-Hans")
    assert [each["value"] for each in options] == [
        "zhe_jiang", "zhe_jiang.hang_zhou", "zhe_jiang.hang_zhou.xi_hu_qu",
        "zhe_jiang.hang_zhou.yu_hang_qu", "zhe_jiang.ning_bo", "shang_hai",
    ]  # fmt: skip
    assert outline_of(options, "zh-Hans") == TEXT


def test_any_way_of_writing_the_levels_is_understood() -> None:
    wanted = codes("a\n  b\n    c\n  d")
    for text in (
        "a\n\tb\n\t\tc\n\td",
        "a\n b\n   c\n d",
        "- a\n  - b\n    - c\n  - d",
        "a > b > c\na > d",
        "a\tb\tc\na\td",
        "a\n　b\n　　c\n　d\n\n",
        "a\n  b > c\n  d",
    ):
        assert codes(text) == wanted, text


def test_a_renamed_option_keeps_its_code_and_so_do_those_below_it() -> None:
    before = options_of_outline("Food\n  Tea\n  Cake", [], "en")
    after = options_of_outline("Food and drink\n  Tea\n  Cakes", before, "en")
    assert [each["value"] for each in after] == ["food", "food.tea", "food.cake"]
    assert [each["label"] for each in after] == ["Food and drink", "Tea", "Cakes"]
    moved = options_of_outline("Food\n  Cake\n  Tea\n  Nuts", before, "en")
    assert [each["value"] for each in moved] == ["food", "food.cake", "food.tea", "food.nuts"]


def test_words_in_other_languages_stay() -> None:
    before = [{"value": "food", "label": {"en": "Food", "zh-Hans": "食品"}}]
    assert options_of_outline("Food", before, "en") == before
    renamed = options_of_outline("Meals", before, "en")
    assert renamed == [{"value": "food", "label": {"en": "Meals", "zh-Hans": "食品"}}]


lines = st.lists(
    st.tuples(st.integers(0, 4), st.text("abc茶 ", min_size=1, max_size=4)), max_size=12
)


@given(lines)
def test_every_text_is_a_tree_whose_text_is_the_same_tree(given: list[tuple[int, str]]) -> None:
    text = "\n".join("  " * depth + words for depth, words in given)
    options = options_of_outline(text, [], "en")
    values = [each["value"] for each in options]
    assert len(set(values)) == len(values)
    assert all(not (above := v.rpartition(".")[0]) or above in values for v in values)
    assert options_of_outline(outline_of(options, "en"), options, "en") == options
