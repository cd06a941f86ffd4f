"""The schema's history makes exactly the tables that the code says, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from regulars.platform import migrations
from regulars.platform.backups import deleting  # noqa: F401 - its tables belong here, too
from regulars.platform.db import Database, UnitOfWork, Workspace, main_metadata, workspace_metadata
from regulars.seed_templates import installed  # noqa: F401 - its tables belong here, too
from regulars.wiring import wire


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    wire()


def differences(connection: sa.Connection, metadata: sa.MetaData) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    found = compare_metadata(context, metadata)
    return [each for each in found if each[0] != "remove_table" or "alembic" not in str(each[1])]


def test_the_main_store_is_what_the_code_says(database: Database) -> None:
    with database.main_tx() as connection:
        assert differences(connection, main_metadata) == []


def test_a_workspace_is_what_the_code_says(uow: UnitOfWork) -> None:
    assert differences(uow.connection, workspace_metadata) == []


def test_bringing_up_twice_changes_nothing(database: Database, workspace: Workspace) -> None:
    database.create_stores(workspace)
    with database.workspace_tx(workspace) as uow:
        assert not migrations.upgrade(uow.connection, "workspace")
    with database.main_tx() as connection:
        assert not migrations.upgrade(connection, "main")
