"""An import that is being prepared counts as a use of the fields in its map."""

from regulars.form_builder.changing.used_by import uses_of_field, uses_of_form
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.import_forms import OWNER, prepare_import, publish_import_shop

MAP = {
    "targets": [
        {"form": "customers", "key": "code", "fields": {"code": {"column": "who"}}},
    ]
}


def test_an_open_import_uses_the_fields_it_fills(database: Database, workspace: Workspace) -> None:
    wire()
    publish_import_shop(database, workspace)
    batch = prepare_import(database, workspace, "who\nA\n", MAP, name="people.csv")
    with database.workspace_tx(workspace) as uow:
        named = {use.key: use for use in uses_of_field(uow, OWNER, "customers", "code")}
        assert named[str(batch.id)].kind == "import"
        assert named[str(batch.id)].name["en"] == "Import “people.csv”"
        kinds = {use.kind for use in uses_of_field(uow, OWNER, "customers", "name")}
        assert "import" not in kinds
        assert "import" in {use.kind for use in uses_of_form(uow, OWNER, "customers")}
