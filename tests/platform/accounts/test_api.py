from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.site import Site


def ask(site: Site, method: str, path: str, role: str = "owner", **body: Any) -> TestResponse:
    """One call of the API."""
    wanted = {"json": body["json"]} if "json" in body else {}
    headers = {**site.token(role), "Accept-Language": "en"}
    return site.visitor().open(f"/api/v1{path}", method=method, headers=headers, **wanted)


def test_stores_are_opened_listed_and_changed(site: Site) -> None:
    made = ask(site, "POST", "/units", json={"code": "EAST", "name": "East"})
    assert made.status_code == 201
    ask(site, "POST", "/units", json={"code": "SH01", "name": "Nanjing Road", "parent": "EAST"})
    closed = ask(site, "PATCH", "/units/SH01", json={"active": False})
    assert closed.json is not None
    assert closed.json["parent"] == "EAST"
    listed = ask(site, "GET", "/units", role="clerk").json
    assert listed is not None
    assert [(each["code"], each["active"]) for each in listed["units"]] == [
        ("EAST", True),
        ("SH01", False),
    ]
    top = ask(site, "PATCH", "/units/SH01", json={"parent": None}).json
    assert top is not None
    assert top["parent"] is None


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"code": 5, "name": True, "owner": 1}, ["owner", "code", "name"]),
        ({}, ["name", "code"]),
        ({"code": "A", "name": "A", "parent": "nowhere"}, ["parent"]),
        ({"code": "A", "name": "A", "id": 1, "created_at": "x"}, ["id", "created_at"]),
    ],
)
def test_s16_what_is_not_asked_for_is_refused_with_its_place(
    site: Site, body: dict[str, Any], places: list[str]
) -> None:
    refused = ask(site, "POST", "/units", json=body)
    assert refused.status_code == 422
    assert refused.json is not None
    assert [each["path"] for each in refused.json["problems"]] == sorted(places)


def test_an_unknown_store_is_not_found(site: Site) -> None:
    assert ask(site, "PATCH", "/units/NONE", json={"name": "x"}).status_code == 404


def test_clerks_open_no_stores_and_see_no_members(site: Site) -> None:
    wish = {"code": "A", "name": "A"}
    assert ask(site, "POST", "/units", role="clerk", json=wish).status_code == 403
    assert ask(site, "GET", "/members", role="clerk").status_code == 403


def test_members_are_listed(site: Site) -> None:
    site.person("Alice")
    listed = ask(site, "GET", "/members").json
    assert listed is not None
    (alice,) = listed["members"]
    assert (alice["name"], alice["role"], alice["units"]) == ("Alice", "owner", [])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"data": "{}", "content_type": "text/plain"}, 415),
        ({"data": "[1]", "content_type": "application/json"}, 400),
        ({"data": '{"code": NaN}', "content_type": "application/json"}, 400),
        ({"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ({"data": b"{" + b" " * 3_000_000 + b"}", "content_type": "application/json"}, 413),
    ],
)
def test_s29_bodies_are_bounded(site: Site, content: dict[str, Any], status: int) -> None:
    answer = site.visitor().post("/api/v1/units", headers=site.token(), **content)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_somebody_is_invited_once_and_the_link_is_told_once(site: Site) -> None:
    ask(site, "POST", "/units", json={"code": "EAST", "name": "East"})
    wish = {"email": "Mia@Shop.example", "name": "Mia", "role": "clerk", "units": ["EAST"]}
    made = ask(site, "POST", "/invitations", json=wish)
    told = made.get_json()
    link = told.pop("link")
    assert (made.status_code, told["email"], told["units"]) == (201, "mia@shop.example", ["EAST"])
    listed = ask(site, "GET", "/invitations")
    assert listed.get_json() == {"invitations": [told]}
    assert link.rpartition("/")[2] not in listed.text
    page = f"/invitations/{link.rpartition('/')[2]}"
    assert site.visitor().get(page).status_code == 200
    again = f"/invitations/{told['id']}"
    assert [ask(site, "DELETE", again).status_code for _ in range(2)] == [204, 404]
    assert site.visitor().get(page).status_code == 404


@pytest.mark.parametrize(
    ("role", "changes", "status"),
    [
        ("clerk", {}, 403),
        ("manager", {"role": "owner"}, 403),
        ("owner", {"email": "x", "name": ""}, 422),
        ("owner", {"units": ["nowhere"]}, 422),
    ],
)
def test_nobody_invites_above_themselves_or_with_half_a_wish(
    site: Site, role: str, changes: dict[str, Any], status: int
) -> None:
    wish = {"email": "mia@shop.example", "name": "Mia", "role": "clerk", **changes}
    assert ask(site, "POST", "/invitations", role=role, json=wish).status_code == status
    assert ask(site, "GET", "/invitations").json == {"invitations": []}
