"""The API of imports and exports: what the pages do, a program can do."""

import io
import json
from typing import Any

import pytest

from regulars.form_builder.importing import running
from tests.support.import_forms import all_records, publish_import_shop
from tests.support.site import Site

PEOPLE = "code,name,Mobile\nA1,Ann,13800138000\nA2,Bob,nonsense\n"
MAP = {
    "targets": [
        {
            "form": "customers",
            "key": "code",
            "fields": {
                "code": {"column": "code"},
                "name": {"column": "name"},
                "mobile": {"column": "Mobile"},
            },
        }
    ]
}


@pytest.fixture
def shop(site: Site) -> Site:
    publish_import_shop(site.database, site.workspace)
    return site


def post(
    shop: Site, text: str = PEOPLE, headers: dict[str, str] | None = None, **fields: Any
) -> Any:
    data = {"file": (io.BytesIO(text.encode()), "people.csv"), **fields}
    return shop.app.test_client().post(
        "/api/v1/imports", data=data, headers=headers or shop.token()
    )


def test_a_file_comes_in_and_goes_again(shop: Site) -> None:
    headers = shop.token()
    client = shop.app.test_client()
    made = post(shop, headers=headers, form="customers", map=json.dumps(MAP), run="start")
    assert made.status_code == 201, made.text
    assert made.json["state"] == "running"
    where = made.headers["Location"]
    running.run_due(shop.database, shop.workspace)
    done = client.get(where, headers=headers).json
    assert done["state"] == "done"
    (target,) = done["result"]["targets"]
    assert (target["created"], target["refused"]) == (1, 1)
    refused = client.get(f"{where}/problems", headers=headers).json["lines"]
    assert [(each["line"], each["problems"][0]["code"]) for each in refused] == [
        (3, "not-a-phone")
    ]
    assert "nonsense" in client.get(f"{where}/refused.csv", headers=headers).text
    assert [
        each["id"] for each in client.get("/api/v1/imports", headers=headers).json["imports"]
    ] == [done["id"]]
    assert client.post(f"{where}/undo", headers=headers).status_code == 202
    running.run_due(shop.database, shop.workspace)
    assert client.get(where, headers=headers).json["result"]["undone"] == {"removed": 1}
    with shop.database.workspace_tx(shop.workspace) as uow:
        assert all_records(uow, "customers") == []


def test_a_dry_run_a_new_map_and_away(shop: Site) -> None:
    headers, client = shop.token(), shop.app.test_client()
    made = post(shop, headers=headers, form="customers", run="check").json
    running.run_due(shop.database, shop.workspace)
    where = f"/api/v1/imports/{made['id']}"
    checked = client.get(where, headers=headers).json
    assert checked["check"]["refused_lines"] == 1
    assert checked["check"]["problems"][0]["problems"][0]["message"]
    fewer = json.loads(json.dumps(MAP))
    del fewer["targets"][0]["fields"]["mobile"]
    fewer["targets"][0]["where"] = {"column": "code", "op": "is_not", "value": 0.5}
    changed = client.put(f"{where}/map", json=fewer, headers=headers)
    assert changed.status_code == 200
    assert changed.json["map"] == fewer
    assert changed.json["check"] is None
    assert client.delete(where, headers=headers).status_code == 204
    assert client.get(where, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"form": "customers", "map": "{"}, 400, "bad-json"),
        ({"form": "customers", "map": '{"targets": []}'}, 422, "shape-min-items"),
        ({"form": "customers", "map": json.dumps({**MAP, "colour": 1})}, 422, "unknown-key"),
        ({"form": "customers", "run": "fly"}, 422, "shape-enum"),
        ({"form": "nowhere"}, 404, ""),
    ],
)
def test_refusals_say_why(shop: Site, fields: dict[str, str], status: int, code: str) -> None:
    answer = post(shop, **fields)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert code in answer.text


def test_a_clerks_token_may_not_import(shop: Site) -> None:
    assert post(shop, headers=shop.token("clerk"), form="customers").status_code == 403


def test_records_go_out_as_a_file(shop: Site) -> None:
    headers, client = shop.token(), shop.app.test_client()
    post(shop, headers=headers, form="customers", run="start")
    running.run_due(shop.database, shop.workspace)
    found = client.get("/api/v1/forms/customers/export", headers=headers)
    assert found.mimetype == "text/csv"
    assert len(found.text.splitlines()) == 2
    none = {"filter": '{"field": "code", "op": "is", "value": "Z"}'}
    empty = client.get("/api/v1/forms/customers/export", headers=headers, query_string=none)
    assert len(empty.text.splitlines()) == 1
    wrong = client.get("/api/v1/forms/customers/export?filter=[1]", headers=headers)
    assert wrong.status_code == 422
    assert (
        client.get("/api/v1/forms/customers/export?format=pdf", headers=headers).status_code == 422
    )


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-8-sig", "utf-8"])
def test_files_of_any_usual_encoding_are_read(shop: Site, encoding: str) -> None:
    text = "编号,姓名\nC1,王芳\nC2,李雷\n"
    data = {"file": (io.BytesIO(text.encode(encoding)), "people.csv"), "form": "customers"}
    made = shop.app.test_client().post("/api/v1/imports", data=data, headers=shop.token())
    assert made.status_code == 201, made.text
    assert made.get_json()["file"]["columns"] == ["编号", "姓名"]
