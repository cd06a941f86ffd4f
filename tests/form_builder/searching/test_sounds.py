"""How Chinese texts are typed in Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.searching.grams import asked_by
from regulars.form_builder.searching.sounds import (
    sound_grams,
    sounds_like,
    sounds_of,
    typed_sound,
)

HEARD = [
    ("张晓明", ("zxm", "zhangxiaoming", "zhang", "xm", "zhangxm", "zhxm", "zxiaom", "ming")),
    ("重庆小面", ("chongqing", "zhongqing", "cqxm", "zqxm", "qingxiao")),
    ("单晓", ("danxiao", "shanxiao", "sx", "dx")),
    ("吕绿", ("lvlv", "lulv", "ll")),
    ("店主 張三", ("dianzhu", "zhangsan", "zs")),
    ("VIP黑咖啡250g", ("heika", "hkf", "kafei")),
]


@pytest.mark.parametrize(("text", "words"), HEARD)
def test_a_text_is_found_by_its_sounds_and_by_their_first_letters(
    text: str, words: tuple[str, ...]
) -> None:
    for word in words:
        assert sounds_like(text, word), word
        assert set(asked_by(word)) <= sound_grams(text), word


@pytest.mark.parametrize(
    ("text", "word"),
    [("张晓明", "ang"), ("张晓明", "xz"), ("张 晓", "zx"), ("Anna", "an"), ("", "an"),
     (None, "an"), ("重庆", "cqm"), ("张晓明", "zhangxiaomingg"),
     ("方洁", "wang")],
)  # fmt: skip
def test_what_begins_within_a_character_or_goes_past_the_end_is_not_found(
    text: str | None, word: str
) -> None:
    assert not sounds_like(text, word)


@pytest.mark.parametrize(
    ("word", "letters"),
    [("zxm", "zxm"), ("z", None), ("张", None), ("zx1", None), ("138", None), ("é" * 3, None)],
)
def test_only_latin_letters_are_taken_for_sounds(word: str, letters: str | None) -> None:
    assert typed_sound(word) == letters


@given(st.text("张晓明重庆单解乐行长曾朴绿儿查 ab", min_size=1, max_size=8), st.data())
def test_any_way_of_typing_a_name_finds_it_and_the_index_knows_its_pieces(
    text: str, data: st.DataObject
) -> None:
    """Each character by one of its readings, whole or its first letter, from anywhere on."""
    spoken = [each for each in text if sounds_of(each)]
    if not spoken or "".join(spoken) not in text:
        return
    begun = data.draw(st.integers(0, len(spoken) - 1))
    typed = ""
    for each in spoken[begun:]:
        sound = data.draw(st.sampled_from(sounds_of(each)))
        typed += sound if data.draw(st.booleans()) else sound[0]
    assert sounds_like(text, typed)
    assert set(asked_by(typed)) <= sound_grams(text)
