"""A shop with expenses, and the people who decide on them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.flow import offering
from regulars.form_builder.origin import API
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.members import access_of
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.retrying import in_transaction
from regulars.platform.tasks.service import TasksWanted, finish_task, list_tasks
from tests.support.flow_forms import EXPENSES
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

SYSTEM = system_access("en")


class Office:
    """Expenses in a shop with a store, and what people do with them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with self.tx() as uow:
            self.store = create_unit(uow, system_access("en"), UnitValues("A", "Store A")).id
        for name, role in (("Ann", "clerk"), ("Max", "manager"), ("Mia", "manager"),
                           ("Olga", "owner")):  # fmt: skip
            site.person(name, role)

    @contextmanager
    def tx(self) -> Iterator[UnitOfWork]:
        with self.site.database.workspace_tx(self.site.workspace) as uow:
            yield uow

    def publish(self, form: dict[str, Any] = EXPENSES) -> None:
        with self.tx() as uow:
            publish_forms(uow, (form,))

    def run(self, name: str, work: Callable[[UnitOfWork, Access], Any]) -> Any:
        """What somebody does, in a transaction of its own."""
        user = self.site.people[name]

        def one(uow: UnitOfWork) -> Any:
            access = access_of(uow, user.id)
            assert access is not None
            return work(uow, access)

        return in_transaction(self.site.database, self.site.workspace, one)

    def make(self, name: str = "Ann", **values: Any) -> int:
        given = {"what": "Cups", "amount": "12", "receipt": "r1", **values}
        made = self.run(name, lambda uow, access: records.create_record(
            uow, access, "expenses", given, origin=API))  # fmt: skip
        return int(made.id)

    def move(self, name: str, record: int, to: str, note: str = "") -> None:
        self.run(name, lambda uow, access: offering.move(
            uow, access, "expenses", record, to, note=note))  # fmt: skip

    def state(self, record: int) -> Any:
        with self.tx() as uow:
            found = records.get_record(uow, system_access("en"), "expenses", record)
        return found.values["status"]

    def tasks(self, name: str) -> list[Any]:
        return list(self.run(name, lambda uow, access: list_tasks(
            uow, access, TasksWanted(mine=True))))  # fmt: skip

    def decide(self, name: str, task: int, outcome: str = "approved", **more: Any) -> None:
        self.run(name, lambda uow, access: finish_task(uow, access, task, outcome, **more))

    def asked(self, *, by: str = "Ann", **values: Any) -> int:
        """An expense that waits for its approval."""
        record = self.make(by, **values)
        self.move(by, record, "asked")
        return record


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site)


def codes(problems: list[Problem]) -> set[tuple[str, str]]:
    return {(each.path, each.code) for each in problems}


def refused(work: Callable[[], Any]) -> set[tuple[str, str]]:
    """The problems of what must not go through."""
    with pytest.raises(Invalid) as caught:
        work()
    return codes(caught.value.problems)
