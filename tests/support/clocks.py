"""Time for tests: a fixed instant, and a clock that a test moves by hand."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # a Tuesday, noon in Shanghai


class MovableClock:
    """Stands still until told otherwise; usable wherever a clock is asked for."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by ``timedelta(**by)`` and answer the new instant."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def now() -> datetime:
    """The instant a test means by "now"."""
    return NOW


@pytest.fixture
def clock() -> MovableClock:
    """The clock of the `database` fixture."""
    return MovableClock()
