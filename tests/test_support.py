"""The fixtures themselves keep their promises."""

import socket
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page

from regulars.platform.accounts.users import NewUser, create_user
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.workspaces import create_workspace, list_workspaces
from tests.support.browser import accessibility_problems, complaints_of
from tests.support.clocks import NOW
from tests.support.live_server import LiveServer
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


@pytest.mark.browser
def test_a_page_that_wants_something_from_outside_is_found_out(
    open_context: Callable[..., BrowserContext],
) -> None:
    context = open_context()
    page = context.new_page()
    page.set_content("<p>回头客</p><img src='https://cdn.example/x.png' alt=''>")
    assert page.inner_text("p") == "回头客"
    assert "a page wanted https://cdn.example/x.png" in complaints_of(context)
    complaints_of(context).clear()


@pytest.mark.browser
def test_a_script_that_fails_is_found_out(page: Page) -> None:
    page.set_content("<script>throw new Error('broken')</script>")
    assert "broken" in "".join(complaints_of(page.context))
    complaints_of(page.context).clear()


@pytest.mark.browser
def test_a_page_that_shuts_people_out_is_found_out(page: Page) -> None:
    page.set_content("<html lang='zh'><title>x</title><main><h1>x</h1><input></main></html>")
    assert any("label" in each for each in accessibility_problems(page))


@pytest.mark.browser
def test_the_live_server_shows_what_its_database_holds(
    live_server: LiveServer, page: Page
) -> None:
    page.goto(f"{live_server.url}/sign-in")
    assert page.url == f"{live_server.url}/setup"  # nobody has set it up yet

    with live_server.database.main_tx() as connection:
        newcomer = NewUser("owner@shop.example", "Wang", "a long enough password")
        create_user(connection, newcomer, now=NOW)

    page.goto(f"{live_server.url}/sign-in")
    assert page.url == f"{live_server.url}/sign-in"
