"""A form with a name and one more field, to follow a field type through every place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import export_records
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import (
    create_record,
    delete_record,
    find_records,
    get_record,
    to_json,
)
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.wiring import wire
from tests.support.import_forms import bring_in, problems_of, store_text
from tests.support.shop_forms import publish_forms

CLI, OWNER, OWNER_ZH = Origin("cli"), system_access("en"), system_access("zh-Hans")


def things(**field: Any) -> dict[str, Any]:
    """The definition of the form; the other field is called ``f`` unless it says otherwise."""
    return {
        "kind": "form", "key": "things", "label": "Things", "title": "{name}",
        "fields": [{"key": "name", "type": "text"}, {"key": "f", **field}],
    }  # fmt: skip


def publish_things(uow: UnitOfWork, **field: Any) -> None:
    """Have the form."""
    wire()
    publish_forms(uow, [things(**field)])


def make(uow: UnitOfWork, name: str, value: Any) -> int:
    """A record with a value."""
    return int(create_record(uow, OWNER, "things", {"name": name, "f": value}, origin=CLI).id)


def value_of(uow: UnitOfWork, record: int) -> Any:
    """The value as the API answers it."""
    return to_json(catalog_of(uow), get_record(uow, OWNER, "things", record))["f"]


def names_where(uow: UnitOfWork, condition: Mapping[str, Any], **query: Any) -> list[str]:
    """The names of the records that meet a condition."""
    found = find_records(uow, OWNER, "things", RecordQuery(filter=condition, **query)).records
    return sorted(str(each.values["name"]) for each in found)


def values_by_name(uow: UnitOfWork) -> dict[str, Any]:
    """Name → value as the API answers it, of every record."""
    found = find_records(uow, OWNER, "things", RecordQuery()).records
    return {str(each.values["name"]): value_of(uow, each.id) for each in found}


def there_and_back(
    database: Database, workspace: Workspace, folder: Path, suffix: str, access: Access = OWNER_ZH
) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """What stood there, what stands there after export, deletion and import, and the file."""
    path = folder / f"things{suffix}"
    with database.workspace_tx(workspace) as uow:
        before = values_by_name(uow)
        export_records(uow, access, "things", path)
        for each in find_records(uow, OWNER, "things", RecordQuery()).records:
            delete_record(uow, OWNER, "things", each.id, origin=CLI)
        form, forms = catalog_of(uow).get_form("things"), catalog_of(uow).forms
        file = store_text(uow, path.read_bytes(), path.name)
        wanted = suggest_map(form, forms, file.columns, {})
        batch_file = path.read_bytes()
    bring_in(database, workspace, batch_file, wanted, name=path.name)
    with database.workspace_tx(workspace) as uow:
        return before, values_by_name(uow), batch_file


def problems_of_lines(
    database: Database, workspace: Workspace, lines: Sequence[str]
) -> dict[int, list[str]]:
    """The problems of an import of these values of ``f``, by line."""
    fields = {"name": {"column": "name"}, "f": {"column": "f"}}
    wanted = {"targets": [{"form": "things", "fields": fields}]}
    text = "name,f\n" + "".join(f'n{n},"{line}"\n' for n, line in enumerate(lines))
    batch = bring_in(database, workspace, text, wanted)
    with database.workspace_tx(workspace) as uow:
        return problems_of(uow, batch)
