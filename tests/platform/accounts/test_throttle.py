from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from regulars.platform.accounts import throttle
from regulars.platform.accounts.throttle import Limit
from regulars.platform.db import Database
from tests.support.clocks import MovableClock

LIMIT = Limit(3, timedelta(minutes=10))


def attempt(database: Database, key: str = "k") -> int:
    with database.main_tx() as connection:
        return throttle.count_try(connection, key, LIMIT, now=database.clock())


def test_so_many_tries_then_a_wait_until_the_window_is_over(
    database: Database, clock: MovableClock
) -> None:
    assert [attempt(database) for _ in range(3)] == [0, 0, 0]
    clock.forward(minutes=4)
    assert [attempt(database) for _ in range(3)] == [360, 360, 360]
    clock.forward(minutes=6)
    assert [attempt(database) for _ in range(4)] == [0, 0, 0, 600]
    assert attempt(database, "another") == 0


def test_uses_are_counted_up_to_one_too_many(database: Database) -> None:
    with database.main_tx() as connection:
        now = database.clock()
        counted = [throttle.count_use(connection, "k", LIMIT, now=now) for _ in range(6)]
    assert counted == [1, 2, 3, 4, 4, 4]


def test_a_forgotten_count_begins_anew(database: Database) -> None:
    for _ in range(5):
        attempt(database)
    with database.main_tx() as connection:
        throttle.forget_tries(connection, "k")
    assert attempt(database) == 0


def test_parallel_tries_all_count_while_others_forget(database: Database) -> None:
    """Whoever signs in rightly forgets the count while somebody else is being counted."""

    def busy(number: int) -> int:
        if number % 5 == 0:
            with database.main_tx() as connection:
                throttle.forget_tries(connection, "forgotten")
            return 0
        attempt(database, "forgotten")
        return attempt(database, "k")

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(busy, range(50)))
    assert sum(1 for number, wait in enumerate(waits) if number % 5 and not wait) == LIMIT.tries
