"""``regulars api openapi``, as typed."""

import json

import pytest
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms


@pytest.mark.one_database
def test_the_document_is_printed(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("REGULARS_BASE_URL", "https://shop.example")
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    done = CliRunner().invoke(main, ["api", "openapi"])
    assert done.exit_code == 0
    made = json.loads(done.output)
    assert made["servers"] == [{"url": "https://shop.example/api/v1"}]
    assert "/forms/orders/records" in made["paths"]
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []
