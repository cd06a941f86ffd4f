"""F20: the same thing is told twice, at once, and out of order; it counts once."""

import random
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from regulars.platform.events import event
from regulars.rule_engine.ingest import ingest
from tests.support.busy_shop import PEOPLE, assert_all_done, finish
from tests.support.rule_faults import LedgerMailer, assert_sound, in_child, promises_kept, wait_for
from tests.support.rule_shop import RuleShop
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

URL = "/api/v1/forms/customers/records"
AT_ONCE = 6


def test_f20_one_till_that_sends_the_same_receipt_many_times_at_once(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    headers = {**site.token(), "Idempotency-Key": "till-7-receipt-4711"}

    def post(_turn: int) -> int:
        body = {"name": "Ann", "mobile": "13800138000"}
        return site.visitor().post(URL, json=body, headers=headers).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = set(pool.map(post, range(AT_ONCE)))
    assert 201 in statuses
    assert statuses <= {201, 409, 429, 503}  # taken, or "being done just now"
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        told = sa.select(sa.func.count()).select_from(event).where(event.c.form == "customers")
        assert uow.scalar(told) == 1
    promises_kept(site.database, site.workspace)


def test_f20_events_that_are_told_again_start_nothing_more(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    finish(busy, mailer)
    with busy.work() as uow:
        ordered = event.c.kind == "record_created"
        again = uow.execute(event.select().where(ordered, event.c.form == "orders")).mappings()
        rows = [{**row, "id": 9000 + n, "processed_at": None} for n, row in enumerate(again)]
        live = [row for row in rows if not row["historic"]]
        random.Random(7).shuffle(live)
        uow.connection.execute(event.insert(), live)
    assert len(live) == PEOPLE
    finish(busy, mailer)
    assert len(busy.runs("thanks")) == PEOPLE
    assert_sound(busy, mailer)


def test_f20_two_workers_that_read_events_from_both_ends_start_each_run_once(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    at = (busy.database, busy.workspace, busy.database.clock)
    crowd = [in_child(busy.database, "", lambda: [ingest(*at, limit=1) for _ in range(40)])
             for _ in range(2)]  # fmt: skip
    assert [wait_for(child) for child in crowd] == [0, 0]
    finish(busy, mailer)
    assert_all_done(busy, mailer)
