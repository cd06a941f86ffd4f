import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.definition import RESERVED_KEYS
from regulars.form_builder.keys import derive_key

KEY = re.compile(r"^[a-z](_?[a-z0-9]){0,47}$")


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("会员等级", "hui_yuan_deng_ji"),
        ("Customer name", "customer_name"),
        ("Crème brûlée", "creme_brulee"),
        ("手机号 (main)", "shou_ji_hao_main"),
        ("2nd visit", "nd_visit"),
        ("生日🎂", "sheng_ri"),
    ],
)
def test_a_key_is_spelled_from_the_label(label: str, key: str) -> None:
    assert derive_key(label) == key


def test_a_label_without_letters_gets_the_fallback() -> None:
    assert derive_key("★★★", fallback="text") == "text"


def test_a_taken_key_gets_a_number() -> None:
    assert derive_key("Name", {"name", "name_2"}) == "name_3"


@given(st.text(max_size=200), st.sets(st.sampled_from(["field", "a", "name"])))
def test_every_label_gives_a_free_and_well_formed_key(label: str, taken: set[str]) -> None:
    key = derive_key(label, taken | RESERVED_KEYS)
    assert KEY.match(key)
    assert key not in taken | RESERVED_KEYS
