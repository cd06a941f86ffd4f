"""The small shop, with pages."""

from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor


class Shop:
    """A shop whose forms are published; records are made and read behind the pages' back."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def make(self, form: str, **values: Any) -> Record:
        with self.site.database.workspace_tx(self.site.workspace) as uow:
            return create_record(uow, system_access("en"), form, values, origin=Origin("cli"))

    def read(self, form: str, record_id: int) -> Record:
        with self.site.database.workspace_tx(self.site.workspace, write=False) as uow:
            return get_record(uow, system_access("en"), form, record_id)


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> Shop:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    return Shop(site)


@pytest.fixture
def owner(shop: Shop) -> Visitor:
    return shop.site.signed_in("Alice")


@pytest.fixture
def clerk(shop: Shop) -> Visitor:
    return shop.site.signed_in("Bob", "clerk")
