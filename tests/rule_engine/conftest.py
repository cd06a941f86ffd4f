"""A shop with forms, ready for rules."""

from collections.abc import Iterator

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.tables import event_failure
from regulars.wiring import wire
from tests.support.rule_shop import RuleShop


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    """Register everything, as the running product does."""
    wire()


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Iterator[RuleShop]:
    """An open shop on each database; every event must have been digested in the end."""
    fresh = RuleShop(database, workspace).open()
    yield fresh
    assert fresh.count(event_failure) == 0
