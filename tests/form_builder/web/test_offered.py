"""What a link input offers, on both databases."""

from regulars.form_builder.web.entries import offered
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.tables import unit
from regulars.platform.db import UnitOfWork


def test_a_store_that_is_closed_is_not_offered(uow: UnitOfWork) -> None:
    for code, active in (("S1", True), ("S2", False)):
        uow.execute(unit.insert().values(code=code, name=f"Store {code}", active=active))
    found = offered(uow, system_access("en"), "sys_units")
    assert [title for _id, title in found] == ["Store S1"]
