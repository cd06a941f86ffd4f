"""The doorbell is one per process: no test may leave its own behind for the next one."""

from collections.abc import Iterator

import pytest

from regulars.platform import jobs


def _restored() -> Iterator[None]:
    before = jobs._bell
    yield
    jobs.install(before)


@pytest.fixture(autouse=True)
def bell_of_a_test() -> Iterator[None]:
    """What a test (or a command it calls) rings is forgotten after it."""
    yield from _restored()


@pytest.fixture(autouse=True, scope="module")
def bell_of_a_module() -> Iterator[None]:
    """What fixtures shared by a module ring is forgotten after it."""
    yield from _restored()
