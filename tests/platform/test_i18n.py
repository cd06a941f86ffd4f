"""Words in the reader's language: parameters, plurals, labels, and no leaked key."""

import pytest

from regulars.platform import i18n
from regulars.platform.errors import NotFound


def test_a_parameter_may_be_called_key() -> None:
    message = NotFound("no-workspace", key="nowhere").message("en")
    assert "errors." not in message


def test_the_count_chooses_the_form() -> None:
    one = i18n.translate("common.please-correct", "en", n=1)
    many = i18n.translate("common.please-correct", "en", n=3)
    assert "3" in many
    assert one != many.replace("3", "1")


def test_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(i18n.MissingText):
        i18n.translate("nobody.wrote-this", "en")


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Tea", "zh-Hans", "Tea"),
        ({"en": "Tea", "zh-Hans": "茶"}, "zh-Hans", "茶"),
        ({"en": "Tea", "zh-Hans": "茶"}, "zh-Hant", "茶"),
        ({"en": "Tea"}, "zh-Hans", "Tea"),
        ({"zh-Hant": "門市"}, "en", "門市"),
        (None, "en", ""),
    ],
)
def test_a_label_is_picked_in_the_nearest_language(
    text: i18n.Text | None, locale: str, expected: str
) -> None:
    assert i18n.pick(text, locale) == expected


def test_lists_are_joined_as_the_language_does() -> None:
    assert i18n.spoken(["a", {"en": "b", "zh-Hans": "乙"}], "zh-Hans") == "a、乙"
    assert i18n.spoken(["a", "b"], "en") == "a, b"
