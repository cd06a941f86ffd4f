"""S18: a body is what its route takes; nothing in it is ever taken for a file of ours."""

from io import BytesIO
from typing import Any

import pytest

from tests.support.shop_forms import publish_forms
from tests.support.site import Site

IMPORTS = "/api/v1/imports"
SECRET_FILE = "/etc/passwd"


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    return site


def test_s18_a_file_is_only_what_the_parser_received(shop: Site) -> None:
    headers = shop.token()
    client = shop.visitor()
    pretended: list[dict[str, Any]] = [
        {"json": {"file": {"filepath": SECRET_FILE, "filename": "a.csv"}, "form": "customers"}},
        {"json": {"files": [{"filepath": SECRET_FILE}], "form": "customers"}},
        {"data": {"file": SECRET_FILE, "form": "customers"}},
        {"data": {"file[filepath]": SECRET_FILE, "file.filepath": SECRET_FILE}},
        {"data": {"filepath": SECRET_FILE, "__class__": "x", "form": ["customers", "orders"]}},
        {"data": b"name\nAnn\n", "content_type": "text/csv"},
        {"data": f"<file>{SECRET_FILE}</file>", "content_type": "application/xml"},
        {"data": b"--x\r\n", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"x", "content_type": "multipart/form-data"},
    ]
    for sent in pretended:
        answer = client.post(IMPORTS, headers=headers, **sent)
        assert 400 <= answer.status_code < 500, sent
        assert answer.mimetype == "application/problem+json"
        assert "root:" not in answer.text
    assert client.get(IMPORTS, headers=headers).json == {"imports": []}


@pytest.mark.parametrize(
    "name", ["../../x.csv", "..\\x.csv", "/etc/cron.d/x.csv", "a\x00.csv", "con.csv", "名" * 300]
)
def test_s31_the_name_of_an_upload_is_only_a_name(shop: Site, name: str) -> None:
    before = {each.name for each in shop.database.data_dir.rglob("*")}
    sent = {"form": "customers", "file": (BytesIO(b"name\nAnn\n"), name)}
    answer = shop.visitor().post(IMPORTS, headers=shop.token(), data=sent)
    assert answer.status_code in (201, 400, 422)
    after = {each.name for each in shop.database.data_dir.rglob("*")}
    assert not any(name[-5:] in each for each in after - before)


def test_s18_an_array_is_no_value_and_an_object_no_text(shop: Site) -> None:
    url = "/api/v1/forms/customers/records"
    for value in ([], ["Ann"], {"filepath": SECRET_FILE}, {"$ref": "file:///etc/passwd"}, True):
        answer = shop.visitor().post(url, headers=shop.token(), json={"name": value})
        assert answer.status_code == 422
        assert answer.json is not None
        assert answer.json["problems"][0]["path"] == "name"


def test_s29_every_error_of_the_api_is_a_problem_document(shop: Site) -> None:
    headers = {**shop.token(), "Accept": "text/html"}
    client = shop.visitor()
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/v1/units", 405),
        ("GET", "/api/v1/forms/customers/records/999999", 404),
        ("GET", "/api/v1/forms/customers/records/99999999999999999999", 404),
        ("GET", "/api/v1/units?colour=red", 422),
        ("GET", "/api/v1/forms/customers/records?sort=nothing&limit=0", 422),
    ):
        answer = client.open(path, method=method, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), path
        assert answer.json is not None
        assert {"type", "status", "code", "title", "problems"} <= set(answer.json)
