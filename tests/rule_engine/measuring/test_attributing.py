"""Which deed counts for which entry."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from regulars.rule_engine.measuring.attributing import Deed, Entry, attribute
from tests.support.clocks import NOW

DAY = timedelta(days=1)


def week(at: datetime) -> datetime:
    return at + 7 * DAY


def test_a_deed_counts_for_the_latest_entry_before_it() -> None:
    entries = [Entry(1, 9, NOW, "treatment"), Entry(2, 9, NOW + 3 * DAY, "treatment")]
    deeds = [
        Deed(1, 9, NOW, Decimal(5)),  # at the very moment: not because of it
        Deed(2, 9, NOW + DAY, Decimal(10)),
        Deed(3, 9, NOW + 4 * DAY, Decimal(20)),
        Deed(4, 9, NOW + 10 * DAY, Decimal(40)),  # the last moment of the second window
        Deed(5, 9, NOW + 11 * DAY, Decimal(80)),
        Deed(6, 8, NOW + DAY, Decimal(99)),  # somebody else
    ]
    found = attribute(entries, deeds, week)
    assert {run: [deed.id for deed in credit.deeds] for run, credit in found.items()} == {
        1: [2], 2: [3, 4],
    }  # fmt: skip
    assert found[2].value == 60


_MOMENTS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400)))


@given(_MOMENTS, _MOMENTS)
def test_as_counted_by_hand(came: list[tuple[int, int]], did: list[tuple[int, int]]) -> None:
    entries = [
        Entry(n, who, NOW + timedelta(hours=h), "treatment") for n, (who, h) in enumerate(came)
    ]
    deeds = [Deed(n, who, NOW + timedelta(hours=h)) for n, (who, h) in enumerate(did)]
    found = attribute(entries, deeds, week)
    counted = [deed.id for credit in found.values() for deed in credit.deeds]
    assert len(counted) == len(set(counted))
    for deed in deeds:
        before = [e for e in entries if e.record == deed.record and e.at < deed.at]
        latest = max(before, key=lambda e: (e.at, e.run), default=None)
        counts = latest is not None and deed.at <= week(latest.at)
        assert (deed.id in counted) is counts
        if latest is not None and counts:
            assert deed in found[latest.run].deeds
