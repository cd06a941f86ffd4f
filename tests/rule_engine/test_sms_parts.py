"""How many parts a short message is paid in."""

import pytest

from regulars.rule_engine.sms_parts import WIDE, count_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("[" * 80, 1), ("[" * 81, 2), ("好" * 70, 1), ("好" * 71, 2), ("好" * 134, 2),
        ("好" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("a" * 70 + "好", 2),
    ],
)  # fmt: skip
def test_parts_follow_the_alphabet(text: str, parts: int) -> None:
    assert count_parts(text) == parts


def test_a_provider_may_count_every_text_alike() -> None:
    assert count_parts("a" * 71, WIDE) == 2
    assert count_parts("a" * 70, WIDE) == 1
