"""F05: a reply that is lost loses nothing; asked again with its key, it is the same answer."""

import pytest
import sqlalchemy as sa

from regulars.form_builder.history import history
from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.accounts.access import system_access
from regulars.platform.events import event
from tests.support.rule_faults import dies, promises_kept
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

URL = "/api/v1/forms/customers/records"
BODY = {"name": "Ann", "mobile": "13800138000"}


def headers_of(site: Site) -> dict[str, str]:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    return {**site.token(), "Idempotency-Key": "till-7-receipt-4711"}


def post_and_die(site: Site, headers: dict[str, str], place: str) -> None:
    client = site.visitor()
    dies(site.database, place, lambda: client.post(URL, json=BODY, headers=headers))


def stored(site: Site) -> tuple[int, int, int]:
    """Records, lines of their history, events."""
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        found = find_records(uow, system_access("en"), "customers", RecordQuery()).records
        counts = [
            uow.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.form == form))
            for table, form in ((history, "customers"), (event, "customers"))
        ]
    return len(found), int(counts[0] or 0), int(counts[1] or 0)


@pytest.mark.parametrize(
    ("place", "left"), [("W0", (0, 0, 0)), ("W1", (0, 0, 0)), ("W2", (1, 1, 1)), ("W3", (1, 1, 1))]
)
def test_f05_the_same_key_gets_the_same_answer_after_a_crash(
    site: Site, place: str, left: tuple[int, int, int]
) -> None:
    headers = headers_of(site)
    post_and_die(site, headers, place)
    assert stored(site) == left  # before the commit nothing, after it everything

    again = site.visitor().post(URL, json=BODY, headers=headers)
    once_more = site.visitor().post(URL, json=BODY, headers=headers)
    assert (again.status_code, once_more.status_code) == (201, 201)
    assert ("Idempotent-Replayed" in again.headers) == (place in ("W2", "W3"))
    assert again.json == once_more.json
    assert [again.headers[name] for name in ("Location", "ETag")] == [
        once_more.headers[name] for name in ("Location", "ETag")
    ]
    assert stored(site) == (1, 1, 1)
    promises_kept(site.database, site.workspace)


def test_f05_without_a_key_a_unique_field_still_keeps_one(site: Site) -> None:
    headers = headers_of(site)
    del headers["Idempotency-Key"]
    post_and_die(site, headers, "W3")
    again = site.visitor().post(URL, json=BODY, headers=headers)
    assert again.status_code == 422
    assert stored(site) == (1, 1, 1)
    promises_kept(site.database, site.workspace)
