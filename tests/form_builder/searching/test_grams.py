"""A text that holds a word holds every piece of it that the index asks for."""

from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.searching.grams import asked_by, grams_of

TEXTS = st.text(alphabet="王芳ab1 é\n", max_size=30)


def test_a_chinese_name_is_found_by_each_sign_and_each_pair() -> None:
    assert grams_of("王小芳") == {"王", "小", "芳", "王小", "小芳"}


def test_nothing_goes_across_a_space() -> None:
    assert grams_of("ab c") == {"a", "b", "c", "ab"}
    assert grams_of(None) == set()


def test_a_long_word_asks_for_every_second_pair_and_the_last() -> None:
    assert asked_by("13800138") == ["13", "80", "01", "38"]
    assert asked_by("芳") == ["芳"]


@given(TEXTS, st.integers(0, 29), st.integers(1, 12))
def test_whatever_stands_in_a_text_is_asked_for_in_vain_of_none(
    text: str, start: int, length: int
) -> None:
    for word in text[start : start + length].split():
        assert set(asked_by(word)) <= grams_of(text)
