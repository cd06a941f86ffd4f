"""A shop with forms, ready for rules."""

import pytest

from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.rule_shop import RuleShop


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    """Register everything, as the running product does."""
    wire()


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    """An open shop on each database."""
    return RuleShop(database, workspace).open()
