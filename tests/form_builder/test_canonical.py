"""A filter finds a telephone number however the till writes it."""

import pytest

from regulars.form_builder.canonical import canonical_filter
from regulars.form_builder.definition import FormDefinition
from regulars.wiring import wire
from tests.support.shop_forms import CUSTOMERS


@pytest.fixture(autouse=True)
def wired() -> None:
    wire()


STORED = "+8613800138000"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (
            {"field": "mobile", "op": "is", "value": "138 0013 8000"},
            {"field": "mobile", "op": "is", "value": STORED},
        ),
        (
            {"field": "mobile", "op": "in", "value": ["13800138000", 7]},
            {"field": "mobile", "op": "in", "value": [STORED, 7]},
        ),
        (
            {"all": [{"not": {"field": "mobile", "op": "is", "value": "13800138000"}}]},
            {"all": [{"not": {"field": "mobile", "op": "is", "value": STORED}}]},
        ),
        (None, None),
        ([], []),
        ({"any": 7}, {"any": 7}),
    ],
)
def test_whole_numbers_are_written_as_they_are_kept(asked: object, meant: object) -> None:
    assert canonical_filter(FormDefinition.from_json(CUSTOMERS), asked) == meant


@pytest.mark.parametrize(
    "asked",
    [
        {"field": "mobile", "op": "contains", "value": "8000"},
        {"field": "mobile", "op": "is", "value": "nobody"},
        {"field": "mobile", "op": "is", "value": {"field": "email"}},
        {"field": "name", "op": "is", "value": "13800138000"},
        {"field": "nothing", "op": "is", "value": "13800138000"},
    ],
)
def test_everything_else_stays(asked: object) -> None:
    assert canonical_filter(FormDefinition.from_json(CUSTOMERS), asked) == asked
