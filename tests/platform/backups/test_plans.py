from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.backups.plans import Kept, Plan, superfluous

SHANGHAI = ZoneInfo("Asia/Shanghai")
BORN = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)  # in Shanghai


@pytest.mark.parametrize(
    ("plan", "hours", "due"),
    [
        (Plan(), 0, "2026-03-10"),
        (Plan(hour=13), 0, "2026-03-09"),  # today's comes later; yesterday's should be there
        (Plan(hour=13), 1, "2026-03-10"),
        (Plan(daily=False), 0, None),
    ],
)
def test_a_backup_is_due_from_its_hour_on(plan: Plan, hours: int, due: str | None) -> None:
    found = plan.due_day(NOON + timedelta(hours=hours), SHANGHAI, BORN)
    assert (str(found) if found else None) == due


def test_a_new_shop_is_left_alone_on_its_first_day() -> None:
    assert Plan().due_day(NOON, SHANGHAI, NOON - timedelta(hours=9)) is None
    assert Plan().due_day(NOON + timedelta(days=1), SHANGHAI, NOON) is not None


def daily(count: int, now: datetime = NOON) -> list[Kept]:
    return [Kept(n, "daily", True, now - timedelta(days=count - n)) for n in range(1, count + 1)]


def test_seven_days_and_four_weeks_stay() -> None:
    gone = superfluous(daily(60), Plan(), SHANGHAI, NOON)
    stay = sorted({each.id for each in daily(60)} - gone)
    assert stay[-7:] == [54, 55, 56, 57, 58, 59, 60]
    weeks = {(NOON - timedelta(days=60 - n)).isocalendar()[:2] for n in stay}
    assert len(weeks) == 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["daily", "manual", "before", "taken", "last"]),
            st.booleans(),
            st.integers(0, 400),
        ),
        max_size=60,
    )
)
def test_the_newest_good_backup_is_never_given_up(many: list[tuple[str, bool, int]]) -> None:
    known = [
        Kept(n, kind, good, NOON - timedelta(days=age)) for n, (kind, good, age) in enumerate(many)
    ]
    gone = superfluous(known, Plan(keep_days=1, keep_weeks=1), SHANGHAI, NOON)
    good = [each for each in known if each.good]
    if good:
        assert max(good, key=lambda each: (each.at, each.id)).id not in gone
    young = [each for each in known if not each.good and each.at + timedelta(days=7) > NOON]
    assert not gone & {each.id for each in young}
