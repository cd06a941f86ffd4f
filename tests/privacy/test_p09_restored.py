"""P09 and backups: whoever was erased stays so when an older backup is brought back."""

from pathlib import Path

import pytest

from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.platform.accounts.tables import member, user
from regulars.platform.backups.making import Order, make_backup
from regulars.platform.backups.service import (
    look_into,
    restore_as_new,
    restore_everything,
    restore_over,
)
from regulars.platform.db import Database
from regulars.platform.privacy.erasure_log import erasure
from regulars.platform.privacy.suppressions import suppressed_among
from tests.platform.backups.conftest import join, restoring, silent
from tests.privacy.conftest import MOBILE, NAME, Nest
from tests.privacy.test_p09_erasure import dump, traces_left
from tests.support.rule_shop import SYSTEM, RuleShop


@pytest.fixture
def backups(nest: Nest, tmp_path: Path) -> dict[str, Path]:
    """A backup of the shop and one of everything, made before Canary asks to be forgotten."""
    shop = nest.shop
    join(shop.database, shop.workspace, "alice@shop.example", "owner")
    found = {}
    for scope in ("workspace", "installation"):
        path = tmp_path / f"{scope}.tar.gz"
        order = Order(scope, [shop.workspace], path, shop.database.clock())  # type: ignore[arg-type]
        found[scope] = make_backup(shop.database, order, silent).path
    with shop.work() as uow:
        erase_person(uow, SYSTEM, EraseWish("customers", nest.canary, confirm=NAME))
    return found


def assert_forgotten(shop: RuleShop) -> None:
    with shop.work() as uow:
        assert traces_left(dump(shop.database, uow)) == []
        assert suppressed_among(uow, [("sms", MOBILE)])


def test_a_shop_from_before_forgets_again(nest: Nest, backups: dict[str, Path]) -> None:
    path = backups["workspace"]
    restore_over(look_into(path), nest.shop.workspace, restoring(nest.shop.database, path))
    assert nest.shop.read("orders", nest.order)["customer"] is None
    assert_forgotten(nest.shop)


def test_so_does_a_copy_under_another_name(nest: Nest, backups: dict[str, Path]) -> None:
    path = backups["workspace"]
    job = restoring(nest.shop.database, path)
    copy = restore_as_new(look_into(path), job, name="Copy")
    assert_forgotten(RuleShop(nest.shop.database, copy))


def test_an_older_list_of_erasures_does_not_replace_the_newer_one(
    nest: Nest, backups: dict[str, Path]
) -> None:
    path = backups["installation"]
    database: Database = nest.shop.database
    restore_everything(look_into(path), restoring(database, path))
    with database.main_tx(write=False) as connection:
        assert len(connection.execute(erasure.select()).all()) == 1
        assert connection.execute(user.select()).first() is not None
    with nest.shop.work() as uow:
        assert uow.execute(member.select()).first() is not None
    assert_forgotten(nest.shop)
