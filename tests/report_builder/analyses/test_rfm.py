from decimal import Decimal

from regulars.report_builder.analyses.rfm import Rfm
from regulars.report_builder.result import Note
from tests.report_builder.events import study_of

# 5 people: days since the last visit 1 2 3 4 5, visits 2 1 1 1 1, money 50 40 30 20 10
VISITS = """
1 2026-01-30T23:59 25
1 2026-01-01T10:00 25
2 2026-01-29T10:00 40
3 2026-01-28T10:00 30
4 2026-01-27T10:00 20
5 2026-01-26T00:01 10
"""


def test_people_are_scored_by_interpolated_cuts() -> None:
    result = Rfm().run(study_of(VISITS, "2026-01-31T00:01", "rfm", value="amount"))

    assert result.rows == (
        (5, 5, 5, 1, Decimal(50)),
        (4, 1, 4, 1, Decimal(40)),
        (3, 1, 3, 1, Decimal(30)),
        (2, 1, 2, 1, Decimal(20)),
        (1, 1, 1, 1, Decimal(10)),
    )
    assert result.totals == (None, None, None, 5, Decimal(150))


def test_the_cuts_stand_in_the_notes() -> None:
    result = Rfm().run(study_of(VISITS, "2026-01-31T00:01", "rfm", value="amount"))

    cuts = {
        "r": [Decimal(n) for n in ("1.8", "2.6", "3.4", "4.2")],
        "f": [Decimal(n) for n in ("1", "1", "1", "1.2")],
        "m": [Decimal(n) for n in ("18", "26", "34", "42")],
    }
    assert result.notes == (Note("rfm-cuts", cuts),)


def test_equal_people_share_a_score() -> None:
    events = "\n".join(f"{n} 2026-01-20T10:00 10" for n in range(1, 8))

    result = Rfm().run(study_of(events, "2026-01-31T00:01", "rfm", value="amount"))

    assert result.rows == ((5, 1, 1, 7, Decimal(70)),)


def test_nobody_gives_no_rows() -> None:
    assert Rfm().run(study_of("", "2026-01-31T00:01", "rfm", value="amount")).rows == ()
