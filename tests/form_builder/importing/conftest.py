"""A workspace with the three forms that imports in these tests go into."""

import pytest

from regulars.platform.db import Database, Workspace
from tests.support.import_forms import publish_import_shop


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    """The workspace with customers, products and orders."""
    publish_import_shop(database, workspace)
    return workspace
