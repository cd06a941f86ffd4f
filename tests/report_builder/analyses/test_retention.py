from datetime import date
from decimal import Decimal

from regulars.report_builder.analyses.retention import Retention
from regulars.report_builder.result import Note
from tests.report_builder.events import study_of

# window of 28 days: at 1 Feb 1 and 2 are active, at 1 Mar 1 and 3, on 10 Mar 3 and 2
VISITS = """
1 2026-01-05T10:00
2 2026-01-31T10:00
1 2026-02-10T10:00
3 2026-02-12T10:00
2 2026-03-09T10:00
"""


def test_people_active_before_both_edges_are_kept() -> None:
    result = Retention().run(
        study_of(VISITS, "2026-03-10T12:00", "retention", window_days=28, period="month")
    )

    assert result.rows[0] == (
        date(2026, 2, 1), 2, 2, 1, Decimal("0.500000"), Decimal("0.500000"),
    )  # fmt: skip
    assert Note("window-days", 28) in result.notes


def test_a_running_period_ends_now() -> None:
    result = Retention().run(
        study_of(VISITS, "2026-03-10T12:00", "retention", window_days=28, period="month")
    )

    # start 1 Mar: 1, 3; now: 1 is gone (10 Feb 10:00 is past 28 days), 3 is kept and 2 is back
    assert result.rows[1][:4] == (date(2026, 3, 1), 2, 2, 1)
    assert result.unfinished == {1}


def test_the_window_is_ninety_days_unless_set() -> None:
    result = Retention().run(study_of(VISITS, "2026-03-10T12:00", "retention"))

    assert Note("window-days", 90) in result.notes
    assert result.rows[-1][1:4] == (3, 3, 3)


def test_the_window_holds_the_first_day_and_not_the_edge_itself() -> None:
    events = "1 2026-01-01T00:00\n2 2025-12-31T23:59\n3 2026-02-01T00:00"

    result = Retention().run(
        study_of(events, "2026-03-01T00:00", "retention", window_days=31, period="month")
    )

    february = [row for row in result.rows if row[0] == date(2026, 2, 1)]
    assert february[0][1] == 1


def test_drills_tell_the_kept_from_the_lost() -> None:
    result = Retention().run(
        study_of(VISITS, "2026-03-10T12:00", "retention", window_days=28, period="month")
    )
    drill = result.drill[0]

    assert drill is not None
    assert drill.ids is not None
    assert (drill.ids("kept"), drill.ids("churn"), drill.ids("end")) == ([1], [2], [1, 3])
