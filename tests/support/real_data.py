"""Public data sets, where a machine has them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SIBLING = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def find_real_data(name: str) -> Path | None:
    """The file called ``name`` in REGULARS_TEST_DATA or in the folder beside the checkout."""
    folder = Path(os.environ.get("REGULARS_TEST_DATA", SIBLING))
    path = folder / name
    return path if path.is_file() else None


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """``real_data("online_retail_2010_2011.csv.gz")`` → its path, or a skip that says why."""

    def get(name: str) -> Path:
        path = find_real_data(name)
        if path is None:
            pytest.skip(f"the public data set {name} is not here; set REGULARS_TEST_DATA")
        return path

    return get
