"""S18: a body is what its route takes; nothing in it is ever taken for a file of ours."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.public_forms import ANN, Shop
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


def test_s18_a_public_form_takes_form_fields_and_nothing_else(public_shop: Shop) -> None:
    path = public_shop.link.path
    ticket = public_shop.page(public_shop.site.visitor())
    values = {"_ticket": ticket, **ANN}
    others: list[dict[str, Any]] = [
        {"json": values},
        {"data": "<name>Ann</name>", "content_type": "application/xml"},
        {"data": "name=Ann", "content_type": "text/plain"},
        {"data": {**values, "file": (BytesIO(b"x"), "x.txt")}},
        {"data": b"name=Ann"},
    ]
    public_shop.later(seconds=5)
    for sent in others:
        assert public_shop.site.visitor().post(path, **sent).status_code == 415, sent
    strange: list[dict[str, Any]] = [
        {"filepath": SECRET_FILE}, {"__class__": "x"}, {"name[filepath]": SECRET_FILE},
        {"files[0].filepath": SECRET_FILE}, {"name": ["Ann", "Bo"]}, {"constructor": "x"},
    ]  # fmt: skip
    for sent in strange:
        answer = public_shop.site.visitor().post(path, data={**values, **sent})
        assert answer.status_code == 422, sent
        assert "root:" not in answer.text
    assert public_shop.site.visitor().post(path, data=values).status_code == 303


def test_s08_visitors_hand_files_in_by_a_door_of_their_own(public_shop: Shop) -> None:
    link = public_shop.offer_reports()
    visitor = public_shop.site.visitor()
    ticket = public_shop.page(visitor, link)
    files = f"{link.path}/files/{ticket}"
    html = b"<script>alert(1)</script>"
    for name in ("x.jpg", "x.phtml", "x.svg"):
        sent = {"file": (BytesIO(html), name), "only": "picture"}
        assert visitor.post(files, data=sent).status_code == 422
    assert visitor.post(files, json={"filepath": SECRET_FILE}).status_code == 415
    assert (
        visitor.post(f"{link.path}/files/x.y.z", data={"file": (picture(), "a.png")}).status_code
        == 404
    )
    made = visitor.post(files, data={"file": (picture(), "a.png"), "only": "picture"})
    assert made.status_code == 201
    handle = made.text.partition('data-file="')[2].partition('"')[0]
    number = handle.partition(".")[0]
    other = public_shop.page(public_shop.site.visitor(), link)
    for photo, page in ((number, ticket), (handle, other), (f"{number}.{'0' * 40}", ticket)):
        answer = public_shop.send({"what": "x", "photo": photo}, link=link, ticket=page)
        assert answer.status_code == 422
    shown = visitor.get(f"{files}/lines?ids={handle},{number}")
    assert shown.text.count("a.png") >= 1
    sent_on = public_shop.send({"what": "x", "photo": handle}, link=link, ticket=ticket)
    assert sent_on.status_code == 303


def picture() -> BytesIO:
    """A small picture."""
    made = BytesIO()
    Image.new("RGB", (4, 4), "red").save(made, "PNG")
    made.seek(0)
    return made
