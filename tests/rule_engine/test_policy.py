"""Reading what a shop has decided for everything it sends."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.rule_engine.policy import cost_text, read_policy

WHOLE = {
    "caps": {"marketing": {"n": 4, "days": 30}}, "quiet_hours": ["21:00", "09:00"],
    "quiet_zone": "person", "day_number": 500, "day_cost": "100.5", "sms_price": "0.045",
    "open_pixel": True,
}  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    policy, problems = read_policy(WHOLE)
    assert (problems, policy.as_json()) == ([], WHOLE)
    assert (policy.sms_price, policy.day_cost) == (450, 1_005_000)


def test_all_that_is_wrong_is_said_together() -> None:
    bad = {
        "caps": {"Not One": {}, "marketing": {"n": -1, "days": 1}}, "quiet_hours": ["25:00", 3],
        "quiet_zone": "moon", "day_number": 0, "day_cost": "much", "sms_price": True,
        "open_pixel": "yes", "more": 1,
    }  # fmt: skip
    _policy, problems = read_policy(bad)
    assert sorted(problem.path for problem in problems) == [
        "caps/Not One", "caps/marketing", "day_cost", "day_number", "more", "open_pixel",
        "quiet_hours", "quiet_zone", "sms_price",
    ]  # fmt: skip


_ODD = st.sampled_from([None, True, 0, -1, 7, 0.1, "7", "", "NaN", "1e99", "09:00", [], ["a"], {}])
VALUES = _ODD | st.text(max_size=4) | st.lists(_ODD, max_size=3)
CAPS = st.dictionaries(
    st.sampled_from(["marketing", "Bad", ""]),
    _ODD | st.fixed_dictionaries({"n": _ODD, "days": _ODD}),
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), VALUES | CAPS, max_size=4))
def test_no_input_breaks_it_and_what_it_accepts_is_stable(raw: dict[str, object]) -> None:
    policy, problems = read_policy(raw)
    if not problems:
        again, more = read_policy(json.loads(json.dumps(policy.as_json())))
        assert (again, more) == (policy, [])


def test_costs_are_written_exactly() -> None:
    assert [cost_text(n) for n in (0, 450, 10_000, 125_000, 1)] == [
        "0", "0.045", "1", "12.5", "0.0001",
    ]  # fmt: skip
