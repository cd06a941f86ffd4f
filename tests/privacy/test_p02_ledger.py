"""P02: the ledger of consents only grows, on both databases, and the doctor reads its chain."""

import pytest
import sqlalchemy as sa

from regulars.platform.db import Database, Workspace
from regulars.platform.health.findings import Place
from regulars.platform.privacy.health import consent_ledger
from regulars.platform.privacy.ledger import consent_entry, consent_head
from tests.privacy.conftest import Nest
from tests.support.clocks import NOW


def found(database: Database, workspace: Workspace) -> list[tuple[str, str]]:
    place = Place(database, workspace, NOW)
    return [(finding.level, finding.code) for finding in consent_ledger(place)]


@pytest.mark.parametrize("action", ["update", "delete"])
def test_the_database_refuses_to_change_it(nest: Nest, action: str) -> None:
    change = {
        "update": consent_entry.update().values(action="withdraw"),
        "delete": consent_entry.delete(),
    }[action]
    with pytest.raises(sa.exc.DatabaseError, match="only grows"), nest.shop.work() as uow:
        uow.execute(change)
    assert found(nest.shop.database, nest.shop.workspace) == [("good", "ledger-whole")]


def test_the_doctor_sees_that_an_entry_is_missing(nest: Nest) -> None:
    with nest.shop.work() as uow:
        uow.execute(consent_head.update().values(entries=consent_head.c.entries + 1))
    assert found(nest.shop.database, nest.shop.workspace) == [("bad", "ledger-broken")]
