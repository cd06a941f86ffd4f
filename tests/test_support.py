"""The fixtures themselves keep their promises."""

import socket

import pytest
import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.workspaces import create_workspace, list_workspaces
from tests.support.network import OutsideCallError


def test_each_database_starts_with_one_workspace(database: Database, workspace: Workspace) -> None:
    assert [each.key for each in list_workspaces(database)] == ["shop"]
    assert workspace.zone == "Asia/Shanghai"


@pytest.mark.parametrize("turn", [1, 2])
def test_no_test_sees_what_another_wrote(database: Database, turn: int) -> None:
    create_workspace(database, "second", f"Second {turn}")
    assert len(list_workspaces(database)) == 2


def test_unit_of_work_speaks_to_the_database_it_is_named_after(
    uow: UnitOfWork, database_kind: str
) -> None:
    assert uow.dialect == database_kind
    assert uow.scalar(sa.select(sa.literal(1))) == 1


def test_a_test_cannot_reach_another_machine() -> None:
    with pytest.raises(OutsideCallError), socket.socket() as client:
        client.connect(("192.0.2.1", 80))
    with pytest.raises(OutsideCallError):
        socket.getaddrinfo("example.com", 80)
