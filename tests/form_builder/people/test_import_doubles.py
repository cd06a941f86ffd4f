"""A rehearsed import says whom it would double."""

import pytest

from regulars.form_builder.importing import batches, wording
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.import_doubles import shown_doubles
from regulars.form_builder.records import create_record
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.import_forms import OWNER, check_first, prepare_import, publish_import_shop

LINES = """name,mobile,email,birthday
Wang Fang,13911112222,,1990-05-01
李雷,13822223333,,
Zoe,,ann@x.cn,
"""
FIELDS = {key: {"column": key} for key in ("name", "mobile", "email", "birthday")}
MAP = {"targets": [{"form": "customers", "fields": FIELDS}]}


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    wire()
    publish_import_shop(database, workspace)
    return workspace


def test_new_people_who_resemble_older_ones_are_named(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        for values in (
            {"name": "王芳", "mobile": "13800138000", "birthday": "1990-05-01"},
            {"name": "Ann", "email": "Ann@x.cn"},
        ):
            create_record(uow, OWNER, "customers", values, origin=Origin("page"))
    batch = check_first(database, shop, prepare_import(database, shop, LINES, MAP))
    with database.workspace_tx(shop, write=False) as uow:
        stored = batches.get_batch(uow, OWNER, batch.id)
        doubles = shown_doubles(uow, OWNER, stored.check, "en")
        said = wording.outcome_lines(uow, stored, "en")
    assert [(each.title, each.reason) for each in doubles] == [
        ("Ann", "The same e-mail address"),
        ("王芳", "The name sounds the same, and so is the birthday"),
    ]
    assert "2 new customers of this file look like somebody who is already here" in said
    assert "王芳" not in str(stored.check)


def test_a_first_import_has_nobody_to_resemble(database: Database, shop: Workspace) -> None:
    batch = check_first(database, shop, prepare_import(database, shop, LINES, MAP))
    with database.workspace_tx(shop, write=False) as uow:
        assert (batches.get_batch(uow, OWNER, batch.id).check or {})["doubles"] == []
