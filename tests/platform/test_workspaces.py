import pytest

from regulars.platform.clock import Clock
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Conflict, NotFound
from regulars.platform.workspaces import (
    archive_workspace,
    bury,
    create_workspace,
    get_workspace,
    keys_in_use,
    list_workspaces,
    reopen_workspace,
)


def test_a_workspace_at_rest_is_off_the_list_of_those_in_use(
    database: Database, workspace: Workspace, clock: Clock
) -> None:
    resting = archive_workspace(database, workspace, now=clock())
    assert list_workspaces(database) == []
    assert list_workspaces(database, archived=True) == [resting]
    assert get_workspace(database, "shop").archived_at == clock()
    with pytest.raises(Conflict):
        archive_workspace(database, resting, now=clock())


def test_it_comes_back_as_it_was(database: Database, workspace: Workspace, clock: Clock) -> None:
    resting = archive_workspace(database, workspace, now=clock())
    assert reopen_workspace(database, resting) == workspace
    assert list_workspaces(database) == [workspace]
    with pytest.raises(Conflict):
        reopen_workspace(database, workspace)


def test_the_key_of_a_deleted_workspace_is_free_but_its_number_is_not(
    database: Database, workspace: Workspace, clock: Clock
) -> None:
    with database.main_tx() as connection:
        bury(connection, workspace, now=clock())
    database.drop_store(workspace)
    assert list_workspaces(database, archived=True) == []
    with pytest.raises(NotFound):
        get_workspace(database, "shop")
    again = create_workspace(database, "shop", "New Shop")
    assert again.id > workspace.id
    assert keys_in_use(database) == {"shop", f"shop~{workspace.id}"}
