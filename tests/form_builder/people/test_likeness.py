"""Who resembles whom, and why."""

from datetime import date

import pytest

from regulars.form_builder.people.grouping import find_groups
from regulars.form_builder.people.likeness import Sketch, compare, near_phones, sketch_of, sound_of

BORN = date(1990, 5, 1)


def sketch(
    record: int, name: str = "", phone: str = "", email: str = "", born: date | None = None
):  # type: ignore[no-untyped-def]
    return sketch_of(record, name, phone, email, born)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (sketch(1, "王芳", "138 0013 8000"), sketch(2, "小王", "+8613800138000"), "same-phone"),
        (sketch(1, "Ann", email="Ann@X.cn"), sketch(2, "A.", email="ann@x.cn"), "same-email"),
        (sketch(1, "王芳", born=BORN), sketch(2, "王 芳", born=BORN), "same-name-and-birthday"),
        (sketch(1, "王芳", born=BORN), sketch(2, "Wang Fang", born=BORN),
         "alike-name-and-birthday"),
        (sketch(1, "Fang Wang", born=BORN), sketch(2, "王方", born=BORN),
         "alike-name-and-birthday"),
        (sketch(1, "Jonathan Smith", born=BORN), sketch(2, "Jonathon Smith", born=BORN),
         "alike-name-and-birthday"),
        (sketch(1, "李雷", "13800138000"), sketch(2, "李雷", "13800138001"),
         "same-name-near-phone"),
        (sketch(1, "李雷", "13800138000"), sketch(2, "李蕾", "13800183000"),
         "alike-name-near-phone"),
        (sketch(1, "欧阳修", "13800138000"), sketch(2, "欧阳修"), "same-name-no-contact"),
    ],
)  # fmt: skip
def test_each_reason_is_found_both_ways_round(one: Sketch, other: Sketch, reason: str) -> None:
    assert compare(one, other).reasons[0].code == reason
    assert compare(one, other) == compare(other, one)
    assert [group.ids for group in find_groups([other, one])] == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sketch(1, "王芳", "13800138000"), sketch(2, "王芳", "13911112222")),
        (sketch(1, "王芳", born=BORN), sketch(2, "王娜", born=BORN)),
        (sketch(1, "王芳", "13800138000"), sketch(2, "张伟", "13800138001")),
        (sketch(1), sketch(2)),
        (sketch(1, "王芳", born=BORN), sketch(2, "王小芳", born=BORN)),
    ],
)
def test_what_many_people_share_is_no_reason(one: Sketch, other: Sketch) -> None:
    assert find_groups([one, other]) == []


def test_two_birthdays_speak_against_one_person() -> None:
    apart = compare(sketch(1, "王芳", "13800138000", born=BORN),
                    sketch(2, "王芳", "13800138000", born=date(1962, 1, 1)))  # fmt: skip
    together = compare(sketch(1, "王芳", "13800138000", born=BORN),
                       sketch(2, "王芳", "13800138000", born=BORN))  # fmt: skip
    assert apart.score < 60 < 95 < together.score


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("00138000", "00138001", True),
        ("00138000", "00183000", True),
        ("00138000", "00138000", False),
        ("00138000", "00138011", False),
        ("01380000", "10380001", False),
        ("", "", False),
        ("00138000", "0013800", False),
    ],
)
def test_a_slip_is_one_digit_or_two_swapped(one: str, other: str, near: bool) -> None:
    assert near_phones(one, other) is near


def test_a_swap_across_the_middle_of_a_number_is_found_among_many() -> None:
    found = find_groups([sketch(1, "李雷", "13800128000"), sketch(2, "李雷", "13800182000")])
    assert [group.ids for group in found] == [(1, 2)]


def test_names_sound_the_same_in_any_script_and_order() -> None:
    assert sound_of("王芳") == sound_of("wang fang") == sound_of("fang wang") == "fang wang"


def test_people_told_apart_are_not_offered_again_and_groups_grow_over_pairs() -> None:
    people = [sketch(n, f"客{n}", "13800138000") for n in (3, 1, 2)]
    assert [group.ids for group in find_groups(people)] == [(1, 2, 3)]
    assert find_groups(people, {(1, 2), (1, 3), (2, 3)}) == []


def test_a_number_that_everybody_has_says_nothing() -> None:
    shared = [sketch(n, f"客{n}", "13800000000") for n in range(1, 200)]
    assert find_groups(shared) == []
