import pytest

from regulars.platform.accounts.passwords import (
    hash_password,
    password_matches,
    password_problems,
)


def codes(password: str, email: str = "alice@shop.example") -> list[str]:
    return [problem.code for problem in password_problems(password, email)]


def test_a_short_sentence_is_a_good_password() -> None:
    assert codes("five quiet yellow bicycles") == []
    assert codes("我家的猫最喜欢睡在窗台上") == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password-too-short"),
        ("x" * 300, "password-too-long"),
        ("aaaaaaaaaaaa", "password-too-common"),
        ("password12", "password-too-common"),
        ("1234567890", "password-too-common"),
        ("Password!!", "password-too-common"),
    ],
)
def test_weak_passwords_are_refused(password: str, code: str) -> None:
    assert codes(password) == [code]


def test_ones_own_address_is_no_password() -> None:
    assert codes("wangxiaomei1", "wangxiaomei@shop.example") == ["password-too-common"]


def test_passwords_are_stored_as_argon2id() -> None:
    stored = hash_password("five quiet yellow bicycles")
    assert stored.startswith("$argon2id$")
    assert password_matches(stored, "five quiet yellow bicycles")
    assert not password_matches(stored, "five quiet yellow bicycle")


def test_nobody_matches_no_password() -> None:
    assert not password_matches(None, "five quiet yellow bicycles")


def test_a_damaged_hash_matches_nothing() -> None:
    assert not password_matches("rubbish", "five quiet yellow bicycles")
