"""Kinds and field types are registered before any test of the packs runs."""

import pytest

from regulars.wiring import wire


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    """Register everything, as the running product does."""
    wire()
