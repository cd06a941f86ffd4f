from datetime import date
from decimal import Decimal

from regulars.report_builder.analyses.lifecycle import Lifecycle
from regulars.report_builder.ranges import Range
from regulars.report_builder.result import Note
from tests.report_builder.events import study_of

# 1 stays, 2 leaves and comes back, 3 comes once, 4 is new in March
VISITS = """
1 2026-01-05T10:00
2 2026-01-31T23:59
3 2026-01-10T10:00
1 2026-02-01T00:00
1 2026-02-02T10:00
1 2026-03-03T10:00
2 2026-03-04T10:00
4 2026-03-05T10:00
"""


def test_each_person_falls_into_one_group_per_month() -> None:
    result = Lifecycle().run(study_of(VISITS, "2026-04-01T09:00", "lifecycle"))

    assert result.rows == (
        (date(2026, 1, 1), 3, 3, None, None, None, None),
        (date(2026, 2, 1), 1, 0, 1, 0, 2, Decimal("0.333333")),
        (date(2026, 3, 1), 3, 1, 1, 1, 0, Decimal("1.000000")),
    )


def test_a_chosen_range_does_not_make_old_customers_new() -> None:
    chosen = Range(date(2026, 3, 1), date(2026, 4, 1))

    result = Lifecycle().run(study_of(VISITS, "2026-04-01T09:00", "lifecycle", chosen))

    assert result.rows == ((date(2026, 3, 1), 3, 1, 1, 1, 0, Decimal("1.000000")),)
    assert result.notes == ()


def test_the_month_in_progress_is_marked() -> None:
    result = Lifecycle().run(study_of(VISITS, "2026-03-10T09:00", "lifecycle"))

    assert result.unfinished == {2}
    assert Note("unfinished-period", date(2026, 3, 1)) in result.notes
    assert Note("history-begins", date(2026, 1, 1)) in result.notes


def test_what_has_not_happened_yet_does_not_count() -> None:
    result = Lifecycle().run(study_of(VISITS, "2026-03-03T23:00", "lifecycle"))

    assert result.rows[-1] == (date(2026, 3, 1), 1, 0, 1, 0, 0, Decimal("1.000000"))


def test_an_empty_month_lies_between_two_others_and_has_no_rate_after_it() -> None:
    result = Lifecycle().run(
        study_of("1 2026-01-05T10:00\n1 2026-03-05T10:00", "2026-04-01T09:00", "lifecycle")
    )

    assert result.rows[1] == (date(2026, 2, 1), 0, 0, 0, 0, 1, Decimal("0.000000"))
    assert result.rows[2] == (date(2026, 3, 1), 1, 0, 0, 1, 0, None)


def test_no_events_give_no_rows() -> None:
    assert Lifecycle().run(study_of("", "2026-04-01T09:00", "lifecycle")).rows == ()


def test_every_cell_lists_its_people() -> None:
    result = Lifecycle().run(study_of(VISITS, "2026-04-01T09:00", "lifecycle"))
    february, march = result.drill[1], result.drill[2]

    assert february is not None
    assert february.ids is not None
    assert february.ids("dormant") == [2, 3]
    assert march is not None
    assert march.ids is not None
    assert march.ids("resurrected") == [2]
    assert march.ids(None) == [1, 2, 4]
