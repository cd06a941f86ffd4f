"""Paging by cursor: nothing twice and nothing lost while others write, whatever the order."""

import base64
import json
from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.records import delete_record, update_record, write_batch
from regulars.platform.accounts.access import system_access
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

URL = "/api/v1/forms/customers/records"
ACCESS = system_access("en")
SORTS = [
    "",
    "-id",
    "birthday",
    "-birthday",
    "tier",
    "-tier,birthday",
    "tier,-birthday,name",
    "name",
    "-total_spend",
    "average",
    "created_at",
]


@pytest.fixture
def shop(site: Site) -> Site:
    """Thirty people: birthdays and tiers that many share or lack."""
    days = [None, "1990-05-01", "1990-05-01", "1985-01-31", None, "2000-02-29"]
    rows = [
        {
            "name": f"Person {n % 11:02}",
            "birthday": days[n % 6],
            "tier": (None, "basic", "diamond")[n % 3],
        }
        for n in range(30)
    ]
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
        assert not write_batch(uow, ACCESS, "customers", rows, origin=API).refused
    return site


def page(site: Site, headers: dict[str, str], **asked: Any) -> Any:
    given = {key: value for key, value in asked.items() if value}
    answer = site.visitor().get(URL, query_string=given, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def walk(site: Site, headers: dict[str, str], sort: str, disturb: bool = False) -> list[int]:
    """Every id in the order of the pages; others write between them when ``disturb``."""
    seen: list[int] = []
    cursor = None
    while True:
        found = page(site, headers, sort=sort, limit=4, cursor=cursor)
        seen += [each["id"] for each in found["records"]]
        cursor = found["next"]
        if cursor is None:
            return seen
        if disturb:
            write_between(site, seen)


def write_between(site: Site, seen: list[int]) -> None:
    """Somebody new comes in, and the one that was seen first goes."""
    with site.database.workspace_tx(site.workspace) as uow:
        rows = [{"name": "Person 05", "birthday": "1990-05-01", "tier": "basic"}]
        write_batch(uow, ACCESS, "customers", rows, origin=API)
        gone = next((each for each in seen if each not in _gone), None)
        if gone is not None:
            _gone.add(gone)
            delete_record(uow, ACCESS, "customers", gone, origin=API)


_gone: set[int] = set()


@pytest.fixture(autouse=True)
def nobody_gone() -> None:
    _gone.clear()


def test_pages_are_the_list_in_pieces(shop: Site) -> None:
    headers = shop.token()
    for sort in SORTS:
        whole = [each["id"] for each in page(shop, headers, sort=sort, limit=100)["records"]]
        assert len(whole) == 30
        assert walk(shop, headers, sort) == whole, sort


def test_missing_values_stand_last_both_ways(shop: Site) -> None:
    headers = shop.token()
    for sort in ("birthday", "-birthday"):
        days = [each["birthday"] for each in page(shop, headers, sort=sort, limit=100)["records"]]
        assert days[20:] == [None] * 10
        assert sorted(days[:20], reverse=sort.startswith("-")) == days[:20]


@pytest.mark.parametrize("sort", SORTS[1::2])
def test_whoever_was_there_all_the_time_is_seen_once(shop: Site, sort: str) -> None:
    seen = walk(shop, shop.token(), sort, disturb=True)
    assert len(seen) == len(set(seen))
    assert set(seen) >= set(range(1, 31))


def test_the_record_of_the_cursor_itself_may_go(shop: Site) -> None:
    headers = shop.token()
    first = page(shop, headers, sort="-birthday", limit=4)
    with shop.database.workspace_tx(shop.workspace) as uow:
        for each in first["records"]:
            delete_record(uow, ACCESS, "customers", each["id"], origin=API)
    rest = page(shop, headers, sort="-birthday", limit=100, cursor=first["next"])
    assert len(rest["records"]) == 26


def test_a_record_that_moves_ahead_is_not_seen_again_as_another(shop: Site) -> None:
    headers = shop.token()
    first = page(shop, headers, sort="name", limit=4)
    with shop.database.workspace_tx(shop.workspace) as uow:
        moved = first["records"][0]["id"]
        update_record(uow, ACCESS, "customers", moved, {"name": "Zoe"}, origin=API)
    rest = page(shop, headers, sort="name", limit=100, cursor=first["next"])
    assert [each["id"] for each in rest["records"]].count(moved) == 1  # under its new name, last
    assert rest["records"][-1]["name"] == "Zoe"


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


HOSTILE = [
    "x", "!!", "", " ", "é", _cursor([]), _cursor({}), _cursor([["i"]]), _cursor([["i", "7"]]),
    _cursor([["i", 2**70]]), _cursor([["s", "x'; drop table"]]), _cursor([["d", "1990-13-40"]]),
    _cursor([["m", "NaN"]]), _cursor([["m", "1e999999"]]), _cursor([["t", "2026-01-01"]]),
    _cursor([["z", 1]]), _cursor([[["i"], 1]]), _cursor([["s", "\x00"]]), _cursor("i"),
    _cursor([["b", []]]), _cursor([["i", 1]] * 50), "A" * 100_000,
]  # fmt: skip


def test_s03_a_cursor_of_somebodys_own_making_is_refused(shop: Site) -> None:
    headers = shop.token()
    for sort in ("", "birthday", "name", "total_spend"):
        for cursor in HOSTILE:
            answer = shop.visitor().post(
                f"{URL}/search",
                json={"cursor": cursor, "sort": [sort] if sort else []},
                headers=headers,
            )
            assert answer.status_code in (200, 422), (sort, cursor[:50], answer.text)
            if answer.status_code == 422:
                assert answer.json is not None
                assert [each["path"] for each in answer.json["problems"]] == ["cursor"]


def test_a_cursor_of_another_order_is_refused(shop: Site) -> None:
    headers = shop.token()
    made = page(shop, headers, sort="birthday", limit=4)["next"]
    answer = shop.visitor().get(
        URL, query_string={"sort": "tier", "cursor": made}, headers=headers
    )
    assert answer.status_code == 422
