"""A rule that people start, from the menu of a record's page."""

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.service import pause_rule
from tests.support.rule_shop import SYSTEM, RuleShop, journey
from tests.support.site import Site, words_of

ANNA = "/w/shop/forms/customers/records/1"
START = "/w/shop/rules/greet/start/customers/1"
GOLD = {"field": "tier", "op": "is", "value": "gold"}


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with Anna, who is no gold customer, and two rules that people start."""
    made = RuleShop(database, workspace).open()
    wait = [{"do": "wait", "for": "1d"}]
    made.publish(
        journey(trigger={"on": "manual"}, steps=wait),
        journey("gold", trigger={"on": "manual"}, when=GOLD, steps=wait),
        journey("other", trigger={"on": "scan", "every": "day", "at": "10:00"}, steps=wait),
    )
    made.customer(name="Anna", tier="basic")
    return made


def test_the_menu_starts_a_rule_and_says_what_came_of_it(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    menu = words_of(owner.get(ANNA).text)
    assert {"Start “greet”", "Start “gold”"} <= set(menu)
    assert "Start “other”" not in menu
    assert owner.send(START).headers["Location"].endswith(ANNA)
    assert "“greet” has started for Anna." in words_of(owner.get(ANNA).text)
    assert [run.record for run in shop.runs("greet")] == [1]
    owner.send(START)
    assert any("is in “greet” already" in words for words in words_of(owner.get(ANNA).text))
    owner.send(START.replace("greet", "gold"))
    assert any("do not fit Anna" in words for words in words_of(owner.get(ANNA).text))
    assert (len(shop.runs("greet")), len(shop.runs("gold"))) == (1, 0)


def test_what_cannot_be_started_is_not_offered_and_refused(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    assert "Start “greet”" not in words_of(owner.get(ANNA).text)
    owner.send(START)
    assert any("is paused, so it was not" in words for words in words_of(owner.get(ANNA).text))
    for wrong in ("other/start/customers/1", "greet/start/customers/999", "greet/start/orders/1"):
        assert owner.send(f"/w/shop/rules/{wrong}").status_code == 404
    clerk = site.signed_in("Carl", "clerk")
    assert "Start “gold”" not in words_of(clerk.get(ANNA).text)
    assert clerk.send(START).status_code == 403
    assert shop.runs("greet") == []
