"""A shop with customers who are there twice."""

from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.people.merging import Merged, MergeWish, merge_people
from regulars.form_builder.querying import Record
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms

SYSTEM = system_access("en")
OWNER = Access(1, "Alice", "owner", "en")


class People:
    """Records of the small shop, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow

    def make(self, form: str = "customers", **values: Any) -> int:
        return create_record(self.uow, SYSTEM, form, values, origin=Origin("cli")).id

    def read(self, record: int, form: str = "customers") -> Record:
        return get_record(self.uow, SYSTEM, form, record)

    def merge(self, keep: int, drop: int, **choose: str) -> Merged:
        return merge_people(self.uow, OWNER, MergeWish("customers", keep, drop, choose or None))


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    wire()
    publish_forms(uow)
    return People(uow)
