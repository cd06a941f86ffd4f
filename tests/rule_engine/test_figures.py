"""Rules and messages in figures, which are counted so far and no further."""

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.rule_engine import figures, overview
from regulars.rule_engine.overview import Wanted
from regulars.rule_engine.tables import run
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site, words_of

READER = system_access("en")


def greeted(shop: RuleShop, n: int) -> None:
    shop.publish(sms(), journey())
    for _ in range(n):
        shop.order(shop.customer())
    shop.tick()


def test_a_figure_that_grew_too_long_says_so_many_or_more(
    site: Site, database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST", 3)
    shop = RuleShop(database, workspace).open()
    greeted(shop, 4)
    with shop.work() as uow:
        (row,) = figures.list_rules(uow, READER)
        states = figures.count_messages(uow, READER, ("sent", "queued", "failed"))
    assert (row.ended, row.ended.is_more, row.entered, row.inside) == (3, True, 3, 0)
    assert states == {"sent": 3, "queued": 0, "failed": 0}
    owner = site.signed_in()
    for page in ("rules", "rules/greet"):
        assert "3 or more" in words_of(owner.get(f"{site.home}/{page}").text)


def test_runs_of_a_rule_are_the_newest_of_every_state(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "PAGE", 2)
    greeted(shop, 5)
    with shop.work() as uow:
        for number, state in ((2, "stuck"), (4, "failed")):
            uow.execute(run.update().where(run.c.id == number).values(status=state))
        pages, below = [], None
        while True:
            found = overview.list_runs(uow, READER, Wanted(rule="greet", below=below))
            pages.append([(row.id, row.status) for row in found.rows])
            below = found.next
            if below is None:
                break
    assert pages == [[(5, "done"), (4, "failed")], [(3, "done"), (2, "stuck")], [(1, "done")]]
