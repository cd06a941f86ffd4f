"""Every kind is registered before any test of the reports runs."""

import pytest

from regulars.wiring import wire


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    """Field types, analyses, charts and the kinds of definition."""
    wire()
