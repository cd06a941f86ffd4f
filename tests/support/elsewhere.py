"""A second installation beside the first, without any workspace, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.platform.db import Database
from tests.support.clocks import MovableClock
from tests.support.databases import new_installation
from tests.support.options import databases_for


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "elsewhere" in metafunc.fixturenames:
        metafunc.parametrize("elsewhere_kind", databases_for(metafunc))


@pytest.fixture
def elsewhere(
    elsewhere_kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock
) -> Iterator[Database]:
    """Where something is moved to; the tests run from either database to either."""
    with new_installation(request, elsewhere_kind, tmp_path / "elsewhere", clock) as fresh:
        yield fresh
