"""F03: a worker that sleeps past its lease (a suspended machine) changes nothing when it wakes."""

import pytest

from tests.support.busy_shop import assert_all_done, finish
from tests.support.rule_faults import LedgerMailer, goes_on, picture, stops
from tests.support.rule_shop import RuleShop


@pytest.mark.parametrize("point", ["run-claimed", "K3", "fire-claimed", "mirror-read"])
def test_f03_a_worker_that_oversleeps_its_lease_changes_nothing_any_more(
    busy: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    child = stops(busy.database, point, lambda: finish(busy, mailer))
    finish(busy, mailer)
    before = picture(busy)
    assert goes_on(child) == 0
    assert picture(busy) == before
    assert_all_done(busy, mailer)
