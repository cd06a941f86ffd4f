"""S29: whatever stands at the border of JSON is refused by every route that takes a body."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from regulars.app import create_app
from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.accounts.access import system_access
from regulars.platform.config import Config
from regulars.platform.web import openapi
from regulars.platform.web.openapi import Operation
from regulars.platform.web.permissions import permission_of
from tests.support.shop_forms import publish_forms
from tests.support.site import SECRET, Site

JSON = "application/json"
TEN_MEGABYTES = b'{"name": "' + b"x" * 10 * 1024 * 1024 + b'"}'
BODIES = [
    ("deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON, 400),
    ("deep list", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, 400),
    ("NaN", b'{"name": NaN}', JSON, 400),
    ("Infinity", b'{"name": Infinity}', JSON, 400),
    ("-Infinity", b'{"name": -Infinity}', JSON, 400),
    ("NUL", b'{"name": "a\\u0000b"}', JSON, 400),
    ("NUL in a key", b'{"na\\u0000me": "a"}', JSON, 400),
    ("lone surrogate", b'{"name": "\\ud800"}', JSON, 400),
    ("twice the same key", b'{"name": "a", "name": "b"}', JSON, 400),
    ("5,000 digits", b'{"name": ' + b"9" * 5000 + b"}", JSON, 400),
    ("endless exponent", b'{"name": 1e999999999}', JSON, 400),
    ("not UTF-8", b'{"name": "\xff\xfe"}', JSON, 400),
    ("UTF-16", '{"name": "a"}'.encode("utf-16"), JSON, 400),
    ("a list", b"[]", JSON, 400),
    ("a word", b'"name"', JSON, 400),
    ("half", b'{"name": ', JSON, 400),
    ("10 MB", TEN_MEGABYTES, JSON, 413),
    ("text", b'{"name": "a"}', "text/plain", 415),
    ("XML", b"<name>a</name>", "application/xml", 415),
    ("a form", b"name=a", "application/x-www-form-urlencoded", 415),
    ("no type", b'{"name": "a"}', "", 415),
]


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    return site


def with_bodies(site: Site) -> Iterator[Operation]:
    for each in openapi.operations(site.app):
        if each.route is not None and each.route.body is not None:
            yield each


def address(operation: Operation) -> str:
    path = operation.path
    for name in operation.arguments:
        known = {"form_key": "customers", "member": "1", "code": "A", "key": "a"}
        path = path.replace(f"{{{name}}}", known.get(name, "1"))
    return openapi.PREFIX + path


@pytest.mark.one_database
def test_s29_every_route_refuses_it(shop: Site, tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, secret_key=SECRET, api_limit=10**9)
    client = create_app(config, shop.database).test_client()
    token, whole, wrong, asked = shop.token(), shop.installation_key(), [], 0
    for operation in with_bodies(shop):
        view = permission_of(shop.app.view_functions[operation.endpoint])
        headers = whole if view is not None and view.door == "installation" else token
        for name, body, media_type, status in BODIES:
            answer = client.open(
                address(operation),
                method=operation.method.upper(),
                data=body,
                headers=headers,
                content_type=media_type,
            )
            asked += 1
            if (answer.status_code, answer.mimetype) != (status, "application/problem+json"):
                wrong.append((operation.method, operation.path, name, answer.status_code))
    assert asked > 25 * len(BODIES)
    assert wrong == []


def test_s29_nothing_of_it_was_stored(shop: Site) -> None:
    headers = shop.token()
    url = "/api/v1/forms/customers/records"
    for _name, body, media_type, status in BODIES:
        answer = shop.visitor().post(url, data=body, headers=headers, content_type=media_type)
        assert answer.status_code == status
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        assert find_records(uow, system_access("en"), "customers", RecordQuery()).records == []


def test_s29_thousands_of_parts_of_an_upload_are_refused(shop: Site) -> None:
    parts = {f"part{n}": "x" for n in range(2000)}
    answer = shop.visitor().post(
        "/api/v1/imports",
        data={**parts, "file": (BytesIO(b"name\nAnn\n"), "a.csv")},
        headers=shop.token(),
    )
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


@pytest.mark.parametrize("filter_", ["[" * 100_000, "NaN", '{"a": 1, "a": 2}', '"\\ud800"', "["])
def test_s29_conditions_in_an_address_have_the_same_border(shop: Site, filter_: str) -> None:
    url = "/api/v1/forms/customers/records"
    answer = shop.visitor().get(url, query_string={"filter": filter_}, headers=shop.token())
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["path"] for each in answer.json["problems"]] == ["filter"]
