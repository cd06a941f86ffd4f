from datetime import date
from decimal import Decimal

from regulars.report_builder.analyses.cohort import Cohort
from regulars.report_builder.ranges import Range
from regulars.report_builder.result import Note
from tests.report_builder.events import study_of

VISITS = """
1 2026-01-05T10:00
1 2026-01-06T10:00
2 2026-01-31T10:00
3 2026-02-10T10:00
1 2026-02-11T10:00
2 2026-03-01T10:00
1 2026-03-02T10:00
"""
ALL, HALF, NONE = Decimal("1.000000"), Decimal("0.500000"), Decimal("0.000000")


def test_a_cohort_is_counted_in_every_later_month() -> None:
    result = Cohort().run(study_of(VISITS, "2026-04-01T09:00", "cohort", period="month"))

    assert result.rows == (
        (date(2026, 1, 1), 2, 0, 2, ALL),
        (date(2026, 1, 1), 2, 1, 1, HALF),
        (date(2026, 1, 1), 2, 2, 2, ALL),
        (date(2026, 2, 1), 1, 0, 1, ALL),
        (date(2026, 2, 1), 1, 1, 0, NONE),
    )


def test_nobody_of_a_cohort_in_a_finished_month_is_zero_not_missing() -> None:
    result = Cohort().run(study_of(VISITS, "2026-04-01T09:00", "cohort"))

    assert result.rows[-1][3:] == (0, NONE)


def test_cells_of_the_month_in_progress_are_marked() -> None:
    result = Cohort().run(study_of(VISITS, "2026-03-10T09:00", "cohort"))

    assert result.unfinished == {2, 4}
    assert Note("unfinished-period", date(2026, 3, 1)) in result.notes


def test_a_chosen_range_picks_cohorts_not_events() -> None:
    chosen = Range(date(2026, 2, 1), date(2026, 3, 1))

    result = Cohort().run(study_of(VISITS, "2026-04-01T09:00", "cohort", chosen))

    assert [row[:4] for row in result.rows] == [
        (date(2026, 2, 1), 1, 0, 1),
        (date(2026, 2, 1), 1, 1, 0),
    ]


def test_cohorts_by_week_begin_on_the_shops_day() -> None:
    study = study_of("1 2026-01-07T10:00", "2026-01-08T09:00", "cohort", period="week")

    result = Cohort().run(study)

    assert result.rows == ((date(2026, 1, 5), 1, 0, 1, ALL),)
