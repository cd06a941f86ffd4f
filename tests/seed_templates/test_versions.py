import pytest

from regulars.seed_templates.versions import fits, parse_version


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [
        ("0.1.0", ">=0.1,<1", True),
        ("0.1", ">=0.1.0", True),
        ("1.0.0", ">=0.1,<1", False),
        ("0.0.9", ">=0.1", False),
        ("0.10.0", ">0.9", True),
        ("2.3.4", "=2.3.4", True),
        ("2.3.4", "=2.3", False),
        ("0.1.0+local", ">=0.1", True),
    ],
)
def test_a_version_lies_in_a_range_or_not(version: str, wanted: str, answer: bool) -> None:
    assert fits(version, wanted) is answer


@pytest.mark.parametrize("wanted", ["", "~1.0", ">=1 <2", "1.0"])
def test_a_range_that_cannot_be_read_fits_nothing(wanted: str) -> None:
    assert fits("1.0.0", wanted) is False


def test_missing_numbers_count_as_nought() -> None:
    assert parse_version("2") == parse_version("2.0.0") == (2, 0, 0)
