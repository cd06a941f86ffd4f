"""A shop with people, orders, a rule and messages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.platform.accounts import members, users
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.backups.making import Made, Order, make_backup
from regulars.platform.backups.restoring import Restoring
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.rule_shop import RuleShop, journey, sms

BackUp = Callable[..., Made]


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    wire()


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    """Three customers with orders, one message sent to each, and an owner."""
    fresh = RuleShop(database, workspace).open()
    fresh.publish(sms(), journey())
    join(database, workspace, "alice@shop.example", "owner")
    for name in ("Anna", "Björk", "陈小明"):
        fresh.order(fresh.customer(name=name), amount="12.50")
    fresh.tick()
    return fresh


@pytest.fixture
def back_up(shop: RuleShop, tmp_path: Path) -> BackUp:
    """Make a backup of the shop into a file of the test's own."""

    def make(name: str = "shop.tar.gz", scope: str = "workspace") -> Made:
        order = Order(scope, [shop.workspace], tmp_path / name, shop.database.clock())  # type: ignore[arg-type]
        return make_backup(shop.database, order, silent)

    return make


def join(database: Database, workspace: Workspace, email: str, role: str) -> User:
    """Somebody with an account who is a member."""
    newcomer = NewUser(email, email.partition("@")[0], "five quiet yellow bicycles", "en")
    with database.main_tx() as connection:
        person = users.find_user(connection, email) or users.create_user(
            connection, newcomer, now=database.clock()
        )
        users.join(connection, person.id, workspace.id)
    with database.workspace_tx(workspace) as uow:
        members.add_member(uow, person, role)
    return person


def restoring(database: Database, path: Path, **how: object) -> Restoring:
    """A restore that nobody watches."""
    return Restoring(database, path, database.clock(), silent, **how)  # type: ignore[arg-type]


def silent(_done: int, _total: int) -> None:
    """Nobody watches."""
