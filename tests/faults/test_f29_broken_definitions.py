"""F29: a definition whose stored JSON is damaged is left out; the rest goes on and says so."""

import pytest

from regulars.form_builder import records
from regulars.form_builder.origin import API
from regulars.platform import columns
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.snapshot import definition_version, raise_number, snapshot
from regulars.platform.health import storage
from regulars.platform.health.findings import Place
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

import sqlalchemy as sa  # isort: skip


def damage(database: Database, workspace: Workspace, key: str, text: str) -> None:
    with database.workspace_tx(workspace) as uow:
        uow.execute(
            definition_version.update()
            .where(definition_version.c.kind == "form", definition_version.c.key == key)
            .values(body=sa.type_coerce(sa.literal(text), columns.Text()))
        )
        raise_number(uow)


@pytest.mark.parametrize(
    "text", ['{"kind": "form", "key": "prod', "[]", "{}", '{"key": "products", "fields": [1]}', ""]
)
def test_f29_one_damaged_form_does_not_take_the_others_along(
    site: Site, database: Database, workspace: Workspace, text: str
) -> None:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    damage(database, workspace, "products", text)
    with database.workspace_tx(workspace) as uow:
        assert [each.key for each in snapshot(uow).broken] == ["products"]
        access = system_access("en")
        made = records.create_record(uow, access, "customers", {"name": "A"}, origin=API)
        assert made.title == "A"
    place = Place(database, workspace, database.clock())
    assert [f.code for f in storage.definitions(place)] == ["definition-broken"]
    owner = site.signed_in()
    assert owner.get(f"{site.home}/").status_code == 200
    assert owner.get(f"{site.home}/forms/customers/records").status_code == 200
    assert owner.get(f"{site.home}/forms/products/records").status_code == 404
    assert "products" in owner.get(f"{site.home}/settings/health").text
